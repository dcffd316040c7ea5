"""Rows changed on the shortest way, as `storage.inserts` makes them."""

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import Any, NamedTuple

from sqlalchemy import Connection, Update
from sqlalchemy.dialects import sqlite

from storage.inserts import driver_bind
from storage.sqlite import driven

_DIALECT = sqlite.dialect()


class Change:
    """An UPDATE that is run for each of some rows of values, by the names of its `bindparam`s.

    With PostgreSQL it is SQLAlchemy's, with SQLite the driver is called at once.
    """

    def __init__(self, statement: Update) -> None:
        self._statement = statement

    def __call__(self, conn: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
        """Change the rows. Raises what SQLAlchemy raises of the database."""
        if not rows:
            return
        if conn.dialect.name != "sqlite":
            conn.execute(self._statement, rows)
            return
        text, marks = self._text_and_marks
        values = [[mark.value(row) for mark in marks] for row in rows]
        with driven(conn, text) as cursor:
            cursor.executemany(text, values)

    @cached_property
    def _text_and_marks(self) -> tuple[str, list["_Mark"]]:
        compiled = self._statement.compile(dialect=_DIALECT)
        binds = ((name, compiled.binds[name]) for name in compiled.positiontup or ())
        return str(compiled), [
            _Mark(name, bind.required, bind.value, driver_bind(bind)) for name, bind in binds
        ]


class _Mark(NamedTuple):
    """A question mark of the statement: its name, whether each row has to say what stands there, what stands there if
    none does, how the driver takes it.
    """

    name: str
    required: bool
    fixed: Any
    bound: Callable[[Any], Any] | None

    def value(self, row: Mapping[str, Any]) -> Any:
        value = row[self.name] if self.required else row.get(self.name, self.fixed)
        return value if self.bound is None else self.bound(value)
