"""A whole SQLite database copied into a PostgreSQL one, and compared with it row by row.

Everything is written in one transaction: the copy is there whole, or not at all. Ids stay as they are, and none that
was ever given is given again.
"""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Table, func, insert, select, text, tuple_

from storage.errors import DatabaseForeign
from storage.tables import METADATA, mails

PAGE, PAGE_OF_MAIL = 500, 50
"""Rows read at once: those of mail hold its raw form."""

Advance = Callable[[int], None]
"""Called with the rows that were done since the last call."""


class CopyDiffers(Exception):  # noqa: N818 - what is the case
    """A table of the copy does not hold what the table it was made from holds."""


@dataclass(frozen=True, slots=True)
class Sum:
    """One table: how many rows it has, and the digest of all of them (SHA-256 in hex)."""

    name: str
    rows: int
    digest: str


def count(conn: Connection) -> dict[str, int]:
    """How many rows each table has."""
    return {
        table.name: conn.execute(select(func.count()).select_from(table)).scalar_one()
        for table in METADATA.sorted_tables
    }


def copy(source: Connection, target: Connection, advance: Advance = lambda _rows: None) -> None:
    """Write every row of an SQLite database into a PostgreSQL one that has the current schema and no rows.

    Raises DatabaseForeign when it has rows.
    """
    # While a table is read over there nothing is said here.
    target.execute(text("SET LOCAL idle_in_transaction_session_timeout = 0"))
    taken = [name for name, rows in count(target).items() if rows]
    if taken:
        raise DatabaseForeign(f"the database to copy to is not empty: it has rows in {', '.join(taken)}")
    for table in METADATA.sorted_tables:  # parents before children; replies stand behind what they answer
        for page in _pages(source, table):
            target.execute(insert(table), [dict(row) for row in page])
            advance(len(page))
        _go_on_above(source, target, table)


def compare(source: Connection, target: Connection, advance: Advance = lambda _rows: None) -> list[Sum]:
    """Read both databases, and say what is in them. Raises CopyDiffers at the first table that is not the same."""
    found = []
    for table in METADATA.sorted_tables:
        here, there = _summed(source, table, advance), _summed(target, table, advance)
        if here != there:
            raise CopyDiffers(
                f"table {table.name} has {here.rows} rows ({here.digest[:12]}…), its copy {there.rows} "
                f"({there.digest[:12]}…)"
            )
        found.append(here)
    return found


def _pages(conn: Connection, table: Table) -> Iterator[Sequence[Any]]:
    """All rows, in the order of the primary key, as mappings."""
    key, size = list(table.primary_key), PAGE_OF_MAIL if table is mails else PAGE
    last: tuple[Any, ...] | None = None
    while True:
        query = select(table).order_by(*key).limit(size)
        if last is not None:
            query = query.where(tuple_(*key) > tuple_(*last) if len(key) > 1 else key[0] > last[0])
        page = conn.execute(query).mappings().all()
        if page:
            yield page
            last = tuple(page[-1][column.name] for column in key)
        if len(page) < size:
            return


def _summed(conn: Connection, table: Table, advance: Advance) -> Sum:
    digest, rows = hashlib.sha256(), 0
    for page in _pages(conn, table):
        for row in page:
            # Of each value as Python has it, which is the same whatever a back end makes of it.
            digest.update(repr([_plain(value) for value in row.values()]).encode("utf-8", "surrogatepass"))
        rows += len(page)
        advance(len(page))
    return Sum(table.name, rows, digest.hexdigest())


def _plain(value: Any) -> Any:
    if isinstance(value, bytes | memoryview):
        return hashlib.sha256(value).hexdigest()
    if isinstance(value, dict):
        return sorted((key, _plain(each)) for key, each in value.items())
    return [_plain(each) for each in value] if isinstance(value, list) else value


def _go_on_above(source: Connection, target: Connection, table: Table) -> None:
    """Let the next id be one that was never given, to rows that are gone by now included."""
    query = text("SELECT seq FROM sqlite_sequence WHERE name = :name")
    highest = source.execute(query, {"name": table.name}).scalar_one_or_none()
    if highest:
        target.execute(select(func.setval(func.pg_get_serial_sequence(table.name, "id"), highest)))
