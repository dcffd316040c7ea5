"""What is SQLite's own: how a connection is set up, what its errors mean, how its file is written anew."""

import re
import sqlite3
from collections.abc import Sequence
from time import sleep
from typing import Any

from sqlalchemy import Connection, Engine, event, text
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.exc import DBAPIError
from tenacity import Retrying, retry_if_exception, stop_after_delay, wait_fixed

from rules.search import Phrase, Query
from storage.errors import DatabaseFailed, DatabaseLocked, DatabaseUnavailable

BUSY_TIMEOUT_MS = 20_000
"""How long a writer waits for another: longer than the import of a large directory holds the database (some 5 s
for 200,000 contacts), far shorter than a client waits after the dot (10 minutes, RFC 5321 4.5.3.2.6)."""

LOOKS_SECONDS = 0.001
"""How often a connection that begins soon looks whether the other writer has finished."""

_PATIENCE = "busy_timeout"
"""Under which such a connection remembers how long it waits, in milliseconds."""

PAGE_BYTES = 4096
"""SQLite's own figure for a page."""

READ_ONLY = {"begin": "BEGIN"}

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

_MERGED_PAGES = 2000
"""Pages of the index merged in one step: 8 MB, for which nobody else can write."""

_LOCKED = re.compile(r"locked|busy", re.IGNORECASE)


def prepare(engine: Engine) -> None:
    """Set up every connection of the engine."""

    @event.listens_for(engine, "connect")
    def connected(dbapi_connection: Any, _record: Any) -> None:
        # The driver would begin transactions by itself, deferred and only before INSERT, UPDATE and DELETE: a
        # reader that turns writer then fails at once instead of waiting. We begin them ourselves.
        dbapi_connection.isolation_level = None
        cursor = dbapi_connection.cursor()
        for pragma in _PRAGMAS:
            cursor.execute(pragma)
        cursor.close()

    @event.listens_for(engine, "handle_error")
    def failed(context: ExceptionContext) -> None:
        # No connection that was open then is used again: its next fsync would find nothing to complain of.
        if is_failed_write(context.original_exception):
            context.is_disconnect = True

    @event.listens_for(engine, "begin")
    def begun(connection: Connection) -> None:
        statement = connection.get_execution_options().get("begin", "BEGIN IMMEDIATE")
        try:
            _begin(connection, statement)
        except sqlite3.Error as error:
            if is_failed_write(error):
                connection.invalidate(error)
            raise DBAPIError.instance(statement, None, error, sqlite3.Error, hide_parameters=True) from error


def begin_soon(connection: Connection) -> None:
    """Let the transactions of this connection begin a millisecond after another writer's end.

    Its patience stays; but SQLite itself looks again after 1, 2, 5, 10, 15, 20 and 25 ms, and who has met a
    transaction of 9 ms waits 18.
    """
    if _PATIENCE in connection.info:
        return
    driver = connection.connection.driver_connection
    assert driver is not None
    (connection.info[_PATIENCE],) = driver.execute("PRAGMA busy_timeout").fetchone()
    driver.execute("PRAGMA busy_timeout = 0")


def _begin(connection: Connection, statement: str) -> None:
    cursor = connection.connection.cursor()  # by the driver: for each transaction 40 µs less
    patience = connection.info.get(_PATIENCE)
    try:
        cursor.execute(statement)
    except sqlite3.OperationalError as error:
        if patience is None or not _is_busy(error):
            raise
        Retrying(
            retry=retry_if_exception(_is_busy),
            wait=wait_fixed(LOOKS_SECONDS),
            stop=stop_after_delay(patience / 1000),
            sleep=sleep,
            reraise=True,
        )(cursor.execute, statement)


def _is_busy(error: BaseException) -> bool:
    # The extended codes have the plain one in their lowest octet (https://sqlite.org/rescode.html).
    return getattr(error, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_BUSY


def meaning(original: sqlite3.DatabaseError, database: str) -> DatabaseLocked | DatabaseUnavailable | None:
    """What an error of the driver means for a person, or None for one that is our own mistake."""
    if is_failed_write(original):
        return DatabaseFailed(
            f"the disk did not take what was written to the database {database}: {original}"
        )
    if isinstance(original, (sqlite3.IntegrityError, sqlite3.ProgrammingError)):
        return None
    if isinstance(original, sqlite3.OperationalError) and _LOCKED.search(str(original)):
        return DatabaseLocked(f"the database {database} is held by another process; try again later")
    return DatabaseUnavailable(f"the database {database} cannot be used: {original}")


def is_failed_write(error: BaseException | None) -> bool:
    """Whether a write or an fsync failed."""
    # The code is missing where the error is not SQLite's own.
    return isinstance(error, sqlite3.Error) and getattr(error, "sqlite_errorcode", 0) in _FAILED_WRITES


def checkpoint(connection: Connection) -> int:
    """See `storage.engine.checkpoint`."""
    cursor = connection.connection.cursor()
    try:
        _, pages, _ = cursor.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
    except sqlite3.Error as error:
        if is_failed_write(error):
            connection.invalidate(error)
        raise DBAPIError.instance(None, None, error, sqlite3.Error, hide_parameters=True) from error
    return max(int(pages), 0) * PAGE_BYTES


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
        if _LOCKED.search(str(error)):
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
