"""Attributions: the line "On … Jane wrote:" in the languages of the clients, on one line or wrapped over several.

A line is judged by what it holds (a verb, a clock time, a date, an address, a colon at the end), not by a
template for each client and language: templates change with every release, the ingredients do not.
"""

import re
from collections.abc import Sequence

from rules.newtext.lines import Line
from rules.newtext.marks import Mark, Strength
from rules.newtext.words import JOINED_VERBS, OPENERS, PRONOUNS, VERBS

_LONGEST = 400  # of an attribution, all its lines together
_MOST_LINES = 5
_MOST_WORDS = 40
_MOST_WORDS_WITHOUT_VERB = 14
_MOST_WORDS_OF_NAME = 6

DASHES = "-‐‑‒–—_=*~"
_COLONS = (":", "：")
_EDGES = ',.;:："“”„«»'

_VERBS = frozenset(verb for verbs in VERBS.values() for verb in verbs)
# A word may be a pronoun in one language and part of the client's line in another: Dutch and Croatian "je".
_PRONOUNS = {
    verb: frozenset(
        word for language, verbs in VERBS.items() if verb in verbs for word in PRONOUNS.get(language, ())
    )
    for verb in _VERBS
}
_JOINED_VERBS = tuple(verb for verbs in JOINED_VERBS.values() for verb in verbs)
_OPENERS = tuple(sorted({opener.lower() for openers in OPENERS.values() for opener in openers}))
_CLOCK = re.compile(r"(?<!\d)\d{1,2} ?[:h時时點点시] ?\d{2}(?!\d)|\w ?\.? \d{1,2}\.\d{2}(?![.\d])")
_DATE = re.compile(r"(?<!\d)\d{4}(?!\d)|\d{1,4}[./-] ?\d{1,2}[./-] ?\d{1,4}")
_ELIDED = frozenset(pronoun + mark for pronoun in "jlmnt" for mark in "'’")
_DIGIT = re.compile(r"\d")
_END_OF_SENTENCE = re.compile(r"(?:[!?。]|[^\W\d_]{5,}\.)$")


def judge(text: str) -> Strength | None:
    """How surely one line (wrapped lines joined by blanks) is an attribution. None: it is not."""
    return _judge(text)[0]


def find_attributions(lines: Sequence[Line]) -> list[Mark]:
    """Every attribution among the lines, in order, without overlaps; those behind quote marks too."""
    marks: list[Mark] = []
    floor = 0
    for index, line in enumerate(lines):
        if not line.depth and _runs_into_history(line.said):
            marks.append(Mark(index, index + 1, "attribution", Strength.SURE))
            floor = index + 1
            continue
        # French puts a blank before the colon, where the line may break.
        colon_below = index + 1 < len(lines) and lines[index + 1].said in _COLONS
        if colon_below or not _may_end(line.said):
            continue
        mark = _ending_at(lines, index, floor)
        if mark:
            marks.append(mark)
            floor = mark.end
    return marks


def _judge(text: str) -> tuple[Strength | None, bool]:
    """The strength, and whether the text starts as an attribution does (with "On" and a date, or a date)."""
    said = text.strip(DASHES + " ")
    bare = said.rstrip(":： ")
    words = bare.split()
    if not words or len(said) > _LONGEST or len(words) > _MOST_WORDS:
        return None, False
    dashed = text.startswith("--") and text.endswith("--")
    colon = said.endswith(_COLONS)
    verb = _find_verb(bare, words)
    address = any(0 < word.find("@") < len(word) - 1 for word in words)
    if not verb and not address:
        return None, False
    clock = _CLOCK.search(bare)
    dated = bool(_DATE.search(bare) or (clock and _DIGIT.search(bare[: clock.start()] + bare[clock.end() :])))
    first_digit = bare[:1].isdigit()
    anchored = first_digit or _opens(bare)
    if not verb:
        if dated and clock and colon and len(words) <= _MOST_WORDS_WITHOUT_VERB:
            return (Strength.SURE if first_digit else Strength.DATED), anchored
        # Old Gmail: "2026/3/3 Jane Doe <jane@example.com>", without colon.
        if dated and first_digit and said.endswith(">") and len(words) <= _MOST_WORDS_OF_NAME:
            return Strength.DATED, True
        return None, False
    first, last = verb
    if not colon and not (last == len(words) and (dashed or (clock and address))):
        return None, False
    told = _told_by_a_person(words, first, last)
    if dashed and not told:
        return Strength.SURE, anchored
    if dated and ((clock and (anchored or address)) or (anchored and address)):
        return (Strength.DATED if told else Strength.SURE), anchored
    if (dated and (anchored or address or (clock and not told))) or (address and not told):
        return (None if _runs_on(words) else Strength.DATED), anchored
    if colon and not told and not anchored and _is_name(words[:first] + words[last:]):
        return Strength.NAMED, False
    return None, False


def _may_end(said: str) -> bool:
    """A cheap look: only these lines can be the last of an attribution."""
    if said in _COLONS:
        return True
    if not 4 <= len(said) <= _LONGEST:
        return False
    if said.endswith((*_COLONS, "--")):
        return True
    if said.endswith(">"):
        return said[:1].isdigit()
    return said.rpartition(" ")[2].lower() in _VERBS


def _runs_into_history(said: str) -> bool:
    """True for "On … Jane<jane@example.com> wrote:   Dear Max,": Yahoo's telephones break no line there."""
    head, gap, _ = said[:_LONGEST].partition(":   ")
    head = head.rstrip()
    return bool(gap) and "@" in head and head[-1:].isalpha() and _judge(f"{head}:") == (Strength.SURE, True)


def _ending_at(lines: Sequence[Line], last: int, floor: int) -> Mark | None:
    """The attribution whose last line is this one. Of several readings the surest, then the shortest."""
    joined = ""
    best: tuple[tuple[int, bool], Mark] | None = None
    for start in range(last, max(floor - 1, last - _MOST_LINES), -1):
        line = lines[start]
        if not line.said or line.depth != lines[last].depth:
            break
        if start < last and _END_OF_SENTENCE.search(line.said[-40:]):
            break
        joined = f"{line.said} {joined}" if joined else line.said
        if len(joined) > _LONGEST:
            break
        strength, anchored = _judge(joined)
        if strength is None:
            continue
        # A line that starts with an address lacks the name, which the line above holds.
        whole = anchored or not joined.startswith(("<", "("))
        rank = (int(strength) if whole else int(strength) - 1), anchored
        if best is None or rank > best[0]:
            best = rank, Mark(start, last + 1, "attribution", strength)
    return best[1] if best else None


def _find_verb(text: str, words: Sequence[str]) -> tuple[int, int] | None:
    """Where the verb stands among the words: from, up to (not included)."""
    for at in range(len(words)):
        for count in (3, 2, 1):
            if " ".join(words[at : at + count]).strip(_EDGES).lower() in _VERBS:
                return at, min(at + count, len(words))
    if any(verb in text for verb in _JOINED_VERBS):
        return len(words), len(words)
    return None


def _opens(text: str) -> bool:
    """True for "On Tue, Mar 3, …": the opening word of a language, and a number soon after."""
    start = text[:60].lower()
    return bool(_DIGIT.search(start)) and any(
        start.startswith(opener) and not start[len(opener) : len(opener) + 1].isalpha() for opener in _OPENERS
    )


def _told_by_a_person(words: Sequence[str], first: int, last: int) -> bool:
    """True for "we wrote", "schrieb ich", "m'a écrit": a person tells it, no client does."""
    pronouns = _PRONOUNS.get(" ".join(words[first:last]).strip(_EDGES).lower(), frozenset())
    for at in (first - 1, last):
        word = words[at].strip(_EDGES) if 0 <= at < len(words) else ""
        if word[:2] in _ELIDED:
            return True
        # "He" within a line is a family name.
        if word.lower() in pronouns and (word.islower() or word == "I" or at == 0):
            return True
    return False


def _runs_on(words: Sequence[str]) -> bool:
    """True for a sentence of prose: more small words than a date and a name have."""
    return sum(word.islower() and len(word) > 1 and "@" not in word for word in words) > 8


def _is_name(words: Sequence[str]) -> bool:
    """True for "Jane Doe", "Jane von Doe": few words, most of them capital or of a script without case."""
    if not 1 <= len(words) <= _MOST_WORDS_OF_NAME or words[0][:1].islower():
        return False
    return 2 * sum(not word[:1].islower() for word in words) >= len(words)
