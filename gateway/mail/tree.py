"""The MIME tree of a mail (RFC 2045, RFC 2046), within limits, as `email.message.Message` objects.

The parser of the standard library reads line by line and tries every enclosing boundary on each line: 25 MB of
empty lines inside twenty multiparts multiply its work. Here each level is split by one search for its own
boundary, outermost first, so that the cost is the size times the depth, and what stands where stays known to the
octet.
"""

import re
from collections.abc import Iterator
from email.message import Message

from gateway.mail.fields import read_parameters
from gateway.mail.look import Head, look
from gateway.mail.transfer import decode_transfer, encoding_of, looks_base64
from gateway.mail.words import decode_raw

MAX_DEPTH = 20
MAX_PARTS = 1000
MAX_HEADS = 1024 * 1024
"""Octets of all heads of a mail together, nested mails included."""

_GUESSED_BOUNDARY = re.compile(rb"--([^\s]{1,200})[ \t]*\r?\nContent-", re.IGNORECASE)
_MEDIA = re.compile(r"[a-z0-9!#$&^_.+-]+/[a-z0-9!#$&^_.+-]+\Z")
_BLOCK_END = re.compile(rb"\n[ \t]*\r?\n")
_CHARSET = re.compile(rb"charset\s{0,9}=\s{0,9}[\"']?([A-Za-z0-9._-]{2,40})", re.IGNORECASE)
_MAX_PREAMBLE = 1 << 16


class Part(Message):
    """A node of the tree that knows the octets it was read from: `source[start:end]`, its body from `body` on.

    `media` is the content type in lower case and `parameters` those of the Content-Type field, decoded.
    Header values are text, unfolded, encoded words left in place.
    """

    source: bytes = b""
    start: int = 0
    body: int = 0
    end: int = 0
    media: str = "text/plain"
    parameters: dict[str, str]

    def content(self, *, text: bool = False) -> bytes:
        """The body with its transfer encoding undone; `text` also looks for an encoding that was not declared."""
        encoding = encoding_of(str(self.get("content-transfer-encoding", "")))
        return decode_transfer(self.source[self.body : self.end], encoding, text=text)

    def decodes(self) -> bool:
        """Whether the body is in the transfer encoding that its header names, as far as a look tells."""
        encoding = encoding_of(str(self.get("content-transfer-encoding", "")))
        return encoding != "base64" or looks_base64(self.source[self.body : self.end])

    def octets(self) -> bytes:
        """The part as it came, head and all."""
        return self.source[self.start : self.end]

    def disposition(self) -> tuple[str, dict[str, str]]:
        """The Content-Disposition (RFC 2183): "inline", "attachment", another word or "", and its parameters."""
        return read_parameters(str(self.get("content-disposition", "")))

    def children(self) -> "list[Part]":
        """The parts right below this one, in order."""
        payload = self.get_payload()
        return [child for child in payload if isinstance(child, Part)] if isinstance(payload, list) else []


class Tree:
    """The tree of one mail, with what was noticed on the way. Building it never raises and never recurses far."""

    def __init__(self, source: bytes) -> None:
        """Read `source`, at most 25 MB, in time linear in it."""
        self.notices: list[str] = []
        self.defects: list[str] = []
        self._parts = 0
        self._heads = MAX_HEADS
        source = _with_line_feeds(source)
        self.root = self._part(source, 0, len(source), 0, "text/plain")

    def _part(self, source: bytes, start: int, end: int, depth: int, default: str) -> Part:
        self._parts += 1
        head = look(source, start, end, self._heads)
        self._heads = max(self._heads - (head.body - start), 4096)
        self._note(head.notices)
        self.defects.extend(head.defects)
        part = _leaf(source, start, end, head, default)
        if part.media.startswith("multipart/"):
            self._split(part, depth)
        elif part.media.startswith("message/"):
            self._open(part, depth)
        if not part.is_multipart():
            part.set_payload(source[part.body : end].decode("ascii", "surrogateescape"))
        return part

    def _split(self, part: Part, depth: int) -> None:
        """Attach the parts of a multipart (RFC 2046 5.1.1)."""
        boundary = part.parameters.get("boundary", "").encode("utf-8", "surrogateescape").rstrip()
        spans = list(_spans(part, boundary)) if boundary else []
        if not spans and (guess := _GUESSED_BOUNDARY.search(part.source, part.body, part.end)):
            if guess.start() - part.body < _MAX_PREAMBLE:
                spans = list(_spans(part, guess[1]))
            self.defects.append("the boundary of a multipart is not the one its header names")
        if not spans:
            self.defects.append("a multipart has no parts")
            part.media = "text/plain"
            return
        if depth >= MAX_DEPTH:
            self._note((f"Parts nested more than {MAX_DEPTH} deep were not read.",))
            return
        default = "message/rfc822" if part.media == "multipart/digest" else "text/plain"
        for start, end in spans:
            if self._parts >= MAX_PARTS:
                self._note((f"The mail has more than {MAX_PARTS} parts; the others were not read.",))
                return
            part.attach(self._part(part.source, start, end, depth + 1, default))

    def _open(self, part: Part, depth: int) -> None:
        """Attach what a `message/*` part holds: a mail, or the blocks of a delivery status (RFC 3464 2.1)."""
        if depth >= MAX_DEPTH or self._parts >= MAX_PARTS:
            self._note((f"Mails nested more than {MAX_DEPTH} deep were not read.",))
        elif part.media == "message/delivery-status":
            for start, end in _blocks(part):
                if self._parts >= MAX_PARTS:
                    self._note((f"The mail has more than {MAX_PARTS} parts; the others were not read.",))
                    return
                part.attach(self._part(part.source, start, end, MAX_DEPTH, "text/plain"))
        elif part.media in ("message/rfc822", "message/global", "message/news"):
            # RFC 2046 5.2.1 forbids coding a mail inside a mail; some gateways do it all the same.
            content = part.content()
            coded = len(content) != part.end - part.body
            source, start, end = (content, 0, len(content)) if coded else (part.source, part.body, part.end)
            if end > start:
                part.attach(self._part(source, start, end, depth + 1, "text/plain"))
        elif part.end > part.body:
            part.attach(self._part(part.source, part.body, part.end, MAX_DEPTH, "text/plain"))

    def _note(self, notices: tuple[str, ...]) -> None:
        self.notices.extend(notice for notice in notices if notice not in self.notices)


def root_alone(source: bytes) -> tuple[Part, Head]:
    """The root of a mail's tree with nothing below it, and its head: the body is not looked into."""
    source = _with_line_feeds(source)
    head = look(source, 0, len(source))
    return _leaf(source, 0, len(source), head, "text/plain"), head


def _with_line_feeds(source: bytes) -> bytes:
    """The mail with line feeds, which files of the classic Mac OS lack."""
    return source.replace(b"\r", b"\n") if b"\r" in source[:MAX_HEADS] and b"\n" not in source else source


def _leaf(source: bytes, start: int, end: int, head: Head, default: str) -> Part:
    """A part with its fields, its type and no payload."""
    part = Part()
    part.set_default_type(default)
    part.source, part.start, part.body, part.end = source, start, head.body, end
    label = None
    for name, value in head.fields:
        if label is None and not value.isascii():
            label = _charset_near(source, start, end)
        part.set_raw(name, decode_raw(value, label or ""))
    declared, part.parameters = read_parameters(str(part.get("content-type", default)))
    part.media = declared if _MEDIA.match(declared) else _repaired(declared, default)
    return part


def _spans(part: Part, boundary: bytes) -> Iterator[tuple[int, int]]:
    """Where the parts of a multipart begin and end. The line end before a boundary belongs to the boundary."""
    line = re.compile(rb"\n--" + re.escape(boundary) + rb"(--)?[ \t]*\r?(?=\n|\Z)")
    # A body begins behind a line end, save in a mail without a head.
    begin = -1
    for found, match in enumerate(line.finditer(part.source, max(part.body - 1, 0), part.end)):
        if begin >= 0:
            end = match.start()
            if end > begin and part.source[end - 1 : end] == b"\r":
                end -= 1
            if end >= begin:
                yield begin, end
        begin = match.end() + 1
        if match[1] or found > MAX_PARTS:
            return
    if 0 <= begin < part.end:
        yield begin, part.end


def _blocks(part: Part) -> Iterator[tuple[int, int]]:
    begin = part.body
    for match in _BLOCK_END.finditer(part.source, part.body, part.end):
        if match.start() > begin:
            yield begin, match.start() + 1
        begin = match.end()
    if begin < part.end:
        yield begin, part.end


def _repaired(declared: str, default: str) -> str:
    """The type that a broken Content-Type most likely means (RFC 2045 5.2 makes it the default)."""
    if declared in ("text", "plain"):
        return "text/plain"
    if declared in ("html", "text/htm"):
        return "text/html"
    return default if default in ("message/rfc822", "text/plain") else "text/plain"


def _charset_near(source: bytes, start: int, end: int) -> str:
    """The first charset that a mail names: what its raw 8-bit header is most likely written in."""
    match = _CHARSET.search(source, start, min(end, start + MAX_HEADS // 4))
    return match[1].decode("ascii") if match else ""
