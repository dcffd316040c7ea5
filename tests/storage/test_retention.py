"""Raw mail kept for a time: gone when it is over, never before, and never while somebody needs it."""

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, select, text, update

from storage.blobs import open_blobs
from storage.engine import reading, writing
from storage.errors import WrongState
from storage.filing import file
from storage.history import history, why_gone
from storage.inbound import claim, keep
from storage.outbox import COPY, PASS_ON, NewEntry, NewLetter, enqueue, sent
from storage.outbox import claim as claim_entry
from storage.outgoing import get_entry, retry
from storage.queue import STATES, drop, get_mail, requeue
from storage.retention import SETTLED, count_due, count_letters_due, incinerate, incinerate_letters
from storage.tables import letters, mails
from storage.timeline import get
from tests.storage.build import NOW, filing, fill, kept, touchpoint
from tests.storage.prepared import prepare

LATER = NOW + timedelta(days=90, seconds=1)
BEFORE = LATER - timedelta(days=90)


@pytest.fixture(autouse=True)
def directory(engine: Engine) -> None:
    fill(engine)


def test_the_raw_form_goes_and_everything_else_stays(engine: Engine) -> None:
    with writing(engine) as conn:
        (mail_id,) = kept(conn)
        made = file(conn, mail_id, filing(touchpoint()), NOW).touchpoint_id
        assert made is not None
        before = (get(conn, made), get_mail(conn, mail_id))
        assert incinerate(conn, BEFORE, LATER, 10).mails == 1
        row, after = get(conn, made), get_mail(conn, mail_id)
        assert row == before[0]
        assert (before[1].has_raw, after.has_raw) == (True, False)
        assert (after.state, after.decision) == ("filed", before[1].decision)
        assert [event.event for event in history(conn, mail_id)] == ["received", "filed", "incinerated"]
        assert "incinerated" in why_gone(conn, mail_id)
        assert incinerate(conn, BEFORE, LATER, 10).mails == 0


def test_not_a_moment_before_its_time(engine: Engine) -> None:
    with writing(engine) as conn:
        (mail_id,) = kept(conn)
        file(conn, mail_id, filing(None, "ignored"), NOW)
        assert incinerate(conn, NOW, LATER, 10).mails == 0
        assert incinerate(conn, NOW + timedelta(microseconds=1), LATER, 10).mails == 1


@pytest.mark.parametrize("state", STATES)
def test_only_what_nobody_waits_for(engine: Engine, state: str) -> None:
    with writing(engine) as conn:
        (mail_id,) = kept(conn)
        conn.execute(update(mails).where(mails.c.id == mail_id).values(state=state, processed_at=NOW))
        assert count_due(conn, BEFORE)[0] == incinerate(conn, BEFORE, LATER, 10).mails
        assert get_mail(conn, mail_id).has_raw == (state not in SETTLED)
    assert set(STATES) - set(SETTLED) == {"received", "unresolved", "quarantined", "failed"}


def test_the_time_begins_when_it_was_settled_not_when_it_came(engine: Engine) -> None:
    with writing(engine) as conn:
        (mail_id,) = kept(conn)
        file(conn, mail_id, filing(None, "quarantined"), NOW)
        drop(conn, mail_id, LATER)
        assert incinerate(conn, BEFORE, LATER, 10).mails == 0
        assert incinerate(conn, LATER + timedelta(days=1), LATER, 10).mails == 1
        with pytest.raises(WrongState, match="incinerated"):
            requeue(conn, mail_id, LATER)


def test_a_mail_that_is_still_to_be_passed_on_waits(engine: Engine) -> None:
    with writing(engine) as conn:
        (mail_id,) = kept(conn)
        file(
            conn,
            mail_id,
            filing(None, "passed-on", outbox=(NewEntry(PASS_ON, "it@brightwell.example"),)),
            NOW,
        )
        assert incinerate(conn, BEFORE, LATER, 10).mails == 0
        entry = claim_entry(conn, "sender", NOW, timedelta(minutes=1))
        assert entry is not None
        sent(conn, entry, NOW, "250 OK")
        assert incinerate(conn, BEFORE, LATER, 10).mails == 1


def test_a_blob_goes_with_the_last_mail_that_needs_it(engine: Engine, tmp_path: Path) -> None:
    blobs = open_blobs(tmp_path / "blobs")
    content = b"Subject: large\r\n\r\n" + bytes(200_000)

    def large(recipient: str) -> int:
        new = prepare(
            content, mail_from="a@b.example", recipients=[recipient], peer={}, received_at=NOW, blobs=blobs
        )
        return keep(conn, [new])[0].mail_id

    with writing(engine) as conn:
        first, second = large("log@x.example"), large("other@x.example")
        file(conn, first, filing(None, "ignored"), NOW)
        assert incinerate(conn, BEFORE, LATER, 10).blobs == ()
        file(conn, second, filing(None, "ignored"), NOW)
        step = incinerate(conn, BEFORE, LATER, 10)
        assert (step.mails, step.size, step.blobs) == (1, len(content), (blobs.put(content),))


def test_a_step_is_bounded_and_the_oldest_goes_first(engine: Engine) -> None:
    with writing(engine) as conn:
        ids = kept(conn, 5)
        for age, mail_id in enumerate(reversed(ids)):
            file(conn, mail_id, filing(None, "ignored"), NOW - timedelta(days=age))
        assert incinerate(conn, BEFORE, LATER, 2).mails == 2
        assert [get_mail(conn, mail_id).has_raw for mail_id in ids] == [False, False, True, True, True]


def test_what_is_due_is_found_without_going_through_all_mail(engine: Engine) -> None:
    if engine.dialect.name != "sqlite":
        pytest.skip("the plan is SQLite's")
    from storage.retention import _due

    query = select(mails.c.id).where(*_due(BEFORE)).compile(engine, compile_kwargs={"literal_binds": True})
    with reading(engine) as conn:
        plan = " ".join(str(row) for row in conn.execute(text(f"EXPLAIN QUERY PLAN {query}")))
    assert "ix_mails_raw_kept" in plan


def test_a_claimed_mail_is_left_alone(engine: Engine) -> None:
    with writing(engine) as conn:
        kept(conn)
        claim(conn, "worker", NOW, 60, 1)
        assert incinerate(conn, LATER, LATER, 10).mails == 0


def test_the_text_of_a_letter_goes_once_everybody_had_it_long_ago(engine: Engine) -> None:
    content = {"subject": "Rollout", "text": "Hello", "html": "<p>Hello</p>", "author": None}
    with writing(engine) as conn:
        first, second = enqueue(
            conn,
            NewLetter(COPY, None, content),
            [NewEntry(COPY, "ada@acme.example"), NewEntry(COPY, "bo@x.example")],
            NOW,
        )
        assert incinerate_letters(conn, LATER, 10) == 0
        for _ in range(2):
            entry = claim_entry(conn, "sender", NOW, timedelta(minutes=1))
            assert entry is not None
            sent(conn, entry, NOW, "250 OK")
        assert incinerate_letters(conn, NOW, 10) == 0
        assert count_letters_due(conn, BEFORE) == 1
        assert incinerate_letters(conn, BEFORE, 10) == 1
        assert incinerate_letters(conn, BEFORE, 10) == 0
        kept_of_it = conn.execute(select(letters.c.content)).scalar_one()
        assert kept_of_it == {"subject": "Rollout", "incinerated": True}
        assert get_entry(conn, first)[0].subject == "Rollout"
        conn.execute(text("UPDATE outbox SET state = 'failed'"))
        with pytest.raises(WrongState, match="incinerated"):
            retry(conn, second, LATER)
