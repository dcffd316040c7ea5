"""A person looked for in bytes: files as they lie on the disk, raw mail, attachments.

Found are the forms in which mail programs and this program write a text: UTF-8, UTF-16, quoted-printable, the escapes
of JSON, and base64 of any of these. What is compressed or encrypted (archives, PDF, office files) is not opened.
"""

import binascii
import json
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from rules.erasure import ERASED_EMAIL, ERASED_NAME, Person

CHUNK = 4 * 1024**2
OVERLAP = 64 * 1024
"""Bytes looked at twice, so that nothing hides at the seam of two chunks."""

_REACH = 512
"""Bytes on both sides of a find that decide whether it is the address: longer than any address may be."""

_BASE64 = re.compile(rb"[A-Za-z0-9+/]{8,}(?:={0,2}\r?\n?[A-Za-z0-9+/]+)*")
_NO_BASE64 = b"\r\n="
_SOFT_BREAK = re.compile(rb"=[ \t]*\r?\n")
_ESCAPED = re.compile(rb"=([0-9A-Fa-f]{2})")
_INNER = re.compile(r"^content-type:[ \t]*message/(?:rfc822|global)\b", re.IGNORECASE | re.MULTILINE)
_BLANK_LINE = re.compile(r"^\r?\n", re.MULTILINE)
_ADDRESS_FIELD = re.compile(
    r"^((?:(?:resent-)?(?:from|sender|to|cc|bcc|reply-to)|mail-followup-to|disposition-notification-to|return-path|"
    r"delivered-to|errors-to)[ \t]*:)(.*(?:\r?\n[ \t].*)*)",
    re.IGNORECASE | re.MULTILINE,
)
_JSON_ESCAPED = re.compile(rb"\\u([0-9a-fA-F]{4})")


@dataclass(frozen=True, slots=True)
class Hit:
    """Where something was found: offset in bytes and the form it is in; `what` is address, possibly or name."""

    offset: int
    form: str
    what: str


class Sought:
    """What is looked for. `others` are longer addresses that hold the person's as a part: those are somebody else's.

    `loose`: a word may begin right before the address, as in the pages of a database.
    """

    def __init__(self, person: Person, *, loose: bool = False, others: Collection[str] = ()) -> None:
        self._person = person
        self._loose = loose
        self._others = frozenset(other.casefold() for other in others)
        names = [name for name in person.names if person.name is not None and person.name.search(name)]
        # One word is looked for, a second one must be near before the whole is looked at.
        pairs: set[tuple[str, ...]] = {("address", *both) for both in person.parts}
        pairs |= {("name", *sorted(name.casefold().split(), key=len, reverse=True)[:2]) for name in names}
        nears: dict[tuple[bytes, str, str], set[bytes]] = {}
        for what, word, near in pairs:
            # Bytes in lower case are no other letters in lower case: those are looked for in capitals, too.
            for one, other in {(word, near), (word.upper(), near.upper())}:
                for encoding in ("utf-8", "utf-16-le", "utf-16-be"):
                    needle = one.encode(encoding).lower()
                    nears.setdefault((needle, encoding, what), set()).add(other.encode(encoding).lower())
        self._needles = [(*needle, tuple(near)) for needle, near in nears.items()]
        shortest = min((len(text.encode()) for text in (*person.keys, *names)), default=8)
        # Letters that may begin anywhere in a group of four stand for at least so many bytes.
        self._base64 = re.compile(_BASE64.pattern.replace(b"8", b"%d" % max(shortest * 4 // 3 - 2, 6), 1))

    def holds(self, data: bytes) -> bool:
        """Whether the address is anywhere in the bytes."""
        return any(hit.what == "address" for hit in self.hits(data))

    def hits(self, data: bytes) -> Iterator[Hit]:
        """Everything that is found, form by form."""
        for form, offset, view in views(data, self._base64):
            for at, written, what in self._plain(view):
                yield Hit(offset + at if form in ("", "JSON") else offset, form or written, what)

    def in_file(self, file: BinaryIO) -> Iterator[Hit]:
        """Everything that is found in an open file, a chunk at a time."""
        start, rest = 0, b""
        seen: set[tuple[int, str, str]] = set()
        while True:
            data = rest + (read := file.read(CHUNK))
            for hit in self.hits(data):
                # What lies in the overlap is found twice: in plain text it has the same place.
                key = (start + hit.offset, hit.form, hit.what)
                if key not in seen:
                    seen.add(key)
                    yield Hit(*key)
            if not read:
                return
            rest = data[-OVERLAP:]
            start += len(data) - len(rest)

    def _plain(self, data: bytes) -> Iterator[tuple[int, str, str]]:
        folded = data.lower()
        for word, encoding, what, nears in self._needles:
            at = folded.find(word)
            while at >= 0:
                around = max(0, at - _REACH), at + _REACH
                close = any(folded.find(near, *around) >= 0 for near in nears)
                if close and (is_ := self._is(data, at, encoding, what)):
                    yield at, "text" if encoding == "utf-8" else "UTF-16", is_
                at = folded.find(word, at + 1)

    def _is(self, data: bytes, at: int, encoding: str, what: str) -> str:
        """What begins there: address, possibly, name; "" for nothing that is looked for."""
        before = data[max(0, at - _REACH) : at].decode(encoding, "replace")
        text = before + data[at : at + _REACH].decode(encoding, "replace")
        if what == "name":
            name = self._person.name
            found = name is not None and any(
                match.start() <= len(before) < match.end() for match in name.finditer(text)
            )
            return "name" if found else ""
        pattern = self._person.loose if self._loose else self._person.address
        match = _match(pattern, text, len(before))
        if match is not None and not self._is_anothers(text, match.start(), match.end()):
            return "address"
        # In the pages of a database nobody can tell; there the rows are asked.
        return "possibly" if not self._loose and _match(self._person.possible, text, len(before)) else ""

    def _is_anothers(self, text: str, start: int, end: int) -> bool:
        """Whether the find is a part of a longer address that is known to be somebody else's."""
        folded = text.casefold() if len(text.casefold()) == len(text) else text.lower()
        part = folded[start:end]
        for other in self._others:
            inside = other.find(part)
            if inside >= 0 and folded[max(0, start - inside) : start - inside + len(other)] == other:
                return True
        return False


def views(data: bytes, base64: re.Pattern[bytes] = _BASE64) -> Iterator[tuple[str, int, bytes]]:
    """The bytes as they are, and as they read: (form, offset in the bytes, what is read)."""
    yield "", 0, data
    if b"=" in data:
        read = _ESCAPED.sub(lambda match: bytes((int(match[1], 16),)), _SOFT_BREAK.sub(b"", data))
        if len(read) != len(data):
            yield "quoted-printable", 0, read
    if b"\\u" in data:
        yield "JSON", 0, _JSON_ESCAPED.sub(_unescaped, data)
    for match in base64.finditer(data):
        run = match[0].translate(None, _NO_BASE64)
        for skip in range(4):
            part = run[skip:]
            yield (
                "base64",
                match.start(),
                binascii.a2b_base64(part[: len(part) // 4 * 4] + _padded(part)),
            )


def redacted(content: bytes, person: Person, sought: Sought) -> bytes | None:
    """Raw mail without the person, where it holds them as plain text only; None where that is not enough."""
    text = _without_display_names(content.decode("utf-8", "surrogateescape"), person)
    rest = str(person.redacted(text)).encode("utf-8", "surrogateescape")
    return None if any(hit.what != "possibly" for hit in sought.hits(rest)) else rest


def _without_display_names(text: str, person: Person) -> str:
    """A mail in whose address fields the person's mailboxes have the erased one's name: "Ada" alone is theirs here.

    So it is in the headers of mails within. Encoded words need not be read for it.
    """
    parts, begun, is_head = [], 0, True
    for blank in (*_BLANK_LINE.finditer(text), None):
        end = blank.start() if blank is not None else len(text)
        block = text[begun:end]
        parts.append(_ADDRESS_FIELD.sub(lambda field: _field(field, person), block) if is_head else block)
        is_head, begun = _INNER.search(block) is not None, end
    return "".join(parts)


def _field(field: re.Match[str], person: Person) -> str:
    if not person.mentioned(field[2]):
        return field[0]
    return field[1] + "".join(
        part.replace(part.strip(), f"{ERASED_NAME} <{ERASED_EMAIL}>", 1) if person.mentioned(part) else part
        for part in _mailboxes(field[2])
    )


def _mailboxes(value: str) -> list[str]:
    """The mailboxes of a field and what is between them (RFC 5322 3.4); with open quotes it is cut at each comma."""
    parts, begun, depth, quoted, angle, at = [], 0, 0, False, False, 0
    while at < len(value):
        sign = value[at]
        if sign == "\\" and (quoted or depth):
            at += 1
        elif quoted:
            quoted = sign != '"'
        elif sign == '"' and not depth:
            quoted = True
        elif sign in "()":
            depth = max(0, depth + (1 if sign == "(" else -1))
        elif sign in "<>" and not depth:
            angle = sign == "<"
        elif sign in ",;:" and not (depth or angle):
            parts += [value[begun:at], sign]
            begun = at + 1
        at += 1
    if quoted or depth or angle:
        return re.split("([,;:])", value)
    return [*parts, value[begun:]]


def _match(pattern: re.Pattern[str], text: str, at: int) -> re.Match[str] | None:
    """A match that begins there, or with the quote before it."""
    return pattern.match(text, at) or (pattern.match(text, at - 1) if text[at - 1 : at] == '"' else None)


def files_in(*places: Path) -> list[Path]:
    """Every file at or below the places, each once, in order. What is no file (a socket, say) is left out."""
    found: dict[Path, None] = {}
    for place in places:
        for path in sorted(place.rglob("*")) if place.is_dir() else [place]:
            if path.is_file():
                found[path.resolve()] = None
    return list(found)


def _unescaped(match: re.Match[bytes]) -> bytes:
    try:
        return str(json.loads(f'"{match[0].decode()}"')).encode("utf-8", "replace")
    except ValueError:
        return match[0]


def _padded(part: bytes) -> bytes:
    """The last, incomplete group of a base64 run, completed."""
    left = part[len(part) // 4 * 4 :]
    return left + b"=" * (4 - len(left)) if len(left) > 1 else b""
