"""Rows inserted on the shortest way: in small batches SQLAlchemy's part is larger than the disk's."""

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any

from sqlalchemy import BindParameter, Column, Connection, Table, insert
from sqlalchemy.dialects import sqlite

from storage.dialects import inserted
from storage.keeping import AT_ONCE
from storage.sqlite import driven

_DIALECT = sqlite.dialect()


class Insert:
    """An INSERT of these columns.

    With `anew` False nothing is inserted or returned of a row that is there already (by any UNIQUE); else that is an
    error. What is returned is in no order. Each row has all of the columns and no other; defaults are the database's.

    With PostgreSQL it is SQLAlchemy's. With SQLite the driver is called at once: a fifth of the time, and the
    interpreter's lock is given up once for many rows, not for each.
    """

    def __init__(
        self, table: Table, columns: Sequence[str], returning: Sequence[str] = (), *, anew: bool = True
    ) -> None:
        self._table = table
        self._columns = [table.c[name] for name in columns]
        self._returning = [table.c[name] for name in returning]
        self._anew = anew
        self._names = frozenset(columns)
        self._other: Any = None  # the statement of the other back end, once it was needed

    def __call__(self, conn: Connection, rows: Sequence[Mapping[str, Any]]) -> list[Any]:
        """Insert the rows; the `returning` columns of those that were inserted.

        Raises what SQLAlchemy raises of the database; ValueError for rows of other columns.
        """
        if not rows:
            return []
        if rows[0].keys() != self._names:
            raise ValueError(f"not the columns of {self._table}: {rows[0].keys() ^ self._names}")
        if conn.dialect.name == "sqlite":
            return list(self._by_the_driver(conn, rows))
        if self._other is None:
            self._other = self._by_sqlalchemy(conn)
        found = conn.execute(self._other, rows)
        return list(found) if self._returning else []

    def _by_sqlalchemy(self, conn: Connection) -> Any:
        statement = (
            insert(self._table) if self._anew else inserted(conn)(self._table).on_conflict_do_nothing()
        )
        return statement.returning(*self._returning) if self._returning else statement

    def _by_the_driver(self, conn: Connection, rows: Sequence[Mapping[str, Any]]) -> Iterator[Any]:
        begun = 0
        while begun < len(rows):
            many = next(each for each in AT_ONCE if each <= len(rows) - begun)
            values = [
                row[name] if bind is None else bind(row[name])
                for row in rows[begun : begun + many]
                for name, bind in self._binds
            ]
            begun += many
            with driven(conn, self._statements[many]) as cursor:
                cursor.execute(self._statements[many], values)
                found = cursor.fetchall()
            yield from found

    @cached_property
    def _binds(self) -> list[tuple[str, Any]]:
        return [(column.name, driver_bind(column)) for column in self._columns]

    @cached_property
    def _statements(self) -> dict[int, str]:
        names = ", ".join(column.name for column in self._columns)
        marks = f"({', '.join('?' * len(self._columns))})"
        returning = ", ".join(column.name for column in self._returning)
        twice = "" if self._anew else " ON CONFLICT DO NOTHING"
        return {
            many: f"INSERT INTO {self._table.name} ({names}) VALUES {', '.join([marks] * many)}"  # noqa: S608 - our own names
            f"{twice}{' RETURNING ' * bool(returning)}{returning}"
            for many in AT_ONCE
        }


def driver_bind(column: Column[Any] | BindParameter[Any]) -> Any:
    """What turns a value into the driver's, or None where it is already."""
    return column.type.dialect_impl(_DIALECT).bind_processor(_DIALECT)
