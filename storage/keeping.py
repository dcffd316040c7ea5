"""Mails kept in an SQLite file by the driver alone: fast, and small in memory.

In a small batch SQLAlchemy's part would be larger than the disk's, and a process of its own for this would take 20 MB
more.
"""

import os
import sqlite3
from collections.abc import Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from storage.driver import BEGIN, LEAVE_THE_LOG, be_impatient, begin, copy_log, meaning, set_up
from storage.errors import DatabaseFailed, DatabaseUnavailable, StorageError

AT_ONCE = (64, 16, 8, 4, 2, 1)
"""Rows of one statement, largest first: few statements, which the driver keeps prepared (it holds 128)."""


class Row(NamedTuple):
    """A mail as the driver writes it into the table `mails`: `storage.inbound.driver_row` makes it.

    `recipients` and `peer` are JSON; exactly one of `raw` and `raw_blob` is set.
    """

    received_at: str
    size: int
    sha256: str
    recipients_hash: str
    mail_from: str
    recipients: str
    peer: str
    raw: bytes | None
    raw_blob: str | None


def keep_rows(cursor: Any, rows: Sequence[Row]) -> list[tuple[int, bool]]:
    """Keep mails in the transaction of a cursor of the driver: the id of each, and whether it is new.

    The same bytes to the same recipients are kept once; the history tells of what is new.
    """
    wanted: dict[tuple[str, str], Row] = {}
    for row in rows:
        wanted.setdefault((row.sha256, row.recipients_hash), row)
    distinct = list(wanted.values())
    made: dict[tuple[str, str], int] = {}
    begun = 0
    while begun < len(distinct):
        many = next(each for each in AT_ONCE if each <= len(distinct) - begun)
        values = [value for row in distinct[begun : begun + many] for value in row]
        begun += many
        cursor.execute(_insert(many), values)
        for mail_id, *identity in cursor.fetchall():
            made[tuple(identity)] = mail_id
    if made:
        # There is one writer at a time: what was inserted since the first of them is all ours.
        cursor.execute(_RECEIVED, (min(made.values()),))
    known = dict(made)
    for identity in wanted:
        if identity not in known:
            cursor.execute(_KNOWN, identity)
            (known[identity],) = cursor.fetchone()
    answers = []
    for row in rows:
        identity = row.sha256, row.recipients_hash
        answers.append((known[identity], made.pop(identity, None) is not None))
    return answers


@cache
def _insert(many: int) -> str:
    marks = f"('received', 0, {', '.join('?' * len(Row._fields))})"
    return (
        f"INSERT INTO mails (state, strikes, {', '.join(Row._fields)}) VALUES {', '.join([marks] * many)}"  # noqa: S608 - our own names
        " ON CONFLICT DO NOTHING RETURNING id, sha256, recipients_hash"
    )


_RECEIVED = (
    "INSERT INTO events (mail_id, at, event, detail) "
    "SELECT id, received_at, 'received', '{}' FROM mails WHERE id >= ? ORDER BY id"
)
_KNOWN = "SELECT id FROM mails WHERE sha256 = ? AND recipients_hash = ?"


class DriverShelf:
    """Keeps mails in the SQLite file of that path, which is at this program's revision. Belongs to one thread."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._connection: sqlite3.Connection | None = None
        self._patience = 0
        self._file: int | None = None

    def keep(self, rows: Sequence[Row]) -> list[tuple[int, bool]]:
        """Keep them durably; the id of each, and whether it is new. After an error none is kept."""
        if self._connection is None:
            self._connection = _opened(self._path)
            self._connection.execute(LEAVE_THE_LOG)
            self._patience = be_impatient(self._connection)
        connection = self._connection
        begin(connection.execute, BEGIN, self._patience)
        kept = keep_rows(connection.cursor(), rows)
        connection.commit()
        return kept

    def drop(self) -> None:
        """Drop the connection, whatever state it is in; the next mail opens another."""
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(sqlite3.Error):  # it may be broken already, that is why it goes
                # A statement that the error still holds would keep a closed connection, and what it has locked.
                connection.rollback()
            with suppress(sqlite3.Error):
                connection.close()

    def copy_log(self) -> int:
        """See `storage.engine.checkpoint`. Over a connection of its own: another thread may call it meanwhile."""
        connection = _opened(self._path)
        try:
            length = copy_log(connection.cursor())
        finally:
            connection.close()
        self._sync()
        return length

    def _sync(self) -> None:
        """Have what was copied on the disk now.

        SQLite syncs the database's file only once all of its log is copied, which under a stream of mail is after
        sixty megabytes: the commits that wait then would wait for all of them. The descriptor is never closed: that
        would take the locks of every connection of this process (https://sqlite.org/howtocorrupt.html, 2.2).
        """
        try:
            if self._file is None:
                self._file = os.open(self._path, os.O_RDONLY)
        except OSError as error:
            raise DatabaseUnavailable(
                f"the database {self._path} cannot be opened: {error.strerror}"
            ) from error
        try:
            os.fdatasync(self._file)
        except OSError as error:
            raise DatabaseFailed(
                f"the disk did not take what was copied into the database {self._path}: {error.strerror}"
            ) from error

    def meaning(self, error: BaseException) -> StorageError | None:
        """What an error means for every mail, or None for one that is the fault of the mails at hand."""
        if isinstance(error, StorageError):
            return error
        return meaning(error, self._path) if isinstance(error, sqlite3.Error) else None

    def close(self) -> None:
        """Close the database."""
        self.drop()


def _opened(path: str) -> sqlite3.Connection:
    # One that is not there is not made: it would be another than everybody else's.
    place = f"{Path(path).absolute().as_uri()}?mode=rw"
    connection = sqlite3.connect(place, uri=True, check_same_thread=False)
    try:
        set_up(connection)
    except sqlite3.Error:
        connection.close()
        raise
    return connection
