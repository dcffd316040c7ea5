"""Touchpoints: filed once, read as written, in the order of time; changed and withdrawn without a trace lost."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import Engine, event, func, select

from rules.people import Participant
from storage.directory import account_id_by_key
from storage.engine import reading, writing
from storage.errors import AccountFixed, IdentityTaken, LeaseLost, NotFound
from storage.history import history
from storage.inbound import claim
from storage.outbox import NewEntry
from storage.queue import get_mail
from storage.tables import attachments, outbox, participants, touchpoints
from storage.timeline import get, timeline
from storage.touchpoints import Filed, change, file, withdraw
from tests.storage.build import ADA, NORA, NOW, ZED, filing, fill, kept, touchpoint

LATER = NOW + timedelta(days=1)


@pytest.fixture(autouse=True)
def directory(engine: Engine) -> None:
    fill(engine)


def test_a_touchpoint_is_read_as_it_was_written(engine: Engine) -> None:
    new = touchpoint(filed_by=NORA, comment="fyi")
    with writing(engine) as conn:
        (mail_id,) = kept(conn)
        filed = file(conn, mail_id, filing(new), NOW)
    assert filed.created
    assert filed.touchpoint_id is not None
    with reading(engine) as conn:
        row = get(conn, filed.touchpoint_id)
    assert (row.account_key, row.account_name, row.mail_id) == ("acme", "Acme Rockets", mail_id)
    for name in (
        "identity",
        "type",
        "flow",
        "subject",
        "date",
        "way",
        "author",
        "text",
        "quoted",
        "comment",
        "html",
    ):
        assert getattr(row, name) == getattr(new, name)
    assert (row.sender_trust, row.machine, row.encrypted, row.notices) == (
        "verified",
        None,
        False,
        new.notices,
    )
    assert row.filed_by == NORA
    assert row.participants == (NORA, ADA, ZED)
    assert row.attachments == tuple(replace(part, content=b"") for part in new.attachments)
    assert row.calendar == new.calendar
    assert (row.created_at, row.changed_at) == (NOW, NOW)
    assert row.decision is not None
    assert row.decision["rules"] == [{"rule": "contact", "hit": True}]


def test_the_mail_knows_what_it_became(engine: Engine) -> None:
    with writing(engine) as conn:
        (mail_id,) = kept(conn)
        filed = file(conn, mail_id, filing(touchpoint()), NOW)
        row = get_mail(conn, mail_id)
        told = history(conn, mail_id)
    assert (row.state, row.touchpoint_id, row.processed_at, row.trust) == (
        "filed",
        filed.touchpoint_id,
        NOW,
        "verified",
    )
    assert [each.event for each in told] == ["received", "filed"]
    assert told[1].detail == {
        "reason": "the contact is known",
        "touchpoint": filed.touchpoint_id,
        "created": True,
    }


def test_a_second_mail_with_the_same_identity_finds_the_touchpoint(engine: Engine) -> None:
    with writing(engine) as conn:
        first, second = kept(conn, 2)
        once = file(conn, first, filing(touchpoint(), outbox=(NewEntry("copy", "a@b.example"),)), NOW)
        twice = file(conn, second, filing(touchpoint(), outbox=(NewEntry("copy", "a@b.example"),)), NOW)
        assert twice == Filed(once.touchpoint_id, False)
        assert get_mail(conn, second).touchpoint_id == once.touchpoint_id
        assert get_mail(conn, second).state == "filed"
        for table in (touchpoints, outbox):
            assert conn.execute(select(func.count()).select_from(table)).scalar_one() == 1


def test_only_the_holder_of_the_lease_files(engine: Engine) -> None:
    with writing(engine) as conn:
        (mail_id,) = kept(conn)
        claim(conn, "second", NOW, 60, 1)
        with pytest.raises(LeaseLost):
            file(conn, mail_id, filing(touchpoint(), owner="first"), NOW)
        assert file(conn, mail_id, filing(touchpoint(), owner="second"), NOW).created
        with pytest.raises(LeaseLost):
            file(conn, mail_id, filing(touchpoint(), owner="second"), NOW)


def test_an_account_that_is_gone_files_nothing(engine: Engine) -> None:
    with writing(engine) as conn:
        (mail_id,) = kept(conn)
        with pytest.raises(NotFound, match="nowhere"):
            file(conn, mail_id, filing(touchpoint(account="nowhere")), NOW)
        assert get_mail(conn, mail_id).state == "received"


def test_broken_text_can_be_filed(engine: Engine) -> None:
    person = Participant("a\ud800@b.example\x00", "\udcff", "external", "unknown")
    new = touchpoint(
        text="a\x00b\ud83d", subject="\udfff", author=person, participants=(person,), filed_by=person
    )
    with writing(engine) as conn:
        (mail_id,) = kept(conn)
        filed = file(conn, mail_id, filing(new), NOW)
        assert filed.touchpoint_id is not None
        row = get(conn, filed.touchpoint_id)
    assert (row.text, row.subject) == ("a\ufffdb\ufffd", "\ufffd")
    assert row.participants[0].email == "a\ufffd@b.example\ufffd"


def test_a_timeline_goes_from_the_newest_to_the_oldest_page_by_page(engine: Engine) -> None:
    days = [3, 1, 2, 2, 5]
    with writing(engine) as conn:
        ids = kept(conn, len(days) + 1)
        for mail_id, day in zip(ids, days, strict=False):
            file(conn, mail_id, filing(touchpoint(f"i{mail_id}", date=NOW - timedelta(days=day))), NOW)
        file(conn, ids[-1], filing(touchpoint("other", account="globe-air")), NOW)
        account_id = account_id_by_key(conn, "ACME")
        assert account_id is not None
        whole = timeline(conn, account_id)
        first = timeline(conn, account_id, limit=2)
        rest = timeline(conn, account_id, limit=10, before=(first[-1].date, first[-1].id))
    assert [(NOW - row.date).days for row in whole] == [1, 2, 2, 3, 5]
    assert whole[1].id > whole[2].id
    assert [row.id for row in [*first, *rest]] == [row.id for row in whole]


def test_a_long_timeline_takes_no_more_queries_than_a_short_one(engine: Engine) -> None:
    with writing(engine) as conn:
        for mail_id in kept(conn, 40):
            file(conn, mail_id, filing(touchpoint(f"i{mail_id}")), NOW)
    asked: list[str] = []
    event.listen(engine, "before_cursor_execute", lambda *call: asked.append(call[2]))
    with reading(engine) as conn:
        account_id = account_id_by_key(conn, "acme")
        assert account_id is not None
        asked.clear()
        timeline(conn, account_id, limit=1)
        short = len(asked)
        assert len(timeline(conn, account_id, limit=40)) == 40
    assert len(asked) - short == short


def test_a_touchpoint_decided_anew_keeps_its_id_and_loses_what_is_gone(engine: Engine) -> None:
    with writing(engine) as conn:
        (mail_id,) = kept(conn)
        filed = file(conn, mail_id, filing(touchpoint()), NOW)
        assert filed.touchpoint_id is not None
        anew = touchpoint("two", subject="Rollout", participants=(ADA,), attachments=())
        change(conn, filed.touchpoint_id, anew, {"reason": "better rules"}, LATER)
        row = get(conn, filed.touchpoint_id)
        assert (row.identity, row.subject, row.participants, row.attachments) == (
            "two",
            "Rollout",
            (ADA,),
            (),
        )
        assert (row.created_at, row.changed_at) == (NOW, LATER)
        assert row.decision == {"reason": "better rules"}
        assert history(conn, mail_id)[-1].event == "changed"


def test_a_touchpoint_never_moves_to_another_account_nor_becomes_another(engine: Engine) -> None:
    with writing(engine) as conn:
        first, second = kept(conn, 2)
        one = file(conn, first, filing(touchpoint("one")), NOW).touchpoint_id
        file(conn, second, filing(touchpoint("two")), NOW)
        assert one is not None
        with pytest.raises(AccountFixed):
            change(conn, one, touchpoint("one", account="globe-air"), {}, LATER)
        with pytest.raises(IdentityTaken):
            change(conn, one, touchpoint("two"), {}, LATER)
        with pytest.raises(NotFound):
            change(conn, 99, touchpoint("three"), {}, LATER)


def test_a_withdrawn_touchpoint_gives_its_mails_back(engine: Engine) -> None:
    with writing(engine) as conn:
        first, second = kept(conn, 2)
        filed = file(conn, first, filing(touchpoint()), NOW)
        file(conn, second, filing(touchpoint()), NOW)
        assert filed.touchpoint_id is not None
        assert withdraw(conn, filed.touchpoint_id, LATER, "another account") == [first, second]
        for table in (touchpoints, participants, attachments):
            assert conn.execute(select(func.count()).select_from(table)).scalar_one() == 0
        assert {get_mail(conn, mail_id).state for mail_id in (first, second)} == {"received"}
        assert history(conn, first)[-1].event == "withdrawn"
        assert file(conn, first, filing(touchpoint(account="globe-air")), LATER).created
        with pytest.raises(NotFound):
            withdraw(conn, filed.touchpoint_id, LATER)
