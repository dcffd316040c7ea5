"""What is PostgreSQL's own: how a connection is set up, what its errors mean, its locks and its notices.

There many gateways write at once, at READ COMMITTED. What SQLite gives by having one writer is given here by locks:
rows are locked by who changes them, a blob by who names or deletes it, an identity by who files under it, the schema
by who migrates it.
"""

import hashlib
from collections.abc import AsyncIterator, Collection, Sequence
from typing import Any

from sqlalchemy import Connection, Engine, event, make_url, text
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError, InterfaceError, InternalError, OperationalError

from rules.search import Phrase, Query
from storage.driver import BUSY_TIMEOUT_MS
from storage.errors import DatabaseLocked, DatabaseUnavailable

MAIL, OUTBOX = "gateway_mail", "gateway_outbox"
"""Channels (NOTIFY): there is mail to be filed, mail to be sent."""

READ_ONLY: dict[str, Any] = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
"""One snapshot for all statements of a transaction, as a reader of SQLite has."""

_SESSION = (
    f"-c timezone=UTC -c lock_timeout={BUSY_TIMEOUT_MS} "
    # A gateway that hangs in a transaction must not hold its rows for ever.
    "-c idle_in_transaction_session_timeout=600000"
)
_CONNECT: dict[str, Any] = {
    "connect_timeout": 10,
    # A server that is gone without a word is noticed within a minute, not after the two hours of the system.
    "keepalives_idle": 20,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "application_name": "touchpoint-gateway",
}

_MIGRATION = 0x746F756368  # "touch": the number of the lock for the schema
_LOCKED = frozenset({"40001", "40P01", "55P03", "57014"})
"""SQLSTATEs: serialization failure, deadlock, lock not available, cancelled by a timeout."""

NOT_ALLOWED = "42501"

_OURS = frozenset({"22", "23", "42", "54"})
"""Classes of SQLSTATEs that say that a statement is wrong, not the database: data, constraints, syntax, limits."""


def parameters(url: URL) -> dict[str, Any]:
    """What a connection to a database is made with (https://www.postgresql.org/docs/current/libpq-connect.html).

    What the URL says itself holds; its `options` come after ours.
    """
    told = url.query.get("options", "")
    options = f"{_SESSION} {told if isinstance(told, str) else ' '.join(told)}".strip()
    return {**{name: value for name, value in _CONNECT.items() if name not in url.query}, "options": options}


def prepare(engine: Engine) -> None:
    """Set up every connection of the engine."""

    @event.listens_for(engine, "connect")
    def connected(dbapi_connection: Any, _record: Any) -> None:
        # A server, or a role, may be set to answer before a commit is on the disk; then our 250 would be a lie. What
        # waits for standbys stays as it was set. Said even when it is so already, or a reload would change it.
        cursor = dbapi_connection.cursor()
        cursor.execute("SHOW synchronous_commit")
        found = cursor.fetchone()[0]
        cursor.execute(f"SET synchronous_commit = {'on' if found == 'off' else found}")
        cursor.close()
        dbapi_connection.commit()


def meaning(error: DBAPIError, database: str) -> DatabaseLocked | DatabaseUnavailable | None:
    """What an error of the driver means for a person, or None for one that is our own mistake."""
    state = str(getattr(error.orig, "sqlstate", None) or "")
    if state == NOT_ALLOWED:
        reason = str(error.orig).strip().partition("\n")[0]
        return DatabaseUnavailable(f"the database {database} does not let us: {reason}")
    if state in _LOCKED:
        return DatabaseLocked(f"the database {database} is held by others; try again later")
    if state[:2] in _OURS:
        return None
    if error.connection_invalidated or isinstance(error, OperationalError | InterfaceError | InternalError):
        reason = str(error.orig).strip().partition("\n")[0]
        return DatabaseUnavailable(f"the database {database} cannot be used: {reason}")
    return None


def lock_schema(connection: Connection) -> None:
    """Be the only one that changes the schema, until the end of the transaction.

    Raises DatabaseUnavailable for a database that does not hold every character.
    """
    encoding = connection.execute(text("SHOW server_encoding")).scalar_one()
    if encoding != "UTF8":
        raise DatabaseUnavailable(
            f"the database is in {encoding}, which lacks most characters: make it with "
            "createdb --encoding UTF8 --template template0"
        )
    # Waits as long as it takes: whoever starts beside us may have much to migrate.
    connection.execute(text("SET LOCAL lock_timeout = 0"))
    connection.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": _MIGRATION})


_EACH = "(number) FROM unnest(CAST(:numbers AS bigint[])) AS each (number)"
_LOCK = text("SELECT pg_advisory_xact_lock" + _EACH)
_LOCK_SHARED = text("SELECT pg_advisory_xact_lock_shared" + _EACH)


def lock(connection: Connection, names: Collection[str], *, shared: bool = False) -> None:
    """Hold these names, whatever they stand for, until the end of the transaction; `shared` with others who do so."""
    # In order, so that two never wait for each other; a scan of an array goes from its beginning to its end.
    numbers = sorted({_number(name) for name in names})
    if numbers:
        connection.execute(_LOCK_SHARED if shared else _LOCK, {"numbers": numbers})


def notify(connection: Connection, channel: str) -> None:
    """Tell every gateway, once the transaction is committed, that there is something to do."""
    connection.execute(text("SELECT pg_notify(:channel, '')"), {"channel": channel})


def _number(name: str) -> int:
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], signed=True)


def probe(connection: Connection) -> None:
    """Write to the write-ahead log, so that the commit waits for the disk; a standby refuses it."""
    connection.execute(text("SELECT pg_logical_emit_message(true, 'touchpoint-gateway', 'probe')"))
    if connection.execute(text("SHOW transaction_read_only")).scalar_one() == "on":
        raise DatabaseUnavailable("the database takes no writes: default_transaction_read_only is on")


def find_places(
    connection: Connection,
    query: Query,
    accounts: Sequence[str] | None,
    first: int,
    last: int,
    limit: int | None,
) -> list[int]:
    """See `storage.dialects.find_places`.

    Its index knows no order: of a word that stands in everything it would give everything, to be sorted. So the
    latest are looked at first, one by one, which is enough for such a word; a rarer one the index finds.
    """
    wanted = [_phrase(each) for each in query.wanted]
    if accounts is not None:
        wanted.append("(" + " | ".join(f"'{each}'" for each in accounts) + ")")
    asked = " & ".join((*wanted, *(f"!({_phrase(each)})" for each in query.without)))
    values = {"asked": asked, "first": first, "last": last, "most": limit, "latest": _LATEST}
    if limit is not None:
        found = connection.execute(_AMONG_THE_LATEST, values).scalars().all()
        if len(found) == limit:
            return list(found)
    return list(connection.execute(_BY_THE_INDEX, values).scalars())


def _phrase(phrase: Phrase) -> str:
    """In the language of tsquery. Words hold letters and digits alone."""
    row = " <-> ".join(f"'{word}'" for word in phrase.words)
    return f"({row}:*)" if phrase.beginning else f"({row})"


_LATEST = 500
_AMONG_THE_LATEST = text(
    "SELECT place FROM (SELECT place, words FROM searched WHERE place BETWEEN :first AND :last "
    "ORDER BY place DESC LIMIT :latest) AS latest WHERE words @@ CAST(:asked AS tsquery) "
    "ORDER BY place DESC LIMIT :most"
)
# Sorted apart from what was found, or the planner may go through everything in its order after all.
_BY_THE_INDEX = text(
    "WITH found AS MATERIALIZED (SELECT place FROM searched WHERE words @@ CAST(:asked AS tsquery) "
    "AND place BETWEEN :first AND :last) SELECT place FROM found ORDER BY place DESC LIMIT :most"
)


async def listen(database: str, channels: Collection[str]) -> AsyncIterator[str]:
    """The channel of each call that others make; first of all "" once it is listened.

    `database` is a URL. Raises DatabaseUnavailable when the server cannot be reached, or is lost.
    """
    import psycopg  # noqa: PLC0415  not installed where there is no PostgreSQL

    url = make_url(database).set(drivername="postgresql")
    place = url.render_as_string(hide_password=False)
    try:
        async with await psycopg.AsyncConnection.connect(
            place, autocommit=True, **parameters(url)
        ) as connection:
            for channel in channels:
                await connection.execute(f"LISTEN {channel}".encode())
            yield ""
            async for notice in connection.notifies():
                yield notice.channel
    except psycopg.Error as error:
        raise DatabaseUnavailable(
            f"the database cannot be listened to: {str(error).partition(chr(10))[0]}"
        ) from error
