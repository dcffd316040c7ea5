"""The outbox: each entry is somebody's until it is sent or given up, and what became of it is known."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, Engine

from storage import outbox, outgoing
from storage.engine import reading, writing
from storage.errors import NotFound, WrongState
from storage.history import Event, history
from storage.outbox import COPY, NOTICE, REPLY, Entry, NewEntry, NewLetter
from storage.touchpoints import create, remove
from tests.storage.build import ADA, NORA, NOW, fill, kept, touchpoint

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
LEASE = 5 * MINUTE


@pytest.fixture(autouse=True)
def directory(engine: Engine) -> None:
    fill(engine)


def root(conn: Connection, identity: str = "root") -> int:
    made = create(conn, touchpoint(identity), NOW).touchpoint_id
    assert made is not None
    return made


def copies(conn: Connection, touchpoint_id: int | None, *recipients: str, kind: str = COPY) -> list[int]:
    letter = NewLetter(kind, touchpoint_id, {"subject": "Rollout"})
    entries = [NewEntry(kind, recipient, "A name", "external", f"<{recipient}>") for recipient in recipients]
    return outbox.enqueue(conn, letter, entries, NOW)


def claimed(conn: Connection, at: Any = NOW, owner: str = "one") -> Entry:
    entry = outbox.claim(conn, owner, at, LEASE)
    assert entry is not None
    return entry


def state(conn: Connection, entry_id: int) -> str:
    return outgoing.get_entry(conn, entry_id)[0].state


def outcomes(conn: Connection, entry_id: int) -> list[tuple[str, str]]:
    return [(attempt.outcome, attempt.answer) for attempt in outgoing.get_entry(conn, entry_id)[1]]


# -- ordered and claimed ------------------------------------------------------------------------------------


def test_a_letter_is_kept_once_for_all_its_recipients(engine: Engine) -> None:
    with writing(engine) as conn:
        touchpoint_id = root(conn)
        ids = copies(conn, touchpoint_id, "Ada+x@ACME.example", "bo@partner.example")
        assert outbox.enqueue(conn, NewLetter(COPY, touchpoint_id, {}), [], NOW) == []
        first, second = claimed(conn), claimed(conn)
    assert [first.id, second.id] == ids
    assert (first.recipient, first.recipient_key, first.recipient_name, first.side) == (
        "Ada+x@ACME.example",
        "ada@acme.example",
        "A name",
        "external",
    )
    assert first.content == second.content == {"subject": "Rollout"}
    assert (first.kind, first.touchpoint_id, first.message_id) == (
        COPY,
        touchpoint_id,
        "<Ada+x@ACME.example>",
    )
    assert (first.mail_id, first.mail_from, first.touchpoint_deleted) == (None, None, False)


def test_an_entry_brings_the_mail_it_comes_from(engine: Engine) -> None:
    with writing(engine) as conn:
        (mail_id,) = kept(conn)
        outbox.enqueue(conn, None, [NewEntry("pass-on", "it@b.example")], NOW, mail_id=mail_id)
        entry = claimed(conn)
    assert (entry.mail_id, entry.mail_from, entry.received_at) == (mail_id, "ada@acme.example", NOW)
    assert (entry.content, entry.attempts, entry.touchpoint_id) == (None, 1, None)
    assert entry.peer is not None
    assert entry.peer["address"] == "192.0.2.7"


def test_what_has_been_due_longest_goes_first_and_nobody_gets_it_twice(engine: Engine) -> None:
    with writing(engine) as conn:
        one, two = copies(conn, None, "a@x.example", "b@x.example")
        entry = claimed(conn)
        assert entry.id == one
        outbox.postponed(conn, entry, NOW, NOW + HOUR, "451 later")
        assert claimed(conn).id == two
        assert outbox.claim(conn, "other", NOW, LEASE) is None
        assert outbox.next_due(conn) == NOW + LEASE


def test_an_entry_whose_sender_went_silent_is_due_again(engine: Engine) -> None:
    with writing(engine) as conn:
        copies(conn, None, "a@x.example")
        first = claimed(conn)
        assert outbox.claim(conn, "two", NOW + LEASE - MINUTE, LEASE) is None
        second = claimed(conn, NOW + LEASE, "two")
        assert (second.id, second.attempts) == (first.id, 2)


def test_what_a_dead_sender_was_at_is_due_at_once(engine: Engine) -> None:
    with writing(engine) as conn:
        one, two = copies(conn, None, "a@x.example", "b@x.example")
        claimed(conn, owner="dead")
        claimed(conn, owner="alive")
        assert sorted(outbox.lease_owners(conn)) == ["alive", "dead"]
        assert outbox.release_dead(conn, "dead", NOW) == 1
        assert outbox.lease_owners(conn) == ["alive"]
        assert claimed(conn, owner="alive").id == one
        assert outbox.claim(conn, "alive", NOW, LEASE) is None
        assert two


def test_a_claim_tells_when_the_touchpoint_was_deleted(engine: Engine) -> None:
    with writing(engine) as conn:
        touchpoint_id = root(conn)
        copies(conn, touchpoint_id, ADA.email)
        remove(conn, touchpoint_id, NOW)
        assert claimed(conn).touchpoint_deleted


# -- what became of it --------------------------------------------------------------------------------------


def test_what_was_sent_says_so_in_the_history_of_its_mail(engine: Engine) -> None:
    with writing(engine) as conn:
        (mail_id,) = kept(conn)
        outbox.enqueue(conn, None, [NewEntry("pass-on", "it@b.example")], NOW, mail_id=mail_id)
        entry = claimed(conn)
        outbox.sent(conn, entry, NOW + MINUTE, "250 Ok", Event(mail_id, NOW, "copied", {"outbox": entry.id}))
        row, attempts = outgoing.get_entry(conn, entry.id)
        assert (row.state, row.done_at, row.attempts) == ("sent", NOW + MINUTE, 1)
        assert [(each.at, each.outcome, each.answer) for each in attempts] == [
            (NOW + MINUTE, "sent", "250 Ok")
        ]
        assert history(conn, mail_id)[-1].detail == {"outbox": entry.id}
        assert outbox.next_due(conn) is None


def test_what_was_refused_is_undelivered_and_what_was_given_up_failed(engine: Engine) -> None:
    with writing(engine) as conn:
        one, two = copies(conn, None, "a@x.example", "b@x.example")
        outbox.refused(conn, claimed(conn), NOW, "550 5.1.1 no such user", "5.1.1")
        outbox.failed(conn, claimed(conn), NOW, "given up after five days")
        row, _ = outgoing.get_entry(conn, one)
        assert (row.state, row.status, row.diagnostic, row.last_error) == (
            "undelivered",
            "5.1.1",
            "550 5.1.1 no such user",
            "550 5.1.1 no such user",
        )
        row, _ = outgoing.get_entry(conn, two)
        assert (row.state, row.status, row.diagnostic) == ("failed", None, "given up after five days")
        assert outcomes(conn, two) == [("failed", "given up after five days")]
        assert outbox.claim(conn, "one", NOW + HOUR, LEASE) is None


def test_what_is_postponed_counts_as_tried_and_what_is_deferred_does_not(engine: Engine) -> None:
    with writing(engine) as conn:
        (entry_id,) = copies(conn, None, "a@x.example")
        outbox.postponed(conn, claimed(conn), NOW, NOW + HOUR, "451 4.7.1 greylisted")
        row, _ = outgoing.get_entry(conn, entry_id)
        assert (row.state, row.not_before, row.attempts) == ("waiting", NOW + HOUR, 1)
        assert outcomes(conn, entry_id) == [("later", "451 4.7.1 greylisted")]
        assert outgoing.health(conn) == (1, NOW, "451 4.7.1 greylisted")
        outbox.deferred(conn, claimed(conn, NOW + HOUR), NOW + 2 * HOUR, "too much mail to them")
        row, attempts = outgoing.get_entry(conn, entry_id)
        assert (row.not_before, row.attempts, len(attempts)) == (NOW + 2 * HOUR, 1, 1)
        assert outbox.lease_owners(conn) == []


def test_a_sender_that_comes_too_late_changes_nothing(engine: Engine) -> None:
    """Its lease ran out, somebody else has sent the mail: what is done stays done."""
    with writing(engine) as conn:
        (entry_id,) = copies(conn, None, "a@x.example")
        slow = claimed(conn)
        outbox.sent(conn, claimed(conn, NOW + LEASE, "two"), NOW + LEASE, "250 Ok")
        outbox.failed(conn, slow, NOW + HOUR, "timed out")
        outbox.postponed(conn, slow, NOW + HOUR, NOW + 2 * HOUR, "timed out")
        row, _ = outgoing.get_entry(conn, entry_id)
        assert (row.state, row.done_at, row.last_error) == ("sent", NOW + LEASE, None)


def test_a_report_makes_sent_mail_undelivered_once(engine: Engine) -> None:
    with writing(engine) as conn:
        (entry_id,) = copies(conn, None, "a@x.example")
        outbox.sent(conn, claimed(conn), NOW, "250 Ok")
        assert outbox.bounced(conn, entry_id, NOW + HOUR, "5.1.1", "no such user")
        assert not outbox.bounced(conn, entry_id, NOW + 2 * HOUR, "5.2.2", "full")
        assert not outbox.bounced(conn, 99, NOW, "", "")
        row, _ = outgoing.get_entry(conn, entry_id)
        assert (row.state, row.status, row.diagnostic, row.done_at) == (
            "undelivered",
            "5.1.1",
            "no such user",
            NOW + HOUR,
        )
        assert outcomes(conn, entry_id)[1:] == [("undelivered", "reported back: 5.1.1 no such user")]


def test_a_report_that_overtakes_the_answer_of_the_relay_stands(engine: Engine) -> None:
    with writing(engine) as conn:
        (entry_id,) = copies(conn, None, "a@x.example")
        entry = claimed(conn)
        assert outbox.bounced(conn, entry_id, NOW, "", "")
        outbox.sent(conn, entry, NOW, "250 Ok")
        row, _ = outgoing.get_entry(conn, entry_id)
        assert (row.state, row.status, row.diagnostic) == ("undelivered", None, None)


# -- operators ----------------------------------------------------------------------------------------------


def test_what_waits_can_be_cancelled_and_what_is_done_cannot(engine: Engine) -> None:
    with writing(engine) as conn:
        one, two = copies(conn, None, "a@x.example", "b@x.example")
        outbox.sent(conn, claimed(conn), NOW, "250 Ok")
        outgoing.cancel(conn, two, NOW)
        assert (state(conn, two), outcomes(conn, two)) == (
            "cancelled",
            [("cancelled", "an operator asked for it")],
        )
        for entry_id, what in ((one, "is sent"), (two, "is cancelled")):
            with pytest.raises(WrongState, match=what):
                outgoing.cancel(conn, entry_id, NOW)
        with pytest.raises(NotFound):
            outgoing.cancel(conn, 99, NOW)
        assert outbox.claim(conn, "one", NOW + HOUR, LEASE) is None


def test_everything_of_a_touchpoint_that_waits_is_cancelled_at_once(engine: Engine) -> None:
    with writing(engine) as conn:
        one, other = root(conn), root(conn, "other")
        first, second, third = copies(conn, one, "a@x.example", "b@x.example", "c@x.example")
        (elsewhere,) = copies(conn, other, "a@x.example")
        outbox.sent(conn, claimed(conn), NOW, "250 Ok")
        assert outgoing.forget(conn, one, NOW, "it was deleted") == 2
        assert outgoing.forget(conn, one, NOW, "it was deleted") == 0
        assert [state(conn, each) for each in (first, second, third, elsewhere)] == [
            "sent",
            "cancelled",
            "cancelled",
            "waiting",
        ]


@pytest.mark.parametrize("end", ["failed", "refused", "cancelled"])
def test_what_was_given_up_can_be_tried_again_from_the_beginning(engine: Engine, end: str) -> None:
    with writing(engine) as conn:
        (entry_id,) = copies(conn, None, "a@x.example")
        if end == "cancelled":
            outgoing.cancel(conn, entry_id, NOW)
        elif end == "failed":
            outbox.failed(conn, claimed(conn), NOW, "given up")
        else:
            outbox.refused(conn, claimed(conn), NOW, "550 5.1.1 no", "5.1.1")
        outgoing.retry(conn, entry_id, NOW + 9 * HOUR)
        row, attempts = outgoing.get_entry(conn, entry_id)
        assert (row.state, row.created_at, row.status, row.diagnostic, row.done_at) == (
            "waiting",
            NOW + 9 * HOUR,
            None,
            None,
            None,
        )
        assert attempts[-1].outcome == "retried"
        assert claimed(conn, NOW + 9 * HOUR).id == entry_id


def test_what_waits_until_later_can_be_made_due_now(engine: Engine) -> None:
    with writing(engine) as conn:
        (entry_id,) = copies(conn, None, "a@x.example")
        outbox.postponed(conn, claimed(conn), NOW, NOW + 9 * HOUR, "451 later")
        outgoing.retry(conn, entry_id, NOW + MINUTE)
        assert outgoing.get_entry(conn, entry_id)[0].created_at == NOW
        outbox.sent(conn, claimed(conn, NOW + MINUTE), NOW, "250 Ok")
        with pytest.raises(WrongState, match="sent already"):
            outgoing.retry(conn, entry_id, NOW)
        with pytest.raises(NotFound):
            outgoing.retry(conn, 99, NOW)


def test_the_outbox_is_listed_newest_first_page_by_page(engine: Engine) -> None:
    with writing(engine) as conn:
        one, other = root(conn), root(conn, "other")
        a, b = copies(conn, one, "a@x.example", "B@x.example")
        (c,) = copies(conn, other, "b+tag@x.example")
        outbox.sent(conn, claimed(conn), NOW, "250 Ok")

        def listed(*states: str, **chosen: Any) -> list[int]:
            return [row.id for row in outgoing.list_entries(conn, states, **chosen)]

        assert listed() == [c, b, a]
        assert (listed(limit=2), listed(before=b)) == ([c, b], [a])
        assert (listed("sent"), listed("waiting", "failed")) == ([a], [c, b])
        assert listed(touchpoint_id=one) == [b, a]
        assert listed("waiting", recipient="b@X.example") == [c, b]
        assert outgoing.count_entries(conn, ["waiting"], recipient="b@x.example") == 2
        assert outgoing.count_entries(conn) == 3
        assert outgoing.list_entries(conn)[0].subject == "Rollout"
    with reading(engine) as conn, pytest.raises(NotFound):
        outgoing.get_entry(conn, 99)


# -- how much was sent --------------------------------------------------------------------------------------


def test_mail_to_a_recipient_is_counted_within_a_time(engine: Engine) -> None:
    with writing(engine) as conn:
        copies(conn, None, "a@x.example", "A+tag@x.example", "a@x.example", "a@x.example", "b@x.example")
        outbox.sent(conn, claimed(conn), NOW, "250 Ok")
        outbox.sent(conn, claimed(conn), NOW + HOUR, "250 Ok")
        outbox.refused(conn, claimed(conn), NOW + HOUR, "550 no", "5.1.1")
        outbox.failed(conn, claimed(conn), NOW + HOUR, "given up")
        assert outbox.sent_to(conn, "a@x.example", NOW - MINUTE) == 3
        assert outbox.sent_to(conn, "a@x.example", NOW) == 2
        assert outbox.sent_to(conn, "b@x.example", NOW - MINUTE) == 0


def test_passed_on_replies_are_counted_and_not_their_recipients(engine: Engine) -> None:
    with writing(engine) as conn:
        one, other = root(conn), root(conn, "other")
        copies(conn, one, NORA.email, "sam@brightwell.example", kind=REPLY)
        copies(conn, one, NORA.email, kind=COPY)
        copies(conn, other, NORA.email, kind=REPLY)
        assert outbox.passed_on_in(conn, one, NOW - HOUR) == 1
        assert outbox.passed_on_in(conn, one, NOW) == 0


def test_a_notice_is_known_by_its_topic_at_any_address_of_a_user(engine: Engine) -> None:
    with writing(engine) as conn:
        letter = NewLetter(NOTICE, None, {"topic": "no-account"})
        outbox.enqueue(conn, letter, [NewEntry(NOTICE, "N.Quist@brightwell.example")], NOW)
        outbox.enqueue(conn, letter, [NewEntry(COPY, "zed@elsewhere.example")], NOW)
        for address in ("n.quist@brightwell.example", NORA.email):
            assert outbox.noticed(conn, address, "no-account", NOW - HOUR)
            assert not outbox.noticed(conn, address, "forward", NOW - HOUR)
            assert not outbox.noticed(conn, address, "no-account", NOW)
        assert not outbox.noticed(conn, "sam@brightwell.example", "no-account", NOW - HOUR)
        assert not outbox.noticed(conn, "zed@elsewhere.example", "no-account", NOW - HOUR)


def test_the_health_of_an_empty_outbox(engine: Engine) -> None:
    with reading(engine) as conn:
        assert outgoing.health(conn) == (0, None, None)
        assert outbox.next_due(conn) is None
