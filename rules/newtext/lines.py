"""The lines of a text, with their quote marks told apart from what they say."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

# What a client writes between or around words without meaning it: it would hide a label or a colon.
_BLANKS = "\t\u00a0\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000"
_INVISIBLE = (
    "\u00ad\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u2066\u2067\u2068\u2069\ufeff\r"
)
_TIDY = str.maketrans({**dict.fromkeys(_BLANKS, " "), **dict.fromkeys(_INVISIBLE)})

_QUOTE_MARKS = re.compile(r"[ \t\u00a0]{0,3}(?:[>＞][ \t\u00a0]?)+")

# Nothing that introduces history is longer than this; only the beginning of a longer line is looked at.
LONGEST = 1000


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
    return Line(raw, depth, said.translate(_TIDY).strip())


def read_lines(raws: Iterable[str]) -> list[Line]:
    """The lines of a text."""
    return [read_line(raw) for raw in raws]
