"""Signatures told with certainty: "-- ", a device's line, and what list servers put under a mail."""

import re
from collections.abc import Sequence

from rules.newtext.devices import is_device_line
from rules.newtext.lines import Line

_MOST_LINES = 12  # of a signature; more may be text
_MOST_WORDS_OF_NAME = 5
_LONGEST_CONTACT = 100
_DASHES = ("--", "—", "–")

_CONTACT = re.compile(r"\d[\d ()/.–-]{5,30}\d|\S@\S|www\.|https?://", re.IGNORECASE)
_LIST_RULE = re.compile(r"[_-]{20,}")
_LIST_NAME = re.compile(
    r"\bmailing[- ]list\b|\bmailman\b|/listinfo|\blists?[.@]|\bunsubscribe\b", re.IGNORECASE
)
_POSTSCRIPT = re.compile(r"p\. ?p?\.? ?s\b|pp?s ?[:.]|n\.?b\. ?:", re.IGNORECASE)


def signature_start(lines: Sequence[Line], start: int, end: int, sender: str) -> int:
    """Where the certain signature at the end of `lines[start:end]` begins; `end` when there is none.

    `sender` is the display name of the writer, or "".
    """
    told = False
    while True:
        last = _last_said(lines, start, end)
        if last < start:
            return end
        if told and lines[last].said in _DASHES:
            return last  # what they set off is folded already
        found = _list_footer(lines, start, last + 1)
        if found is None and is_device_line(lines[last].said):
            found = last
        if found is None:
            found = _delimiter(lines, start, last + 1, sender)
        if found is None:
            return end
        end, told = found, True


def _last_said(lines: Sequence[Line], start: int, end: int) -> int:
    while end > start and lines[end - 1].blank:
        end -= 1
    return end - 1


def _delimiter(lines: Sequence[Line], start: int, end: int, sender: str) -> int | None:
    """The last "-- " line (RFC 3676 4.3), when what follows can only be a signature."""
    said = 0
    for index in range(end - 1, start - 1, -1):
        line = lines[index]
        below = lines[index + 1 : end]
        if line.raw.rstrip("\r") in ("-- ", "--\u00a0"):
            return None if _goes_on(below) else index
        if line.said in _DASHES:
            return index if _is_contact(below, sender) else None
        said += bool(line.said)
        if said > _MOST_LINES:
            return None
    return None


def _goes_on(lines: Sequence[Line]) -> bool:
    """True when the mail seems to go on: a postscript, or a question after an empty line."""
    after_gap = False
    for line in lines:
        if not line.said:
            after_gap = True
        elif _POSTSCRIPT.match(line.said) or (after_gap and line.said.endswith(("?", "？"))):
            return True
    return False


def _is_contact(lines: Sequence[Line], sender: str) -> bool:
    """Two dashes alone end a mail only above the writer's name, or above a name with a phone or an address."""
    said = [line.said for line in lines if line.said]
    if not said or _goes_on(lines) or any(len(line) > _LONGEST_CONTACT for line in said):
        return False
    name = said[0].strip("*_ ,")
    if sender and name.casefold() in (sender.casefold(), sender.casefold().partition(" ")[0]):
        return True
    words = name.split()
    named = len(words) <= _MOST_WORDS_OF_NAME and not any(word[:1].islower() for word in words)
    return (
        named and not name.endswith((".", "!", "?", ":")) and any(_CONTACT.search(line) for line in said[1:])
    )


def _list_footer(lines: Sequence[Line], start: int, end: int) -> int | None:
    """What a list server adds: a rule, then nothing but the name and the addresses of the list."""
    for index in range(end - 1, max(start, end - 8) - 1, -1):
        if _LIST_RULE.fullmatch(lines[index].said):
            below = [line.said for line in lines[index + 1 : end] if line.said]
            named = any(_LIST_NAME.search(line[:200]) for line in below)
            return index if named and any("@" in line or "://" in line for line in below) else None
    return None
