"""What is SQLite's own: how a connection is set up, what its errors mean, how its file is written anew."""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Engine, event, text
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.exc import DBAPIError

from rules.search import Phrase, Query
from storage.driver import BEGIN, LOCKED, be_impatient, begin, copy_log, is_failed_write, set_up
from storage.errors import DatabaseFailed, DatabaseLocked, DatabaseUnavailable

_PATIENCE = "busy_timeout"
"""Under which such a connection remembers how long it waits, in milliseconds."""

READ_ONLY = {"begin": "BEGIN"}

_MERGED_PAGES = 2000
"""Pages of the index merged in one step: 8 MB, for which nobody else can write."""


def prepare(engine: Engine) -> None:
    """Set up every connection of the engine."""

    @event.listens_for(engine, "connect")
    def connected(dbapi_connection: Any, _record: Any) -> None:
        set_up(dbapi_connection)

    @event.listens_for(engine, "handle_error")
    def failed(context: ExceptionContext) -> None:
        # No connection that was open then is used again: its next fsync would find nothing to complain of.
        if is_failed_write(context.original_exception):
            context.is_disconnect = True

    @event.listens_for(engine, "begin")
    def begun(connection: Connection) -> None:
        statement = connection.get_execution_options().get("begin", BEGIN)
        try:
            # By the driver: for each transaction 40 µs less.
            begin(connection.connection.cursor().execute, statement, connection.info.get(_PATIENCE))
        except sqlite3.Error as error:
            _leave_after(error, connection)
            raise DBAPIError.instance(statement, None, error, sqlite3.Error, hide_parameters=True) from error


def begin_soon(connection: Connection) -> None:
    """Let the transactions of this connection begin a millisecond after another writer's end. Its patience stays."""
    if _PATIENCE not in connection.info:
        connection.info[_PATIENCE] = be_impatient(connection.connection.driver_connection)


@contextmanager
def driven(connection: Connection, statement: str = "") -> Iterator[Any]:
    """A cursor of the driver in the transaction of a connection; errors come as SQLAlchemy's."""
    try:
        yield connection.connection.cursor()
    except sqlite3.Error as error:
        _leave_after(error, connection)
        raise DBAPIError.instance(statement, None, error, sqlite3.Error, hide_parameters=True) from error


def _leave_after(error: sqlite3.Error, connection: Connection) -> None:
    """No connection that was open at a failed write is used again, as after an error that SQLAlchemy sees itself."""
    if is_failed_write(error):
        connection.invalidate(error)
        connection.engine.dispose(close=False)


def checkpoint(connection: Connection) -> int:
    """See `storage.engine.checkpoint`."""
    with driven(connection) as cursor:
        return copy_log(cursor)


def compact(connection: Connection) -> None:
    """See `storage.engine.compact`."""
    driver = connection.connection.driver_connection
    assert driver is not None
    try:
        _settle_words(driver)
        driver.execute("VACUUM")
        busy, _, _ = driver.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    except sqlite3.OperationalError as error:
        connection.invalidate()
        if LOCKED.search(str(error)):
            raise DatabaseLocked("others hold the database; it could not be written anew") from error
        kind = DatabaseFailed if is_failed_write(error) else DatabaseUnavailable
        raise kind(f"the database could not be written anew: {error}") from error
    if busy:
        raise DatabaseLocked("others read the database; its log could not be emptied")


def _settle_words(driver: Any) -> None:
    """Leave no word in the index of the search that no row has: what goes is only noted as gone until its parts are
    merged (https://sqlite.org/fts5.html#the_merge_command). A step at a time, so that others may write in between.
    """
    there = "SELECT 1 FROM sqlite_master WHERE name = 'searched_words'"
    if driver.execute(there).fetchone() is None:
        return  # a database that is not migrated yet
    pages = -_MERGED_PAGES  # the first step takes all parts that are there, the further ones go on with it
    while True:
        before = driver.total_changes
        driver.execute("INSERT INTO searched_words (searched_words, rank) VALUES ('merge', ?)", (pages,))
        if driver.total_changes - before < 2:  # nothing was left to do
            return
        pages = _MERGED_PAGES


def find_places(
    connection: Connection,
    query: Query,
    accounts: Sequence[str] | None,
    first: int,
    last: int,
    limit: int | None,
) -> list[int]:
    """See `storage.dialects.find_places`.

    The index is in the order of places, so that no more of it is read than is found: of a word that stands in
    everything the latest are there at once.
    """
    wanted = [_phrase(each) for each in query.wanted]
    if accounts is not None:
        wanted.insert(0, "(" + " OR ".join(f'"{each}"' for each in accounts) + ")")
    match = f"({' AND '.join(wanted)})"
    if query.without:
        match += f" NOT ({' OR '.join(map(_phrase, query.without))})"
    found = connection.execute(
        text(
            "SELECT rowid FROM searched_words WHERE searched_words MATCH :match AND rowid BETWEEN :first AND :last "
            "ORDER BY rowid DESC LIMIT :most"
        ),
        {"match": match, "first": first, "last": last, "most": -1 if limit is None else limit},
    )
    return [row[0] for row in found]


def _phrase(phrase: Phrase) -> str:
    """In the language of FTS5 (https://sqlite.org/fts5.html 3). Words hold letters and digits alone."""
    return f'"{" ".join(phrase.words)}"{" *" if phrase.beginning else ""}'
