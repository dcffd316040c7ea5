"""Lines like "On 3 March 2026, Jane Doe <jane@x> wrote:", in the languages of mail clients."""

import re
from dataclasses import dataclass

from rules.forwards.lines import Line, next_said
from rules.forwards.mailboxes import read_mailboxes
from rules.forwards.phrases import WROTE
from rules.forwards.words import folded
from rules.message import Address

_MOST_ROWS = 3
_LONGEST = 600
_FEWEST_DIGITS = 2
_COLONS = (":", "：", "﹕")
_WORDS = re.compile(r"[^\W\d_]+")
_OPENED = re.compile(r"[\"“„«]([^\"“”„«»]{1,200})[\"“”»]\s{0,3}[<\[(]*$")

# Words that stand before the name in an attribution and are no part of it.
_NOT_NAMES = frozenset(map(folded,
    ("heeft", "schrieb", "schreef", "skrev", "idopontban", "pouzivatel", "uzivatel", "пользователь", "користувач", "от", "da",
     "at", "um", "uhr", "pm", "am", "kl", "a", "om", "le", "las", "las", "ore", "ora", "klo", "from", "by", "von", "par",
     "per", "w", "o", "u", "godz", "г", "р", "χρήστης", "ο", "пользователь")
))  # fmt: skip


@dataclass(frozen=True, slots=True)
class Attribution:
    """An attribution line. `text` is the whole of it, on one line; `body` the place of the line behind it.

    `author` is the one it names with an address, or None. `quoted` is true when ">" lines follow.
    """

    text: str
    author: Address | None
    languages: frozenset[str]
    body: int
    depth: int
    quoted: bool


def read_attribution(lines: list[Line], at: int) -> Attribution | None:
    """The attribution that starts at line `at`, over three lines at most; else None.

    It ends with a colon and has a verb of writing, and a date, an address or quoted lines below. Without a
    verb it needs all three: several Asian clients write so.
    """
    first = lines[at]
    text = ""
    for row in range(_MOST_ROWS):
        if at + row >= len(lines):
            return None
        line = lines[at + row]
        if not line.said or line.depth != first.depth:
            return None
        text = f"{text} {line.said}".strip()
        if len(text) > _LONGEST:
            return None
        if text.endswith(_COLONS):
            return _attribution(lines, at + row + 1, text, first.depth)
    return None


def _attribution(lines: list[Line], body: int, text: str, depth: int) -> Attribution | None:
    follows = next_said(lines, body)
    quoted = follows < len(lines) and lines[follows].depth > depth
    people = read_mailboxes(text)
    dated = sum(char.isdigit() for char in text) >= _FEWEST_DIGITS
    languages = _languages(text)
    if languages:
        if not (people or dated or quoted):
            return None
    elif not (people and dated and quoted):
        return None
    author = Address(people[0].email, _name(text)) if len(people) == 1 else None
    return Attribution(text, author, languages, body, depth, quoted)


def date_text(attribution: Attribution) -> str:
    """The attribution without its author, for reading the date."""
    if attribution.author is None:
        return attribution.text
    before, _, behind = attribution.text.partition("@")
    name = attribution.author.name
    return f"{before.replace(name, ' ') if name else before} {behind}"


def _languages(text: str) -> frozenset[str]:
    key = f" {' '.join(folded(text.rstrip(':：﹕ ')).replace(',', ' ').split())} "
    return frozenset(
        language
        for language, verbs in _VERBS.items()
        if any((f" {verb} " in key) if verb.isascii() or len(verb) > 4 else (verb in key) for verb in verbs)
    )


_VERBS = {language: tuple(map(folded, verbs)) for language, verbs in WROTE.items()}


def _name(text: str) -> str:
    """The display name before the address: what stands in quotes, or the words back to the date."""
    before = text[: text.find("@")]
    cut = max(before.rfind(" "), *(before.rfind(opener) for opener in "<[("))
    before = before[: cut + 1].rstrip("<[( ") if cut >= 0 else ""
    opened = _OPENED.search(before[-220:])
    if opened:
        return opened[1].strip()
    words: list[str] = []
    for word in reversed(before.split()):
        key = folded(word).strip(".,:;")
        if any(char.isdigit() for char in word) or word.endswith((",", ":", ";")) or key in _NOT_NAMES:
            break
        words.insert(0, word)
    return " ".join(words).strip("\"'“”„«» ")
