"""Threads: replies filed once in each, the message ids that lead back, who follows, what a mail is told of them."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, func, select

from rules.facts import Copy
from rules.wanted import Wanted
from storage import outbox, outgoing
from storage.directory import account_id_by_key
from storage.engine import reading, writing
from storage.errors import NotFound
from storage.filing import file
from storage.history import history
from storage.outbox import COPY, NOTICE, NewEntry, NewLetter, enqueue
from storage.queue import get_mail
from storage.tables import message_ids, touchpoints
from storage.threads import (
    close,
    facts,
    follow,
    followers_of,
    register,
    threads_by_id,
    unfollow,
    unfollowed,
)
from storage.timeline import Filter, count_replies, get, list_touchpoints, of_mail, replies, timeline
from storage.touchpoints import NewTouchpoint, add_people, create, remove
from tests.storage.build import ADA, NORA, NOW, ZED, filing, fill, kept, touchpoint

LATER = NOW + timedelta(days=1)
NOBODY = Wanted(frozenset(), frozenset(), frozenset())


@pytest.fixture(autouse=True)
def directory(engine: Engine) -> None:
    fill(engine)


def thread(conn: Connection, identity: str = "root", **values: Any) -> int:
    made = create(conn, touchpoint(identity, **values), NOW).touchpoint_id
    assert made is not None
    return made


def reply(thread_id: int, identity: str = "reply", **values: Any) -> NewTouchpoint:
    return touchpoint(f"{identity} in {thread_id}", thread_id=thread_id, **values)


def answered(conn: Connection, mail_id: int, *new: NewTouchpoint) -> Any:
    return file(conn, mail_id, filing(None, "replied", replies=new), NOW)


def wanted(**values: Any) -> Wanted:
    found = {name: frozenset(value) for name, value in values.items()}
    return Wanted(**{"addresses": frozenset(), "domains": frozenset(), "account_keys": frozenset(), **found})


def number_of_rows(conn: Connection, table: Any = touchpoints) -> int:
    return conn.execute(select(func.count()).select_from(table)).scalar_one()


# -- replies ------------------------------------------------------------------------------------------------


def test_a_reply_is_read_as_it_was_written_and_its_mail_knows_it(engine: Engine) -> None:
    with writing(engine) as conn:
        root = thread(conn)
        (mail_id,) = kept(conn)
        filed = answered(conn, mail_id, reply(root, author=ADA, participants=(ADA, ZED)))
        assert filed.replies == ((root, filed.touchpoint_id, True),)
        row = get(conn, filed.touchpoint_id)
        assert (row.thread_id, row.account_key, row.author, row.participants) == (
            root,
            "acme",
            ADA,
            (ADA, ZED),
        )
        assert len(row.attachments) == 2
        mail = get_mail(conn, mail_id)
        assert (mail.state, mail.touchpoint_id) == ("replied", filed.touchpoint_id)
        assert history(conn, mail_id)[-1].event == "replied"
        assert of_mail(conn, mail_id) == [row]


def test_one_mail_is_a_reply_in_each_of_two_threads(engine: Engine) -> None:
    with writing(engine) as conn:
        one, two = thread(conn, "one"), thread(conn, "two", account="globe-air")
        (mail_id,) = kept(conn)
        filed = answered(conn, mail_id, reply(one), reply(two, account="globe-air"))
        assert [thread_id for thread_id, _, _ in filed.replies] == [one, two]
        rows = of_mail(conn, mail_id)
        assert [(row.thread_id, row.account_key) for row in rows] == [(one, "acme"), (two, "globe-air")]


def test_a_second_delivery_writes_nothing_a_new_thread_excepted(engine: Engine) -> None:
    with writing(engine) as conn:
        one, two = thread(conn, "one"), thread(conn, "two")
        first, second, third = kept(conn, 3)
        once = answered(conn, first, reply(one))
        rows = number_of_rows(conn)
        again = answered(conn, second, reply(one, subject="another"))
        assert again.replies == ((one, once.touchpoint_id, False),)
        assert not again.created
        assert (number_of_rows(conn), get_mail(conn, second).touchpoint_id) == (rows, once.touchpoint_id)
        wider = answered(conn, third, reply(one), reply(two))
        assert [(thread_id, created) for thread_id, _, created in wider.replies] == [
            (one, False),
            (two, True),
        ]
        assert wider.created


def test_a_thread_deleted_since_the_mail_was_decided_gets_no_reply(engine: Engine) -> None:
    with writing(engine) as conn:
        root = thread(conn)
        (mail_id,) = kept(conn)
        remove(conn, root, NOW)
    with pytest.raises(NotFound), writing(engine) as conn:
        answered(conn, mail_id, reply(root))
    with reading(engine) as conn:
        assert get_mail(conn, mail_id).state == "received"
        assert number_of_rows(conn) == 1


def test_a_timeline_shows_touchpoints_and_no_replies(engine: Engine) -> None:
    with writing(engine) as conn:
        root, lone = thread(conn), thread(conn, "lone", date=NOW - timedelta(days=9))
        for mail_id in kept(conn, 3):
            answered(conn, mail_id, reply(root, f"r{mail_id}"))
        account_id = account_id_by_key(conn, "acme")
        assert account_id is not None
        assert [row.id for row in timeline(conn, account_id)] == [root, lone]
        assert [row.id for row in list_touchpoints(conn, Filter(text="rollout"))] == [root, lone]
        assert count_replies(conn, [root, lone]) == {root: 3}


def test_replies_stand_in_the_order_of_time(engine: Engine) -> None:
    with writing(engine) as conn:
        root, other = thread(conn), thread(conn, "other")
        minutes = [30, 10, 20, 10]
        for mail_id, minute in zip(kept(conn, 4), minutes, strict=True):
            answered(conn, mail_id, reply(root, f"r{mail_id}", date=NOW + timedelta(minutes=minute)))
        found = replies(conn, [root, other])
        assert list(found) == [root]
        assert [(row.date - NOW).seconds // 60 for row in found[root]] == [10, 10, 20, 30]
        assert found[root][0].id < found[root][1].id
        assert [row.id for row in replies(conn, [root], limit=2)[root]] == [row.id for row in found[root][:2]]


# -- message ids --------------------------------------------------------------------------------------------


def test_the_ids_of_filed_and_sent_mail_lead_to_the_thread(engine: Engine) -> None:
    with writing(engine) as conn:
        root = thread(conn, message_ids=("<first@acme.example>", "<inner@acme.example>"))
        (mail_id,) = kept(conn)
        answered(conn, mail_id, reply(root, message_ids=("<answer@acme.example>",)))
        letter = NewLetter(COPY, root, {"references": ["<root@tp.example>", "<first@acme.example>"]})
        (entry,) = enqueue(conn, letter, [NewEntry(COPY, ADA.email, message_id="<sent@tp.example>")], NOW)
        ids = ["<first@acme.example>", "<inner@acme.example>", "<answer@acme.example>"]
        ids += ["<sent@tp.example>", "<root@tp.example>"]
        found = facts(conn, wanted(messages=[*ids, "<nobody@x.example>"]))
        assert found.messages == dict.fromkeys(ids, (root,))
        assert found.sent == {"<sent@tp.example>": Copy(entry, root, ADA.email)}
        assert found.threads[root].account.key == "acme"
        assert found.accounts["acme"].name == "Acme Rockets"


def test_an_id_of_two_threads_is_told_as_such_unless_we_sent_it(engine: Engine) -> None:
    """Somebody else's mail with the message id of our own must not lead its answers astray."""
    with writing(engine) as conn:
        one, two = thread(conn, "one"), thread(conn, "two")
        register(conn, one, ["<a@x.example>", "<b@x.example>"], sent=False)
        register(conn, two, ["<a@x.example>"], sent=False)
        register(conn, two, ["<b@x.example>"], sent=True)
        found = facts(conn, wanted(messages=["<a@x.example>", "<b@x.example>"]))
        assert found.messages == {"<a@x.example>": (one, two), "<b@x.example>": (two,)}


def test_an_id_is_registered_once_and_never_when_it_is_none(engine: Engine) -> None:
    with writing(engine) as conn:
        root = thread(conn)
        register(conn, root, ["<a@x>", "<a@x>", "", "<" + "a" * 998 + ">"], sent=True)
        register(conn, root, ["<a@x>"], sent=False)
        register(conn, root, [], sent=False)
        rows = conn.execute(select(message_ids)).all()
    assert [(row.message_id, row.touchpoint_id, row.sent) for row in rows] == [("<a@x>", root, True)]


# -- what a mail is told ------------------------------------------------------------------------------------


def test_a_thread_is_told_with_its_people_and_its_state(engine: Engine) -> None:
    with writing(engine) as conn:
        opened = thread(conn, "one", author=ZED, participants=(NORA, ADA))
        closed, deleted = thread(conn, "two"), thread(conn, "three", account="oldco")
        close(conn, closed, NOW)
        remove(conn, deleted, NOW)
        (mail_id,) = kept(conn)
        inner = answered(conn, mail_id, reply(opened)).touchpoint_id
        found = threads_by_id(conn, [opened, closed, deleted, inner, 99])
    assert {number: each.state for number, each in found.items()} == {
        opened: "open",
        closed: "closed",
        deleted: "deleted",
    }
    assert found[opened].people == {
        "nora@brightwell.example",
        "ada@acme.example",
        "zed@elsewhere.example",
    }
    assert (found[opened].subject, found[opened].flow) == ("Rollout – Straße 7", "Adoption")
    assert (found[deleted].account.key, found[deleted].account.active) == ("oldco", False)
    assert (found[deleted].subject, found[deleted].people) == ("", frozenset())


def test_a_return_path_leads_to_the_thread_of_its_copy(engine: Engine) -> None:
    with writing(engine) as conn:
        root = thread(conn)
        (copy,) = enqueue(conn, NewLetter(COPY, root, {}), [NewEntry(COPY, ADA.email)], NOW)
        (mail_id,) = kept(conn)
        (passed_on,) = enqueue(conn, None, [NewEntry("pass-on", "it@b.example")], NOW, mail_id=mail_id)
        found = facts(conn, wanted(copies=[copy, passed_on, 99]))
    assert found.copies == {
        copy: Copy(copy, root, ADA.email),
        passed_on: Copy(passed_on, None, "it@b.example"),
    }
    assert set(found.threads) == {root}


@pytest.mark.parametrize("asked", ["nora@brightwell.example", "N.Quist@Brightwell.example"])
def test_a_question_names_the_user_whichever_address_was_asked(engine: Engine, asked: str) -> None:
    with writing(engine) as conn:
        mail_id, silent = kept(conn, 2)
        decided = filing(None, "unresolved", decision={"subject": "Stand-up", "reason": ""})
        file(conn, mail_id, decided, NOW)
        enqueue(conn, NewLetter(NOTICE, None, {}), [NewEntry(NOTICE, asked)], NOW, mail_id=mail_id)
        found = facts(conn, wanted(questions=[mail_id, silent, 99])).questions
    assert list(found) == [mail_id]
    question = found[mail_id]
    assert (question.sender, question.state, question.subject) == (
        "nora@brightwell.example",
        "unresolved",
        "Stand-up",
    )


def test_accounts_are_told_by_key_and_by_name(engine: Engine) -> None:
    with writing(engine) as conn:
        found = facts(conn, wanted(names=["acme rockets", "globe-air", "old & co", "nobody"]))
    assert {name: [each.key for each in accounts] for name, accounts in found.named.items()} == {
        "acme rockets": ["acme"],
        "globe-air": ["globe-air"],
        "old & co": ["oldco"],
    }
    assert set(found.accounts) == {"acme", "globe-air", "oldco"}
    assert facts_of_nobody(engine) == ({}, {}, {})


def facts_of_nobody(engine: Engine) -> tuple[object, object, object]:
    with reading(engine) as conn:
        found = facts(conn, NOBODY)
    return found.threads, found.messages, found.named


def test_more_ids_than_a_statement_takes_are_looked_up(engine: Engine) -> None:
    with writing(engine) as conn:
        root = thread(conn)
        ids = [f"<{number}@x.example>" for number in range(1200)]
        register(conn, root, ids, sent=False)
        assert len(facts(conn, wanted(messages=ids, copies=range(1200))).messages) == 1200


# -- followers ----------------------------------------------------------------------------------------------


def follow_all(conn: Connection, root: int, *people: Any, why: str = "mentioned", day: int = 0) -> None:
    follow(conn, root, [(each.email, each.name) for each in people], why, NOW + timedelta(days=day))


def test_followers_stand_in_the_order_in_which_they_began(engine: Engine) -> None:
    with writing(engine) as conn:
        root, other = thread(conn), thread(conn, "other")
        follow_all(conn, root, ZED)
        follow_all(conn, root, NORA, ZED, why="copied", day=1)
        follow(conn, root, [], "mentioned", NOW)
        found = followers_of(conn, root)
        assert [(each.email, each.why, each.since) for each in found] == [
            (ZED.email, "mentioned", NOW),
            (NORA.email, "copied", LATER),
        ]
        assert followers_of(conn, other) == []


def test_who_unfollowed_stays_so_until_asking_again(engine: Engine) -> None:
    with writing(engine) as conn:
        root = thread(conn)
        follow_all(conn, root, NORA)
        unfollow(conn, root, "NORA+tp@brightwell.example", "Nora Quist", NOW)
        assert followers_of(conn, root) == []
        assert unfollowed(conn, root) == {"nora@brightwell.example"}
        for why in ("mentioned", "copied"):
            follow_all(conn, root, NORA, why=why, day=1)
            assert followers_of(conn, root) == []
        follow_all(conn, root, NORA, why="asked", day=1)
        assert [(each.email, each.why, each.since) for each in followers_of(conn, root)] == [
            (NORA.email, "asked", LATER)
        ]
        assert unfollowed(conn, root) == set()


def test_who_never_followed_can_unfollow(engine: Engine) -> None:
    with writing(engine) as conn:
        root = thread(conn)
        unfollow(conn, root, NORA.email, NORA.name, NOW)
        assert (followers_of(conn, root), unfollowed(conn, root)) == ([], {"nora@brightwell.example"})


# -- closing, and people ------------------------------------------------------------------------------------


def test_a_thread_is_closed_and_opened_again(engine: Engine) -> None:
    with writing(engine) as conn:
        root = thread(conn)
        close(conn, root, LATER)
        assert get(conn, root).closed_at == LATER
        close(conn, root, None)
        assert threads_by_id(conn, [root])[root].state == "open"
        remove(conn, root, NOW)
        for gone in (root, 99):
            with pytest.raises(NotFound):
                close(conn, gone, NOW)


def test_new_people_join_behind_those_who_are_there(engine: Engine) -> None:
    with writing(engine) as conn:
        root = thread(conn, participants=(NORA,))
        add_people(conn, root, (ADA, NORA, ADA), 10)
        add_people(conn, root, (ZED,), 10)
        assert get(conn, root).participants == (NORA, ADA, ZED)
        empty = thread(conn, "empty", participants=())
        add_people(conn, empty, (ADA,), 10)
        assert get(conn, empty).participants == (ADA,)


def test_a_user_joins_once_under_every_address(engine: Engine) -> None:
    with writing(engine) as conn:
        root = thread(conn, participants=(replace(NORA, email="n.quist@brightwell.example"),))
        add_people(conn, root, (NORA, replace(ADA, email="ADA+x@acme.example"), ADA), 10)
        assert [person.email for person in get(conn, root).participants] == [
            "n.quist@brightwell.example",
            "ADA+x@acme.example",
        ]


def test_no_more_people_join_than_are_kept(engine: Engine) -> None:
    with writing(engine) as conn:
        root = thread(conn, participants=(NORA,))
        add_people(conn, root, (ADA, ZED), 2)
        assert get(conn, root).participants == (NORA, ADA)
        add_people(conn, root, (ZED,), 1)
        assert get(conn, root).participants == (NORA, ADA)


def test_the_outbox_of_a_thread_is_read_with_its_copies(engine: Engine) -> None:
    with writing(engine) as conn:
        root = thread(conn)
        enqueue(conn, NewLetter(COPY, root, {}), [NewEntry(COPY, ADA.email, "Ada", "external")], NOW)
        enqueue(conn, NewLetter(outbox.REPLY, root, {}), [NewEntry(outbox.REPLY, NORA.email)], NOW)
        (copy,) = outgoing.copies_of(conn, [root, 99])[root]
    assert (copy.recipient, copy.side, copy.state, copy.at) == (ADA.email, "external", "waiting", NOW)
