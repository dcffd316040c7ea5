"""Opening the database, and its transactions; what each back end has of its own is in `sqlite` and `postgresql`."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Engine, create_engine, make_url
from sqlalchemy.engine import URL
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from storage import driver, postgresql, sqlite
from storage.errors import DatabaseLocked, DatabaseUnavailable

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncEngine

LONGEST_PAUSE = 0.5


def open_engine(database: str | Path) -> Engine:
    """A synchronous engine for a SQLAlchemy URL or the path of an SQLite file. Opens nothing yet.

    What its errors say holds no values: those are mail, and errors are logged. Raises DatabaseUnavailable for a URL
    that names no back end of ours, or one whose driver is not installed.
    """
    engine: Engine = _created(create_engine, _url(database, asynchronous=False))
    _prepare(engine)
    return engine


def open_async_engine(database: str | Path) -> "AsyncEngine":
    """The same for asyncio. Its threads keep a process alive: `await engine.dispose()` at the end."""
    from sqlalchemy.ext.asyncio import create_async_engine  # noqa: PLC0415  a tenth of a second, for the daemon alone

    engine: AsyncEngine = _created(create_async_engine, _url(database, asynchronous=True))
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
            postgresql.lock_schema(connection)
            yield connection
        return
    with _translated(engine), engine.connect() as connection:
        raw = connection.connection.driver_connection
        assert raw is not None
        raw.execute("PRAGMA foreign_keys = OFF")  # has no effect inside a transaction
        try:
            with connection.begin():
                yield connection
                lost = connection.exec_driver_sql("PRAGMA foreign_key_check").first()
                if lost is not None:
                    raise RuntimeError(f"a row of {lost[0]} refers to a row of {lost[2]} that is not there")
        finally:
            raw.execute("PRAGMA foreign_keys = ON")


def leave_the_log(connection: Connection) -> None:
    """Let no commit of this connection wait until its log is copied into the database: `checkpoint` is for that."""
    if connection.dialect.name == "sqlite":
        connection.connection.cursor().execute(driver.LEAVE_THE_LOG)


def begin_soon(connection: Connection) -> None:
    """Let this connection's transactions begin as soon as no other writer holds the database."""
    if connection.dialect.name == "sqlite":
        sqlite.begin_soon(connection)


def checkpoint(engine: Engine) -> int:
    """Copy the log into the database as far as nobody reads it there, while others read and write.

    Returns the bytes of the log since it began: it begins anew with the first write after all of it was copied. 0
    where the database sees to that itself. Raises as `writing` does.
    """
    if engine.dialect.name != "sqlite":
        return 0
    with _translated(engine), engine.connect() as connection:
        return sqlite.checkpoint(connection)


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
        sqlite.compact(connection)


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """A transaction that only reads, from one consistent snapshot. Raises as `writing` does."""
    options = read_only(engine)  # of the connection: to make an engine that has them takes half as long again
    with _translated(engine), engine.connect() as connection, connection.execution_options(**options).begin():
        yield connection


def probe(engine: Engine, seconds: float) -> None:
    """Write a little durably and change nothing: the fsync of a commit is in it, a wait for other writers as well.

    SQLite: the number that a database keeps for its application (PRAGMA user_version) is written as it is, which
    makes a page dirty and the commit real, without a table of its own. PostgreSQL: a record of the log.
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
                postgresql.probe(connection)


def storage_error(error: DBAPIError, database: str) -> DatabaseLocked | DatabaseUnavailable | None:
    """What a driver's error means for a person, or None for an error that is our own mistake.

    DatabaseFailed says that the process must leave.
    """
    if isinstance(error.orig, sqlite3.DatabaseError):
        return driver.meaning(error.orig, database)
    if isinstance(error.orig, sqlite3.Error) and not error.connection_invalidated:
        return None
    return postgresql.meaning(error, database)


def read_only(engine: "Engine | AsyncEngine") -> dict[str, Any]:
    """Execution options of connections that only read: their transactions wait for no writer."""
    return sqlite.READ_ONLY if engine.dialect.name == "sqlite" else postgresql.READ_ONLY


@contextmanager
def _translated(engine: Engine) -> Iterator[None]:
    try:
        yield
    except DBAPIError as error:
        meaning = storage_error(error, engine.url.render_as_string(hide_password=True))
        if meaning is None:
            raise
        raise meaning from error
    except PoolTimeoutError as error:
        raise DatabaseLocked("every connection to the database is in use; try again later") from error


def _created(create: Callable[..., Any], url: URL) -> Any:
    if url.get_backend_name() not in ("sqlite", "postgresql"):
        raise DatabaseUnavailable(f"there is no back end for {url.drivername}:// databases")
    options: dict[str, Any] = {}
    if url.get_backend_name() == "postgresql":
        # Asked before each use: after a restart of the server nobody else finds the connections of before dead.
        options = {"connect_args": postgresql.parameters(url), "pool_pre_ping": True}
    try:
        return create(url, hide_parameters=True, **options)
    except ModuleNotFoundError as error:
        if error.name != "psycopg":
            raise
        raise DatabaseUnavailable(
            "PostgreSQL needs a driver that is not installed: pip install 'touchpoint-gateway[postgresql]'"
        ) from error


def _url(database: str | Path, *, asynchronous: bool) -> URL:
    text = str(database)
    try:
        url = make_url(text) if "://" in text else URL.create("sqlite", database=text)
    except (ArgumentError, ValueError) as error:
        raise DatabaseUnavailable(f"this is no URL of a database: {error}") from error
    match url.get_backend_name():
        case "sqlite":
            return url.set(drivername="sqlite+aiosqlite" if asynchronous else "sqlite")
        case "postgresql":
            return url.set(drivername="postgresql+psycopg")  # for both
    return url


def _prepare(engine: Engine) -> None:
    match engine.dialect.name:
        case "sqlite":
            sqlite.prepare(engine)
        case "postgresql":
            postgresql.prepare(engine)
