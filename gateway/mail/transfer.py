"""Content-Transfer-Encoding undone as far as it can be (RFC 2045 6), for bodies that lie about it too."""

import binascii
import re
from contextlib import suppress

import pybase64

_ALPHABET = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/="
_NOT_BASE64 = bytes(set(range(256)) - set(_ALPHABET))
_TOKEN = re.compile(r"[A-Za-z0-9-]+")
_SOFT_BREAK = re.compile(rb"=[ \t]*\r?\n")
_ESCAPED_BYTE = re.compile(rb"=(?:20|3D|[89A-F][0-9A-F])")
_MAX_CHUNKS = 1000
_SAMPLE = 1 << 16


def encoding_of(value: str) -> str:
    """The encoding a header value names, in lower case: "base64" for ` "BASE64" ;`. "" when it names none."""
    token = _TOKEN.search(value[:200])
    return token[0].lower() if token else ""


def decode_transfer(data: bytes, encoding: str, *, text: bool = False) -> bytes:
    """The content of a body. `encoding` as `encoding_of` gives it; `text` allows a look for undeclared encodings.

    Never raises: what cannot be decoded is returned as it came.
    """
    if encoding == "base64":
        return decode_base64(data) if looks_base64(data) else data
    if encoding in ("quoted-printable", "quotedprintable", "q-p"):
        return binascii.a2b_qp(data)
    if encoding in ("x-uuencode", "uuencode", "uue", "x-uue"):
        return _uudecode(data)
    if text and _looks_quoted_printable(data):
        return binascii.a2b_qp(data)
    return data


def decode_base64(data: bytes) -> bytes:
    """Base64 with anything in it: foreign characters are skipped, padding may be missing or stand in the middle."""
    text = data.rstrip(b"=\r\n\t ")
    if b"=" not in text:
        # Padded at most where it ends, as nearly all of it is: the library passes over line ends and the like itself.
        with suppress(binascii.Error):
            return pybase64.b64decode(text + b"==")
    letters = data.translate(None, _NOT_BASE64)
    chunks = [chunk for chunk in letters.split(b"=", _MAX_CHUNKS) if chunk]
    decoded = []
    for chunk in chunks:
        whole = chunk.replace(b"=", b"")
        if len(whole) % 4 == 1:
            whole = whole[:-1]  # six bits are no byte
        decoded.append(pybase64.b64decode(whole + b"=" * (-len(whole) % 4)))
    return decoded[0] if len(decoded) == 1 else b"".join(decoded)


def looks_base64(data: bytes) -> bool:
    """Whether a body that calls itself base64 is: words with blanks in the first line are not.

    A scanner that takes a file out writes a sentence in its place and leaves the part's header as it was.
    """
    line = data[:_SAMPLE].strip().partition(b"\n")[0].strip()
    return b" " not in line and len(line.translate(None, _NOT_BASE64)) * 5 >= len(line) * 4


def _looks_quoted_printable(data: bytes) -> bool:
    sample = data[:_SAMPLE]
    return (
        b"=" in sample
        and sample.isascii()
        and len(_SOFT_BREAK.findall(sample)) >= 2
        and _ESCAPED_BYTE.search(sample) is not None
    )


def _uudecode(data: bytes) -> bytes:
    content = bytearray()
    begun = False
    for line in data.splitlines():
        if not begun:
            begun = line.startswith(b"begin ")
            continue
        if line.strip() in (b"end", b"`"):
            break
        try:
            content += binascii.a2b_uu(line)
        except binascii.Error:
            # Some encoders pad a line with more than it says; only the said length counts.
            try:
                content += binascii.a2b_uu(line[: (((line[0] - 32) & 63) * 4 + 5) // 3])
            except (binascii.Error, IndexError):
                continue
    return bytes(content) if begun else data
