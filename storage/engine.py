"""Opening the database. The only place that knows SQLite from the others."""

import re
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.engine import URL, ExceptionContext
from sqlalchemy.exc import DBAPIError

from storage.errors import DatabaseFailed, DatabaseLocked, DatabaseUnavailable

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncEngine

BUSY_TIMEOUT_MS = 20_000
"""How long a writer waits for another: longer than the import of a large directory holds the database (some 5 s
for 200,000 contacts), far shorter than a client waits after the dot (10 minutes, RFC 5321 4.5.3.2.6)."""

LONGEST_PAUSE = 0.5

READ_ONLY = {"begin": "BEGIN"}
"""Execution options of a connection that only reads: its transaction waits for no writer."""

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

_LOCKED = re.compile(r"locked|busy", re.IGNORECASE)


def open_engine(database: str | Path) -> Engine:
    """A synchronous engine for a SQLAlchemy URL or the path of an SQLite file. Opens nothing yet.

    What its errors say holds no values: those are mail, and errors are logged.
    """
    engine = create_engine(_url(database, asynchronous=False), hide_parameters=True)
    _prepare(engine)
    return engine


def open_async_engine(database: str | Path) -> "AsyncEngine":
    """The same for asyncio. Its threads keep a process alive: `await engine.dispose()` at the end."""
    from sqlalchemy.ext.asyncio import create_async_engine  # noqa: PLC0415  a tenth of a second, for the daemon alone

    engine = create_async_engine(_url(database, asynchronous=True), hide_parameters=True)
    _prepare(engine.sync_engine)
    return engine


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """A transaction that writes; committed at the end, rolled back by an exception.

    Raises DatabaseLocked when another writer does not finish in time, DatabaseUnavailable for other trouble
    with the database itself.
    """
    with _translated(engine), engine.begin() as connection:
        yield connection


@contextmanager
def giving_way(engine: Engine, pause: Callable[[float], None]) -> Iterator[Connection]:
    """As `writing`, for work in the background: afterwards others have as much time to write as it took.

    `pause` waits so many seconds, half a second at most.
    """
    begun = monotonic()
    with writing(engine) as connection:
        yield connection
    pause(min(monotonic() - begun, LONGEST_PAUSE))


@contextmanager
def rebuilding(engine: Engine) -> Iterator[Connection]:
    """As `writing`, with foreign keys looked at once, before the commit.

    To change a column SQLite makes the table anew and drops the old one, which would take the rows of every table
    that refers to it along (https://sqlite.org/lang_altertable.html#otheralter). Raises RuntimeError when a
    reference leads nowhere at the end.
    """
    if engine.dialect.name != "sqlite":
        with writing(engine) as connection:
            yield connection
        return
    with _translated(engine), engine.connect() as connection:
        driver = connection.connection.driver_connection
        assert driver is not None
        driver.execute("PRAGMA foreign_keys = OFF")  # has no effect inside a transaction
        try:
            with connection.begin():
                yield connection
                lost = connection.exec_driver_sql("PRAGMA foreign_key_check").first()
                if lost is not None:
                    raise RuntimeError(f"a row of {lost[0]} refers to a row of {lost[2]} that is not there")
        finally:
            driver.execute("PRAGMA foreign_keys = ON")


def compact(engine: Engine) -> None:
    """Leave nothing in the files of the database but what its rows hold now. Takes no transaction of the caller's.

    What we delete is overwritten with zeros (secure_delete), but a database of an older gateway, and one that other
    tools wrote to, may hold what never was. So the file is written anew (VACUUM), and the log of the pages as they
    were is emptied. Readers go on meanwhile; writers wait, some seconds a gigabyte. Needs room for the database once
    more.

    Raises DatabaseLocked when others are at it for longer than we wait, DatabaseUnavailable when there is no room,
    DatabaseFailed when the disk did not take it.
    """
    if engine.dialect.name != "sqlite":
        return
    with _translated(engine), engine.connect() as connection:
        driver = connection.connection.driver_connection
        assert driver is not None
        try:
            driver.execute("VACUUM")
            busy, _, _ = driver.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        except sqlite3.OperationalError as error:
            connection.invalidate()
            if _LOCKED.search(str(error)):
                raise DatabaseLocked("others hold the database; it could not be written anew") from error
            kind = DatabaseFailed if _is_failed_write(error) else DatabaseUnavailable
            raise kind(f"the database could not be written anew: {error}") from error
        if busy:
            raise DatabaseLocked("others read the database; its log could not be emptied")


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """A transaction that only reads, from one consistent snapshot. Raises as `writing` does."""
    with _translated(engine), engine.execution_options(**READ_ONLY).begin() as connection:
        yield connection


def probe(engine: Engine, seconds: float) -> None:
    """Write a little durably and change nothing: the fsync of a commit is in it, a wait for other writers as well.

    SQLite: the number that a database keeps for its application (PRAGMA user_version) is written as it is, which
    makes a page dirty and the commit real, without a table of its own. Elsewhere an empty transaction is committed.
    `engine` is to be the prober's own: its connections keep the short patience. Raises as `writing` does.
    """
    with _translated(engine), engine.connect() as connection:
        if engine.dialect.name == "sqlite":
            connection.connection.cursor().execute(f"PRAGMA busy_timeout = {int(seconds * 1000)}")
        with connection.begin():
            if engine.dialect.name == "sqlite":
                number = connection.exec_driver_sql("PRAGMA user_version").scalar_one()
                connection.exec_driver_sql(f"PRAGMA user_version = {int(number)}")
            else:
                connection.exec_driver_sql("SELECT 1")


def storage_error(error: DBAPIError, database: str) -> DatabaseLocked | DatabaseUnavailable | None:
    """What a driver's error means for a person, or None for an error that is our own mistake.

    DatabaseFailed says that the process must leave.
    """
    original = error.orig
    if _is_failed_write(original):
        return DatabaseFailed(
            f"the disk did not take what was written to the database {database}: {original}"
        )
    if not (isinstance(original, sqlite3.DatabaseError) or error.connection_invalidated):
        return None
    if isinstance(original, (sqlite3.IntegrityError, sqlite3.ProgrammingError)):
        return None
    if isinstance(original, sqlite3.OperationalError) and _LOCKED.search(str(original)):
        return DatabaseLocked(f"the database {database} is held by another process; try again later")
    return DatabaseUnavailable(f"the database {database} cannot be used: {original}")


def _is_failed_write(error: BaseException | None) -> bool:
    # The code is missing where the error is not SQLite's own.
    return isinstance(error, sqlite3.Error) and getattr(error, "sqlite_errorcode", 0) in _FAILED_WRITES


@contextmanager
def _translated(engine: Engine) -> Iterator[None]:
    try:
        yield
    except DBAPIError as error:
        meaning = storage_error(error, engine.url.render_as_string(hide_password=True))
        if meaning is None:
            raise
        raise meaning from error


def _url(database: str | Path, *, asynchronous: bool) -> URL:
    text = str(database)
    url = make_url(text) if "://" in text else URL.create("sqlite", database=text)
    if url.get_backend_name() == "sqlite":
        return url.set(drivername="sqlite+aiosqlite" if asynchronous else "sqlite")
    return url


def _prepare(engine: Engine) -> None:
    if engine.dialect.name != "sqlite":
        return

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
        if _is_failed_write(context.original_exception):
            context.is_disconnect = True

    @event.listens_for(engine, "begin")
    def begun(connection: Connection) -> None:
        connection.exec_driver_sql(connection.get_execution_options().get("begin", "BEGIN IMMEDIATE"))
