"""Column types that behave the same on every back end."""

# ruff: noqa: ARG002  SQLAlchemy hands the dialect to every method, wanted or not

import re
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, DateTime, Dialect, Integer, Text
from sqlalchemy.types import TypeDecorator, TypeEngine

from rules.search import GAP

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
    if text.isascii():  # most text is, and a search for one character takes no time
        return text.replace("\0", "\ufffd")
    return _UNSTORABLE.sub("\ufffd", text) if _UNSTORABLE.search(text) else text


class Words(TypeDecorator[str]):
    """The words of a text (`rules.search.searched_words`), parted by line feeds.

    PostgreSQL keeps them as a tsvector, each with its places: a `GAP` is a place where no word is.
    """

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """The type of the back end."""
        if dialect.name != "postgresql":
            return dialect.type_descriptor(Text())
        from sqlalchemy.dialects.postgresql import TSVECTOR  # noqa: PLC0415 - 3 MB for those who need it

        return dialect.type_descriptor(TSVECTOR())

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """As it is kept. Words hold letters and digits alone, so that nothing in them is a sign to a back end."""
        if value is None or dialect.name != "postgresql":
            return value
        found: dict[str, list[str]] = {}
        for place, word in enumerate(value.split(), 1):
            if word != GAP:
                found.setdefault(word, []).append(str(place))
        return " ".join(f"'{word}':{','.join(at)}" for word, at in found.items())

    def process_result_value(self, value: str | None, dialect: Dialect) -> str | None:
        """The words as they went in, but for gaps at the end."""
        if value is None or dialect.name != "postgresql":
            return value
        found: dict[int, str] = {}
        for each in value.split():
            word, _, at = each.rpartition(":")
            found |= dict.fromkeys(map(int, at.split(",")), word.strip("'"))
        return "\n".join(found.get(place, GAP) for place in range(1, max(found, default=0) + 1))
