"""A mail to be written: what it says and to whom, before any of it is mail (RFC 5322, RFC 2045)."""

from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Mailbox:
    """Somebody who writes or is written to. `name` is the display name, or ""."""

    email: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class Part:
    """A file that goes along; `content` are its bytes, not yet encoded.

    `content_id`, bare or in angle brackets, is what the HTML shows it by as `cid:` (RFC 2392); "" for an attachment.
    """

    filename: str
    content_type: str
    content: bytes = field(repr=False)
    content_id: str = ""


@dataclass(frozen=True, slots=True)
class Letter:
    """One mail. Texts may hold anything; `gateway.outbound.compose` writes them so that they stay texts.

    `date` is aware. Ids carry their angle brackets. `html` is sanitised, or "". `auto_submitted` is "" for what a
    person ordered, else "auto-generated" or "auto-replied" (RFC 3834 5). `loop` is the value of our loop header
    (`rules.decide.LOOP_HEADER`), "" for none.
    """

    from_: Mailbox
    to: tuple[Mailbox, ...]
    subject: str
    date: datetime
    message_id: str
    text: str
    html: str = ""
    cc: tuple[Mailbox, ...] = ()
    reply_to: Mailbox | None = None
    sender: Mailbox | None = None
    in_reply_to: str = ""
    references: tuple[str, ...] = ()
    parts: tuple[Part, ...] = ()
    auto_submitted: str = ""
    loop: str = ""
