"""Lines of text from a stream of HTML tags: blocks, margins, lists, tables, quotes, signatures.

The rules are those of a browser's text copy, with three things that people and the readers of quotes expect of
a mail: `<blockquote>` is "> ", `<hr>` is the line of underscores that Outlook writes, and Gmail's signature begins
with "-- ".
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

RULE = "_" * 32
MAX_QUOTE = 50
MAX_TABLES = 50
MAX_CELL = 200
"""Characters of a table row that still reads as one line of cells."""

_BLOCKS = frozenset(
    [
        "address",
        "article",
        "aside",
        "body",
        "center",
        "dd",
        "details",
        "div",
        "dl",
        "dt",
        "fieldset",
        "figcaption",
        "figure",
        "footer",
        "form",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "header",
        "html",
        "legend",
        "main",
        "nav",
        "ol",
        "p",
        "pre",
        "section",
        "summary",
        "ul",
        "caption",
        "tbody",
        "thead",
        "tfoot",
    ]
)
_SPACED = frozenset(["p", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "pre", "dl"])
_UNSEEN = frozenset(
    [
        "head",
        "style",
        "script",
        "title",
        "template",
        "svg",
        "object",
        "applet",
        "iframe",
        "video",
        "audio",
        "select",
        "option",
        "textarea",
        "button",
        "map",
    ]
)
_VOID = frozenset(
    [
        "area",
        "base",
        "br",
        "col",
        "embed",
        "hr",
        "img",
        "input",
        "link",
        "meta",
        "param",
        "source",
        "track",
        "wbr",
    ]
)
_HIDING = re.compile(
    r"display\s*:\s*none|mso-hide\s*:\s*all|max-height\s*:\s*0(?:px)?\s*(?:;|!|\Z)", re.IGNORECASE
)
_NO_MARGIN = re.compile(r"margin(?:-top|-bottom)?\s*:\s*0(?![.\d]*[1-9])", re.IGNORECASE)
_NO_BORDER = re.compile(r"border(?:-[a-z]+)?\s*:\s*(?:none|0|medium none)", re.IGNORECASE)
_FLAT_PARAGRAPHS = re.compile(r"(?:^|[},\s])p\s*\{[^}]{0,300}?margin(?:-top|-bottom)?\s*:\s*0", re.IGNORECASE)
_FLAT_CLASSES = frozenset(
    {"msonormal", "msoplaintext", "msolistparagraph", "msonospacing", "xmsonormal", "x_msonormal"}
)
_BLANKS = re.compile(r"[ \t\n\r\f\u200b\ufeff]+")
_MAX_STYLE = 1 << 16


@dataclass(slots=True)
class Line:
    """One line: how deep it is quoted, and its text."""

    quote: int
    text: str


@dataclass(slots=True)
class _Table:
    """A table that is open: the cells of its current row, and the lines that stand before this row."""

    before: list[Line]
    cells: list[list[Line]] = field(default_factory=list)
    in_cell: bool = False


@dataclass(slots=True)
class _Open:
    """What closing a tag must undo."""

    tag: str
    hides: bool = False
    quotes: bool = False
    keeps: bool = False
    spaced: bool = False
    table: bool = False
    listed: bool = False


class Layout:
    """Takes tags and text in document order and keeps lines. Each call costs what it is given, nothing more."""

    def __init__(self) -> None:
        """An empty page."""
        self._lines: list[Line] = []
        self._current: list[str] = []
        self._blank_end = True  # the line in hand is empty or ends in a collapsible blank
        self._wants_blank = False
        self._quote = 0
        self._hidden = 0
        self._preformatted = 0
        self._lists: list[int | None] = []
        self._tables: list[_Table] = []
        self._stack: list[_Open] = []
        self._style: list[str] = []
        self._style_size = 0
        self._flat = False
        self._in_style = False

    def open(self, tag: str, attributes: Mapping[str, str]) -> None:
        """A start tag, name in lower case."""
        opened = _Open(tag)
        style = attributes.get("style", "")
        if tag in _VOID:
            if not self._hidden:
                self._void(tag, attributes)
            opened.tag = ""
        elif self._hidden or tag in _UNSEEN or "hidden" in attributes or (style and _HIDING.search(style)):
            opened.hides = True
            self._hidden += 1
            self._in_style = tag == "style"
        elif tag == "blockquote":
            self._break()
            if not _is_indent(attributes, style):
                opened.quotes = self._quote < MAX_QUOTE
                self._quote += opened.quotes
        elif tag in {"table", "tr", "td", "th"}:
            opened.table = self._open_table(tag)
        elif tag == "li":
            self._break()
            self._bullet(attributes)
        elif tag in _BLOCKS:
            opened.spaced = tag in _SPACED and not self._lists and not self._is_flat(tag, attributes, style)
            self._break(
                blank=opened.spaced or "border-top:solid" in style
            )  # Outlook's line above a quoted mail
            if tag in {"ul", "ol"}:
                opened.listed = True
                self._lists.append(_number(attributes.get("start")) if tag == "ol" else None)
            elif tag == "pre":
                opened.keeps = True
                self._preformatted += 1
            elif "gmail_signature" in attributes.get("class", "").split():
                self._signature()
        self._stack.append(opened)

    def close(self, tag: str) -> None:
        """An end tag; lxml sends one for every start tag, in order."""
        if not self._stack:
            return
        opened = self._stack.pop()
        if opened.hides:
            self._hidden -= 1
            if self._in_style:
                self._in_style = False
                self._flat = self._flat or _FLAT_PARAGRAPHS.search("".join(self._style)) is not None
                self._style.clear()
        elif opened.tag == "blockquote":
            self._break()
            self._quote -= opened.quotes
        elif opened.table:
            self._close_table(tag)
        elif opened.tag == "li":
            self._break()
        elif opened.tag in _BLOCKS:
            if opened.keeps:
                self._preformatted -= 1
            if opened.listed:
                self._lists.pop()
            self._break(blank=opened.spaced)

    def write(self, data: str) -> None:
        """Text between tags."""
        if self._in_style:
            if self._style_size < _MAX_STYLE:
                self._style.append(data[:_MAX_STYLE])
                self._style_size += len(data)
            return
        if self._hidden:
            return
        if self._preformatted:
            self._write_kept(data)
            return
        text = _BLANKS.sub(" ", data)
        if text.startswith(" ") and self._blank_end:
            text = text[1:]
        if text:
            self._put(text)
            self._blank_end = text.endswith(" ")

    def text(self) -> str:
        """Everything so far."""
        while self._tables:
            self._close_table("table")
        self._break()
        return "\n".join(_rendered(line) for line in self._lines).strip("\n")

    def _void(self, tag: str, attributes: Mapping[str, str]) -> None:
        if tag == "br":
            if not self._current and self._wants_blank:
                self._end_line()  # the margin above becomes the line that this break then ends
                self._wants_blank = False
            self._end_line()
        elif tag == "hr":
            self._break()
            self._put(RULE)
            self._break()
        elif tag == "img":
            alternative = attributes.get("alt", "")
            if 0 < len(alternative) <= 8 and not alternative.isascii():
                self._put(alternative)  # an emoji that the client drew as an image
                self._blank_end = False

    def _put(self, text: str) -> None:
        if self._wants_blank and not self._current and text.strip(" "):
            if self._lines and self._lines[-1].text:
                self._lines.append(Line(min(self._quote, self._lines[-1].quote), ""))
            self._wants_blank = False
        self._current.append(text)

    def _write_kept(self, data: str) -> None:
        first, *others = data.replace("\r\n", "\n").replace("\r", "\n").split("\n")
        if first:
            self._put(first)
        for line in others:
            self._end_line()
            if line:
                self._put(line)
        self._blank_end = False

    def _end_line(self) -> None:
        text = "".join(self._current).replace("\xa0", " ")
        self._lines.append(
            Line(self._quote, "-- " if text.rstrip() == "--" and text != "--" else text.rstrip())
        )
        self._current.clear()
        self._blank_end = True

    def _break(self, *, blank: bool = False) -> None:
        """End the line in hand, if anything is on it; `blank` asks for an empty line before what follows."""
        if any(text.strip(" ") for text in self._current):
            self._end_line()
        self._current.clear()
        self._blank_end = True
        self._wants_blank = self._wants_blank or (blank and bool(self._lines))

    def _is_flat(self, tag: str, attributes: Mapping[str, str], style: str) -> bool:
        """Whether a paragraph stands without margins, as Outlook and its web client write every line."""
        if tag != "p":
            return False
        classes = attributes.get("class", "").lower().split()
        return self._flat or not _FLAT_CLASSES.isdisjoint(classes) or _NO_MARGIN.search(style) is not None

    def _bullet(self, attributes: Mapping[str, str]) -> None:
        indent = "  " * (min(len(self._lists), 20) - 1) if self._lists else ""
        number = self._lists[-1] if self._lists else None
        if number is None:
            self._put(f"{indent}- ")
        else:
            number = _number(attributes.get("value"), number)
            self._put(f"{indent}{number}. ")
            self._lists[-1] = number + 1
        self._blank_end = True

    def _signature(self) -> None:
        if self._quote or any(line.text == "-- " for line in self._lines[-3:]):
            return
        self._lines.append(Line(0, "-- "))

    def _open_table(self, tag: str) -> bool:
        self._break()
        if tag == "table":
            if len(self._tables) >= MAX_TABLES:
                return False
            self._tables.append(_Table(self._lines))
            self._lines = []
            return True
        if not self._tables:
            return False
        table = self._tables[-1]
        if tag == "tr":
            self._end_row(table)
        else:
            self._end_cell(table)
            table.in_cell = True
        return True

    def _close_table(self, tag: str) -> None:
        self._break()
        table = self._tables[-1]
        if tag == "table":
            self._end_row(table)
            table.before.extend(self._lines)
            self._lines = table.before
            self._tables.pop()
        elif tag == "tr":
            self._end_row(table)
        else:
            self._end_cell(table)
        self._wants_blank = False

    def _end_cell(self, table: _Table) -> None:
        if table.in_cell or self._lines:
            table.cells.append(self._lines)
            self._lines = []
        table.in_cell = False

    def _end_row(self, table: _Table) -> None:
        """Cells of one short line each are one line of text; anything longer is layout and reads top to bottom."""
        self._end_cell(table)
        cells = [lines for lines in table.cells if any(line.text for line in lines)]
        short = all(sum(bool(line.text) for line in lines) == 1 for lines in cells)
        texts = [line for lines in cells for line in lines if line.text] if short else []
        if len(texts) > 1 and sum(len(line.text) for line in texts) <= MAX_CELL:
            table.before.append(Line(texts[0].quote, " ".join(line.text for line in texts)))
        else:
            for lines in cells:
                table.before.extend(lines)
        table.cells = []


def _rendered(line: Line) -> str:
    if not line.quote:
        return line.text
    return ">" * line.quote + (f" {line.text}" if line.text else "")


def _is_indent(attributes: Mapping[str, str], style: str) -> bool:
    """Whether a `<blockquote>` only moves text to the right: the indent button of Gmail and others writes one."""
    if attributes.get("type", "").lower() == "cite" or "gmail_quote" in attributes.get("class", ""):
        return False
    return "40px" in style and _NO_BORDER.search(style) is not None


def _number(value: str | None, default: int = 1) -> int:
    return int(value) if value and len(value) < 6 and value.isascii() and value.isdigit() else default
