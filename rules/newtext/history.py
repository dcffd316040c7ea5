"""Where everything below is history: an unquoted copy of the earlier mails, as Outlook and Yahoo put it."""

import re
from bisect import bisect_left
from collections.abc import Iterable, Sequence

from rules.newtext.attribution import DASHES
from rules.newtext.lines import Line
from rules.newtext.marks import Mark, Strength
from rules.newtext.words import ANSWERS, LOOK, PLACES

_NEAR = 80  # characters between "answers" and "below"
_LOOKED_AT = 20_000  # characters at the start and at the end of the new text
_LONGEST_RULE = 80  # characters
_SHORTEST_RULE = 5
_NO_BLANKS = ("ja", "zh")  # languages that put none between words


def _one_of(table: dict[str, tuple[str, ...]]) -> str:
    spaced = sorted({word for name, words in table.items() for word in words if name not in _NO_BLANKS})
    joined = sorted({word for name in _NO_BLANKS for word in table[name]})
    return rf"(?:(?<!\w)(?:{_any(spaced)})(?!\w)|{_any(joined)})"


def _any(words: Iterable[str]) -> str:
    return "|".join(map(re.escape, words))


_ANSWERS_BELOW = re.compile(
    rf"{_one_of(ANSWERS)}[^.!?。]{{0,{_NEAR}}}?{_one_of(PLACES)}"
    rf"|{_one_of(PLACES)}[^.!?。]{{0,{_NEAR}}}?{_one_of(ANSWERS)}"
)
_LOOK_BELOW = re.compile(rf"{_one_of(LOOK)}.{{0,15}}?{_one_of(PLACES)}")


def says_answers_below(text: str) -> bool:
    """True when the person says that answers stand inside the history: "see below", or as `names_answers_below`."""
    return bool(_LOOK_BELOW.search(_ends_of(text))) or names_answers_below(text)


def names_answers_below(text: str) -> bool:
    """True when the person speaks of answers inside the history: "my comments are below, in red"."""
    return bool(_ANSWERS_BELOW.search(_ends_of(text)))


def _ends_of(text: str) -> str:
    near = text if len(text) <= 2 * _LOOKED_AT else f"{text[:_LOOKED_AT]}. {text[-_LOOKED_AT:]}"
    return near.lower()


def history_mark(lines: Sequence[Line], marks: Sequence[Mark]) -> Mark | None:
    """The first mark below which everything is an unquoted copy of earlier mails; None when there is none.

    `marks` are in order and stand on lines without quote marks.
    """
    quotes = [index for index, line in enumerate(lines) if line.depth]
    last_lines = {mark.end - 1 for mark in marks}
    for mark in marks:
        if mark.strength < Strength.SURE:
            continue
        below = next_said(lines, mark.end)
        if below < len(lines) and lines[below].depth:
            continue  # the history below is quoted: each line tells for itself
        if mark.kind == "attribution":
            # "On … Jane wrote:", an answer, and only then the quoted lines: the answer is new.
            found = bisect_left(quotes, mark.end)
            if found < len(quotes) and not _introduced(lines, quotes[found], mark, last_lines):
                continue
        return mark
    return None


def with_rule_above(lines: Sequence[Line], start: int) -> int:
    """The start of history, a ruled line just above it included: "______", "----- Mail original -----"."""
    above, said = _above(lines, start)
    lettered = len(said) <= _LONGEST_RULE and said.startswith("---") and said.endswith("---")
    return above if lettered else with_bare_rule_above(lines, start)


def with_bare_rule_above(lines: Sequence[Line], start: int) -> int:
    """The start of quoted lines, a rule without words just above them included."""
    above, said = _above(lines, start)
    return above if len(said) >= _SHORTEST_RULE and not said.strip(DASHES + " ") else start


def _above(lines: Sequence[Line], start: int) -> tuple[int, str]:
    """The nearest line above that is not empty, and what it says; a few empty lines are passed over."""
    above = start - 1
    while above >= 0 and lines[above].blank and start - above <= 3:
        above -= 1
    return above, lines[above].said if above >= 0 else ""


def next_said(lines: Sequence[Line], index: int) -> int:
    """The first line from here on that is not blank, or the number of lines."""
    while index < len(lines) and lines[index].blank:
        index += 1
    return index


def _introduced(lines: Sequence[Line], quote: int, mark: Mark, last_lines: set[int]) -> bool:
    """True when these quoted lines have an introduction of their own, so that the mark's history is unquoted."""
    above = quote - 1
    while above >= mark.end and lines[above].blank:
        above -= 1
    return above >= mark.end and above in last_lines
