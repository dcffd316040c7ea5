"""A write or an fsync that failed is told from a disk that is full, and leaves no connection to be used again."""

import errno
import os
import sqlite3
from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine, text

from storage.blobs import open_blobs
from storage.engine import open_engine, reading, writing
from storage.errors import BlobsFailed, BlobsUnavailable, DatabaseFailed, DatabaseUnavailable, DiskFailed
from storage.migrations import migrate
from storage.sqlite import driven


@pytest.fixture
def sqlite(tmp_path: Path) -> Engine:
    engine = open_engine(tmp_path / "gateway.db")
    migrate(engine)
    return engine


def commit_with(engine: Engine, monkeypatch: pytest.MonkeyPatch, code: int) -> object:
    """Write while commits fail with a result code; the driver's connection that was used."""

    def fail(_connection: object) -> None:
        error = sqlite3.OperationalError("disk I/O error" if code != sqlite3.SQLITE_FULL else "disk is full")
        error.sqlite_errorcode = code
        raise error

    used: list[object] = []
    with monkeypatch.context() as patched:
        patched.setattr(engine.dialect, "do_commit", fail)
        with writing(engine) as conn:
            used.append(driver(conn))
            conn.execute(text("DELETE FROM mails"))
    return used[0]


def driver(conn: Connection) -> object:
    return conn.connection.driver_connection


@pytest.mark.parametrize(
    "code",
    [
        sqlite3.SQLITE_IOERR_FSYNC,
        sqlite3.SQLITE_IOERR_WRITE,
        sqlite3.SQLITE_IOERR_TRUNCATE,
        sqlite3.SQLITE_IOERR_DIR_FSYNC,
    ],
)
def test_after_a_failed_write_no_old_connection_is_used(
    sqlite: Engine, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    with reading(sqlite) as conn:
        before = driver(conn)
    with pytest.raises(DatabaseFailed) as told:
        commit_with(sqlite, monkeypatch, code)
    assert isinstance(told.value, DiskFailed)
    with reading(sqlite) as conn:
        assert driver(conn) is not before


def test_after_a_failed_write_that_the_driver_tells_of_no_old_connection_is_used(sqlite: Engine) -> None:
    error = sqlite3.OperationalError("disk I/O error")
    error.sqlite_errorcode = sqlite3.SQLITE_IOERR_WRITE
    with reading(sqlite) as one, reading(sqlite) as other:
        before = [driver(one), driver(other)]
    with pytest.raises(DatabaseFailed), writing(sqlite) as conn, driven(conn):
        raise error
    with reading(sqlite) as one, reading(sqlite) as other:
        assert not {driver(one), driver(other)} & set(before)


def test_a_full_disk_is_no_failed_one(sqlite: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(DatabaseUnavailable) as told:
        commit_with(sqlite, monkeypatch, sqlite3.SQLITE_FULL)
    assert not isinstance(told.value, DiskFailed)


@pytest.mark.parametrize("number", [errno.EIO, errno.ENOSPC, errno.EDQUOT])
def test_a_blob_whose_fsync_failed_is_lost_whatever_the_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    blobs = open_blobs(tmp_path)

    def fail(_descriptor: int) -> None:
        raise OSError(number, os.strerror(number))

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", fail)
        with pytest.raises(BlobsFailed):
            blobs.put(b"content")
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


@pytest.mark.parametrize(("number", "failed"), [(errno.EIO, True), (errno.ENOSPC, False)])
def test_a_blob_that_cannot_be_written_says_whether_there_was_no_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, failed: bool
) -> None:
    blobs = open_blobs(tmp_path)

    def fail(*_: object, **__: object) -> None:
        raise OSError(number, os.strerror(number))

    with monkeypatch.context() as patched:
        patched.setattr(Path, "rename", fail)
        with pytest.raises(BlobsUnavailable) as told:
            blobs.put(b"content")
    assert isinstance(told.value, BlobsFailed) is failed
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_a_write_that_takes_a_part_is_gone_on_with(tmp_path: Path) -> None:
    blobs = open_blobs(tmp_path)
    content = os.urandom(3 << 20)
    assert blobs.get(blobs.put(content)) == content
