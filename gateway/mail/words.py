"""Encoded words in headers, as RFC 2047 has them and as senders break it.

Met in the wild and read here: a character split over two words, missing base64 padding, blanks and "?" inside
a word, words without blanks around them, words inside quotes, unknown charsets, raw 8-bit text.
"""

import re
from dataclasses import dataclass

from gateway.mail.charsets import decode
from gateway.mail.transfer import decode_base64

_START = re.compile(r"=\?([^?\s]{1,60})\?([bBqQ])\?")
_HEX = re.compile(r"[0-9A-Fa-f]{2}")
_ESCAPE = re.compile(rb"=([0-9A-Fa-f]{2})")
_BREAK = re.compile(r"[\t-\r\x1c-\x1f\x85\u2028\u2029]+")
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1b\x7f-\x9f]+")


@dataclass(frozen=True, slots=True)
class Word:
    """An encoded word found at `start:end` of a header value; `data` are its bytes in `charset`."""

    start: int
    end: int
    charset: str
    data: bytes


def find_words(value: str) -> list[Word]:
    """The encoded words of a header value, in order. Linear: every character is looked at a bounded number of times."""
    words: list[Word] = []
    at = 0
    last = value.rfind("?=")
    while (start := _START.search(value, at)) and start.end() <= last:
        end = _end(value, start.end(), quoted_printable=start[2] in "qQ")
        if end < 0:
            break
        text = value[start.end() : end]
        if "=?" in text and (inner := _START.search(text)):
            # The word was never closed; another one begins inside it.
            at = start.end() + inner.start()
            continue
        raw = text.encode("utf-8", "surrogateescape")
        data = _q(raw) if start[2] in "qQ" else decode_base64(raw)
        words.append(Word(start.start(), end + 2, start[1], data))
        at = end + 2
    return words


def decode_words(value: str) -> str:
    """A header value with its encoded words decoded.

    Neighbouring words of one charset are joined before decoding, because senders cut characters in two.
    """
    words = find_words(value)
    if not words:
        return value
    text: list[str] = []
    at = 0
    held: list[bytes] = []
    charset = ""
    for word in words:
        between = value[at : word.start]
        adjacent = bool(held) and not between.strip()
        if held and not (adjacent and word.charset.lower() == charset.lower()):
            text.append(decode(b"".join(held), charset))
            held = []
        if not adjacent:
            text.append(between)
        held.append(word.data)
        charset = word.charset
        at = word.end
    text.append(decode(b"".join(held), charset))
    text.append(value[at:])
    return "".join(text)


def one_line(value: str) -> str:
    """A header value as one line: line ends and control characters become one blank, the ends are stripped.

    Decoded words may hold line feeds, which would become new headers when the value is written out again.
    """
    return _CONTROL.sub("", _BREAK.sub(" ", value)).strip()


def decode_raw(value: bytes, label: str = "") -> str:
    """The text of a header field's bytes, which should be ASCII or UTF-8 (RFC 6532) and often are neither."""
    return value.decode("ascii") if value.isascii() and b"\x1b" not in value else decode(value, label)


def _end(value: str, at: int, *, quoted_printable: bool) -> int:
    """Where the "?=" stands that closes a word. In Q text an unescaped "?" may stand before an escape."""
    end = value.find("?=", at)
    while quoted_printable and end >= 0 and _HEX.match(value, end + 2):
        following = value.find("?=", end + 2)
        if following < 0 or any(character in value[end:following] for character in " \t"):
            break
        end = following
    return end


def _q(text: bytes) -> bytes:
    return _ESCAPE.sub(lambda match: bytes((int(match[1], 16),)), text.replace(b"_", b" "))
