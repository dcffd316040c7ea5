"""Where in a text another mail begins: below a separator, at a header block, or at "On … Jane wrote:"."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from rules.forwards.attributions import Attribution, date_text, read_attribution
from rules.forwards.blocks import Block, read_bare_block, read_block, read_run_on
from rules.forwards.lines import Line, next_said
from rules.forwards.mailboxes import read_mailboxes
from rules.forwards.notes import read_notes_head
from rules.forwards.separators import Separator, read_separator
from rules.message import Address

_FEWEST_FIELDS = 3
_FEWEST_BELOW_WORDS = 2
_MOST_LINES_BETWEEN = 4
_MOST_IN_ROW = 3
_MOST_RUN_ONS = 50


@dataclass(frozen=True, slots=True)
class Mark:
    """A place where another mail begins. `start` and `body` are places of lines, `depth` its quote marks.

    `explicit`: a line says that a forward follows. `wrote`: a "… wrote:" line that names its author as
    `author` stands for the header block. `values` are the headers that were read, by field; none of them when
    the line says a forward follows and nothing readable does. `quoted`: the place is behind quote marks, or
    ">" lines follow its "… wrote:".
    """

    start: int
    body: int
    depth: int
    separator: str = ""
    explicit: bool = False
    wrote: bool = False
    author: Address | None = None
    values: Mapping[str, str] = field(default_factory=dict)
    languages: frozenset[str] = frozenset()
    quoted: bool = False


def first_mark(lines: list[Line], wrapped: bool, replying: bool) -> Mark | None:
    """The first mark in the lines: what stands above it is the text of the mail itself.

    `wrapped`: the text may be broken at its right margin. `replying`: the subject says so; then even "as Jane
    wrote:" without a quote or an address counts, which people write above forwards as well.
    """
    return _Search(lines, wrapped).first(replying)


class _Search:
    """A walk down the lines. No line is read as the start of a block that a block before it went over in vain."""

    def __init__(self, lines: list[Line], wrapped: bool) -> None:
        self.lines, self.wrapped = lines, wrapped
        self.tried = 0
        self.run_ons = 0

    def first(self, replying: bool) -> Mark | None:
        for at, line in enumerate(self.lines):
            if not line.said:
                continue
            mark = self._mark_at(at)
            if mark is not None and (replying or not mark.wrote or mark.quoted or mark.author):
                return mark
        return None

    def _mark_at(self, at: int) -> Mark | None:
        separator = read_separator(self.lines[at].said)
        if separator is not None:
            return None if separator.end else self._below(at, separator)
        if self.lines[at].labelled is not None:
            block = self._block_at(at, _FEWEST_FIELDS)
            if block is not None:
                return _of_block(block, at, None)
        notes = self._notes_at(at)
        if notes is not None:
            return _of_block(notes, at, None)
        wrote = read_attribution(self.lines, at)
        return _of_wrote(wrote, at, None, {}) if wrote else None

    def _below(self, start: int, separator: Separator) -> Mark | None:
        """The mark that a separator makes, or several in a row; None when nothing below could be a mail."""
        at = start + 1
        if separator.rest:
            # Yahoo's plain text goes on with the header behind the dashes.
            run_on = self._run_on(separator.rest, at)
            return (
                _of_block(run_on, start, separator) if run_on else _unread(self.lines, start, at, separator)
            )
        separator, at = _last_in_row(self.lines, separator, at)
        block = self._block_at(at, _FEWEST_BELOW_WORDS if separator.phrase else _FEWEST_FIELDS)
        if block is None and separator.phrase:
            block = self._notes_at(at) or read_bare_block(self.lines, at)
        if block is not None:
            return _of_block(block, start, separator)
        if not separator.forward:
            return None
        return _below_line(self.lines, start, at, separator) or _unread(self.lines, start, at, separator)

    def _block_at(self, at: int, fewest: int) -> Block | None:
        if at < self.tried or at >= len(self.lines) or self.lines[at].labelled is None:
            return None
        block, self.tried = read_block(self.lines, at, self.wrapped)
        if block is not None and block.fields >= fewest:
            return block
        return self._run_on(self.lines[at].said, at + 1)

    def _notes_at(self, at: int) -> Block | None:
        read = read_notes_head(self.lines, at) if at < len(self.lines) else None
        return Block(*read[:2], at, read[2], self.lines[at].depth) if read else None

    def _run_on(self, said: str, at: int) -> Block | None:
        if said.count(":") < _FEWEST_FIELDS or self.run_ons >= _MOST_RUN_ONS:
            return None
        self.run_ons += 1
        return read_run_on(said, self.lines, at)


def _last_in_row(lines: list[Line], separator: Separator, at: int) -> tuple[Separator, int]:
    """Of a few separators below each other the one that says most, and the first line behind them."""
    at = next_said(lines, at)
    for _ in range(_MOST_IN_ROW):
        another = read_separator(lines[at].said) if at < len(lines) else None
        if another is None or another.rest or another.end:
            break
        if not separator.forward and (another.forward or not separator.phrase):
            separator = another
        at = next_said(lines, at + 1)
    return separator, at


def _below_line(lines: list[Line], start: int, at: int, separator: Separator) -> Mark | None:
    """Yandex: below the separator "03.03.2026, 14:05, Jane <jane@x>:", after To and Subject at most."""
    values: dict[str, str] = {}
    for ahead in range(at, min(at + _MOST_LINES_BETWEEN, len(lines))):
        line = lines[ahead]
        labelled = line.labelled
        if labelled is not None:
            values.setdefault(labelled.label.field, labelled.value.rstrip("; "))
            continue
        wrote = read_attribution(lines, ahead)
        people = read_mailboxes(line.said) if wrote is None and line.said.endswith(":") else ()
        if len(people) == 1:
            name = people[0].name.rpartition(", ")[2].strip("\"'“”«» ")
            author = Address(people[0].email, name)
            wrote = Attribution(line.said, author, frozenset(), ahead + 1, line.depth, quoted=False)
        if wrote is not None:
            return _of_wrote(wrote, start, separator, values)
    return None


def _of_block(block: Block, start: int, separator: Separator | None) -> Mark:
    return Mark(
        start=start,
        body=block.body,
        depth=block.depth,
        separator=separator.phrase if separator else "",
        explicit=separator is not None and separator.forward,
        values=block.values,
        languages=block.languages,
        quoted=block.depth > 0,
    )


def _of_wrote(wrote: Attribution, start: int, separator: Separator | None, values: Mapping[str, str]) -> Mark:
    return Mark(
        start=start,
        body=wrote.body,
        depth=wrote.depth,
        separator=separator.phrase if separator else "",
        explicit=separator is not None,
        wrote=True,
        author=wrote.author,
        values={**values, "date": date_text(wrote)},
        languages=wrote.languages,
        quoted=wrote.depth > 0 if separator else wrote.quoted or wrote.depth > 0,
    )


def _unread(lines: list[Line], start: int, body: int, separator: Separator) -> Mark | None:
    """A line says that a forward follows, and no header that could be read does."""
    if not separator.forward:
        return None
    depth = lines[start].depth
    return Mark(start, body, depth, separator.phrase, explicit=True, quoted=depth > 0)
