"""Inbound mail: kept once, claimed by one, tried again, put aside."""

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine

from storage.blobs import Blobs, open_blobs
from storage.engine import reading, writing
from storage.errors import NotFound
from storage.filing import file
from storage.history import history
from storage.inbound import WHOLE_TRIES, Kept, claim, erase_raw, keep, raw, release, release_dead, strike
from storage.queue import get_mail, requeue
from tests.storage.build import NOW, filing, kept, mail, mails
from tests.storage.prepared import prepare

LATER = NOW + timedelta(hours=1)


@pytest.fixture
def blobs(tmp_path: Path) -> Blobs:
    return open_blobs(tmp_path / "blobs")


def test_a_batch_is_answered_in_its_order(engine: Engine) -> None:
    with writing(engine) as conn:
        first = keep(conn, mails(3))
        second = keep(conn, [*mails(3)[1:], mail(b"new")])
    assert [answer.new for answer in first] == [True, True, True]
    assert second[:2] == [Kept(first[1].mail_id, False), Kept(first[2].mail_id, False)]
    assert second[2].new
    assert second[2].mail_id > first[2].mail_id


def test_a_batch_may_bring_the_same_mail_twice(engine: Engine) -> None:
    with writing(engine) as conn:
        one, two = keep(conn, [mail(b"same"), mail(b"same")])
    assert (one.new, two.new) == (True, False)
    assert one.mail_id == two.mail_id


@pytest.mark.parametrize(
    ("first", "second", "same"),
    [
        (("log@t.example",), ("LOG@T.example",), True),
        (("log@t.example", "abuse@t.example"), ("abuse@t.example", "log@t.example", "log@t.example"), True),
        (("log@t.example",), ("log@t.example", "abuse@t.example"), False),
        (("log+acme@t.example",), ("log+globe@t.example",), False),
    ],
)
def test_a_redelivery_is_the_same_bytes_to_the_same_recipients(
    engine: Engine, first: tuple[str, ...], second: tuple[str, ...], same: bool
) -> None:
    with writing(engine) as conn:
        before, after = keep(conn, [mail(b"x", *first)]), keep(conn, [mail(b"x", *second)])
    assert (before[0].mail_id == after[0].mail_id) is same


def test_a_claimed_mail_comes_with_its_envelope_and_oldest_first(engine: Engine) -> None:
    with writing(engine) as conn:
        ids = kept(conn, 3)
        claimed = claim(conn, "worker", LATER, 60, 2)
    assert [each.id for each in claimed] == ids[:2]
    assert claimed[0].received_at == NOW
    assert claimed[0].recipients == ("log@touchpoints.example",)
    assert claimed[0].peer["address"] == "192.0.2.7"
    assert claimed[0].mail_from == "ada@acme.example"


def test_a_lease_holds_until_it_ends(engine: Engine) -> None:
    with writing(engine) as conn:
        (mail_id,) = kept(conn)
        claim(conn, "first", NOW, 60, 5)
        assert claim(conn, "second", NOW + timedelta(seconds=59), 60, 5) == []
        (again,) = claim(conn, "second", NOW + timedelta(seconds=60), 60, 5)
    assert (again.id, again.taken_from) == (mail_id, "first")


def test_a_released_mail_waits_as_long_as_it_was_told_to(engine: Engine) -> None:
    with writing(engine) as conn:
        (mail_id,) = kept(conn)
        claim(conn, "worker", NOW, 60, 5)
        release(conn, [mail_id], "worker", not_before=LATER, error="DNS is down")
        assert claim(conn, "worker", NOW, 60, 5) == []
        assert [each.id for each in claim(conn, "worker", LATER, 60, 5)] == [mail_id]


def test_nobody_releases_what_another_holds(engine: Engine) -> None:
    with writing(engine) as conn:
        (mail_id,) = kept(conn)
        claim(conn, "worker", NOW, 60, 5)
        release(conn, [mail_id], "somebody")
        assert release_dead(conn, "somebody") == 0
        assert claim(conn, "second", NOW, 60, 5) == []


def test_the_last_strike_puts_a_mail_aside_and_the_rest_goes_on(engine: Engine, blobs: Blobs) -> None:
    """Twice it is read whole, and once in its minimal form: who claims it is told how often it was struck."""
    with writing(engine) as conn:
        deadly, harmless = kept(conn, 2)
        for strikes in range(WHOLE_TRIES + 1):
            (claimed,) = claim(conn, "worker", NOW, 60, 1)
            assert (claimed.id, claimed.strikes) == (deadly, strikes)
            state = strike(conn, deadly, "the worker was killed", NOW)
            assert state == ("received" if strikes < WHOLE_TRIES else "failed")
        assert [each.id for each in claim(conn, "worker", NOW, 60, 5)] == [harmless]
        row = get_mail(conn, deadly)
        assert (row.state, row.strikes, row.error, row.processed_at) == (
            "failed",
            WHOLE_TRIES + 1,
            "the worker was killed",
            NOW,
        )
        assert raw(conn, blobs, deadly) is not None
        assert [event.event for event in history(conn, deadly)] == ["received", "struck", "struck", "failed"]


def test_mail_that_was_struck_waits_behind_the_other_but_not_for_ever(engine: Engine) -> None:
    """It may kill its worker again: the fewest may wait for that, and it must still get its turn under load."""
    with writing(engine) as conn:
        first, second, *fresh = kept(conn, 6)
        strike(conn, first, "killed", NOW)
        strike(conn, second, "killed", NOW)
        assert [each.id for each in claim(conn, "one", NOW, 60, 3)] == [*fresh[:2], first]
        assert [each.id for each in claim(conn, "two", NOW, 60, 9)] == [*fresh[2:], second]


def test_a_mail_that_is_done_takes_no_strike(engine: Engine) -> None:
    with writing(engine) as conn:
        (mail_id,) = kept(conn)
        file(conn, mail_id, filing(None, "ignored"), NOW)
        assert strike(conn, mail_id, "too late", NOW) == "ignored"
        assert get_mail(conn, mail_id).error is None


def test_a_retried_mail_has_its_chances_again(engine: Engine) -> None:
    with writing(engine) as conn:
        (mail_id,) = kept(conn)
        while strike(conn, mail_id, "killed", NOW) != "failed":
            pass
        requeue(conn, mail_id, LATER)
        assert strike(conn, mail_id, "killed", LATER) == "received"


@pytest.mark.parametrize("size", [0, 1000, 1001, 300_000])
def test_raw_mail_comes_back_byte_for_byte_from_row_or_blob(engine: Engine, blobs: Blobs, size: int) -> None:
    content = bytes(n % 256 for n in range(size))
    new = prepare(
        content,
        mail_from="",
        recipients=["log@t.example"],
        peer={},
        received_at=NOW,
        blobs=blobs,
        inline_limit=1000,
    )
    assert (new.raw is None) is (size > 1000)
    with writing(engine) as conn:
        (answer,) = keep(conn, [new])
    with reading(engine) as conn:
        assert raw(conn, blobs, answer.mail_id) == content


def test_erasing_gives_up_a_blob_only_when_nothing_else_has_it(engine: Engine, blobs: Blobs) -> None:
    def large(recipient: str) -> int:
        new = prepare(
            b"y" * 50,
            mail_from="",
            recipients=[recipient],
            peer={},
            received_at=NOW,
            blobs=blobs,
            inline_limit=10,
        )
        return keep(conn, [new])[0].mail_id

    with writing(engine) as conn:
        one, two = large("log@t.example"), large("abuse@t.example")
        assert erase_raw(conn, one) is None
        assert raw(conn, blobs, one) is None
        sha256 = erase_raw(conn, two)
        assert sha256 is not None
        assert blobs.exists(sha256)


def test_an_unknown_mail_is_not_found(engine: Engine, blobs: Blobs) -> None:
    with writing(engine) as conn:
        for ask in (
            lambda: raw(conn, blobs, 99),
            lambda: strike(conn, 99, "", NOW),
            lambda: get_mail(conn, 99),
        ):
            with pytest.raises(NotFound):
                ask()


def test_broken_text_from_outside_can_be_kept(engine: Engine) -> None:
    hostile = mail(b"z", "log\x00\ud800@t.example")
    with writing(engine) as conn:
        (answer,) = keep(conn, [hostile])
        strike(conn, answer.mail_id, "bad \udcff byte\x00", NOW)
        assert get_mail(conn, answer.mail_id).error == "bad \ufffd byte\ufffd"
