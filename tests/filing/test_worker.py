"""Filing workers on a real database: each mail is filed once or still to do, whatever happens to the worker."""

import asyncio
import random
import resource
import sqlite3
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine

import storage.touchpoints
from gateway.config import Settings
from gateway.directory import import_directory
from gateway.filing import worker
from gateway.filing.lines import Death
from gateway.filing.owners import Owner
from gateway.filing.supervisor import COMMAND, Supervisor
from gateway.mail import UNREAD
from rules.erasure import Person
from rules.search import Searchable, searched_words
from storage.blobs import open_blobs
from storage.engine import open_engine, reading, writing
from storage.erasure import erase_mail
from storage.errors import DatabaseUnavailable
from storage.history import history
from storage.inbound import STRIKES, WHOLE_TRIES, claim, keep, lease_owners, raw
from storage.migrations import migrate
from storage.queue import Selection, count_by_state, get_mail, list_mails
from storage.timeline import of_mail
from tests.daemon import LOG, ROOT, SAMPLE
from tests.e2e.mails import letter
from tests.storage.prepared import prepare

DEADLY = [sys.executable, "-m", "tests.filing.deadly_worker"]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings.model_validate(
        {
            "data_dir": str(tmp_path / "data"),
            "sender_check": {"dns": False},
            "filing": {"workers": 2, "deadline_seconds": 3},
        }
    )


@pytest.fixture
def engine(settings: Settings) -> Iterator[Engine]:
    settings.data_dir.mkdir()
    engine = open_engine(settings.database_url)
    migrate(engine)
    import_directory(engine, SAMPLE)
    yield engine
    engine.dispose()


def receive(engine: Engine, settings: Settings, *mails: bytes) -> list[int]:
    blobs = open_blobs(settings.blobs_place)
    batch = [
        prepare(
            mail,
            mail_from="nora.feld@lumenfold.example",
            recipients=[LOG],
            peer={"session": "test"},
            received_at=datetime.now(UTC),
            blobs=blobs,
        )
        for mail in mails
    ]
    with writing(engine) as conn:
        return [kept.mail_id for kept in keep(conn, batch)]


def states(engine: Engine) -> dict[str, int]:
    with reading(engine) as conn:
        return count_by_state(conn)


async def settled(engine: Engine, seconds: float = 100) -> dict[str, int]:
    """Wait until no mail is received any more."""
    async with asyncio.timeout(seconds):
        while "received" in (found := states(engine)):
            await asyncio.sleep(0.02)
    return found


def limited(settings: Settings, **filing: object) -> Settings:
    return settings.model_copy(update={"filing": settings.filing.model_copy(update=filing)})


@pytest.mark.parametrize("said", [b"", b'{"settings": {"hostn'])
def test_it_leaves_quietly_when_its_daemon_is_killed_before_it_was_greeted(said: bytes) -> None:
    done = subprocess.run(COMMAND, input=said, capture_output=True, check=False, timeout=60, cwd=ROOT)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")


async def test_a_mail_whose_minimal_form_kills_too_fails_and_the_rest_goes_on(
    engine: Engine, settings: Settings
) -> None:
    mails = [letter(f"Letter {number}") for number in range(10)]
    mails.insert(3, letter("Bad", text="DEADLY TO THE LAST"))
    ids = receive(engine, settings, *mails)
    supervisor = Supervisor(settings, DEADLY)
    supervisor.start()
    try:
        assert await settled(engine) == {"filed": 10, "failed": 1}
    finally:
        await supervisor.stop(5)
    with reading(engine) as conn:
        failed = get_mail(conn, ids[3])
    assert (failed.state, failed.strikes, failed.has_raw) == ("failed", STRIKES, True)
    assert "died" in (failed.error or "")


@pytest.mark.parametrize(
    ("word", "limits", "why"),
    [
        ("DEADLY", {}, "died of it (signal 9)"),
        ("ENDLESS", {"deadline_seconds": 1.5}, "longer than 1.5 s"),
        ("BURNING", {"cpu_seconds": 1, "deadline_seconds": 40}, "more than 1 s of CPU"),
        ("GREEDY", {"memory_limit": 400 << 20, "deadline_seconds": 40}, "MemoryError"),
        ("FAULTY", {}, "ZeroDivisionError"),
        ("TOO LONG", {}, "name too long"),
    ],
)
async def test_a_mail_that_goes_over_a_limit_twice_is_filed_in_its_minimal_form(
    engine: Engine, settings: Settings, word: str, limits: dict[str, object], why: str
) -> None:
    """By the same rules as any other, without its body; whatever went wrong costs no other mail a strike."""
    ids = receive(engine, settings, letter("Bad", text=word), letter("Good"))
    supervisor = Supervisor(limited(settings, workers=1, **limits), DEADLY)
    supervisor.start()
    try:
        assert await settled(engine) == {"filed": 2}
    finally:
        await supervisor.stop(5)
    with reading(engine) as conn:
        bad, good = (get_mail(conn, mail_id) for mail_id in ids)
        (touchpoint,) = of_mail(conn, bad.id)
        struck = [event.detail for event in history(conn, bad.id) if event.event == "struck"]
    assert good.strikes == 0
    assert (bad.strikes, bad.has_raw) == (WHOLE_TRIES, True)
    assert len(struck) == WHOLE_TRIES
    assert all(why in detail["error"] for detail in struck)
    assert touchpoint.account_key == "acme"
    assert touchpoint.subject == "Bad"
    assert [person.email for person in touchpoint.participants] == [
        "nora.feld@lumenfold.example",
        "ada.marsh@acme.example",
    ]
    assert (touchpoint.text, touchpoint.html, list(touchpoint.attachments)) == ("", "", [])
    assert UNREAD in touchpoint.notices


async def test_a_worker_may_have_so_much_memory(engine: Engine, settings: Settings) -> None:
    """The kernel holds it to that, whatever it is that takes it."""
    receive(engine, settings, letter("Good"))
    supervisor = Supervisor(limited(settings, workers=1, memory_limit=400 << 20))
    supervisor.start()
    try:
        assert await settled(engine) == {"filed": 1}
        (process,) = supervisor.processes
        assert resource.prlimit(process.pid, resource.RLIMIT_AS) == (400 << 20, 400 << 20)
    finally:
        await supervisor.stop(5)


async def test_mail_claimed_with_one_that_kills_waits_neither_for_it_nor_for_a_lease(
    engine: Engine, settings: Settings
) -> None:
    """One worker, one batch, the killer in front: the others are filed by its successor before it kills again."""
    bad, *good = receive(
        engine,
        settings,
        letter("Bad", text="ENDLESS"),
        *(letter(f"Good {number}") for number in range(12)),
    )
    supervisor = Supervisor(limited(settings, workers=1, deadline_seconds=2, lease_seconds=600), DEADLY)
    supervisor.start()
    try:
        assert await settled(engine) == {"filed": 13}
    finally:
        await supervisor.stop(5)
    with reading(engine) as conn:
        done = {mail_id: history(conn, mail_id) for mail_id in (bad, *good)}
    first, second = (event.at for event in done[bad] if event.event == "struck")
    filed = [event.at for mail_id in good for event in done[mail_id] if event.event == "filed"]
    assert first < min(filed)
    assert max(filed) < second


def test_a_worker_that_went_over_a_limit_leaves_and_gives_the_rest_back(
    engine: Engine, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the memory of the process is like after that, nobody knows: the next mail gets a new one."""
    receive(engine, settings, letter("One"), letter("Two"))

    def greedy(*_: object) -> None:
        raise MemoryError

    made = worker.Worker(
        settings, str(Owner.first()), engine, open_blobs(settings.blobs_place), lambda *_: None
    )
    monkeypatch.setattr(worker, "examine", greedy)
    assert made.batch() == 1
    assert made.spent
    with reading(engine) as conn:
        assert lease_owners(conn) == []
        assert [mail.strikes for mail in list_mails(conn, Selection())] == [1, 0]


async def test_what_a_library_prints_is_not_taken_for_the_workers_word(
    engine: Engine, settings: Settings
) -> None:
    receive(engine, settings, letter("Odd", text="CHATTY"), letter("Good"))
    supervisor = Supervisor(settings, DEADLY)
    supervisor.start()
    try:
        assert await settled(engine) == {"filed": 2}
    finally:
        await supervisor.stop(5)


async def test_a_slow_store_costs_a_mail_none_of_its_chances(engine: Engine, settings: Settings) -> None:
    """The deadline is for reading and deciding; two waits for another writer would be longer."""
    (mail_id,) = receive(engine, settings, letter("Slow", text="SLOW DISK"))
    supervisor = Supervisor(settings, DEADLY)
    supervisor.start()
    try:
        assert await settled(engine) == {"filed": 1}
    finally:
        await supervisor.stop(5)
    with reading(engine) as conn:
        assert get_mail(conn, mail_id).strikes == 0


def test_a_mail_whose_store_hung_is_put_off_and_not_struck(engine: Engine, settings: Settings) -> None:
    (mail_id,) = receive(engine, settings, letter("Slow"))
    now = datetime.now(UTC)
    dead = Owner.first()
    with writing(engine) as conn:
        assert [mail.id for mail in claim(conn, str(dead), now, 120, 16)] == [mail_id]
    blobs = open_blobs(settings.blobs_place)
    made = worker.Worker(settings, str(dead.next()), engine, blobs, lambda *_: None, lambda: now)
    made.bury((Death(str(dead), mail_id, "the store took longer than 60 s", blames_mail=False),))
    assert made.batch() == 0
    with reading(engine) as conn:
        mail = get_mail(conn, mail_id)
        assert (mail.state, mail.strikes, lease_owners(conn)) == ("received", 0, [])
    later = now + timedelta(seconds=worker.PAUSE_SECONDS)
    made = worker.Worker(settings, str(dead.next()), engine, blobs, lambda *_: None, lambda: later)
    assert made.batch() == 1
    with reading(engine) as conn:
        assert get_mail(conn, mail_id).state == "filed"


async def test_workers_killed_at_random_file_every_mail_exactly_once(
    engine: Engine, settings: Settings
) -> None:
    chance = random.Random(7)
    ids = receive(
        engine, settings, *(letter(f"Letter {number}", text="x" * number * 99) for number in range(150))
    )
    supervisor = Supervisor(settings)
    supervisor.start()
    killed = 0
    try:
        async with asyncio.timeout(60):
            while killed < 8 and "received" in states(engine):
                await asyncio.sleep(chance.uniform(0.0, 0.6))
                for process in supervisor.processes:
                    process.kill()
                    killed += 1
        found = await settled(engine)
    finally:
        await supervisor.stop(5)
    # A mail at which three workers were killed by hand has had its chances: it waits, and is not lost.
    assert sum(found.values()) == len(ids)
    assert set(found) <= {"filed", "failed"}
    with sqlite3.connect(settings.data_dir / "gateway.db") as conn:
        filed = Counter(row[0] for row in conn.execute("SELECT mail_id FROM touchpoints"))
    conn.close()
    assert set(filed.values()) == {1}
    assert len(filed) == found["filed"]


async def test_a_locked_database_holds_filing_up_and_nothing_else(engine: Engine, settings: Settings) -> None:
    receive(engine, settings, letter())
    lock = sqlite3.connect(settings.data_dir / "gateway.db", isolation_level=None)
    lock.execute("BEGIN IMMEDIATE")
    supervisor = Supervisor(settings)
    supervisor.start()
    try:
        await asyncio.sleep(0.5)
        assert states(engine) == {"received": 1}
        lock.execute("ROLLBACK")
        supervisor.wake()
        assert await settled(engine) == {"filed": 1}
    finally:
        lock.close()
        await supervisor.stop(5)


def test_what_a_batch_that_broke_off_had_claimed_waits_for_no_lease(
    engine: Engine, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    receive(engine, settings, letter("One"), letter("Two"), letter("Three"))
    made = worker.Worker(
        settings, str(Owner.first()), engine, open_blobs(settings.blobs_place), lambda *_: None
    )

    def full(*_: object, **__: object) -> None:
        raise DatabaseUnavailable("the disk is full")

    with monkeypatch.context() as patch:
        patch.setattr(worker.Shelf, "settle", full)
        patch.setattr(worker.Shelf, "settle_all", full)
        patch.setattr(worker, "release", full)
        with pytest.raises(DatabaseUnavailable):
            made.batch()
    assert made.batch() == 3
    assert states(engine) == {"filed": 3}


def test_mail_whose_blob_is_not_there_waits_a_day_before_it_counts_as_broken(
    engine: Engine, settings: Settings, tmp_path: Path
) -> None:
    """A folder that is not mounted, or a gateway that was given another store than the others: no mail's fault."""
    receive(engine, settings, letter("Large", text="x\n" * 50_000))
    now = datetime.now(UTC)
    elsewhere = open_blobs(tmp_path / "elsewhere")
    made = worker.Worker(settings, str(Owner.first()), engine, elsewhere, lambda *_: None, lambda: now)
    for _ in range(5):
        assert made.batch() == 1
        assert states(engine) == {"received": 1}
        now += timedelta(seconds=worker.BLOB_PAUSE_SECONDS)
    with reading(engine) as conn:
        (mail,) = list_mails(conn, Selection())
    assert mail.strikes == 0
    now += timedelta(days=1)
    assert [made.batch(), made.batch(), made.batch()] == [1, 1, 1]
    assert states(engine) == {"failed": 1}


ERASED = Person(["ada.marsh@acme.example"], ["Ada Marsh"])


def test_a_worker_that_read_what_is_erased_by_now_strikes_no_mail(
    engine: Engine, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another mail of the same bytes keeps the blob there."""
    blobs, large = open_blobs(settings.blobs_place), letter("Large", text="Ada\n" * 50_000)
    rest = b"Subject: left\r\n\r\n"
    first = receive(engine, settings, large)[0]
    with writing(engine) as conn:
        other = ["log@other.example"]
        again = prepare(
            large, mail_from="", recipients=other, peer={}, received_at=datetime.now(UTC), blobs=blobs
        )
        keep(conn, [again])

    def say(word: str, mail_id: int | None = None, *_: object) -> None:
        if (word, mail_id) == ("begin", first):
            with writing(engine) as conn:
                assert erase_mail(conn, first, ERASED, datetime.now(UTC), own=False, rest=rest) is None

    def fail(*_: object) -> None:
        raise ValueError("Ada Marsh said: no")

    made = worker.Worker(settings, str(Owner.first()), engine, blobs, say)
    with monkeypatch.context() as patch:
        patch.setattr(worker, "examine", fail)
        made.batch()
    with reading(engine) as conn:
        mail = get_mail(conn, first)
        assert (mail.state, mail.strikes, mail.error) == ("received", 0, None)
        assert not any("Ada" in str(event) for event in history(conn, first))
        assert raw(conn, blobs, first) == rest
    made.batch()
    assert "received" not in states(engine)


def test_a_mail_that_is_erased_between_claim_and_reading_is_left_alone(
    engine: Engine, settings: Settings
) -> None:
    blobs = open_blobs(settings.blobs_place)
    (mail_id,) = receive(engine, settings, letter("Large", text="Ada\n" * 50_000))

    def say(word: str, *_: object) -> None:
        if word == "begin":
            with writing(engine) as conn:
                orphan = erase_mail(conn, mail_id, ERASED, datetime.now(UTC), own=True)
                assert orphan is not None
                blobs.delete(orphan)

    worker.Worker(settings, str(Owner.first()), engine, blobs, say).batch()
    with reading(engine) as conn:
        mail = get_mail(conn, mail_id)
    assert (mail.state, mail.strikes, mail.error) == ("dropped", 0, None)


@pytest.mark.parametrize("mails", [1, 3])
def test_who_sends_mail_does_not_wait_while_words_are_made(
    engine: Engine, settings: Settings, monkeypatch: pytest.MonkeyPatch, mails: int
) -> None:
    receive(engine, settings, *(letter(f"Letter {number}") for number in range(mails)))
    database = settings.data_dir / "gateway.db"
    made = []

    def words(touchpoint: Searchable) -> list[str]:
        with closing(sqlite3.connect(database, timeout=0, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")  # raises while somebody else holds the database
        found = searched_words(touchpoint)
        made.extend(found)
        return found

    monkeypatch.setattr(storage.touchpoints, "searched_words", words)
    worker.Worker(
        settings, str(Owner.first()), engine, open_blobs(settings.blobs_place), lambda *_: None
    ).batch()
    assert states(engine) == {"filed": mails}
    assert made.count("letter") == mails


async def test_a_disk_that_takes_no_attachment_puts_the_mail_off(engine: Engine, settings: Settings) -> None:
    receive(engine, settings, letter())
    blobs = Path(settings.blobs_place)
    for each in blobs.iterdir():
        each.rmdir()
    blobs.rmdir()
    blobs.write_text("no folder")
    supervisor = Supervisor(settings)
    supervisor.start()
    try:
        await asyncio.sleep(1)
        assert states(engine) == {"received": 1}
        blobs.unlink()
        assert await settled(engine) == {"filed": 1}
    finally:
        await supervisor.stop(5)
    with reading(engine) as conn:
        (mail,) = list_mails(conn, Selection())
    assert mail.strikes == 0
