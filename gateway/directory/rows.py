"""One CSV file as rows of named values, and every line that is no such row (RFC 4180, UTF-8)."""

import csv
import re
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from io import TextIOWrapper
from pathlib import Path
from typing import Self

Progress = Callable[[int, int, str], None]
"""Called as `progress(done, total, what)` now and then; bytes of a file here."""

_EVERY = 2000
_UNDECODED = re.compile("[\udc80-\udcff]")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_UTF16 = (b"\xff\xfe", b"\xfe\xff")


def silent(_done: int, _total: int, _what: str) -> None:
    """The progress of work that nobody watches."""


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong, and where. `line` counts the lines of the file from 1, and is 0 for a whole file.

    `column` is a heading, or "" when the whole line is meant.
    """

    file: str
    line: int
    column: str
    message: str

    def __str__(self) -> str:
        """The problem on one line, the place first, as compilers write it."""
        place = f"{self.file}:{self.line}" if self.line else self.file
        return f"{place}: {self.column}: {self.message}" if self.column else f"{place}: {self.message}"


@dataclass(frozen=True, slots=True)
class Table:
    """What a file must look like: its name, the headings it may have, and those it must have.

    Headings that begin with `free_prefix` are allowed too, if there is one.
    """

    file: str
    headings: tuple[str, ...]
    required: tuple[str, ...]
    free_prefix: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """A line of a file: values by heading, outer blanks off, runs of blanks and line breaks made one blank.

    `bad` names the columns whose value is already reported and need not be looked at.
    """

    line: int
    values: dict[str, str]
    bad: frozenset[str] = frozenset()


def read_rows(folder: Path, table: Table, problems: list[Problem], progress: Progress) -> Iterator[Row]:
    """The rows of a file, in order. What cannot be read as a row goes to `problems`, and reading goes on.

    Without a heading that can be understood there are no rows.
    """
    path = folder / table.file
    try:
        with path.open("rb") as file:
            if file.peek(2)[:2] in _UTF16:
                problems.append(Problem(table.file, 0, "", "is UTF-16, not UTF-8; save it as “CSV UTF-8”"))
                return
            size = path.stat().st_size

            def tell() -> None:
                progress(file.tell(), size, f"reading {table.file}")

            # A byte that is no UTF-8 becomes a lone surrogate, which no UTF-8 can make: so its cell is known.
            with TextIOWrapper(file, encoding="utf-8-sig", errors="surrogateescape", newline="") as text:
                yield from _read(text, table, problems, tell)
    except OSError as error:
        problems.append(Problem(table.file, 0, "", f"cannot be read: {error.strerror}"))


def _read(
    text: TextIOWrapper, table: Table, problems: list[Problem], tell: Callable[[], None]
) -> Iterator[Row]:
    records = _records(text, table, problems)
    first = next(records, None)
    if first is None:
        if not problems or problems[-1].file != table.file:
            problems.append(Problem(table.file, 1, "", f"is empty; its first line must be {_heading(table)}"))
        return
    headings = [cell.strip() for cell in first[1]]
    if not _check_headings(headings, first[0], table, problems):
        return
    for number, (line, cells) in enumerate(records):
        if number % _EVERY == 0:
            tell()
        if len(cells) == len(headings):
            yield _row(line, headings, cells, table, problems)
        elif any(cell.strip() for cell in cells):
            problems.append(Problem(table.file, line, "", _wrong_number(len(cells), len(headings))))
    tell()


def _records(text: TextIOWrapper, table: Table, problems: list[Problem]) -> Iterator[tuple[int, list[str]]]:
    """The records with the line each begins on. A broken one is reported, and the next line is tried."""
    lines = _Lines(text)
    reader = csv.reader(lines, strict=True)
    while True:
        line = lines.begin()
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            problems.append(Problem(table.file, line, "", _csv_error(str(error))))
            lines.back_to(line + 1)
            reader = csv.reader(lines, strict=True)
            continue
        if cells:
            yield line, cells


class _Lines:
    """Lines of a file that can be read again from the second one of a record: a quote that is not closed
    swallows those after it, and what is wrong with them is to be told too."""

    def __init__(self, text: Iterable[str]) -> None:
        self._text = iter(text)
        self._record: list[str] = []
        self._again: deque[str] = deque()
        self._next = 1

    def begin(self) -> int:
        """A record begins; the number of its first line."""
        self._record.clear()
        return self._next

    def back_to(self, number: int) -> None:
        """Read again from this line of the record."""
        swallowed = self._next - number
        if swallowed > 0:
            self._again.extendleft(reversed(self._record[-swallowed:]))
            self._next = number

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> str:
        line = self._again.popleft() if self._again else next(self._text)
        self._record.append(line)
        self._next += 1
        return line


def _csv_error(message: str) -> str:
    if "unexpected end of data" in message:
        return "a quote is opened here and never closed"
    if "expected after" in message:
        return 'there is text after a closing quote; a quote inside a value is written twice ("")'
    if "field limit" in message:
        return f"a value has more than {csv.field_size_limit():,} characters; is a closing quote missing?"
    return f"is no CSV: {message}"


def _wrong_number(found: int, expected: int) -> str:
    hint = "; a value with a comma in it must stand in quotes" if found > expected else ""
    return f"has {found} value{'s' if found != 1 else ''}, the heading has {expected}{hint}"


def _check_headings(headings: list[str], line: int, table: Table, problems: list[Problem]) -> bool:
    found: list[Problem] = []
    if len(headings) == 1 and (";" in headings[0] or "\t" in headings[0]):
        found.append(Problem(table.file, line, "", "the values must be separated by commas"))
    else:
        for position, heading in enumerate(headings):
            if not heading:
                found.append(Problem(table.file, line, "", f"the heading of column {position + 1} is empty"))
            elif heading in headings[:position]:
                found.append(Problem(table.file, line, heading, "this heading stands there twice"))
            elif not _allowed(heading, table):
                shown = heading.encode("utf-8", "replace").decode()
                message = f"unknown column {shown!r}; known are {_heading(table)}"
                found.append(Problem(table.file, line, shown, message))
        found += [
            Problem(table.file, line, name, f"the column {name!r} is missing")
            for name in table.required
            if name not in headings
        ]
    problems += found
    return not found


def _allowed(heading: str, table: Table) -> bool:
    if heading in table.headings:
        return True
    prefix = table.free_prefix
    return (
        bool(prefix) and heading.startswith(prefix) and heading != prefix and not _UNDECODED.search(heading)
    )


def _heading(table: Table) -> str:
    return ", ".join([*table.headings, *([f"{table.free_prefix}…"] if table.free_prefix else [])])


def _row(line: int, headings: list[str], cells: list[str], table: Table, problems: list[Problem]) -> Row:
    bad: set[str] = set()
    values: dict[str, str] = {}
    for heading, cell in zip(headings, cells, strict=True):
        values[heading] = cell if cell.isalnum() else " ".join(cell.split())
        wrong = None if cell.isascii() and cell.isprintable() else _unreadable(cell)
        if wrong:
            bad.add(heading)
            problems.append(Problem(table.file, line, heading, wrong))
    return Row(line, values, frozenset(bad))


def _unreadable(cell: str) -> str | None:
    undecoded = _UNDECODED.search(cell)
    if undecoded:
        return f"is not UTF-8: byte 0x{ord(undecoded[0]) - 0xDC00:02X}; save the file as “CSV UTF-8”"
    control = _CONTROL.search(cell)
    if control:
        return f"holds the control character U+{ord(control[0]):04X}"
    return None
