"""A byte-level look at the head of a mail or part, before anything costly sees it.

Header parsers, the standard library's among them, take seconds for a few kilobytes of commas or semicolons, and
some recurse. What is over a limit here is cut with a notice, so that nothing behind this module can stall.
"""

import re
from dataclasses import dataclass, field

MAX_HEAD = 100 * 1024
"""Octets of the head of one mail. Postfix allows 100 KiB a head too (header_size_limit, summed)."""

MAX_FIELDS = 1000
"""Lines of one head, folds not counted: a thousand recipients, one a line, are a real mail."""

MAX_STRUCTURED = 8 * 1024
"""Octets of one structured field: several times what the longest real Content-Type or Received has."""

MAX_ADDRESS_FIELD = 64 * 1024
MAX_ADDRESSES = 1000
MAX_SEPARATORS = 100
"""Semicolons of one structured field, each a parameter."""

_FIELD = re.compile(rb"([\x21-\x39\x3b-\x7e]{1,200})[ \t]*:")
_VITAL_NAMES = (
    "from",
    "to",
    "cc",
    "subject",
    "date",
    "message-id",
    "content-type",
    "content-transfer-encoding",
)
"""Fields without which a mail makes no sense; they are looked for behind the limits too."""

_VITAL = re.compile(
    rb"^(?:" + "|".join(_VITAL_NAMES).encode() + rb")[ \t]*:[^\n]*(?:\n[ \t][^\n]*){0,20}",
    re.IGNORECASE | re.MULTILINE,
)
_MAX_LATE = 20

_MAX_REST = 1024 * 1024
_BLANK_LINE = re.compile(rb"\n\r?\n")
_ADDRESS_FIELDS = frozenset(
    [
        "from",
        "sender",
        "reply-to",
        "to",
        "cc",
        "bcc",
        "resent-from",
        "resent-sender",
        "resent-to",
        "resent-cc",
    ]
)
_FREE_FIELDS = frozenset(["subject", "comments", "keywords", "references", "in-reply-to", "autocrypt"])


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
    behind = stop
    if stop - start > limit:
        stop = max(source.rfind(b"\n", start, start + limit) + 1, start)
    lines = source[start:stop].split(b"\n")
    gathered = _Lines()
    early = _gather(lines, gathered)
    if early is not None:
        body = start + early
    elif stop < behind:
        notices.append(f"The header was longer than {limit // 1024} KiB; only its beginning was read.")
        rest = source[stop : min(behind, stop + _MAX_REST)]
        _gather([line for match in _VITAL.finditer(rest) for line in match[0].split(b"\n")], gathered)
    if len(gathered.fields) > MAX_FIELDS:
        notices.append(f"The header had more than {MAX_FIELDS} fields; only the first were read.")
        late = [entry for entry in gathered.fields[MAX_FIELDS:] if entry[0].lower() in _VITAL_NAMES]
        gathered.fields[MAX_FIELDS:] = late[:_MAX_LATE]
    fields = tuple(
        (name, _bounded(name, b"".join(value).strip(), notices)) for name, value in gathered.fields
    )
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
