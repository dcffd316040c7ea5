"""Values that verbs take, read from the words of the command line."""

from datetime import UTC, datetime, timedelta
from typing import Any

import click


class Moment(click.ParamType[datetime]):
    """A point in time: RFC 3339, or a date; without a zone it is UTC. Gives an aware datetime."""

    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        """The point in time a text means."""
        if isinstance(value, datetime):
            return value
        try:
            moment = datetime.fromisoformat(str(value).strip())
            return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
        except (ValueError, OverflowError):
            self.fail(f"{value!r} is no time; write it like 2026-03-02T14:05:00Z", param, ctx)


_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


class Age(Moment):
    """A point in time, or how long ago: 90s, 30m, 12h, 7d, 2w."""

    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        """The point in time a text means."""
        text = str(value).strip().lower()
        if text[:-1].isdecimal() and text[-1:] in _UNITS:
            try:
                return datetime.now(UTC) - timedelta(**{_UNITS[text[-1]]: int(text[:-1])})
            except OverflowError:
                self.fail(f"{value!r} is too long ago", param, ctx)
        return super().convert(value, param, ctx)


MOMENT = Moment()
AGE = Age()
