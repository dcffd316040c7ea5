"""Letters written as mail: header, body and files in one stretch of bytes (RFC 5322, RFC 2045, RFC 2046)."""

import base64
import hashlib
import quopri
import re
from dataclasses import dataclass

from gateway.mail.filenames import default_name, safe_name
from gateway.outbound.headers import (
    date,
    field,
    is_message_id,
    mailbox,
    mailboxes,
    message_ids,
    parameterised,
    unstructured,
)
from gateway.outbound.letter import Letter, Part
from rules.decide import LOOP_HEADER

AUTOMATIC = frozenset({"auto-generated", "auto-replied"})
"""Values of Auto-Submitted (RFC 3834 5)."""

_UNTYPED = "application/octet-stream"
_TOKEN = r"[A-Za-z0-9!#$%&'*+.^_`{|}~-]{1,127}"  # noqa: S105 - of RFC 2045 5.1
_MEDIA = re.compile(f"{_TOKEN}/{_TOKEN}")
_MAILS = frozenset({"message/rfc822", "message/global", "message/news"})
_COMPOSITE = ("message/", "multipart/")
_UNREADABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_FROM = re.compile(rb"^From ", re.MULTILINE)
_OVERLONG = re.compile(rb"^(.{74,75})(=20|=09)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class _Entity:
    """A part as it is written: its Content-* fields, and its body in pieces. Both end with CRLF."""

    head: str
    body: tuple[bytes, ...]


def compose(letter: Letter, *, utf8: bool = False) -> bytes:
    """The letter as a mail with CRLF line ends, the same bytes for the same letter.

    All of it is ASCII, save for local parts that are not when `utf8` says that the mail goes by SMTPUTF8 (RFC 6532).
    Raises ValueError with a sentence for an address, message id or date that cannot be written.
    """
    body = _body(letter)
    head = _head(letter, utf8=utf8) + field("MIME-Version", ["1.0"]) + body.head
    return b"".join((head.encode(), b"\r\n", *body.body))


def _head(letter: Letter, *, utf8: bool) -> str:
    if not is_message_id(letter.message_id):
        raise ValueError(f"{letter.message_id[:80]!r} is no message id.")
    if letter.auto_submitted and letter.auto_submitted not in AUTOMATIC:
        raise ValueError(f"Auto-Submitted cannot be {letter.auto_submitted[:80]!r}.")
    nobody = not letter.to and not letter.cc
    fields = (
        ("Date", date(letter.date)),
        ("From", mailbox(letter.from_, utf8=utf8)),
        ("Sender", mailbox(letter.sender, utf8=utf8) if letter.sender else []),
        ("Reply-To", mailbox(letter.reply_to, utf8=utf8) if letter.reply_to else []),
        ("To", ["undisclosed-recipients:;"] if nobody else mailboxes(letter.to, utf8=utf8)),
        ("Cc", mailboxes(letter.cc, utf8=utf8)),
        ("Subject", unstructured(letter.subject)),
        ("Message-ID", [letter.message_id]),
        ("In-Reply-To", message_ids([letter.in_reply_to])),
        ("References", message_ids(letter.references)),
        ("Auto-Submitted", [letter.auto_submitted] if letter.auto_submitted else []),
        ("X-Auto-Response-Suppress", ["All"]),
        (LOOP_HEADER, unstructured(letter.loop)),
    )
    return "".join(field(name, pieces) for name, pieces in fields if pieces or name == "Subject")


# -- the body ----------------------------------------------------------------------------------------------


def _body(letter: Letter) -> _Entity:
    """The text and the HTML as alternatives, inline parts around the HTML, attachments around all of it."""
    boundary = _boundary(letter)
    inline: list[Part] = []
    attached: list[Part] = []
    for part in letter.parts:
        (inline if letter.html and _content_id(part) else attached).append(part)
    renderings = []
    if letter.text or not letter.html:
        renderings.append(_text("plain", letter.text))
    if letter.html:
        html = _text("html", letter.html)
        if inline:
            shown = [html, *(_file(part, "inline") for part in inline)]
            html = _multipart("related", shown, f"{boundary}_r", type_="text/html")
        renderings.append(html)
    body = renderings[0] if len(renderings) == 1 else _multipart("alternative", renderings, f"{boundary}_a")
    if not attached:
        return body
    return _multipart("mixed", [body, *(_file(part, "attachment") for part in attached)], f"{boundary}_m")


def _boundary(letter: Letter) -> str:
    """The start of all boundaries. "=_" occurs neither in base64 nor in quoted-printable (RFC 2045 6.7, 6.8)."""
    digest = hashlib.sha256()
    texts = (letter.message_id, letter.text, letter.html)
    for content in (
        *(text.encode(errors="replace") for text in texts),
        *(part.content for part in letter.parts),
    ):
        digest.update(hashlib.sha256(content).digest())
    return f"=_{digest.hexdigest()[:32]}"


def _multipart(kind: str, children: list[_Entity], boundary: str, *, type_: str = "") -> _Entity:
    parameters = [("type", type_)] if type_ else []
    head = field("Content-Type", parameterised(f"multipart/{kind}", [*parameters, ("boundary", boundary)]))
    body: list[bytes] = []
    for child in children:
        # The line end before a boundary belongs to it (RFC 2046 5.1.1); every body ends with one.
        body += (f"--{boundary}\r\n{child.head}\r\n".encode("ascii"), *child.body)
    body.append(f"--{boundary}--\r\n".encode("ascii"))
    return _Entity(head, tuple(body))


def _text(kind: str, text: str) -> _Entity:
    """A text part in UTF-8, in the shorter of the two encodings."""
    text = _UNREADABLE.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
    if not text.endswith("\n"):
        text += "\n"
    data = text.encode(errors="replace")
    encoding, body = "quoted-printable", _quoted_printable(data)
    if len(in_base64 := _base64(data.replace(b"\n", b"\r\n"))) < len(body):
        encoding, body = "base64", in_base64
    head = field("Content-Type", [f"text/{kind};", "charset=utf-8"])
    return _Entity(head + field("Content-Transfer-Encoding", [encoding]), (body,))


def _file(part: Part, disposition: str) -> _Entity:
    """A file, always in base64. What may not be encoded so (RFC 2046 5.1, 5.2) is sent as a file of no known type."""
    media = part.content_type.partition(";")[0].strip().lower()
    if not _MEDIA.fullmatch(media):
        media = _UNTYPED
    name = safe_name(part.filename, default_name(media))
    if media in _MAILS and not name.lower().endswith(".eml"):
        name = safe_name(f"{name}.eml", "message.eml")
    if media.startswith(_COMPOSITE):
        media = _UNTYPED
    head = field("Content-Type", parameterised(media, [("name", name)]))
    head += field("Content-Transfer-Encoding", ["base64"])
    head += field("Content-Disposition", parameterised(disposition, [("filename", name)]))
    if disposition == "inline":
        head += field("Content-ID", [_content_id(part)])
    return _Entity(head, (_base64(part.content) or b"\r\n",))


def _content_id(part: Part) -> str:
    """The Content-ID in its brackets, or "" where there is none that can be written."""
    bracketed = f"<{part.content_id.strip().removeprefix('<').removesuffix('>')}>"
    return bracketed if is_message_id(bracketed) else ""


def _base64(data: bytes) -> bytes:
    return base64.encodebytes(data).replace(b"\n", b"\r\n")


def _quoted_printable(data: bytes) -> bytes:
    """RFC 2045 6.7, for data with LF line ends."""
    encoded = quopri.encodestring(data)
    # CPython escapes a blank at the end of a line without a look at the length that this gives.
    encoded = _OVERLONG.sub(rb"\1=\n\2", encoded)
    # Mail stores put ">" before a line that begins so. The blank begins the next line, for the length.
    return _FROM.sub(b"From=\n ", encoded).replace(b"\n", b"\r\n")
