"""The original of a forward: the mail that somebody passed on, as far as it can be told."""

from dataclasses import dataclass
from datetime import datetime

from rules.message import Address, Attachment, CalendarEvent


@dataclass(frozen=True, slots=True)
class Original:
    """One forwarded mail found inside another.

    `kind` is "block" (a header block in the text) or "attached" (`message/rfc822`).
    `date` is aware, or None when the block's date could not be read. `text` is the whole text of the original
    (its own quotes included), `comment` what stands above the block, written by the forwarder.
    `certain` is false when the block was found but its sender could not be read; `why` says what was seen.
    """

    kind: str
    sender: Address | None
    to: tuple[Address, ...]
    cc: tuple[Address, ...]
    date: datetime | None
    subject: str
    text: str
    comment: str
    certain: bool
    why: str
    attachments: tuple[Attachment, ...] = ()
    calendar: tuple[CalendarEvent, ...] = ()
    html: str = ""
    encrypted: bool = False
    notices: tuple[str, ...] = ()

    def people(self) -> tuple[Address, ...]:
        """Its sender, if known, and everyone in To and Cc, in this order."""
        return (*((self.sender,) if self.sender else ()), *self.to, *self.cc)
