"""The lines of a text, with their quote marks told apart from what they say."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from rules.forwards.words import tidy

_QUOTE_MARKS = re.compile(r"[ \t\u00a0]{0,3}(?:[>＞][ \t\u00a0]?)+")

# Nothing that introduces history is longer than this; only the beginning of a longer line is looked at.
LONGEST = 1000

_MOST_WORDS_BEHIND = 5


@dataclass(frozen=True, slots=True)
class Line:
    """One line. `raw` as it stands, `depth` its quote marks, `said` what stands behind them.

    `said` is for looking at: blanks made plain, invisible characters gone, cut at `LONGEST` characters.
    """

    raw: str
    depth: int
    said: str

    @property
    def blank(self) -> bool:
        """True for an empty line without a quote mark."""
        return not self.depth and not self.said


def read_line(raw: str) -> Line:
    """One line of a text, without its line end."""
    head = raw[:LONGEST]
    marks = _QUOTE_MARKS.match(head)
    depth = marks.group().count(">") + marks.group().count("＞") if marks else 0
    said = head[marks.end() :] if marks else head
    return Line(raw, depth, tidy(said).strip())


def read_lines(raws: Iterable[str]) -> list[Line]:
    """The lines of a text."""
    lines: list[Line] = []
    for raw in raws:
        line = read_line(raw)
        if line.depth == 1 and lines and _closes_address(lines[-1], line):
            line = Line(raw, 0, f"> {line.said}")
        lines.append(line)
    return lines


def _closes_address(above: Line, line: Line) -> bool:
    """True where wrapping parted "< jane@example.com" from "> wrote:"; that mark quotes nothing."""
    opened = above.said.rpartition("<")[2] if "<" in above.said else ""
    address = not above.depth and "@" in opened and ">" not in opened
    return address and len(line.said.split()) <= _MOST_WORDS_BEHIND and line.said.endswith((":", "："))
