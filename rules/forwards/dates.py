"""The dates of header blocks, as clients write them in the language of their user."""

import re
import unicodedata
from datetime import UTC, datetime, timedelta, timezone, tzinfo

from rules.forwards.months import read_month
from rules.forwards.words import folded, tidy

MAX_DATE = 200
"""Characters looked at. The longest date of a client, with its zone in words, has about ninety."""

# 14:05, 14:05:33, 14:05:33.120, and the "T" of ISO 8601 before it.
_COLON_TIME = re.compile(r"(?<![\d:+])(\d{1,2}):(\d{2})(?::(\d{2}))?(?:\.\d{1,9})?(?![\d:])")
# 14h05, 14 h 05, 14時5分, 2시 5분.
_WORD_TIME = re.compile(
    r"(?<!\d)(\d{1,2}) ?(?:h|時|时|點|点|시) ?(\d{1,2})(?:(?: ?(?:分|분)) ?(\d{1,2}) ?(?:秒|초))?(?!\d)"
)
# 14.05 as Finns, Danes and Italians write it; looked for when the date is cut out.
_DOT_TIME = re.compile(r"(?<![\d.])(\d{1,2})\.(\d{2})(?:\.(\d{2}))?(?![\d.]\d)")

_YEAR_FIRST = re.compile(r"(?<!\d)(\d{4}) ?[-/.年년] ?(\d{1,2}) ?[-/.月월] ?(\d{1,2})(?!\d)")
_YEAR_LAST = re.compile(r"(?<!\d)(\d{1,2}) ?([-/.]) ?(\d{1,2}) ?\2 ?(\d{4}|\d{2})(?!\d)")
_YEAR = re.compile(r"(?<!\d)(\d{4})(?!\d)")
_SHORT_NUMBER = re.compile(r"(?<!\d)(\d{1,2})(?!\d)")
_VIETNAMESE_MONTH = re.compile(r"(?:thang|thg) (\d{1,2})(?!\d)")
_VIETNAMESE_WEEKDAY = re.compile(r"(?<!\w)th \d(?!\d)")
# Thai vowels above and below a letter are no letters to Python.
_LETTERS = r"(?:[^\W\d_]|[\u0e31\u0e34-\u0e3a\u0e47])+"
_TOKEN = re.compile(rf"\d+|;|{_LETTERS}(?:\.{_LETTERS})?")
_BETWEEN = frozenset(("de", "del", "of", "den", "st", "nd", "rd", "th"))
_WORD = re.compile(r"[^\W\d_]+(?:\.[^\W\d_]+)?")

# RFC 5322 3.3 dates are English whatever the labels: "mar" is March there, and November to a Finn.
_RFC_DATE = re.compile(
    r"(?:(?:mon|tue|wed|thu|fri|sat|sun), )?\d{1,2} [a-z]{3} \d{4} [\d:]{4,8} (?:[+-]\d{4}|gmt|ut)\b"
)

_OFFSET = re.compile(r"(?:(?:gmt|utc) ?|(?<![\w.:/-]))([+-])(\d{1,2})(?::?(\d{2}))?(?![\d:/.-]\d)")
# English, and Arabic ص (morning) and م (evening).
_AFTER_TIME_HALF = re.compile(r" ?(?:([ap])\.? ?m\b|([صم])(?!\w))")
_ARABIC_HALF = {"ص": "a", "م": "p"}
# Half of the day, wherever it stands. 中午 is noon: 12:30 stays as it is.
_FIRST_HALF = ("午前", "上午", "凌晨", "早上", "清晨", "오전", "π.μ.", "πμ", "π.μ", "öö", "ก่อนเที่ยง")
_SECOND_HALF = ("午後", "午后", "下午", "晚上", "傍晚", "中午", "오후", "μ.μ.", "μμ", "μ.μ", "ös", "หลังเที่ยง")

# Hours from UTC. IST, and whatever else several countries use, is left out: then the zone is not known.
_ZONES: dict[str, float] = {
    "gmt": 0, "utc": 0, "ut": 0, "z": 0, "wet": 0, "west": 1, "bst": 1, "cet": 1, "mez": 1, "cest": 2, "mesz": 2,
    "mest": 2, "met": 1, "hnec": 1, "haec": 2, "eet": 2, "eest": 3, "oez": 2, "oesz": 3, "msk": 3, "trt": 3, "est": -5,
    "edt": -4, "cst": -6, "cdt": -5, "mst": -7, "mdt": -6, "pst": -8, "pdt": -7, "akst": -9, "akdt": -8, "hst": -10,
    "brt": -3, "brst": -2, "jst": 9, "kst": 9, "hkt": 8, "sgt": 8, "awst": 8, "acst": 9.5, "aest": 10, "aedt": 11,
    "nzst": 12, "nzdt": 13, "sast": 2,
}  # fmt: skip

_YEARS = range(1970, 2200)
"""Years a mail can be of. Beyond the ends of the calendar a date cannot be turned into UTC."""

_BUDDHIST_YEARS = range(2440, 2700)
_BUDDHIST_OFFSET = 543


def read_date(
    text: str, languages: frozenset[str], zone: tzinfo, not_after: datetime | None = None
) -> datetime | None:
    """The point in time a header block names, aware, or None when it cannot be read. Never raises.

    `languages` are those of the block's labels, `zone` is used where the text has none, `not_after` is when
    the mail around it was sent: no mail is younger than its forward. Of 3/4/2026 that settles most; after it
    the language does: day first everywhere but in English with AM or PM.
    """
    said = _plain(text)
    if _RFC_DATE.match(said):
        languages = frozenset({"en"})
    time, rest, tail = _cut_time(said)
    offset = _read_zone(tail)
    hour, minute, second, halves = time or (0, 0, 0, False)
    moments = []
    for year, month, day in _read_days(rest, languages):
        if year not in _YEARS:
            continue
        try:
            moments.append(datetime(year, month, day, hour, minute, second, tzinfo=offset or zone))
        except ValueError:
            continue
    return _choose(moments, languages, halves, not_after)


def _plain(text: str) -> str:
    plain = unicodedata.normalize("NFKC", tidy(text[:MAX_DATE])).casefold().replace("−", "-")
    return " ".join(plain.split()).rstrip(": ")


_Time = tuple[int, int, int, bool]


def _cut_time(said: str) -> tuple[_Time | None, str, str]:
    """The time, the text without it, and the text behind it (where a zone stands)."""
    match = _COLON_TIME.search(said) or _WORD_TIME.search(said) or _DOT_TIME.search(_dates_blanked(said))
    if match is None:
        return None, said, said
    tail = said[match.end() :]
    half = _AFTER_TIME_HALF.match(tail)
    if half:
        tail = tail[half.end() :]
    half_of_day = (half[1] or _ARABIC_HALF[half[2]]) if half else ""
    time = _time_of(match, half_of_day, said)
    return time, f"{said[: match.start()]} ; {tail}", tail


def _time_of(match: re.Match[str], half: str, said: str) -> _Time:
    hour, minute, second = int(match[1]), int(match[2]), int(match[3] or 0)
    second = min(second, 59)  # RFC 5322 allows leap seconds, datetime does not
    morning = half == "a" or any(word in said for word in _FIRST_HALF)
    evening = half == "p" or any(word in said for word in _SECOND_HALF)
    if evening and hour < 12:
        hour += 12
    elif morning and hour == 12:
        hour = 0
    return hour, minute, second, bool(half)


def _read_zone(tail: str) -> tzinfo | None:
    match = _OFFSET.search(tail)
    if match:
        hours, minutes = int(match[2]), int(match[3] or 0)
        if hours <= 14 and minutes < 60:
            delta = timedelta(hours=hours, minutes=minutes)
            return timezone(delta if match[1] == "+" else -delta)
    for word in _WORD.findall(tail):
        hours_east = _ZONES.get(word)
        if hours_east is not None:
            return timezone(timedelta(hours=hours_east)) if hours_east else UTC
    return None


_Day = tuple[int, int, int]


def _read_days(rest: str, languages: frozenset[str]) -> list[_Day]:
    """Every day the text may mean: one, or two where day and month could be either way round."""
    match = _YEAR_FIRST.search(rest)
    if match:
        return [(_year(match[1]), int(match[2]), int(match[3]))]
    match = _year_last(rest)
    if match:
        first, second, year = int(match[1]), int(match[3]), _year(match[4])
        if first == second or match[2] == ".":
            return [(year, second, first)]
        return [(year, second, first), (year, first, second)]
    return _named_day(rest, languages)


def _year_last(rest: str) -> re.Match[str] | None:
    """A date like 3.3.26; where the year stands apart in four digits, 14.05.33 is a time."""
    matches = list(_YEAR_LAST.finditer(rest))
    whole = next((match for match in matches if len(match[4]) == 4), None)
    if whole or _YEAR.search(rest):
        return whole
    return matches[0] if matches else None


def _dates_blanked(said: str) -> str:
    """The text with blanks over its numeric dates, so that every other place stays where it is."""
    dates = (_YEAR_FIRST.search(said), _year_last(said))
    for match in filter(None, dates):
        said = f"{said[: match.start()]}{' ' * len(match[0])}{said[match.end() :]}"
    return said


def _named_day(rest: str, languages: frozenset[str]) -> list[_Day]:
    words = folded(rest)
    month = None
    vietnamese = _VIETNAMESE_MONTH.search(words)
    if vietnamese:
        month = int(vietnamese[1])
        words = words[: vietnamese.start()] + " " + words[vietnamese.end() :]
        words = _VIETNAMESE_WEEKDAY.sub(" ", words)
    else:
        month = _month_in(words, languages)
    if month is None:
        return []
    year = _YEAR.search(words)
    if year:
        words = words[: year.start()] + " " + words[year.end() :]
    numbers = _SHORT_NUMBER.findall(words)
    if year and numbers:
        return [(_year(year[1]), month, int(numbers[0]))]
    if len(numbers) > 1:
        return [(_year(numbers[1]), month, int(numbers[0]))]
    return []


def _month_in(words: str, languages: frozenset[str]) -> int | None:
    """The month a text names. A weekday may look like one: "mar. 7 avr." is a Tuesday, "nov. 5., sze" a Wednesday."""
    tokens = [token.strip(".") for token in _TOKEN.findall(words)]
    tokens = [token for token in tokens if token not in _BETWEEN]
    best, month = -1, None
    for at, token in enumerate(tokens):
        named = read_month(token, languages) if not token[:1].isdigit() else None
        if named is None:
            continue
        numbers = sum(side[:1].isdigit() for side in (*tokens[at - 1 : at], *tokens[at + 1 : at + 2]))
        if numbers >= best:
            best, month = numbers, named
    return month


def _choose(
    moments: list[datetime], languages: frozenset[str], halves: bool, not_after: datetime | None
) -> datetime | None:
    """The moment meant, of at most two: day first, month first."""
    if not moments:
        return None
    if not_after is not None and not_after.tzinfo is not None:
        # A day's grace: clocks are wrong, and a zone may have been lost.
        past = [moment for moment in moments if moment - not_after <= timedelta(days=1)]
        moments = past or moments
    month_first = halves and "en" in languages
    return moments[-1] if month_first else moments[0]


def _year(digits: str) -> int:
    year = int(digits)
    if year in _BUDDHIST_YEARS:
        return year - _BUDDHIST_OFFSET
    return year + 2000 if len(digits) == 2 else year
