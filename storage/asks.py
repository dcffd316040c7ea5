"""What is asked for every mail: rows by the values of one column, on the shortest way."""

import json
from collections.abc import Collection
from functools import cached_property
from typing import Any

from sqlalchemy import Column, Connection, Select, bindparam, func, select
from sqlalchemy.dialects import sqlite

from storage.chunks import chunks
from storage.sqlite import driven


class Ask:
    """A SELECT of those rows whose `column` has one of some values: strings, or whole numbers.

    With PostgreSQL it is SQLAlchemy's. With SQLite the driver is asked at once, which takes a quarter of the time;
    what comes is as it is stored, so the columns are to be strings, whole numbers and truth values.
    """

    def __init__(self, query: Select[Any], column: Column[Any]) -> None:
        self._query = query
        self._column = column

    def __call__(self, conn: Connection, values: Collection[Any]) -> list[Any]:
        """The rows. Raises as SQLAlchemy does."""
        if not values:
            return []
        if conn.dialect.name == "sqlite":
            with driven(conn, self._text) as cursor:
                cursor.execute(self._text, (json.dumps(sorted(values)),))
                rows: list[Any] = cursor.fetchall()
            return rows
        return [
            row for some in chunks(sorted(values)) for row in conn.execute(self._expanding, {"some": some})
        ]

    @cached_property
    def _text(self) -> str:
        values = select(func.json_each(bindparam("some")).table_valued("value").c.value)
        return str(self._query.where(self._column.in_(values)).compile(dialect=sqlite.dialect()))

    @cached_property
    def _expanding(self) -> Select[Any]:
        return self._query.where(self._column.in_(bindparam("some", expanding=True)))
