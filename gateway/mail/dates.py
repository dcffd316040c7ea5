"""The Date field (RFC 5322 3.3), with the zone the sender wrote."""

import re
from datetime import UTC, datetime, timedelta, timezone

_OFFSET = re.compile(r"[:.]\d\d(?:[.,]\d{1,9})?\s*(?:GMT|UTC?)?\s*([+-])(\d{1,2}):?(\d\d)?(?!\d)")
_NAMED_ZONE = re.compile(r"[:.]\d\d(?:\s*[AP]M)?\s*\(?([A-Za-z]{1,5})\b", re.IGNORECASE)
_WRITTEN = re.compile(
    r"(?P<day>\d{1,2})(?:\.|st|nd|rd|th)?[\s/-]+(?P<month>[^\W\d_]{3,9})\.?,?[\s/-]+(?P<year>\d{4}|\d\d),?\s+"
    r"(?P<hour>\d{1,2})[:.](?P<minute>\d\d)(?:[:.](?P<second>\d\d))?\s*(?P<half>[AP]M)?",
    re.IGNORECASE,
)
_UNIX = re.compile(
    r"(?P<month>[A-Za-z]{3})\s+(?P<day>\d{1,2}),?\s+(?P<hour>\d{1,2}):(?P<minute>\d\d)(?::(?P<second>\d\d))?"
    r"\s*(?P<half>[AP]M)?\s+(?:[A-Z]{3,5}\s+)?(?P<year>\d{4})",
    re.IGNORECASE,
)
_ISO = re.compile(
    r"(?P<year>\d{4})[-/](?P<month>\d\d)[-/](?P<day>\d\d)[T\s]+(?P<hour>\d\d):(?P<minute>\d\d)(?::(?P<second>\d\d))?"
)
_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "jan",
            "feb fev fév",
            "mar mär mrz",
            "apr avr abr",
            "may mai mag mei",
            "jun giu",
            "jul lug",
            "aug ago aoû aou",
            "sep set",
            "oct okt ott out",
            "nov",
            "dec dez déc dic",
        ),
        start=1,
    )
    for name in names.split()
}
_ZONES = {
    # Minutes east of UTC. RFC 5322 4.3 lets unknown names mean UTC; these are known in practice.
    **{"UT": 0, "UTC": 0, "GMT": 0, "Z": 0, "WET": 0, "WEST": 60, "BST": 60},
    **{"CET": 60, "MEZ": 60, "CEST": 120, "MESZ": 120, "EET": 120, "EEST": 180, "MSK": 180},
    **{
        "EST": -300,
        "EDT": -240,
        "CST": -360,
        "CDT": -300,
        "MST": -420,
        "MDT": -360,
        "PST": -480,
        "PDT": -420,
    },
    **{"JST": 540, "KST": 540, "HKT": 480, "SGT": 480, "AEST": 600, "AEDT": 660, "NZST": 720, "NZDT": 780},
}


def read_date(value: str, instant: datetime | None) -> datetime | None:
    """The date of a field value, aware, in the zone it names (UTC where it names none); None if unreadable.

    `instant` is mail-parser's reading in UTC, or None where it refused the value; it is right about the instant
    of everything with a numeric zone, but rounds the zone itself (+05:45 becomes +5.8).
    """
    value = value[:200]
    offset = _offset(value)
    try:
        if instant is not None and re.search(r"\s[+-]\d{4}\b", value):
            return instant.astimezone(timezone(offset))
        written = _lenient(value, timezone(offset))
        return written or (instant.astimezone(UTC) if instant else None)
    except (ValueError, OverflowError):
        return None


def _offset(value: str) -> timedelta:
    if numeric := _OFFSET.search(value):
        minutes = int(numeric[2]) * 60 + int(numeric[3] or 0)
        if minutes < 24 * 60:
            return timedelta(minutes=-minutes if numeric[1] == "-" else minutes)
    elif named := _NAMED_ZONE.search(value):
        return timedelta(minutes=_ZONES.get(named[1].upper(), 0))
    return timedelta()


def _lenient(value: str, zone: timezone) -> datetime | None:
    match = _ISO.search(value) or _WRITTEN.search(value) or _UNIX.search(value)
    if not match:
        return None
    parts = match.groupdict()
    month = int(parts["month"]) if parts["month"].isdecimal() else _MONTHS.get(parts["month"][:3].lower(), 0)
    year = int(parts["year"])
    if year < 100:
        year += 2000 if year < 50 else 1900  # RFC 5322 4.3
    hour = int(parts["hour"])
    if half := parts.get("half"):
        hour = hour % 12 + (12 if half.upper() == "PM" else 0)
    if not 1970 <= year <= 9998:
        return None
    second = min(int(parts["second"] or 0), 59)  # a leap second
    return datetime(year, month, int(parts["day"]), hour, int(parts["minute"]), second, tzinfo=zone)
