"""The parts of a report, as text and as mails, whatever the stdlib's parser made of them."""

import base64
import quopri
from collections.abc import Iterator
from email.errors import MissingHeaderBodySeparatorDefect
from email.message import Message
from email.parser import HeaderParser

MAX_PARTS = 1000
MAX_TEXT = 1 << 20
"""Octets of a status part that are read: several thousand recipients."""


def own_parts(tree: Message) -> Iterator[Message]:
    """The leaves of a mail in order; what is inside a `message/*` part belongs to another mail."""
    waiting: list[Message] = [tree]
    seen = 0
    while waiting and seen < MAX_PARTS:
        part = waiting.pop()
        seen += 1
        payload = part.get_payload()
        if part.get_content_maintype() == "multipart" and isinstance(payload, list):
            waiting.extend(child for child in reversed(payload) if isinstance(child, Message))
        else:
            yield part


def raw_text(part: Message) -> str:
    """What stands in a leaf, transfer coding undone, read as UTF-8.

    The parser takes `message/*` parts apart at once, coded or not: those are put together again first.
    """
    blocks = part.get_payload()
    if not isinstance(blocks, list):
        return _octets(part).decode("utf-8", "replace")
    pieces: list[bytes] = []
    for block in blocks:
        if isinstance(block, Message):
            pieces += [
                f"{name}: {value}\n".encode("utf-8", "surrogateescape") for name, value in block.raw_items()
            ]
            if not any(isinstance(defect, MissingHeaderBodySeparatorDefect) for defect in block.defects):
                pieces.append(b"\n")
            pieces += [_octets(block), b"\n\n"]
    data = b"".join(pieces)[:MAX_TEXT]
    return _uncoded(data, str(part.get("Content-Transfer-Encoding", ""))).decode("utf-8", "replace")


def embedded(part: Message) -> Message | None:
    """The mail, or the header of one, that a part carries; None when there is none in it."""
    payload = part.get_payload()
    if isinstance(payload, list) and payload and isinstance(payload[0], Message) and payload[0].keys():
        return payload[0]
    return embedded_text(raw_text(part))


def embedded_text(text: str) -> Message | None:
    """The header of a mail that stands in a text, its body one string; None when there is no header."""
    mail = HeaderParser().parsestr(text.lstrip("\r\n"))
    return mail if mail.keys() else None


def _octets(leaf: Message) -> bytes:
    data = leaf.get_payload(decode=True)
    return data[:MAX_TEXT] if isinstance(data, bytes) else b""


def _uncoded(data: bytes, coding: str) -> bytes:
    kind = coding.strip().lower()
    if kind == "base64" and b":" not in data:  # some systems promise base64 and write plain fields
        try:
            return base64.b64decode(data + b"===")
        except ValueError:
            return data
    return quopri.decodestring(data) if kind == "quoted-printable" else data
