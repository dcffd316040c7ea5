"""A write or an fsync that fails is never tried again: the sender hears 451, and the process is told to leave."""

import asyncio
import errno
import os
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from gateway.intake.intake import IntakeUnavailable
from storage.errors import DatabaseFailed
from tests.intake.shelf import Shelf, open_shelf

LARGE = b"Subject: large\r\n\r\n" + b"x" * 2000


def failing(shelf: Shelf, code: int) -> Callable[[], None]:
    """Commits fail with a result code of SQLite until the function is called."""
    dialect = shelf.engine.dialect
    real = dialect.do_commit

    def fail(_connection: object) -> None:
        error = sqlite3.OperationalError("disk I/O error")
        error.sqlite_errorcode = code
        raise error

    def well() -> None:
        dialect.do_commit = real  # type: ignore[method-assign]

    dialect.do_commit = fail  # type: ignore[method-assign]
    return well


@pytest.mark.parametrize(
    "code", [sqlite3.SQLITE_IOERR_FSYNC, sqlite3.SQLITE_IOERR_WRITE, sqlite3.SQLITE_IOERR_DIR_FSYNC]
)
async def test_after_a_failed_write_nothing_is_kept_even_when_the_disk_seems_well(
    tmp_path: Path, code: int
) -> None:
    told: list[None] = []
    async with open_shelf(tmp_path, failed=lambda: told.append(None)) as shelf:
        await shelf.keep(b"before")
        well = failing(shelf, code)
        with pytest.raises(IntakeUnavailable):
            await shelf.keep(b"lost")
        well()
        for raw in (b"after", LARGE):
            with pytest.raises(IntakeUnavailable):
                await shelf.keep(raw)
        assert [row[2] for row in shelf.rows()] == [b"before"]
        assert told == [None]


async def test_a_log_that_cannot_be_copied_ends_it_without_another_mail(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_engine: object) -> int:
        raise DatabaseFailed("the disk did not take it")

    monkeypatch.setattr("gateway.intake.committer.LOG_BYTES", 1)
    monkeypatch.setattr("storage.shelf.checkpoint", fail)
    told = asyncio.Event()
    async with open_shelf(tmp_path, failed=told.set) as shelf:
        await shelf.keep(b"before")
        async with asyncio.timeout(10):
            await told.wait()
        with pytest.raises(IntakeUnavailable):
            await shelf.keep(b"after")


@pytest.mark.parametrize(
    "code",
    [sqlite3.SQLITE_FULL, sqlite3.SQLITE_BUSY, sqlite3.SQLITE_IOERR_SHMSIZE, sqlite3.SQLITE_IOERR_READ],
)
async def test_a_disk_that_is_full_or_a_database_that_is_held_is_waited_for(
    tmp_path: Path, code: int
) -> None:
    told: list[None] = []
    async with open_shelf(tmp_path, failed=lambda: told.append(None)) as shelf:
        well = failing(shelf, code)
        with pytest.raises(IntakeUnavailable):
            await shelf.keep(b"not now")
        well()
        await shelf.keep(b"now")
        assert [row[2] for row in shelf.rows()] == [b"now"]
        assert told == []


async def test_a_blob_whose_fsync_failed_is_not_kept_and_ends_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[None] = []

    def broken(_descriptor: int) -> None:
        raise OSError(errno.EIO, "Input/output error")

    async with open_shelf(tmp_path, failed=lambda: told.append(None)) as shelf:
        with monkeypatch.context() as patched:
            patched.setattr(os, "fsync", broken)
            with pytest.raises(IntakeUnavailable):
                await shelf.keep(LARGE)
        assert told == [None]
        with pytest.raises(IntakeUnavailable):
            await shelf.keep(LARGE)
        assert shelf.rows() == []
        assert shelf.blobs() == []
