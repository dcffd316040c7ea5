"""The header as bytes: what is signed, and in which order its fields stand (RFC 5322 2.2)."""

import re
from dataclasses import dataclass

MAX_HEADER = 256 * 1024
"""Octets of a header that is looked at: more than any mail that a person reads has."""

_END = re.compile(rb"\r?\n\r?\n")
_FOLD = re.compile(rb"\r?\n(?=[ \t])")


@dataclass(frozen=True, slots=True)
class Header:
    """`fields` are names in lower case with raw values, folding kept, in order. `body` starts at `body_at`.

    `raw` is the header with the line end of its last field.
    """

    raw: bytes
    body_at: int
    fields: tuple[tuple[str, bytes], ...]

    def count(self, name: str) -> int:
        """How many fields have this name, given in lower case."""
        return sum(field == name for field, _ in self.fields)


def read_header(raw: bytes) -> Header | None:
    """The header of a mail, or None when it is too long or can be read in two ways.

    A bare CR and a NUL are line ends to some readers and text to others: a signature would then not cover
    the same fields that people see.
    """
    window = raw[: MAX_HEADER + 4]
    end = _END.search(window)
    if end is None and len(raw) > MAX_HEADER:
        return None
    text = window[: end.start()] if end else window.removesuffix(b"\n").removesuffix(b"\r")
    if b"\0" in text or b"\r" in text.replace(b"\r\n", b""):
        return None
    lines = _FOLD.sub(b"\0", text).split(b"\n")
    fields = tuple(_field(line.replace(b"\0", b"\r\n").removesuffix(b"\r")) for line in lines)
    return Header(text + b"\r\n", end.end() if end else len(raw), fields)


def _field(line: bytes) -> tuple[str, bytes]:
    name, _, value = line.partition(b":")
    return name.rstrip().decode("latin-1").lower(), value
