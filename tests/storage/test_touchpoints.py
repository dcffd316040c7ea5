"""Touchpoints: filed once, read as written, in the order of time; changed and withdrawn without a trace lost."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import Engine, event, func, select

from rules.people import Participant
from storage.directory import account_id_by_key
from storage.engine import reading, writing
from storage.errors import AccountFixed, Changed, IdentityTaken, LeaseLost, NotFound, WrongState
from storage.filing import change, file, withdraw
from storage.history import history
from storage.inbound import claim
from storage.outbox import NewEntry, NewLetter, enqueue
from storage.outgoing import copies_of
from storage.queue import get_mail
from storage.tables import attachments, outbox, participants, touchpoints
from storage.threads import follow, followers_of
from storage.timeline import Filter, get, list_touchpoints, of_mail, timeline
from storage.touchpoints import Filed, create, edit, mark_emailed, remove
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


# -- typed by a person --------------------------------------------------------------------------------------


def test_a_typed_touchpoint_has_no_mail_and_is_written_once(engine: Engine) -> None:
    new = touchpoint("key 1", way=None, reasons=("renewal", "risk"), template="Kick-off", mentions=(NORA,))
    with writing(engine) as conn:
        made = create(conn, new, NOW)
        assert made.created
        assert create(conn, replace(new, subject="Sent twice"), LATER) == Filed(made.touchpoint_id, False)
        assert made.touchpoint_id is not None
        row = get(conn, made.touchpoint_id)
        assert (row.mail_id, row.decision, row.way, row.version) == (None, None, None, 1)
        assert (row.reasons, row.template, row.mentions) == (("renewal", "risk"), "Kick-off", (NORA,))
        assert (row.subject, row.emailed_externally, row.closed_at) == (new.subject, False, None)
        with pytest.raises(NotFound, match="nowhere"):
            create(conn, touchpoint("key 2", account="nowhere"), NOW)


def test_an_edit_changes_what_was_typed_and_nothing_of_how_it_came(engine: Engine) -> None:
    with writing(engine) as conn:
        (mail_id,) = kept(conn)
        filed = file(conn, mail_id, filing(touchpoint()), NOW).touchpoint_id
        assert filed is not None
        anew = touchpoint(
            "another identity",
            type="telephone call",
            flow="Onboarding",
            subject="Call",
            text="We spoke.",
            html="<p>We spoke.</p>",
            reasons=("risk",),
            mentions=(NORA,),
            participants=(ADA,),
            attachments=(),
            way="cc",
            author=ZED,
            sender_trust="failed",
            machine="auto-reply",
            quoted="",
            date=NOW - timedelta(days=2),
        )
        edit(conn, filed, anew, 1, LATER)
        row = get(conn, filed)
        for name in (
            "type",
            "flow",
            "subject",
            "text",
            "html",
            "reasons",
            "mentions",
            "participants",
            "date",
        ):
            assert getattr(row, name) == getattr(anew, name)
        old = touchpoint()
        for name in ("identity", "way", "author", "sender_trust", "machine", "quoted"):
            assert getattr(row, name) == getattr(old, name)
        assert (row.version, row.mail_id, row.created_at, row.changed_at) == (2, mail_id, NOW, LATER)
        assert row.attachments == ()


def test_of_two_who_edit_at_once_the_second_is_told(engine: Engine) -> None:
    with writing(engine) as conn:
        made = create(conn, touchpoint(), NOW).touchpoint_id
        assert made is not None
        edit(conn, made, touchpoint(subject="First"), 1, NOW)
        with pytest.raises(Changed, match="version 2"):
            edit(conn, made, touchpoint(subject="Second"), 1, NOW)
        assert get(conn, made).subject == "First"
        edit(conn, made, touchpoint(subject="Second"), 2, NOW)
        assert get(conn, made).version == 3


def test_an_edit_never_moves_a_touchpoint_nor_brings_a_deleted_one_back(engine: Engine) -> None:
    with writing(engine) as conn:
        made = create(conn, touchpoint(), NOW).touchpoint_id
        assert made is not None
        with pytest.raises(AccountFixed, match="never changes"):
            edit(conn, made, touchpoint(account="globe-air"), 1, NOW)
        edit(conn, made, touchpoint(account="ACME"), 1, NOW)
        remove(conn, made, NOW)
        for gone in (made, 99):
            with pytest.raises(NotFound):
                edit(conn, gone, touchpoint(), 2, NOW)


def test_a_touchpoint_that_was_decided_anew_has_a_new_version(engine: Engine) -> None:
    """Whoever has it open in an editor must not write over it unseen."""
    with writing(engine) as conn:
        (mail_id,) = kept(conn)
        filed = file(conn, mail_id, filing(touchpoint()), NOW).touchpoint_id
        assert filed is not None
        change(conn, filed, touchpoint(subject="Decided anew"), {}, LATER)
        with pytest.raises(Changed):
            edit(conn, filed, touchpoint(), 1, LATER)


def test_a_typed_touchpoint_is_not_decided_anew(engine: Engine) -> None:
    with writing(engine) as conn:
        made = create(conn, touchpoint(), NOW).touchpoint_id
        assert made is not None
        with pytest.raises(NotFound, match="came by mail"):
            change(conn, made, touchpoint(), {}, LATER)


# -- deleted ------------------------------------------------------------------------------------------------


def test_a_deleted_touchpoint_keeps_nothing_but_its_row(engine: Engine) -> None:
    with writing(engine) as conn:
        first, second = kept(conn, 2)
        root = file(conn, first, filing(touchpoint(filed_by=NORA, comment="fyi", mentions=(ZED,))), NOW)
        assert root.touchpoint_id is not None
        answer = touchpoint("answer", thread_id=root.touchpoint_id, reasons=("risk",))
        file(conn, second, filing(None, "replied", replies=(answer,)), NOW)
        other = create(conn, touchpoint("other"), NOW).touchpoint_id
        follow(conn, root.touchpoint_id, [(NORA.email, NORA.name)], "mentioned", NOW)
        remove(conn, root.touchpoint_id, LATER)
        for table in (participants, attachments):
            left = conn.execute(select(table.c.touchpoint_id).distinct()).scalars().all()
            assert left == [other]
        rows = conn.execute(select(touchpoints).order_by(touchpoints.c.id)).mappings().all()
        assert followers_of(conn, root.touchpoint_id) == []
        account_id = account_id_by_key(conn, "acme")
        assert account_id is not None
        assert [row.id for row in timeline(conn, account_id)] == [other]
        assert [row.id for row in list_touchpoints(conn, Filter(text="Ada"))] == [other]
        assert of_mail(conn, first) == of_mail(conn, second) == []
        for gone in (root.touchpoint_id, 99):
            with pytest.raises(NotFound):
                get(conn, gone)
            with pytest.raises(NotFound):
                remove(conn, gone, LATER)
    assert len(rows) == 3
    kept_columns = {
        "id", "account_id", "mail_id", "thread_id", "identity", "type", "flow", "date", "way", "sender_trust",
        "encrypted", "created_at", "changed_at", "version", "emailed_externally", "deleted_at",
    }  # fmt: skip
    for row in rows[:2]:
        assert {name for name, value in row.items() if value not in (None, "", [])} <= kept_columns
        assert row["deleted_at"] == LATER


def test_no_second_delivery_brings_a_deleted_touchpoint_back(engine: Engine) -> None:
    with writing(engine) as conn:
        first, second, third, fourth = kept(conn, 4)
        root = file(conn, first, filing(touchpoint()), NOW).touchpoint_id
        assert root is not None
        answer = touchpoint("answer", thread_id=root)
        reply = file(conn, second, filing(None, "replied", replies=(answer,)), NOW).touchpoint_id
        remove(conn, root, LATER)
        again = file(conn, third, filing(touchpoint()), LATER)
        assert again == Filed(root, False)
        late = file(conn, fourth, filing(None, "replied", replies=(answer,)), LATER)
        assert (late.touchpoint_id, late.created) == (reply, False)
        assert conn.execute(select(func.count()).select_from(participants)).scalar_one() == 0
        assert create(conn, touchpoint(), LATER) == Filed(root, False)


# -- what stays because people know it ----------------------------------------------------------------------


def test_a_touchpoint_with_replies_is_not_withdrawn(engine: Engine) -> None:
    with writing(engine) as conn:
        first, second = kept(conn, 2)
        root = file(conn, first, filing(touchpoint()), NOW).touchpoint_id
        assert root is not None
        answer = touchpoint("answer", thread_id=root)
        reply = file(conn, second, filing(None, "replied", replies=(answer,)), NOW).touchpoint_id
        assert reply is not None
        with pytest.raises(WrongState, match="has replies"):
            withdraw(conn, root, LATER)
        assert get_mail(conn, first).state == "filed"
        assert withdraw(conn, reply, LATER) == [second]
        assert withdraw(conn, root, LATER) == [first]


def test_a_touchpoint_that_was_e_mailed_is_not_withdrawn(engine: Engine) -> None:
    with writing(engine) as conn:
        (mail_id,) = kept(conn)
        root = file(conn, mail_id, filing(touchpoint()), NOW).touchpoint_id
        assert root is not None
        letter = NewLetter("copy", root, {})
        enqueue(conn, letter, [NewEntry("copy", ADA.email, side="external")], NOW)
        mark_emailed(conn, root)
        assert get(conn, root).emailed_externally
        with pytest.raises(WrongState, match="was e-mailed"):
            withdraw(conn, root, LATER)
        assert [copy.recipient for copy in copies_of(conn, [root])[root]] == [ADA.email]
