"""Header blocks in the text: runs of "Label: value" lines, recognised by their shape."""

from collections import Counter
from dataclasses import dataclass

from rules.forwards.labels import INDEX, MAX_LABEL, Labelled, split_label
from rules.forwards.lines import Line, next_said
from rules.forwards.separators import read_separator
from rules.forwards.words import folded

MOST_HEADERS = 60
MOST_CONTINUATIONS = 400
_MOST_BLANKS = 2
_LOOK_AHEAD = 3
_MOST_COLONS = 60
_FEWEST_BARE = 4
_MOST_WORDS_OF_LABEL = 3

WRAP_WIDTH = 68
"""Plain text is wrapped at 72 to 78 columns; a line that had room for the next word up to here ended by itself."""

_MAIN = frozenset({"from", "date", "to", "cc", "subject"})
_PEOPLE = frozenset({"from", "to", "cc", "other"})


@dataclass(frozen=True, slots=True)
class Block:
    """A header block. `values` by field, `body` the place of the first line behind it, `depth` its quote marks.

    `languages` are those that most of its labels belong to.
    """

    values: dict[str, str]
    languages: frozenset[str]
    start: int
    body: int
    depth: int

    @property
    def fields(self) -> int:
        """How many of From, Date, To, Cc and Subject it has."""
        return len(_MAIN & self.values.keys())


def read_block(lines: list[Line], at: int, wrapped: bool) -> tuple[Block | None, int]:
    """The header block that starts at line `at`, and the place behind the lines that were read for it.

    A block has two main fields at least, one of them From; else it is None. Line `at` has a label. `wrapped`
    says that the text may have been broken at its right margin (plain text, not made from HTML).
    """
    reader = _Reader(lines, at, wrapped)
    reader.read()
    return reader.block(), reader.end


def read_run_on(said: str, lines: list[Line], at: int) -> Block | None:
    """A block whose headers follow each other on one line, as Yahoo's plain text has them; else None.

    `said` is the line's text from the first label on, `at` the place of the line behind it.
    """
    for _ in range(_LOOK_AHEAD + 1):
        values, languages = _split_run_on(said)
        if "from" in values and "subject" in values and len(values) >= 3:
            return Block(values, languages, at - 1, at, lines[at - 1].depth)
        if at >= len(lines) or not lines[at].said:
            break
        said, at = f"{said} {lines[at].said}", at + 1
    return None


def read_bare_block(lines: list[Line], at: int) -> Block | None:
    """A block whose labels have no colon, as eM Client writes it: 'From "Jane" <jane@example.com>'; else None.

    Only for the lines below a separator in words: elsewhere "From" may begin a sentence.
    """
    values: dict[str, str] = {}
    votes: list[frozenset[str]] = []
    start = at
    while at < len(lines) and len(values) < len(_MAIN) and lines[at].depth == lines[start].depth:
        labelled = _bare_label(lines[at].said)
        if labelled is None or labelled.label.field in values:
            break
        values[labelled.label.field] = labelled.value
        votes.append(labelled.label.languages)
        at += 1
    if "@" not in values.get("from", "") or "subject" not in values or len(values) < _FEWEST_BARE:
        return None
    return Block(values, _most_common(votes), start, at, lines[start].depth)


def _bare_label(said: str) -> Labelled | None:
    """The label of one to three words that a line starts with, without a colon, and the value behind it."""
    words = said.split(" ", _MOST_WORDS_OF_LABEL)
    for count in range(min(len(words), _MOST_WORDS_OF_LABEL), 0, -1):
        name = " ".join(words[:count]).rstrip(":")
        label = INDEX.get(folded(name)) if len(name) <= MAX_LABEL else None
        if label is not None:
            return Labelled(label, " ".join(words[count:]).strip())
    return None


class _Reader:
    """Reads one block line by line; what it found is in `values` and `end`."""

    def __init__(self, lines: list[Line], at: int, wrapped: bool) -> None:
        self.lines, self.start, self.wrapped = lines, at, wrapped
        self.depth = lines[at].depth
        self.values: dict[str, str] = {}
        self.votes: list[frozenset[str]] = []
        self.end = at
        self.field = ""
        self.below = False
        self.blanks = 0
        self.headers = 0
        self.continued = 0

    def read(self) -> None:
        at = self.start
        while at < len(self.lines) and self.headers < MOST_HEADERS and self.continued < MOST_CONTINUATIONS:
            line = self.lines[at]
            if not line.said:
                ahead = self._over_blanks(at)
                if ahead is None:
                    return
                at = ahead
                continue
            labelled = line.labelled if line.depth == self.depth else None
            if labelled is not None and not self._take(labelled):
                return
            if labelled is None and not self._continue(at):
                return
            at += 1
            self.end = at

    def block(self) -> Block | None:
        main = _MAIN & self.values.keys()
        if "from" not in main or len(main) < 2:
            return None
        return Block(self.values, _most_common(self.votes), self.start, self.end, self.depth)

    def _take(self, labelled: Labelled) -> bool:
        field = labelled.label.field
        if field in self.values and field in ("from", "subject") and "subject" in self.values:
            return False  # the body begins with a block of its own
        self.headers += 1
        self.field = field if field not in self.values else "other"
        if self.field != "other":
            self.values[field] = labelled.value
            self.votes.append(labelled.label.languages)
        return True

    def _continue(self, at: int) -> bool:
        """Takes the line as the rest of the header above it, if it is."""
        line = self.lines[at]
        if at == self.start or line.depth > self.depth or not self._belongs(at):
            return False
        if _looks_like_header(line.said) and not self._full(at):
            self.field = "other"  # a header in words we do not know, between two that we do
        elif self.field != "other":
            self.below = self.below or not self.values[self.field]
            self.values[self.field] = f"{self.values[self.field]} {line.said}".strip()
        self.continued += 1
        return True

    def _belongs(self, at: int) -> bool:
        line, above = self.lines[at], self.lines[at - 1]
        value = self.values.get(self.field, "") if self.field != "other" else above.said
        if not above.said or read_separator(line.said) is not None:
            return False
        if self._label_follows(at):
            return True
        if line.depth != self.depth and not (self.wrapped and _unfinished(value)):
            return False
        if not value:
            # An empty subject above a text looks just like a table that puts values below their labels.
            return (
                self.field == "from" or "@" in line.said or (self.below and self.field in ("date", "subject"))
            )
        if self.field in _PEOPLE and (
            _unfinished(value) or line.said.startswith(("<", "[mailto:", ",", ";"))
        ):
            return True
        if not self.wrapped:
            return False
        if line.indented and not self.lines[self.start].indented and not above.indented:
            return True
        if self.field in ("to", "cc", "from"):
            return "@" in line.said and self._full(at)
        return self.field in ("subject", "date") and self._full(at) and not self._paragraph(at)

    def _full(self, at: int) -> bool:
        """True when the line above had no room for the first word of this one."""
        width = self.lines[at - 1].width
        return width < WRAP_WIDTH + 20 and width + 1 + len(self.lines[at].said.split(" ", 1)[0]) > WRAP_WIDTH

    def _paragraph(self, at: int) -> bool:
        """A long line, or one of several in a row: text rather than the end of a subject."""
        rows = 0
        while at + rows < len(self.lines) and self.lines[at + rows].said and rows < _LOOK_AHEAD:
            rows += 1
        return rows == _LOOK_AHEAD

    def _label_follows(self, at: int) -> bool:
        """True when a header still missing stands in one of the next lines, with no blank line between."""
        people = self.field in ("to", "cc")
        for ahead in self.lines[at + 1 : at + 1 + (MOST_HEADERS if people else _LOOK_AHEAD)]:
            if not ahead.said or ahead.depth != self.depth:
                return False
            labelled = ahead.labelled
            if labelled is not None:
                field = labelled.label.field
                return field not in self.values and field != "other"
            if people and "@" not in ahead.said and not ahead.said.endswith((",", ";")):
                return False
        return False

    def _over_blanks(self, at: int) -> int | None:
        """The place where the block goes on behind blank lines, or None when it ends here."""
        ahead = next_said(self.lines, at)
        if ahead >= len(self.lines) or ahead - at > _MOST_BLANKS or self.lines[ahead].depth != self.depth:
            return None
        if self.lines[ahead].labelled is None or not self._still_header(ahead):
            return None
        self.blanks += 1
        return ahead

    def _still_header(self, at: int) -> bool:
        """Blank lines may stand between headers, but not between a whole block and a text that looks like one."""
        labelled = self.lines[at].labelled
        if labelled is None or labelled.label.field in self.values:
            return False
        if len(self.values) == 1 or "subject" not in self.values or "from" not in self.values:
            return True
        return self.blanks >= len(self.values) - 1


def _unfinished(value: str) -> bool:
    """True for a list of people that cannot end here."""
    return (
        value.endswith((",", ";", "<", "[", "("))
        or value.count("<") > value.count(">")
        or value.count('"') % 2 == 1
        or value.count("[") > value.count("]")
    )


def _most_common(votes: list[frozenset[str]]) -> frozenset[str]:
    counted = Counter(language for vote in votes for language in vote)
    most = max(counted.values(), default=0)
    best = {language for language, count in counted.items() if count == most}
    # Gmail translates From and leaves the rest in English: the translated label tells the user's language.
    translated = {language for vote in votes if "en" not in vote for language in vote}
    return frozenset(best | translated if "en" in best else best)


def _split_run_on(said: str) -> tuple[dict[str, str], frozenset[str]]:
    """The headers on one line, each from its label to the next; Subject takes the rest."""
    values: dict[str, str] = {}
    votes: list[frozenset[str]] = []
    field, since = "", 0
    colon = said.find(":")
    for _ in range(_MOST_COLONS):
        if colon == -1 or "subject" in values:
            break
        found = _label_before(said, since, colon)
        if found is not None:
            name, starts = found
            label = INDEX[name]
            if label.field not in values and label.field != field:
                if field:
                    values[field] = said[since:starts].strip()
                elif said[:starts].strip("*_ "):
                    return {}, frozenset()
                votes.append(label.languages)
                field, since = label.field, colon + 1
                if field == "subject":
                    values[field] = said[since:].strip()
        colon = said.find(":", colon + 1)
    if field and field not in values:
        values[field] = said[since:].strip()
    values.pop("other", None)
    return values, _most_common(votes)


def _label_before(said: str, since: int, colon: int) -> tuple[str, int] | None:
    """The longest label that ends at a colon, and where it starts. A short one must stand apart."""
    for starts in range(max(since, colon - MAX_LABEL), colon):
        name = folded(said[starts:colon])
        before = said[starts - 1 : starts]
        if name not in INDEX or said[starts].isspace():
            continue
        if not before.isalnum() or _stands_out(said[starts], before, name):
            return name, starts
    return None


def _stands_out(first: str, before: str, name: str) -> bool:
    """True when a label that is glued to the value before it can be told: "exampleCc:", "GMT+1Subject:", "1件名:"."""
    if first.isupper():
        return len(name) > 3 or before.islower()
    return not first.islower() and before.isascii()


def _looks_like_header(said: str) -> bool:
    """True for a line that has the shape of a header of whatever language: a short label, a colon, a value."""
    split = split_label(said)
    return split is not None and bool(split[1]) and len(split[0].split()) <= 3
