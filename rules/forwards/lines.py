"""The first lines of a text, with their quote marks told apart and their places kept."""

import re
from dataclasses import dataclass

from rules.forwards.labels import Labelled, read_label
from rules.forwards.words import tidy

MAX_HEAD = 262_144
"""Characters of a text in which a forward may begin. A longer comment than this nobody writes."""

MAX_LINES = 6_000

_MARKS = re.compile(r"[ \t\u00a0]{0,3}(?:[>＞][ \t\u00a0]?){1,40}")


@dataclass(frozen=True, slots=True)
class Line:
    """One line: `start` and `end` in the text (behind its line end), `depth` its quote marks.

    `said` is what stands behind the marks, tidied and stripped; `indented` that blanks stood before it;
    `labelled` its label and value, when it reads like a header.
    """

    start: int
    end: int
    depth: int
    said: str
    indented: bool
    labelled: Labelled | None

    @property
    def width(self) -> int:
        """Characters on the line, quote marks included."""
        return self.end - self.start - 1


def head_lines(text: str) -> list[Line]:
    """The lines at the head of a text: at most `MAX_HEAD` characters and `MAX_LINES` lines."""
    found: list[Line] = []
    start = 0
    limit = min(len(text), MAX_HEAD)
    while start < limit and len(found) < MAX_LINES:
        stop = text.find("\n", start, limit)
        end = limit if stop == -1 else stop + 1
        raw = text[start:end]
        marks = _MARKS.match(raw)
        depth = sum(marks[0].count(mark) for mark in ">＞") if marks else 0
        said = tidy(raw[marks.end() :] if marks else raw).rstrip("\n")
        words = said.strip()
        found.append(Line(start, end, depth, words, said.startswith(" "), read_label(words)))
        start = end
    return found


def next_said(lines: list[Line], at: int) -> int:
    """The place of the first line at or after `at` that says something; `len(lines)` when none does."""
    while at < len(lines) and not lines[at].said:
        at += 1
    return at


_QUOTED_STARTS = tuple(f"\n{lead}{mark}" for lead in ("", " ", "  ", "   ", "\t", "\u00a0") for mark in ">＞")


def unquoted(text: str, depth: int) -> tuple[str, str]:
    """A quoted text with `depth` quote marks taken off each line, and what follows unquoted behind it.

    Lines that lost their marks when a client wrapped them stay where they are; a text that has none at all is
    taken as it is. Linear in the text.
    """
    if depth <= 0:
        return text, ""
    framed = f"\n{text}"
    last = max(framed.rfind(start) for start in _QUOTED_STARTS)
    end = framed.find("\n", last + 1) if last != -1 else -1
    quote, behind = (text, "") if end == -1 else (framed[1:end], framed[end + 1 :])
    if not quote.strip(">＞ \t\u00a0\n"):
        quote, behind = text, ""
    return re.sub(rf"(?m)^[ \t\u00a0]{{0,3}}(?:[>＞][ \u00a0]?){{1,{depth}}}", "", quote), behind


_UNQUOTED = re.compile(r"(?m)^(?![ \t\u00a0]{0,3}[>＞])[ \t\u00a0]{0,80}[^\s\u00a0]")


def is_quoted(text: str) -> bool:
    """True for a text whose lines all have quote marks, blank ones aside: Proton quotes what it forwards."""
    return not _UNQUOTED.search(text) and not text.isspace() and bool(text)


_NOT_INDENTED = re.compile(r"(?m)^(?! {4}|\t)[ \u00a0]{0,3}[^\s\u00a0]")
_INDENT = re.compile(r"(?m)^(?: {4}|\t)")


def dedented(text: str) -> str:
    """The text without the four blanks or the tab that every line of it starts with, else as it is."""
    return text if _NOT_INDENTED.search(text) else _INDENT.sub("", text)
