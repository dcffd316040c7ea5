"""Header blocks ("From: … Sent: … To: … Subject: …") and the separators that clients put above history."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from rules.forwards.labels import read_label
from rules.forwards.notes import read_notes_head
from rules.forwards.words import folded
from rules.newtext.attribution import DASHES
from rules.newtext.lines import Line
from rules.newtext.marks import Mark, Strength
from rules.newtext.separators import ORIGINAL_MESSAGE, REPLY_ABOVE

_ORIGINAL_MESSAGE = frozenset(map(folded, ORIGINAL_MESSAGE))
_CORE = frozenset(("from", "date", "to", "cc", "subject"))
_MOST_LINES = 60  # of a block: a long list of recipients is wrapped over many
_MOST_WRAPPED = 25  # lines between two labels
_CLOCK = re.compile(r"\d{1,2} ?[:.h時时点點시] ?\d{2}|\d{4}")
_RULE = re.compile(r"[-‐‑‒–—_=*~]{5,}|(?:[-_] ){5,}[-_]?")
_LONGEST_REQUEST = 200  # characters of a line that asks to reply above it
_GROUPWISE = re.compile(r">>> ?\S.{0,200}\d{1,2}[:.]\d{2}.{0,20}>>>\s{0,5}")


@dataclass(slots=True)
class _Block:
    """What a run of labelled lines has shown so far."""

    kinds: set[str] = field(default_factory=set)
    address: bool = False
    clock: bool = False

    def add(self, kind: str, value: str) -> None:
        self.kinds.add(kind)
        self.address = self.address or "@" in value
        self.clock = self.clock or (kind == "date" and bool(_CLOCK.search(value)))

    def proves(self, separated: bool) -> bool:
        """A list of "From: Berlin, To: Munich" has neither an address nor a subject."""
        core = self.kinds & _CORE
        if "from" not in core:
            return False
        if separated:
            return len(core) >= 2
        return len(core) >= 3 and "date" in core and (self.address or (self.clock and "subject" in core))


def find_blocks(lines: Sequence[Line]) -> list[Mark]:
    """Every header block and separator among the lines that carry no quote mark, in order."""
    marks: list[Mark] = []
    # Hardly any text has one of them: each is looked for in all of it first. In long lines they do not stand.
    short = "\n".join(line.said for line in lines if len(line.said) <= _LONGEST_REQUEST)
    answered_above = _asks_to_reply_above(short)
    index = 0
    while index < len(lines):
        mark = _at(lines, index, answered_above=answered_above)
        if mark:
            marks.append(mark)
        index = mark.end if mark else index + 1
    return marks


def _at(lines: Sequence[Line], index: int, *, answered_above: bool) -> Mark | None:
    line = lines[index]
    if _GROUPWISE.fullmatch(line.raw[:300]):
        return Mark(index, index + 1, "separator", Strength.SURE, separated=True)
    if line.depth or not line.said:
        return None
    if answered_above and len(line.said) <= _LONGEST_REQUEST and _asks_to_reply_above(line.said):
        return Mark(index, index + 1, "separator", Strength.SURE, separated=True)
    dashed, plain = _is_separator(line.said)
    if dashed or plain or _RULE.fullmatch(line.said):
        below = _next_said(lines, index + 1)
        end = _block_end(lines, below, separated=True)
        if end is None and dashed:
            end = index + 1
        return Mark(index, end, "header block", Strength.SURE, separated=True) if end else None
    notes = read_notes_head(lines, index)
    if notes:
        return Mark(index, notes[2], "header block", Strength.SURE)
    end = _block_end(lines, index, separated=False)
    return Mark(index, end, "header block", Strength.SURE) if end else None


def _block_end(lines: Sequence[Line], start: int, *, separated: bool) -> int | None:
    """The line after the header block that starts here; None when there is none."""
    if start >= len(lines) or lines[start].depth or not read_label(lines[start].said):
        return None
    block, end, wrapped = _Block(), start, 0
    if _on_one_line(lines[start].said):
        return start + 1
    kind = ""
    for index in range(start, min(len(lines), start + _MOST_LINES)):
        line = lines[index]
        if line.depth:
            break
        if not line.said:
            # HTML tables leave an empty line between headers; the body comes after an empty line too.
            below = _next_said(lines, index)
            if below >= len(lines) or below - index > 2 or not read_label(lines[below].said):
                break
            continue
        labelled = read_label(line.said)
        if labelled:
            kind = labelled.label.field
            if kind in block.kinds & _CORE:
                break
            block.add(kind, labelled.value)
            end, wrapped = index + 1, 0
            continue
        wrapped += 1
        if wrapped > _MOST_WRAPPED:
            break
        if kind in ("from", "to", "cc", "date"):
            block.add(kind, line.said)
    if not block.proves(separated):
        return None
    # A long subject is wrapped; the body comes after an empty line.
    for index in range(end, min(len(lines), end + 3)):
        if lines[index].blank or lines[index].depth:
            return index
    return end


def _on_one_line(said: str) -> bool:
    """True for "From: … Sent: … To: … Subject: …" run together, as text made from careless HTML has it."""
    block = _Block()
    pieces = re.split("[:：]", said, maxsplit=12)
    for piece, value in pairwise(pieces):
        words = piece.split()[-3:]
        for count in range(len(words), 0, -1):
            labelled = read_label(" ".join(words[-count:]) + ":")
            if labelled:
                block.add(labelled.label.field, value)
                break
    return len(block.kinds & _CORE) >= 4 and block.proves(separated=False)


def _is_separator(said: str) -> tuple[bool, bool]:
    """Whether the line says "Original Message" between dashes, and whether it says so at all."""
    bare = said.lstrip(DASHES + " ")
    dashed = len(said) - len(bare) >= 2
    # Some telephones put the headers behind the dashes on the same line.
    inner = bare.partition("--")[0] if dashed else bare
    known = folded(inner[:100].strip(DASHES + " :：")) in _ORIGINAL_MESSAGE
    return known and dashed, known


def _asks_to_reply_above(said: str) -> bool:
    return any(map(said.lower().__contains__, REPLY_ABOVE))


def _next_said(lines: Sequence[Line], index: int) -> int:
    """The first line from here on that is not empty; at most a few empty lines are skipped."""
    stop = min(len(lines), index + 4)
    while index < stop and lines[index].blank:
        index += 1
    return index
