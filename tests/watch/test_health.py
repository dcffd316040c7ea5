"""The checks of readiness, each made to fail by what it looks for, on a real database and real folders."""

import asyncio
import sqlite3
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from gateway.watch.disk import Disk
from gateway.watch.fresh import Fresh
from gateway.watch.health import Health, Processes
from rules.tokens import KeyRing
from storage.blobs import Blobs, open_blobs
from storage.engine import open_engine, probe, reading, writing
from storage.errors import DatabaseLocked
from storage.gauges import MOST, backlog
from storage.inbound import keep
from storage.migrations import migrate
from storage.outbox import NewEntry, NewLetter, enqueue
from storage.queue import requeue
from storage.tables import mails
from tests.desk.house import NOW, RING, settings_with
from tests.storage.prepared import prepare

MIB = 1024**2


class House:
    """A store and its health; every answer is given at most once a `seconds` of none, so that tests need not wait."""

    def __init__(self, folder: Path) -> None:
        self.settings = settings_with(folder, relay={"host": "127.0.0.1"})
        self.settings.data_dir.mkdir(exist_ok=True)
        self.engine = open_engine(self.settings.database_url)
        migrate(self.engine)
        self.blobs = open_blobs(self.settings.blobs_place)
        self.free = 1024 * MIB
        self.now = NOW
        self.ring = RING
        self.processes = Processes(1, 1, 0, 0)
        self.health = self.made()

    def made(self, blobs: Blobs | None = None, patience: float = 20.0) -> Health:
        return Health(
            self.settings,
            lambda: self.ring,
            blobs or self.blobs,
            disk=Disk({"data": Path()}, 512 * MIB, free=lambda _: self.free),
            processes=lambda: self.processes,
            clock=lambda: self.now,
            patience=patience,
        )

    def mail(self, subject: str = "x", **values: Any) -> int:
        """A mail just received."""
        with writing(self.engine) as conn:
            new = prepare(
                subject.encode(),
                mail_from="",
                recipients=("log@gateway.example",),
                peer={},
                received_at=self.now,
                blobs=self.blobs,
            )
            mail_id = keep(conn, [new])[0].mail_id
            if values:
                conn.execute(update(mails).where(mails.c.id == mail_id).values(**values))
        return mail_id

    @property
    def file(self) -> Path:
        assert self.settings.database_file is not None
        return self.settings.database_file

    async def troubles(self, health: Health | None = None) -> dict[str, str]:
        """What is not well, and why."""
        return {check.name: check.why for check in await (health or self.health).checks() if not check.ok}


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    made = House(tmp_path)
    yield made
    made.health.close()
    made.engine.dispose()


@contextmanager
def held(file: Path) -> Iterator[None]:
    """Another program writes for as long as the block runs."""
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")


async def test_all_is_well(house: House) -> None:
    checks = await house.health.checks()
    names = ["database", "blobs", "disk", "keys", "workers", "pending", "outgoing"]
    assert [(check.name, check.ok) for check in checks] == [(name, True) for name in names]


async def test_a_database_that_another_program_holds_takes_no_writes(house: House) -> None:
    health = house.made(patience=0.5)
    with held(house.file):
        why = (await house.troubles(health))["database"]
    assert why in ("another writer has held it for 0.5 s", "a write takes longer than 0.5 s")
    health.close()


async def test_a_database_that_can_only_be_read_is_trouble(house: House, monkeypatch: Any) -> None:
    """A look that reads would call it well."""
    health = house.made()
    monkeypatch.setattr(health, "_engine", open_engine(f"sqlite:///file:{house.file}?mode=ro&uri=true"))
    assert (await house.troubles(health))["database"] == "it takes no writes"
    health.close()


def test_the_probe_makes_a_real_commit_and_changes_nothing(house: House) -> None:
    engine = open_engine(house.file)
    log = Path(f"{house.file}-wal")
    with closing(sqlite3.connect(house.file)) as other:
        other.execute("PRAGMA user_version = 7")
        before = list(other.iterdump())
        size = log.stat().st_size
        probe(engine, 1)
        assert log.stat().st_size > size
        assert list(other.iterdump()) == before
        assert other.execute("PRAGMA user_version").fetchone() == (7,)
    engine.dispose()


def test_the_probe_waits_no_longer_than_it_may(house: House) -> None:
    engine = open_engine(house.file)
    with held(house.file), pytest.raises(DatabaseLocked):
        probe(engine, 0.05)
    engine.dispose()


async def test_a_blob_store_that_takes_no_writes_is_trouble(house: House) -> None:
    folder = Path(house.settings.blobs_place)
    (folder / "incoming").rmdir() if (folder / "incoming").exists() else None
    (folder / "incoming").write_text("in the way")
    assert list(await house.troubles()) == ["blobs"]


async def test_the_probe_leaves_nothing_in_the_blob_store(house: House) -> None:
    house.blobs.probe()
    assert [path for path in Path(house.settings.blobs_place).rglob("*") if path.is_file()] == []


async def test_less_room_than_the_floor(house: House) -> None:
    house.free = 511 * MIB
    house.health.disk.look()
    assert list(await house.troubles()) == ["disk"]


async def test_no_keys(house: House) -> None:
    house.ring = KeyRing()
    assert list(await house.troubles()) == ["keys"]


async def test_workers_that_die_in_a_row(house: House) -> None:
    house.processes = Processes(1, 0, 3, 0)
    assert list(await house.troubles()) == ["workers"]


async def test_a_sending_process_that_dies_in_a_row(house: House) -> None:
    house.processes = Processes(1, 1, 0, 3)
    assert list(await house.troubles()) == ["outgoing"]


async def test_mail_that_is_not_filed_in_time(house: House) -> None:
    house.mail()
    house.now += timedelta(minutes=16)
    assert list(await house.troubles()) == ["pending"]
    filed = house.made()
    with writing(house.engine) as conn:
        conn.execute(update(mails).values(state="filed"))
    assert await house.troubles(filed) == {}
    filed.close()


async def test_old_mail_that_is_sent_through_again_has_waited_since_then(house: House) -> None:
    mail_id = house.mail(state="failed")
    house.now += timedelta(days=9)
    with writing(house.engine) as conn:
        requeue(conn, mail_id, house.now)
    with reading(house.engine) as conn:
        assert backlog(conn).oldest == house.now
    assert await house.troubles() == {}


async def test_what_waits_is_counted(house: House) -> None:
    for number, state in enumerate(("received", "failed", "failed", "quarantined", "filed", "ignored")):
        house.mail(str(number), state=state)
    with writing(house.engine) as conn:
        letter = NewLetter("notice", None, {"subject": "x"})
        enqueue(conn, letter, [NewEntry("notice", "ann@acme.example")], house.now)
    with reading(house.engine) as conn:
        found = backlog(conn)
    assert found.queue == {"received": 1, "unresolved": 0, "quarantined": 1, "failed": 2}
    assert (found.outgoing, found.outgoing_oldest, found.outgoing_failed) == (1, house.now, False)
    assert MOST == 100_000  # the alert rules and the documents say so


async def test_a_gateway_on_its_way_down_is_not_ready(house: House) -> None:
    house.health.stopping = True
    assert list(await house.troubles()) == ["stopping"]


async def test_who_hammers_it_costs_one_look_and_a_store_that_hangs_holds_up_nobody(house: House) -> None:
    looks, go_on = [], threading.Event()

    class Hanging(Blobs):
        def __init__(self) -> None:
            pass

        def probe(self) -> None:
            looks.append(1)
            go_on.wait(30)

    health = house.made(Hanging(), patience=3)
    try:
        found = await asyncio.gather(*(house.troubles(health) for _ in range(500)))
        assert found == [{"blobs": "a write takes longer than 3 s"}] * 500
        assert len(looks) == 1
        begun = asyncio.get_running_loop().time()
        await house.troubles(
            health
        )  # the look still hangs: nobody begins another, and nobody waits for it again
        assert asyncio.get_running_loop().time() - begun < 2
        assert len(looks) == 1
    finally:
        go_on.set()
        health.close()


async def test_an_answer_is_found_again_once_it_is_old(house: House) -> None:
    found = iter(range(10))
    fresh = Fresh(lambda: next(found), -1, house.health.threads, seconds=0.0)
    assert [await fresh.get(), await fresh.get()] == [0, 1]
    kept = Fresh(lambda: next(found), -1, house.health.threads, seconds=600.0)
    assert [await kept.get(), await kept.get()] == [2, 2]


async def test_a_probe_that_raises_is_told_as_late(house: House) -> None:
    def raises() -> int:
        raise ZeroDivisionError

    assert await Fresh(raises, -1, house.health.threads).get() == -1
