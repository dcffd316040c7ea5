"""Statements that differ from one back end to the other, under one name."""

from collections.abc import Collection, Sequence

from sqlalchemy import Connection
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from rules.addresses import address_key
from rules.search import Query
from storage import postgresql, sqlite


def inserted(conn: Connection):  # type: ignore[no-untyped-def]
    """The INSERT that knows ON CONFLICT."""
    if conn.dialect.name == "postgresql":
        from sqlalchemy.dialects.postgresql import insert  # noqa: PLC0415 - 3 MB for those who need it

        return insert
    return sqlite_insert


def name_blobs(conn: Connection, digests: Collection[str]) -> None:
    """Before rows name blobs: whoever is about to delete one commits first, or sees the row (`delete_blobs`).

    SQLite has one writer at a time.
    """
    if conn.dialect.name == "postgresql":
        postgresql.lock(conn, [f"blob {digest}" for digest in digests], shared=True)


def delete_blobs(conn: Connection, digests: Collection[str]) -> None:
    """Before it is asked whether blobs are still named: until the commit nobody names them (`name_blobs`)."""
    if conn.dialect.name == "postgresql":
        postgresql.lock(conn, [f"blob {digest}" for digest in digests])


def import_alone(conn: Connection) -> None:
    """Before the directory is looked at to be written: until the commit nobody else writes it."""
    if conn.dialect.name == "postgresql":
        postgresql.lock(conn, ["directory"])


def ask_alone(conn: Connection, *addresses: str) -> None:
    """Before it is looked what somebody was told of late: until the commit nobody else tells them anything."""
    if conn.dialect.name == "postgresql":
        postgresql.lock(conn, [f"notice {address_key(address)}" for address in addresses])


def file_alone(conn: Connection, *identities: str) -> None:
    """Before it is asked for touchpoints of these identities: until the commit nobody else makes any."""
    if conn.dialect.name == "postgresql":
        postgresql.lock(conn, [f"identity {identity}" for identity in identities])


def call(conn: Connection, channel: str) -> None:
    """Once this is committed, tell the gateways on other hosts that there is something to do (`postgresql.MAIL`)."""
    if conn.dialect.name == "postgresql":
        postgresql.notify(conn, channel)


def find_places(
    conn: Connection, query: Query, accounts: Sequence[str] | None, first: int, last: int, limit: int | None
) -> list[int]:
    """The places, from `first` to `last`, of what has these words, the latest first, at most `limit`.

    `accounts` are the words of accounts of which one must be there; None is every account.
    """
    found = postgresql.find_places if conn.dialect.name == "postgresql" else sqlite.find_places
    return found(conn, query, accounts, first, last, limit)
