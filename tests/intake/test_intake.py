"""Intake on a real database: durable, grouped, stored once, and well again after every trouble."""

import asyncio
import hashlib
import json
import shutil
import sqlite3
import threading
from collections.abc import Coroutine
from pathlib import Path

import pytest
import structlog
from sqlalchemy import event
from sqlalchemy.engine import Connection

from gateway.intake.intake import WAITING_EACH, IntakeUnavailable
from storage.inbound import Kept, NewMail, keep
from tests.intake.shelf import PEER, open_shelf

LARGE = b"Subject: large\r\n\r\n" + b"x" * 2000


async def test_mail_is_on_the_disk_when_the_id_is_known(tmp_path: Path) -> None:
    async with open_shelf(tmp_path) as shelf:
        mail = await shelf.keep(
            b"Subject: x\r\n\r\nhello\r\n", "log@gateway.example", "start@gateway.example"
        )
        (row,) = shelf.rows("SELECT id, raw, recipients, mail_from, peer, state, size FROM mails")
        assert row[:2] == (mail, b"Subject: x\r\n\r\nhello\r\n")
        assert json.loads(row[2]) == ["log@gateway.example", "start@gateway.example"]
        assert row[3] == "ann@vendor.example"
        assert json.loads(row[4]) == {"address": "192.0.2.1", "session": "a1b2c3d4"}
        assert row[5:] == ("received", 21)
        assert shelf.wakes == [None]


async def test_large_mail_is_a_blob(tmp_path: Path) -> None:
    async with open_shelf(tmp_path) as shelf:
        await shelf.keep(LARGE)
        digest = hashlib.sha256(LARGE).hexdigest()
        assert [row[2:] for row in shelf.rows()] == [(None, digest)]
        assert shelf.blobs() == [digest]


@pytest.mark.parametrize("raw", [b"small", LARGE], ids=["row", "blob"])
async def test_redelivery_is_kept_once(tmp_path: Path, raw: bytes) -> None:
    async with open_shelf(tmp_path) as shelf:
        first = await shelf.keep(raw, "log@gateway.example", "start@gateway.example")
        assert await shelf.keep(raw, "start@gateway.example", "LOG@gateway.example") == first
        together = await asyncio.gather(*(shelf.keep(raw) for _ in range(5)))
        assert len(set(together)) == 1
        assert together[0] != first  # other recipients: another mail
        assert len(shelf.rows()) == 2
        assert len(shelf.wakes) == 2  # a redelivery is no news


async def test_many_sessions_share_a_commit(tmp_path: Path) -> None:
    async with open_shelf(tmp_path) as shelf:
        commits: list[Connection] = []
        event.listen(shelf.engine, "commit", commits.append)
        ids = await asyncio.gather(*(shelf.keep(b"mail %d" % n) for n in range(100)))
        assert len(set(ids)) == 100
        assert len(shelf.rows()) == 100
        assert len(commits) <= 3


async def test_locked_database_is_451_then_recovers(tmp_path: Path) -> None:
    async with open_shelf(tmp_path) as shelf:
        await shelf.keep(b"before")
        other = sqlite3.connect(shelf.database, isolation_level=None)
        other.execute("BEGIN EXCLUSIVE")
        for raw in (b"small", LARGE):
            with pytest.raises(IntakeUnavailable):
                await shelf.keep(raw)
        other.execute("ROLLBACK")
        other.close()
        assert shelf.blobs() == []
        assert [row[2] for row in shelf.rows()] == [b"before"]
        await asyncio.gather(shelf.keep(b"small"), shelf.keep(LARGE))
        assert len(shelf.rows()) == 3


async def test_full_disk_is_451_then_recovers(tmp_path: Path) -> None:
    async with open_shelf(tmp_path, pragmas=("PRAGMA max_page_count = 60",)) as shelf:

        async def fill() -> None:
            for number in range(1000):
                await shelf.keep(b"%d " % number * 150)
                kept.append(number)

        kept: list[int] = []
        with pytest.raises(IntakeUnavailable):
            await fill()
        assert [row[2][: row[2].index(b" ")] for row in shelf.rows()] == [b"%d" % number for number in kept]
        with sqlite3.connect(shelf.database) as other:
            other.execute("DELETE FROM mails")
        other.close()
        await shelf.keep(b"after")
        assert [row[2] for row in shelf.rows()] == [b"after"]


async def test_blob_that_cannot_be_written_leaves_nothing(tmp_path: Path) -> None:
    async with open_shelf(tmp_path) as shelf:
        shutil.rmtree(tmp_path / "blobs")
        (tmp_path / "blobs").write_text("in the way")
        with pytest.raises(IntakeUnavailable):
            await shelf.keep(LARGE)
        assert shelf.rows() == []
        (tmp_path / "blobs").unlink()
        (tmp_path / "blobs").mkdir()
        await shelf.keep(LARGE)
        assert len(shelf.rows()) == 1


async def test_blob_in_use_survives_the_failure_of_another_mail(tmp_path: Path) -> None:
    async with open_shelf(tmp_path) as shelf:
        await shelf.keep(LARGE, "log@gateway.example")
        other = sqlite3.connect(shelf.database, isolation_level=None)
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(IntakeUnavailable):
            await shelf.keep(LARGE, "start@gateway.example")
        other.close()
        assert shelf.blobs() == [hashlib.sha256(LARGE).hexdigest()]


async def test_broken_connection_is_opened_again(tmp_path: Path) -> None:
    async with open_shelf(tmp_path) as shelf:
        await shelf.keep(b"before")

        @event.listens_for(shelf.engine, "commit", once=True)
        def broken(connection: Connection) -> None:
            raise sqlite3.OperationalError("disk I/O error")

        with pytest.raises(IntakeUnavailable):
            await shelf.keep(b"lost")
        await shelf.keep(b"after")
        assert [row[2] for row in shelf.rows()] == [b"before", b"after"]


async def test_mail_the_database_refuses_hurts_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def choosy(connection: Connection, batch: list[NewMail]) -> list[Kept]:
        kept = keep(connection, batch)
        if any(mail.raw == b"poison" for mail in batch):
            raise ValueError("cannot be stored")
        return kept

    monkeypatch.setattr("storage.shelf.keep", choosy)
    async with open_shelf(tmp_path) as shelf:
        results = await asyncio.gather(
            *(shelf.keep(raw) for raw in (b"one", b"poison", b"two")), return_exceptions=True
        )
        assert isinstance(results[1], IntakeUnavailable)
        assert sorted(row[2] for row in shelf.rows()) == [b"one", b"two"]


@pytest.mark.parametrize("size", [0, 2000], ids=["row", "blob"])
async def test_cancelled_caller_leaves_no_transaction_behind(tmp_path: Path, size: int) -> None:
    async with open_shelf(tmp_path) as shelf:
        for steps in range(30):
            caller = asyncio.create_task(shelf.keep(b"cancelled %d" % steps + b" " * size))
            for _ in range(steps):
                await asyncio.sleep(0)
            caller.cancel()
            await asyncio.gather(caller, return_exceptions=True)
        assert await shelf.keep(b"next") > 0
    # From the first step on, the mail was the writer's and not the caller's.
    kept = {row[0] for row in shelf.rows("SELECT size FROM mails")}
    assert kept >= {len(b"cancelled %d" % steps) + size for steps in (1, 29)}
    assert len(shelf.rows()) >= 30


async def test_stop_commits_what_is_under_way_and_takes_no_more(tmp_path: Path) -> None:
    async with open_shelf(tmp_path) as shelf:
        keeping = [asyncio.create_task(shelf.keep(b"mail %d" % n)) for n in range(20)]
        await asyncio.sleep(0)
        await shelf.intake.stop()
        await asyncio.gather(*keeping)
        assert len(shelf.rows()) == 20
        with pytest.raises(IntakeUnavailable):
            await shelf.keep(b"late")
        assert not [thread for thread in threading.enumerate() if thread.name.startswith("intake")]


async def test_commit_that_takes_too_long_is_451_and_kept_once(tmp_path: Path) -> None:
    async with open_shelf(tmp_path, pragmas=("PRAGMA busy_timeout = 60000",)) as shelf:
        shelf.intake._patience_seconds = 0.05
        other = sqlite3.connect(shelf.database, isolation_level=None)
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(IntakeUnavailable):
            await shelf.keep(b"slow")
        other.execute("ROLLBACK")
        other.close()
        shelf.intake._patience_seconds = 60
        await shelf.keep(b"slow")
        assert len(shelf.rows()) == 1


async def test_mails_whose_senders_left_do_not_pile_up_before_a_disk_that_stands_still(
    tmp_path: Path,
) -> None:
    async with open_shelf(tmp_path, pragmas=("PRAGMA busy_timeout = 60000",), sessions=1) as shelf:
        let_go: asyncio.Queue[None] = asyncio.Queue()

        def keep(number: int) -> Coroutine[None, None, int]:
            return shelf.intake.keep(
                b"%d" % number,
                mail_from="ann@vendor.example",
                recipients=["log@gateway.example"],
                peer=PEER,
                let_go=lambda: let_go.put_nowait(None),
            )

        other = sqlite3.connect(shelf.database, isolation_level=None)
        other.execute("BEGIN EXCLUSIVE")
        for number in range(WAITING_EACH):
            leaves = asyncio.create_task(keep(number))
            await asyncio.sleep(0)  # it waits for its commit now
            leaves.cancel()
        assert let_go.empty()
        for number in range(3):
            with structlog.testing.capture_logs() as told, pytest.raises(IntakeUnavailable):
                await keep(WAITING_EACH)
            assert [entry["log_level"] for entry in told] == (["error"] if number == 0 else [])
            let_go.get_nowait()
        other.execute("ROLLBACK")
        other.close()
        for _ in range(WAITING_EACH):
            await let_go.get()
        assert len(shelf.rows()) == WAITING_EACH
        await keep(WAITING_EACH)
        assert len(shelf.rows()) == WAITING_EACH + 1


async def test_failing_wake_does_not_stop_the_writer(tmp_path: Path) -> None:
    def wake() -> None:
        raise RuntimeError("no workers")

    async with open_shelf(tmp_path, wake=wake) as shelf:
        await shelf.keep(b"one")
        await shelf.keep(b"two")
        assert len(shelf.rows()) == 2


async def test_log_tells_ids_and_no_mail(tmp_path: Path) -> None:
    async with open_shelf(tmp_path) as shelf:
        with structlog.testing.capture_logs() as entries:
            mail = await shelf.keep(b"private")
            await shelf.keep(b"private")
            other = sqlite3.connect(shelf.database, isolation_level=None)
            other.execute("BEGIN EXCLUSIVE")
            with pytest.raises(IntakeUnavailable):
                await shelf.keep(b"private too")
            other.close()
    received = {"event": "received", "log_level": "info", "mail": mail, "size": 7, "recipients": 1}
    assert entries[0] == received | {"session": "a1b2c3d4", "new": True}
    assert entries[1]["new"] is False
    assert entries[2]["log_level"] == "error"
    assert "locked" in entries[2]["why"]
    assert "private" not in repr(entries)
    assert "@" not in repr(entries)


async def test_blob_erased_as_another_mail_s_is_put_back(tmp_path: Path) -> None:
    """A never-logged copy of the same bytes may be erased between the look and the commit."""
    async with open_shelf(tmp_path) as shelf:

        @event.listens_for(shelf.engine, "commit")
        def erased(_connection: object) -> None:
            for blob in (tmp_path / "blobs").glob("??/*"):
                blob.unlink()

        await shelf.keep(b"x" * 5000)
        assert len(shelf.blobs()) == 1


async def test_log_does_not_grow_under_a_stream_without_pause(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Commits do not copy it, and another thread is never done while they go on: so they wait for it in the end."""
    monkeypatch.setattr("gateway.intake.committer.LOG_BYTES", 20_000)
    monkeypatch.setattr("gateway.intake.committer.LOG_MOST", 200_000)
    async with open_shelf(tmp_path) as shelf:
        log = tmp_path / "gateway.db-wal"
        longest = 0

        async def session(number: int) -> None:
            nonlocal longest
            for turn in range(100):
                await shelf.keep(b"%d.%d " % (number, turn) * 100)
                longest = max(longest, log.stat().st_size)

        await asyncio.gather(*(session(number) for number in range(10)))
        assert len(shelf.rows()) == 1000
        assert longest < 1_500_000
