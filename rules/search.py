"""What somebody looks for, read from what they typed; and what of a touchpoint is looked through, and shown of it.

Words stand side by side and must all be there; "words in quotes" in this order, one right after the other; a word
with * at its end is the beginning of one; -word must not be there. Whatever else is typed is plain text.
"""

import itertools
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from rules.message import Attachment
from rules.people import Participant
from rules.shown import shown, shown_address
from rules.typed import Flaw
from rules.words import places, words

MOST_ASKED = 200
"""Characters that may be typed."""

SHORTEST_BEGINNING = 3
"""Letters before a *: those with fewer stand in nearly everything."""

MOST_CHARACTERS, MOST_WORDS, MOST_OF_ONE = 100_000, 16_000, 200
"""How much of a touchpoint is looked through: characters, words, times that one word counts. PostgreSQL knows 16,383
places of a text, and 256 of one word (https://www.postgresql.org/docs/current/textsearch-limitations.html)."""

MOST_OCTETS, _A_PLACE = 900_000, 4
"""Of all words of a touchpoint, each counted with where it stands: a tsvector takes 1,048,575
(https://www.postgresql.org/docs/current/textsearch-limitations.html)."""

GAP = "¶"
"""Stands between two pieces in place of a word, so that no phrase reaches from one into the other."""

_TERM = re.compile(r'(-*)(?:"([^"]*)(?:"(\*?)|\Z)|(\S+))')
_PREFERRED = ("text", "comment", "subject", "file", "person")
_AROUND = 60
"""Characters shown before the first match; behind it twice as many."""


@dataclass(frozen=True, slots=True)
class Phrase:
    """Words that stand one right after the other; with `beginning` the last one may go on."""

    words: tuple[str, ...]
    beginning: bool = False

    def places(self, text: Sequence[str]) -> list[int]:
        """Where it begins in the words of a text."""
        *before, last = self.words
        if self.beginning:
            ends = [index for index, word in enumerate(text) if word.startswith(last)]
        else:
            ends = [index for index, word in enumerate(text) if word == last]
        if not before:
            return ends
        begins = (end - len(before) for end in ends)
        return [each for each in begins if each >= 0 and list(text[each : each + len(before)]) == before]


@dataclass(frozen=True, slots=True)
class Query:
    """What must be there, at least one phrase, and what must not."""

    wanted: tuple[Phrase, ...]
    without: tuple[Phrase, ...] = ()


class Searchable(Protocol):
    """What a new touchpoint and a stored one have in common: what a person would look for."""

    @property
    def subject(self) -> str: ...
    @property
    def text(self) -> str: ...
    @property
    def comment(self) -> str | None: ...
    @property
    def author(self) -> Participant | None: ...
    @property
    def filed_by(self) -> Participant | None: ...
    @property
    def participants(self) -> tuple[Participant, ...]: ...
    @property
    def attachments(self) -> tuple[Attachment, ...]: ...


@dataclass(frozen=True, slots=True)
class Snippet:
    """What shows why it was found. `field` is text, subject, comment, person or file.

    `parts` are a piece of it cut up, as (text, whether it is what was looked for). No part is empty.
    """

    field: str
    parts: tuple[tuple[str, bool], ...]


def read_query(typed: str, field: str = "q") -> Query | Flaw:
    """What is looked for, or why nothing can be."""
    if len(typed) > MOST_ASKED:
        return Flaw(field, f"At most {MOST_ASKED} characters can be looked for.")
    wanted: dict[Phrase, None] = {}
    without: dict[Phrase, None] = {}
    for minus, quoted, starred, bare in _TERM.findall(typed):
        found = tuple(words(quoted or bare))
        if not found:
            continue
        beginning = bool(starred) or bare.endswith("*")
        # Of scripts that are looked through letter by letter each beginning is whole.
        if beginning and len(found[-1]) < SHORTEST_BEGINNING and found[-1].isascii():
            return Flaw(field, f"A beginning needs {SHORTEST_BEGINNING} letters or more before its *.")
        beginning = beginning and len(found[-1]) >= SHORTEST_BEGINNING
        (without if minus else wanted)[Phrase(found, beginning)] = None
    if wanted:
        return Query(tuple(wanted), tuple(without))
    if without:
        return Flaw(field, "Say what to look for, too, not only what to leave out.")
    return Flaw(field, "Say what to look for: there is no word in it.")


def pieces(touchpoint: Searchable) -> Iterator[tuple[str, str]]:
    """What is looked through, as (what it is, text), the text last: it is cut when there is too much."""
    yield "subject", touchpoint.subject
    people = (touchpoint.author, touchpoint.filed_by, *touchpoint.participants)
    told = dict.fromkeys(f"{each.name} {each.email}".strip() for each in people if each is not None)
    yield from (("person", each) for each in told)
    yield from (("file", each.filename) for each in touchpoint.attachments if not each.inline)
    yield "comment", touchpoint.comment or ""
    yield "text", touchpoint.text


def searched_words(touchpoint: Searchable) -> list[str]:
    """The words of a touchpoint, with a `GAP` between its pieces and for words that come too often."""
    found: list[str] = []
    room = MOST_CHARACTERS
    for _, text in pieces(touchpoint):
        if text and room > 0 and len(found) < MOST_WORDS:
            found += [*([GAP] if found else []), *words(text[:room], MOST_WORDS - len(found))]
            room -= len(text)
    found = found[:MOST_WORDS]
    # Folded, a letter may have become fifteen; but then one text in thousands is near the limit.
    if len("".join(found).encode()) + _A_PLACE * len(found) > MOST_OCTETS:
        octets = itertools.accumulate(len(word.encode()) + _A_PLACE for word in found)
        del found[sum(1 for size in octets if size <= MOST_OCTETS) :]
    if len(found) > MOST_OF_ONE and max(Counter(found).values()) > MOST_OF_ONE:
        seen: Counter[str] = Counter()
        for index, word in enumerate(found):
            seen[word] += 1
            if seen[word] > MOST_OF_ONE:
                found[index] = GAP
    while found and found[-1] == GAP:
        del found[-1]
    return found


def snippet(touchpoint: Searchable, query: Query) -> Snippet:
    """The piece of a touchpoint that shows best why it was found: the one with the most of what was looked for."""
    best: tuple[int, str, str, int, list[tuple[int, int]]] | None = None
    for field, text in sorted(pieces(touchpoint), key=lambda piece: _PREFERRED.index(piece[0])):
        told = _line(text[:MOST_CHARACTERS])
        if field == "person":
            name, blank, email = told.rpartition(" ")
            told = name + blank + shown_address(email)
        start, number, marks = _densest(told, query)
        if number > (best[0] if best else 0):
            best = (number, field, told, start, marks)
        if number == len(query.wanted):
            break
    if best is None:
        return Snippet("text", tuple(_parts(_cut(_line(touchpoint.text[: 4 * _AROUND]), 0), ())))
    _, field, told, start, marks = best
    return Snippet(field, tuple(_parts(_cut(told, start), _shifted(told, start, marks))))


def _line(text: str) -> str:
    """On one line, without what cannot be seen."""
    return " ".join(shown(text).split())


def _densest(text: str, query: Query) -> tuple[int, int, list[tuple[int, int]]]:
    """Of the matches in a text: where the stretch with the most different ones begins, how many, and all of them."""
    found = list(places(text))
    told = [word for word, _, _ in found]
    marks = sorted(
        (found[index][1], found[index + len(phrase.words) - 1][2], number)
        for number, phrase in enumerate(query.wanted)
        for index in phrase.places(told)
    )
    start = number = 0
    near: list[tuple[int, int]] = []
    for begin, end, phrase in marks:
        near = [each for each in near if each[0] >= end - 2 * _AROUND]
        near.append((begin, phrase))
        different = len({each for _, each in near})
        if different > number:
            start, number = near[0][0], different
    return start, number, [(begin, end) for begin, end, _ in marks]


def _begin(text: str, start: int) -> int:
    """Where the cut begins, at a blank where there is one near."""
    if start <= _AROUND:
        return 0
    blank = text.find(" ", start - _AROUND, start)
    return blank + 1 if blank >= 0 else start - _AROUND


def _cut(text: str, start: int) -> str:
    begin = _begin(text, start)
    end = min(len(text), max(start, begin) + 2 * _AROUND)
    if end < len(text):
        blank = text.rfind(" ", start + _AROUND, end)
        end = blank if blank >= 0 else end
    return f"{'…' if begin else ''}{text[begin:end]}{'…' if end < len(text) else ''}"


def _shifted(text: str, start: int, marks: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """The matches in the cut, which has a "…" in front where something was left out."""
    begin = _begin(text, start)
    length, front = len(_cut(text, start)), 1 if begin else 0
    shifted = ((one - begin + front, two - begin + front) for one, two in marks)
    return [(one, min(two, length)) for one, two in shifted if front <= one < length]


def _parts(text: str, marks: Sequence[tuple[int, int]]) -> Iterator[tuple[str, bool]]:
    at = 0
    for begin, end in sorted(marks):
        if end <= at:
            continue
        if begin > at:
            yield text[at:begin], False
        yield text[max(at, begin) : end], True
        at = end
    if at < len(text):
        yield text[at:], False
