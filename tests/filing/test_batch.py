"""Mails that are settled together: as if each had been settled alone, and no longer than others can wait."""

import sqlite3
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, select, update

from gateway.filing import batch, worker
from gateway.filing.batch import Batch, Decided
from gateway.filing.deadline import Overrun
from gateway.filing.examine import Examined
from gateway.filing.supervisor import Supervisor
from gateway.filing.worker import WHOLE_TRIES, Death
from rules.message import Attachment
from storage.engine import read_only, reading, writing
from storage.inbound import STRIKES, claim
from storage.tables import attachments, events, mails, participants, touchpoints
from tests.back_ends import SQLITE_ONLY
from tests.daemon import LOG
from tests.e2e.mails import letter
from tests.filing.house import ADA, BEN, NORA, House, house, reply
from tests.filing.test_worker import settled

DEADLY = [sys.executable, "-m", "tests.filing.deadly_worker"]
STRANGER = replace(BEN, email="new.one@acme.example", name="New One")


@pytest.fixture
def gateway(tmp_path: Path) -> Iterator[House]:
    with house(tmp_path) as made:
        yield made


def keep(gateway: House, *raws: bytes) -> list[int]:
    return [gateway.keep(raw, sender=NORA.email) for raw in raws]


def letters(count: int) -> list[bytes]:
    return [letter(f"Letter {number}") for number in range(count)]


def filed(gateway: House) -> Counter[int]:
    """How many touchpoints came by each mail."""
    with reading(gateway.engine) as conn:
        return Counter(conn.execute(select(touchpoints.c.mail_id)).scalars())


def states(gateway: House, ids: list[int]) -> list[tuple[str, int]]:
    return [(mail.state, mail.strikes) for mail in map(gateway.mail, ids)]


def rows(gateway: House) -> list[int]:
    """How many people, attachments and ends of mails are written down."""
    with reading(gateway.engine) as conn:
        return [
            len(conn.execute(query).all())
            for query in (
                select(participants.c.position),
                select(attachments.c.position),
                select(events.c.id).where(events.c.event == "filed"),
            )
        ]


def test_a_batch_takes_two_transactions_that_write(gateway: House) -> None:
    """One to claim, one to settle; and one more to find that nothing is left."""
    ids = keep(gateway, *letters(batch.MOST))
    commits = 0

    def committed(conn: Any) -> None:
        nonlocal commits
        commits += not read_only(gateway.engine).items() <= conn.get_execution_options().items()

    event.listen(gateway.engine, "commit", committed)
    gateway.work()
    event.remove(gateway.engine, "commit", committed)
    assert commits == 3
    assert filed(gateway) == dict.fromkeys(ids, 1)
    assert rows(gateway) == [2 * len(ids), len(ids), len(ids)]


@SQLITE_ONLY
def test_who_writes_waits_for_no_mail_that_is_read(gateway: House, monkeypatch: pytest.MonkeyPatch) -> None:
    ids = keep(gateway, *letters(20))
    other = sqlite3.connect(gateway.settings.data_dir / "gateway.db", timeout=0, isolation_level=None)
    examine, looked = worker.examine, []

    def beside(*given: Any) -> Examined:
        found = examine(*given)
        other.execute("BEGIN IMMEDIATE")
        other.execute("ROLLBACK")
        looked.append(found)
        return found

    monkeypatch.setattr(worker, "examine", beside)
    gateway.work()
    other.close()
    assert len(looked) == 20
    assert filed(gateway) == dict.fromkeys(ids, 1)


@SQLITE_ONLY
def test_a_mail_that_the_database_refuses_is_struck_alone_and_the_others_are_filed_once(
    gateway: House,
) -> None:
    with writing(gateway.engine) as conn:
        conn.exec_driver_sql(
            "CREATE TRIGGER poison BEFORE INSERT ON touchpoints WHEN NEW.subject = 'Poison' "
            "BEGIN SELECT RAISE(ABORT, 'poison'); END"
        )
    raws = letters(6)
    raws.insert(3, letter("Poison"))
    ids = keep(gateway, *raws)
    gateway.work()
    poison = ids.pop(3)
    assert states(gateway, ids) == [("filed", 0)] * 6
    assert states(gateway, [poison]) == [("failed", STRIKES)]
    assert gateway.mail(poison).has_raw
    assert filed(gateway) == dict.fromkeys(ids, 1)
    assert rows(gateway) == [12, 6, 6]


def test_a_mail_that_somebody_else_has_by_now_is_left_to_them(
    gateway: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = keep(gateway, *letters(4))
    examine = worker.examine

    def taken(inbound: Any, *rest: Any) -> Examined:
        if b"Letter 1" in inbound.raw:
            with writing(gateway.engine) as conn:
                conn.execute(update(mails).where(mails.c.id == ids[1]).values(lease_owner="another"))
        return examine(inbound, *rest)

    monkeypatch.setattr(worker, "examine", taken)
    gateway.work()
    assert states(gateway, ids) == [("filed", 0), ("received", 0), ("filed", 0), ("filed", 0)]
    assert filed(gateway) == {ids[0]: 1, ids[2]: 1, ids[3]: 1}


async def test_a_worker_killed_before_the_commit_of_a_batch_loses_and_blames_no_mail(gateway: House) -> None:
    raws = letters(6)
    raws.insert(3, letter("Bad", text="TORN"))
    ids = keep(gateway, *raws)
    supervisor = Supervisor(gateway.settings, DEADLY)
    supervisor.start()
    try:
        await settled(gateway.engine)
    finally:
        await supervisor.stop(5)
    assert states(gateway, ids) == [("filed", 0)] * 7
    assert filed(gateway) == dict.fromkeys(ids, 1)


async def test_a_mail_that_kills_whoever_settles_it_is_found_out(gateway: House) -> None:
    """Once in company, when nobody is blamed, then alone, until it is filed in its minimal form."""
    raws = letters(6)
    raws.insert(3, letter("Bad", text="TORN ALONE"))
    ids = keep(gateway, *raws)
    supervisor = Supervisor(gateway.settings, DEADLY)
    supervisor.start()
    try:
        await settled(gateway.engine)
    finally:
        await supervisor.stop(5)
    bad = ids.pop(3)
    assert states(gateway, [bad]) == [("filed", WHOLE_TRIES)]
    assert states(gateway, ids) == [("filed", 0)] * 6
    assert filed(gateway) == dict.fromkeys([*ids, bad], 1)


def test_what_was_decided_before_a_mail_took_all_time_is_given_back(
    gateway: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody knows what it left of the process."""
    ids = keep(gateway, *letters(3))
    examine = worker.examine

    def burning(inbound: Any, *rest: Any) -> Examined:
        if b"Letter 1" in inbound.raw:
            raise Overrun("reading it took more than 1 s of CPU")
        return examine(inbound, *rest)

    with monkeypatch.context() as patch:
        patch.setattr(worker, "examine", burning)
        gateway.work()
    assert states(gateway, ids) == [("received", 0), ("received", 1), ("received", 0)]
    with reading(gateway.engine) as conn:
        assert set(conn.execute(select(mails.c.lease_owner)).scalars()) == {None}


def test_a_mail_that_was_struck_is_read_when_the_others_are_settled(
    gateway: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad = gateway.keep(letter("Bad"), strikes=1)
    ids = keep(gateway, *letters(3))
    examine, before = worker.examine, []

    def looking(inbound: Any, *rest: Any) -> Examined:
        if b"Subject: Bad" in inbound.raw:
            before.extend(states(gateway, ids))
        return examine(inbound, *rest)

    monkeypatch.setattr(worker, "examine", looking)
    gateway.work()
    assert before == [("filed", 0)] * 3
    assert states(gateway, [bad]) == [("filed", 1)]


def test_a_worker_that_follows_a_dead_one_settles_the_first_mails_singly(gateway: House) -> None:
    said: list[str] = []
    made = worker.Worker(
        gateway.settings,
        "host:1:run:2",
        gateway.engine,
        worker.open_blobs(gateway.settings.blobs_place),
        lambda word, *_: said.append(word),
        lambda: gateway.now,
    )
    ids = keep(gateway, *letters(3))
    with writing(gateway.engine) as conn:
        claim(conn, "host:1:run:1", gateway.now, 60, 16)
    made.bury((Death("host:1:run:1", None, "the worker died of it (signal 9)"),))
    assert made.batch() == 3
    assert said == [*["here"] * 3, *["decided", "done"] * 3]
    said.clear()
    ids += keep(gateway, letter("Four"), letter("Five"))
    assert made.batch() == 2
    assert said == ["here", "here", "settling", "done", "done"]
    assert filed(gateway) == dict.fromkeys(ids, 1)


def test_the_same_mail_twice_in_a_batch_is_one_touchpoint(gateway: House) -> None:
    raw = letter()
    first, second = keep(gateway, raw, b"Received: from elsewhere\r\n" + raw)
    gateway.work()
    assert filed(gateway) == {first: 1}
    assert gateway.mail(first).touchpoint_id == gateway.mail(second).touchpoint_id
    assert states(gateway, [first, second]) == [("filed", 0)] * 2


def test_an_answer_finds_the_mail_of_its_own_batch(gateway: House) -> None:
    mail = reply("We start on Monday.", sender=NORA, to=f"{ADA.email}, {LOG}", subject="Site", number=1)
    named = next(line.partition(b": ")[2] for line in mail.split(b"\r\n") if line.startswith(b"Message-ID"))
    answer = reply("Fine.", f"In-Reply-To: {named.decode()}", subject="Re: Site", number=2)
    first = gateway.keep(mail, sender=NORA.email)
    second = gateway.keep(answer)
    gateway.work()
    assert [gateway.mail(each).state for each in (first, second)] == ["filed", "replied"]
    (touchpoint,) = gateway.filed(gateway.mail(first))
    (answered,) = gateway.filed(gateway.mail(second))
    assert answered.thread_id == touchpoint.id


def test_who_came_into_a_thread_by_one_reply_is_not_new_in_the_next_of_the_batch(gateway: House) -> None:
    thread = gateway.touchpoint()
    ids = [
        gateway.keep(
            reply(text, sender=STRANGER, number=number), gateway.thread(thread), sender=STRANGER.email
        )
        for number, text in enumerate(("The first.", "The second."), 1)
    ]
    gateway.work()
    notices = [gateway.filed(gateway.mail(each))[0].notices for each in ids]
    assert [any("new in this thread" in notice for notice in some) for some in notices] == [True, False]


# -- when a batch is full ------------------------------------------------------------------------------------


@pytest.fixture
def decided(gateway: House, monkeypatch: pytest.MonkeyPatch) -> Decided:
    """A mail as it goes into a batch."""
    added: list[Decided] = []
    add = Batch.add

    def noted(self: Batch, each: Decided) -> None:
        added.append(each)
        add(self, each)

    with monkeypatch.context() as patch:
        patch.setattr(Batch, "add", noted)
        keep(gateway, letter())
        gateway.work()
    return added[0]


def with_decision(decided: Decided, **values: Any) -> Decided:
    examined = decided.examined
    return replace(decided, examined=replace(examined, decision=replace(examined.decision, **values)))


def test_an_empty_batch_is_never_full() -> None:
    assert not Batch().full


def test_a_batch_is_full_with_so_many_mails(decided: Decided) -> None:
    made = Batch(clock=lambda: 0.0)
    for _ in range(batch.MOST - 1):
        made.add(decided)
        assert not made.full
    made.add(decided)
    assert made.full
    assert len(made.take()) == batch.MOST
    assert not made.full


def test_a_batch_is_full_with_much_text(decided: Decided) -> None:
    """Or the writing of it would keep others waiting."""
    made = Batch(clock=lambda: 0.0)
    half = batch.MOST_TEXT // 2
    made.add(with_decision(decided, text="x" * half, quoted="", html=""))
    assert not made.full
    made.add(with_decision(decided, text="", quoted="x" * half, html="x"))
    assert made.full


def test_a_batch_is_full_with_large_attachments(decided: Decided) -> None:
    made = Batch(clock=lambda: 0.0)
    half = b"x" * (batch.MOST_CONTENT // 2)
    large = Attachment("a.bin", "application/octet-stream", len(half), "0" * 64, False, "", half)
    made.add(with_decision(decided, attachments=(large,)))
    assert not made.full
    made.add(with_decision(decided, attachments=(large, replace(large, content=b"x"))))
    assert made.full


@pytest.mark.parametrize("remote", [True, False])
def test_a_batch_is_full_with_many_attachments_when_each_is_asked_for_far_away(
    decided: Decided, remote: bool
) -> None:
    made = Batch(remote=remote, clock=lambda: 0.0)
    small = Attachment("a.txt", "text/plain", 1, "0" * 64, False, "", b"x")
    made.add(with_decision(decided, attachments=(small,) * batch.MOST_ASKED))
    assert not made.full
    made.add(with_decision(decided, attachments=(small,)))
    assert made.full is remote


def test_a_batch_is_full_after_a_time(decided: Decided) -> None:
    now = 5.0
    made = Batch(clock=lambda: now)
    made.add(decided)
    now += batch.LONGEST
    assert not made.full
    now += 0.001
    assert made.full
