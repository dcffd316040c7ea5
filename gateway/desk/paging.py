"""Cursors: where the next page of a listing begins, as text that nobody needs to understand."""

import base64
import binascii
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TypeVar

from gateway.desk.problems import Problem, invalid
from rules.typed import Flaw

MOST = 200
"""Rows of a page."""

_MAX_CURSOR = 2000
_MAX_ID = (1 << 63) - 1

Place = TypeVar("Place")


def cursor(*place: str | int | datetime) -> str:
    """The cursor of a place (URL-safe base64 without padding, RFC 4648 section 5)."""
    parts = (each.isoformat() if isinstance(each, datetime) else str(each) for each in place)
    return base64.urlsafe_b64encode("\n".join(parts).encode()).decode("ascii").rstrip("=")


def at_moment(text: str) -> tuple[datetime, int]:
    """Date and id of the last row of the page before. Raises Problem 422."""

    def read(parts: list[str]) -> tuple[datetime, int]:
        date, number = parts
        moment = datetime.fromisoformat(date)
        if moment.tzinfo is None:
            raise ValueError(date)
        return moment.astimezone(UTC), _number(number)

    return _read(text, read)


def at_id(text: str) -> int:
    """Id of the last row of the page before. Raises Problem 422."""
    return _read(text, lambda parts: _number(*parts))


def at_key(text: str) -> str:
    """Key of the last row of the page before. Raises Problem 422."""

    def read(parts: list[str]) -> str:
        (key,) = parts
        if not key:
            raise ValueError(key)
        return key

    return _read(text, read)


def _read(text: str, read: Callable[[list[str]], Place]) -> Place:
    try:
        if len(text) > _MAX_CURSOR:
            raise _foreign()
        data = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        return read(data.decode().split("\n"))
    except (ValueError, TypeError, OverflowError, binascii.Error) as error:
        raise _foreign() from error


def _number(text: str) -> int:
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 20 else -1
    if not 0 <= number <= _MAX_ID:
        raise ValueError(text)
    return number


def _foreign() -> Problem:
    return invalid([Flaw("cursor", "This is no cursor of this listing; leave it out to begin at the start.")])
