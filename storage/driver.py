"""SQLite by its driver alone: how a connection is set up and begins, and what its errors mean.

Nothing of SQLAlchemy is here: a process that only keeps mail is small without it (`storage.keeping`).
"""

import re
import sqlite3
from collections.abc import Callable
from time import sleep
from typing import Any

from tenacity import Retrying, retry_if_exception, stop_after_delay, wait_fixed

from storage.errors import DatabaseFailed, DatabaseLocked, DatabaseUnavailable

BUSY_TIMEOUT_MS = 20_000
"""How long a writer waits for another: longer than the import of a large directory holds the database (some 5 s
for 200,000 contacts), far shorter than a client waits after the dot (10 minutes, RFC 5321 4.5.3.2.6)."""

LOOKS_SECONDS = 0.001
"""How often a connection that begins soon looks whether the other writer has finished."""

BEGIN = "BEGIN IMMEDIATE"
"""Of a transaction that writes: one that has read and turns writer would fail at once instead of waiting."""

PAGE_BYTES = 4096
"""SQLite's own figure for a page."""

_PRAGMAS = (
    f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}",
    "PRAGMA journal_mode = WAL",
    # FULL: a commit is on the disk when it returns. NORMAL would lose the last ones with the power.
    "PRAGMA synchronous = FULL",
    "PRAGMA foreign_keys = ON",
    # 1000 pages (4 MiB) is SQLite's own figure; the file is cut back after a checkpoint, so that one large
    # import does not leave it large for ever.
    "PRAGMA wal_autocheckpoint = 1000",
    "PRAGMA journal_size_limit = 67108864",
    # What is deleted is overwritten with zeros. Intake only inserts, so it costs nothing there.
    "PRAGMA secure_delete = ON",
)

LEAVE_THE_LOG = "PRAGMA wal_autocheckpoint = 0"
"""No commit of the connection waits until the log is copied into the database."""

_FAILED_WRITES = frozenset(
    {
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_IOERR_WRITE,
        sqlite3.SQLITE_IOERR_FSYNC,
        sqlite3.SQLITE_IOERR_DIR_FSYNC,
        sqlite3.SQLITE_IOERR_TRUNCATE,
        sqlite3.SQLITE_IOERR_CLOSE,
        sqlite3.SQLITE_IOERR_COMMIT_ATOMIC,
    }
)
"""Extended result codes (https://sqlite.org/rescode.html) after which it is not known what is on the disk. A full
disk is SQLITE_FULL; a sector that cannot be read hurts only those who ask for it; the -shm file is made anew."""

LOCKED = re.compile(r"locked|busy", re.IGNORECASE)


def set_up(connection: Any) -> None:
    """Prepare a connection that was just opened. Its transactions are begun by us, never by the driver.

    The driver's would be deferred, and only before INSERT, UPDATE and DELETE.
    """
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in _PRAGMAS:
        cursor.execute(pragma)
    cursor.close()


def be_impatient(connection: Any) -> int:
    """Have SQLite itself never wait for another writer: `begin` does. Returns how long it would, in milliseconds.

    SQLite looks again after 1, 2, 5, 10, 15, 20 and 25 ms: who has met a transaction of 9 ms waits 18.
    """
    (patience,) = connection.execute("PRAGMA busy_timeout").fetchone()
    connection.execute("PRAGMA busy_timeout = 0")
    return int(patience)


def begin(execute: Callable[[str], Any], statement: str, patience_ms: int | None = None) -> None:
    """Begin a transaction; with a patience of our own, look each millisecond whether another writer has ended."""
    try:
        execute(statement)
    except sqlite3.OperationalError as error:
        if patience_ms is None or not _is_busy(error):
            raise
        Retrying(
            retry=retry_if_exception(_is_busy),
            wait=wait_fixed(LOOKS_SECONDS),
            stop=stop_after_delay(patience_ms / 1000),
            sleep=sleep,
            reraise=True,
        )(execute, statement)


def copy_log(cursor: Any) -> int:
    """Copy the log into the database as far as nobody reads it there; the bytes of the log since it began."""
    cursor.execute("PRAGMA wal_checkpoint(PASSIVE)")
    _, pages, _ = cursor.fetchone()
    return max(int(pages), 0) * PAGE_BYTES


def meaning(original: sqlite3.Error, database: str) -> DatabaseLocked | DatabaseUnavailable | None:
    """What an error of the driver means for a person, or None for one that is our own mistake."""
    if is_failed_write(original):
        return DatabaseFailed(
            f"the disk did not take what was written to the database {database}: {original}"
        )
    if not isinstance(original, sqlite3.DatabaseError):
        return None
    if isinstance(original, (sqlite3.IntegrityError, sqlite3.ProgrammingError)):
        return None
    if isinstance(original, sqlite3.OperationalError) and LOCKED.search(str(original)):
        return DatabaseLocked(f"the database {database} is held by another process; try again later")
    return DatabaseUnavailable(f"the database {database} cannot be used: {original}")


def is_failed_write(error: BaseException | None) -> bool:
    """Whether a write or an fsync failed."""
    # The code is missing where the error is not SQLite's own.
    return isinstance(error, sqlite3.Error) and getattr(error, "sqlite_errorcode", 0) in _FAILED_WRITES


def _is_busy(error: BaseException) -> bool:
    # The extended codes have the plain one in their lowest octet (https://sqlite.org/rescode.html).
    return getattr(error, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_BUSY
