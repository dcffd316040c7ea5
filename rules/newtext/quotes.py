"""Lines with quote marks: which of them repeat an earlier mail, and which did the person write so."""

import re
from collections.abc import Iterator, Mapping, Sequence

from rules.newtext.folding import Folding
from rules.newtext.history import next_said, with_bare_rule_above
from rules.newtext.lines import Line
from rules.newtext.marks import Mark, Strength

QUOTED = "quoted lines"
_MOST_COMPARED = 50  # quoted passages that are looked for in the history below
_LONGEST_COMPARED = 500_000  # characters of history
_SAMPLE = 200  # characters of a passage
_CLIENT_DATE = re.compile(r"\d{4}.{0,60}\d{1,2}[:h.]\d{2}|\d{1,2}[:h.]\d{2}.{0,60}\d{4}")


def fold_quotes(
    folding: Folding, end: int, marks: Sequence[Mark], quoted_marks: Sequence[Mark], *, reply: bool
) -> None:
    """Fold the quoted lines before `end` and what introduces them.

    `marks` stand on plain lines, `quoted_marks` behind quote marks. `reply` is true when the mail answers
    another one: without any introduction only a reply's quoted lines are taken for history.
    """
    lines = folding.lines
    by_end = {mark.end: mark for mark in marks}
    attributed = {mark.start for mark in quoted_marks}
    sure = [mark for mark in marks if mark.strength == Strength.SURE or _stands_above_quotes(lines, mark)]
    first_sure = sure[0].start if sure else end
    nothing_sure = not sure and end == len(lines)
    compared = 0
    for start, stop in _passages(lines, end):
        above = _introduction(lines, by_end, start)
        named_alone = bool(above) and above[-1].strength == Strength.NAMED
        begin = above[0].start if above else start
        if named_alone:
            history = reply and nothing_sure
        elif above or attributed.intersection(range(start, min(start + 3, stop))):
            history = True
        elif _within_a_sentence(lines, start, stop) or _is_python_prompt(lines[start:stop]):
            history = False
        elif first_sure < start or nothing_sure:
            history = (reply or not nothing_sure) and not _announced(lines, start)
        else:
            compared += 1
            history = compared <= _MOST_COMPARED and _stands_below(lines, start, stop)
        if history:
            folding.fold(with_bare_rule_above(lines, begin), stop, QUOTED)
    _fold_lonely_attributions(folding, sure, end)


def _stands_above_quotes(lines: Sequence[Line], mark: Mark) -> bool:
    below = next_said(lines, mark.end)
    return mark.strength == Strength.DATED and below < len(lines) and lines[below].depth > 0


def _passages(lines: Sequence[Line], end: int) -> Iterator[tuple[int, int]]:
    """The runs of quoted lines, blank lines between them included."""
    start, last = -1, -1
    for index in range(end):
        if lines[index].depth:
            start, last = (index if start < 0 else start), index
        elif not lines[index].blank and start >= 0:
            yield start, last + 1
            start = -1
    if start >= 0:
        yield start, last + 1


def _introduction(lines: Sequence[Line], marks: Mapping[int, Mark], start: int) -> list[Mark]:
    """The marks, by their end, that stand right above the line, one below the other, blank lines aside."""
    found: list[Mark] = []
    while True:
        above = start
        while above > 0 and lines[above - 1].blank and above not in marks:
            above -= 1
        mark = marks.get(above)
        if mark is None:
            return found[::-1]
        found.append(mark)
        start = mark.start


def _within_a_sentence(lines: Sequence[Line], start: int, stop: int) -> bool:
    """True for one line amid a sentence: "growth was" / "> 50 percent" / "in March", or mbox's ">From"."""
    if stop - start > 1 or start == 0 or stop >= len(lines):
        return False
    above, below = lines[start - 1].said, lines[stop].said
    return bool(above) and above[-1].isalnum() and below[:1].islower()


def _is_python_prompt(lines: Sequence[Line]) -> bool:
    return all(line.blank or line.raw.startswith(">>> ") for line in lines)


def _announced(lines: Sequence[Line], start: int) -> bool:
    """True when the person announces the lines: "this is what the log says:"."""
    above = start - 1
    if above > 0 and lines[above].blank:
        above -= 1
    said = lines[above].said if above >= 0 else ""
    if not said.endswith((":", "：")) or "@" in said or _CLIENT_DATE.search(said[:400]):
        return False
    # "Jane Doe:" is a name that a client may have left; a sentence has small words.
    return not said.isascii() or any(word[:1].islower() for word in said.split())


def _stands_below(lines: Sequence[Line], start: int, stop: int) -> bool:
    """True when the quoted lines from `start` up to `stop` stand once more in the history below."""
    passage = _joined(lines[start:stop])[:_SAMPLE]
    return bool(passage) and passage in _joined(lines[stop:])


def _joined(lines: Sequence[Line]) -> str:
    words: list[str] = []
    length = 0
    for line in lines:
        words.extend(line.said.split())
        length += len(line.said)
        if length > _LONGEST_COMPARED:
            break
    return " ".join(words)


def _fold_lonely_attributions(folding: Folding, marks: Sequence[Mark], end: int) -> None:
    """Fold a sure attribution from whose quoted lines an answer parts it."""
    lines = folding.lines
    stops = (*(mark.start for mark in marks[1:]), end)
    for mark, stop in zip(marks, stops, strict=False):
        if mark.strength < Strength.SURE or mark.end > end or folding.folded[mark.start]:
            continue
        if mark.kind == "attribution" and any(
            lines[index].depth and folding.folded[index] for index in range(mark.end, min(stop, end))
        ):
            folding.fold(mark.start, mark.end, QUOTED)
