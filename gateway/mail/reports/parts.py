"""The parts of a report, as text and as mails, whatever the sender called them."""

from collections.abc import Iterator

from gateway.mail.tree import Part, Tree

MAX_TEXT = 1 << 20
"""Octets of a status part that are read: several thousand recipients."""


def own_parts(tree: Part) -> Iterator[Part]:
    """The leaves of a mail in order; what is inside a `message/*` part belongs to another mail."""
    waiting = [tree]
    while waiting:
        part = waiting.pop()
        if part.media.startswith("multipart/"):
            waiting.extend(reversed(part.children()))
        else:
            yield part


def raw_text(part: Part) -> str:
    """What stands in a leaf, transfer coding undone, read as UTF-8."""
    return part.content(text=True)[:MAX_TEXT].decode("utf-8", "replace")


def embedded(part: Part) -> Part | None:
    """The mail, or the header of one, that a part carries; None when there is none in it."""
    opened = part.children()
    if opened and opened[0].keys():
        return opened[0]
    return embedded_text(part.content())


def embedded_text(data: bytes) -> Part | None:
    """The mail that stands in a text; None when it has no header."""
    mail = Tree(data.lstrip(b"\r\n")).root
    return mail if mail.keys() else None
