"""Column types that behave the same on every back end."""

# ruff: noqa: ARG002  SQLAlchemy hands the dialect to every method, wanted or not

import re
from datetime import UTC, datetime

from sqlalchemy import JSON, BigInteger, DateTime, Dialect, Integer, Text
from sqlalchemy.types import TypeDecorator

BigId = BigInteger().with_variant(Integer, "sqlite")
"""64 bits everywhere; SQLite wants to read INTEGER before it makes a key by itself."""

Json = JSON(none_as_null=True)
"""Plain JSON; Python's None is SQL's NULL."""

_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


class Utc(TypeDecorator[datetime]):
    """A point in time: aware going in, aware UTC coming out, sorted as time passes.

    SQLite keeps no zones, so the zone is taken off on the way in and put back on the way out.
    """

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Raises ValueError for a naive time: nobody can know which zone it was meant in."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"a time without a zone cannot be stored: {value!r}")
        utc = value.astimezone(UTC)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """The time in UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Prose(TypeDecorator[str]):
    """Text from outside. Zero bytes and lone surrogates, which not every back end takes, become U+FFFD.

    Sorted by code points everywhere: pages of a listing go on where the last one ended.
    """

    impl = Text().with_variant(Text(collation="C"), "postgresql")
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """The text as it can be stored."""
        return None if value is None else storable(value)


def storable(text: str) -> str:
    """The text with U+FFFD for every character that a database refuses."""
    return _UNSTORABLE.sub("\ufffd", text) if _UNSTORABLE.search(text) else text
