"""A byte-level look at the head of a mail or part, before anything costly sees it.

Header parsers, the standard library's among them, take seconds for a few kilobytes of commas or semicolons, and
some recurse. What is over a limit here is cut with a notice, so that nothing behind this module can stall.
"""

import re
from dataclasses import dataclass, field

MAX_HEAD = 100 * 1024
"""Octets of the head of one mail. Postfix allows 100 KiB a head too (header_size_limit, summed)."""

MAX_LINES = 1000
MAX_STRUCTURED = 8 * 1024
"""Octets of one structured field: several times what the longest real Content-Type or Received has."""

MAX_ADDRESS_FIELD = 64 * 1024
MAX_ADDRESSES = 1000
MAX_SEPARATORS = 100
"""Semicolons of one structured field, each a parameter."""

_FIELD = re.compile(rb"([\x21-\x39\x3b-\x7e]{1,200})[ \t]*:")
_BLANK_LINE = re.compile(rb"\n\r?\n")
_ADDRESS_FIELDS = frozenset(
    "from sender reply-to to cc bcc resent-from resent-sender resent-to resent-cc".split()
)
_FREE_FIELDS = frozenset("subject comments keywords references in-reply-to autocrypt".split())


@dataclass(frozen=True, slots=True)
class Head:
    """The fields of one head: names as written, values unfolded but otherwise raw. `body` is the offset behind it."""

    fields: tuple[tuple[str, bytes], ...]
    body: int
    notices: tuple[str, ...] = ()
    defects: tuple[str, ...] = ()


@dataclass(slots=True)
class _Lines:
    """Fields while their lines are gathered."""

    fields: list[tuple[str, list[bytes]]] = field(default_factory=list)
    defects: list[str] = field(default_factory=list)


def look(source: bytes, start: int, end: int, allowance: int = MAX_HEAD) -> Head:
    """The head that begins at `start`, within the limits; `allowance` is how many octets may be looked at.

    A line that is no field ends the head, unless the next line is one again: then it is a folding gone wrong and
    only that line is left out.
    """
    if source[start : start + 1] == b"\n" or source[start : start + 2] == b"\r\n":
        return Head((), source.index(b"\n", start) + 1)
    blank = _BLANK_LINE.search(source, start, end)
    stop, body = (blank.start() + 1, blank.end()) if blank else (end, end)
    notices = []
    limit = min(allowance, MAX_HEAD)
    if stop - start > limit:
        notices.append(f"The header was longer than {limit // 1024} KiB; only its beginning was read.")
        stop = max(source.rfind(b"\n", start, start + limit) + 1, start)
    lines = source[start:stop].split(b"\n", MAX_LINES)
    if len(lines) > MAX_LINES:
        notices.append(f"The header had more than {MAX_LINES} lines; only the first were read.")
        lines.pop()
    gathered = _Lines()
    early = _gather(lines, gathered)
    if early is not None:
        body = start + early
    fields = tuple((name, _bounded(name, b"".join(value).strip(), notices)) for name, value in gathered.fields)
    return Head(fields, body, tuple(notices), tuple(gathered.defects))


def _gather(lines: list[bytes], into: _Lines) -> int | None:
    """Sort lines into fields. Where the head ends before its blank line, the offset of the body in it."""
    offset = 0
    for number, line in enumerate(lines):
        text = line.removesuffix(b"\r")
        match = _FIELD.match(text)
        if text[:1] in (b" ", b"\t") and into.fields:
            into.fields[-1][1].append(text)
        elif match:
            into.fields.append((match[1].decode("ascii"), [text[match.end() :]]))
        elif number == 0 and text.startswith((b"From ", b">From ")):
            pass  # the separator line of an mbox file
        elif not text.strip():
            pass
        elif into.fields and number + 1 < len(lines) and _FIELD.match(lines[number + 1]):
            into.defects.append("a header line without a colon was left out")
        else:
            into.defects.append("the blank line between header and body is missing")
            return offset
        offset += len(line) + 1
    return None


def _bounded(name: str, value: bytes, notices: list[str]) -> bytes:
    """The value cut to the limit of its kind."""
    key = name.lower()
    cut = value
    if key in _ADDRESS_FIELDS:
        if len(value) > MAX_ADDRESS_FIELD:
            cut = value[: value.rfind(b",", 0, MAX_ADDRESS_FIELD) + 1]
        if cut.count(b",") > MAX_ADDRESSES:
            # Commas inside names count as well; the reader of addresses keeps the exact count.
            cut = b",".join(cut.split(b",", 2 * MAX_ADDRESSES)[: 2 * MAX_ADDRESSES])
    elif key in _FREE_FIELDS or key.startswith("x-"):
        cut = value[:MAX_ADDRESS_FIELD]
    else:
        cut = value[:MAX_STRUCTURED]
        if key.startswith("content-") and cut.count(b";") > MAX_SEPARATORS:
            cut = b";".join(cut.split(b";", MAX_SEPARATORS)[:MAX_SEPARATORS])
    if len(cut) < len(value):
        notices.append(f"The header field {name[:60]} was too long; only its beginning was read.")
    return cut
