"""Calendar parts: what, when and who of each event (RFC 5545, RFC 5546)."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Any

from gateway.mail.charsets import decode
from gateway.mail.words import one_line
from rules.message import CalendarEvent

MAX_CALENDAR = 512 * 1024
MAX_LINES = 10_000
MAX_EVENTS = 100
MAX_ATTENDEES = 1000


def read_events(
    data: bytes, charset: str = "utf-8", method: str = "", zone: tzinfo | None = None
) -> tuple[CalendarEvent, ...]:
    """The events of a calendar object, in order, at most 100.

    `method` is the one the Content-Type names, used where the object names none. `zone` is that of times without
    one. Raises ValueError when nothing of it can be read.
    """
    # Loaded here: icalendar takes a sixth of a second to import, and few mails carry a calendar.
    from icalendar import Calendar  # noqa: PLC0415

    text = decode(data, charset)
    begin = text.find("BEGIN:VCALENDAR")
    if len(data) > MAX_CALENDAR or text.count("\n") > MAX_LINES or begin < 0:
        msg = "no calendar of a readable size"
        raise ValueError(msg)
    try:
        calendars = Calendar.from_ical(text[begin:], multiple=True)
        return tuple(event for calendar in calendars for event in _events(calendar, method, zone))[
            :MAX_EVENTS
        ]
    except Exception as error:  # the library raises whatever its parts raise
        msg = f"unreadable calendar: {type(error).__name__}"
        raise ValueError(msg) from error


def _events(calendar: Any, method: str, zone: tzinfo | None) -> Iterable[CalendarEvent]:
    named = one_line(str(calendar.get("METHOD", ""))) or method
    for event in calendar.walk("VEVENT")[:MAX_EVENTS]:
        start = _when(event, "DTSTART")
        end = _when(event, "DTEND")
        if end is None and start is not None:
            end = _after(start, event)
        yield CalendarEvent(
            method=named.upper()[:40],
            summary=one_line(str(event.get("SUMMARY", "")))[:1000],
            start=_written(start, zone),
            end=_written(end, zone),
            organizer=_address(event.get("ORGANIZER")),
            attendees=tuple(
                address for value in _listed(event.get("ATTENDEE")) if (address := _address(value))
            ),
        )


def _when(event: Any, name: str) -> date | None:
    try:
        value = event.get(name).dt
    except (AttributeError, ValueError, KeyError):
        return None
    return value if isinstance(value, date) else None


def _after(start: date, event: Any) -> date | None:
    """The end of an event that names a duration, or none at all (RFC 5545 3.6.1)."""
    try:
        duration = event.get("DURATION").dt
        return start + duration if isinstance(duration, timedelta) else None
    except (AttributeError, ValueError, OverflowError):
        return None if isinstance(start, datetime) else _next_day(start)


def _next_day(day: date) -> date | None:
    try:
        return day + timedelta(days=1)
    except OverflowError:
        return None


def _written(value: date | None, zone: tzinfo | None) -> str | None:
    if not isinstance(value, datetime):
        return value.isoformat() if value else None
    try:
        aware = value if value.tzinfo else value.replace(tzinfo=zone or UTC)
        return aware.astimezone(UTC).isoformat().replace("+00:00", "Z")
    except (OverflowError, ValueError):
        return None


def _listed(value: Any) -> list[Any]:
    if value is None:
        return []
    return value[:MAX_ATTENDEES] if isinstance(value, list) else [value]


def _address(value: Any) -> str | None:
    """The bare address of a calendar user; one that is no mailto is given by its EMAIL parameter (RFC 7986)."""
    if value is None:
        return None
    text = one_line(str(value))
    if text[:7].lower() == "mailto:":
        text = text[7:]
    if "@" not in text:
        text = one_line(str(getattr(value, "params", {}).get("EMAIL", "")))
    local, at, domain = text.strip().rpartition("@")
    return f"{local}@{domain.lower()}"[:320] if at else None
