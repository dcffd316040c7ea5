"""The header as bytes: what is signed, and in which order its fields stand (RFC 5322 2.2)."""

import re
from dataclasses import dataclass

MAX_HEADER = 256 * 1024
"""Octets of a header that is looked at: more than any mail that a person reads has."""

Written = tuple[bytes, bytes]
"""A field as a signature covers it: its name as written, its value with folding and line end."""

_END = re.compile(rb"\r?\n\r?\n")
_FOLD = re.compile(rb"\r?\n(?=[ \t])")
_NAME = re.compile(rb"[\x21-\x39\x3b-\x7e]+\Z")


@dataclass(frozen=True, slots=True)
class Header:
    """`fields` are names in lower case with raw values, folding kept, in order. The body starts at `body_at`.

    `written` are the same fields as signatures cover them; () when some line is no field. Readers may then take
    it for the end of the header and show what stands below as the text.
    """

    body_at: int
    fields: tuple[tuple[str, bytes], ...]
    written: tuple[Written, ...]

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
    lines = [line.replace(b"\0", b"\r\n").removesuffix(b"\r") for line in _FOLD.sub(b"\0", text).split(b"\n")]
    if lines[0].startswith(b"From "):
        del lines[0]  # of a file that is or was part of an mbox (RFC 4155)
    parts = [line.partition(b":") for line in lines]
    fields = tuple((name.rstrip().decode("latin-1").lower(), value) for name, _, value in parts)
    readable = all(colon and _NAME.match(name) for name, colon, _ in parts)
    written = tuple((name, value + b"\r\n") for name, _, value in parts) if readable else ()
    return Header(end.end() if end else len(raw), fields, written)
