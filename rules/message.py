"""A mail as the rules see it: read once, never changed (RFC 5322, RFC 2045)."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Address:
    """One mailbox of an address header (RFC 5322 3.4).

    `email` is as written with the domain in lower case; it may be something that no validator accepts,
    and is never empty. `name` is the decoded display name, or "".
    """

    email: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class Attachment:
    """A part that is kept beside the text.

    `filename` is safe to show and to save (no path, control or bidi characters, at most 255 bytes).
    `inline` is true for a part that the HTML refers to by `cid:`; those are not listed for people.
    `sha256` is the hex digest of `content`, the decoded bytes.
    """

    filename: str
    content_type: str
    size: int
    sha256: str
    inline: bool
    content_id: str = ""
    content: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True)
class CalendarEvent:
    """What a `text/calendar` part says (RFC 5545, RFC 5546). `method` is upper case, "" when absent.

    `start` and `end` are RFC 3339 in UTC, a bare date for all-day events, or None. Addresses are bare.
    """

    method: str
    summary: str
    start: str | None
    end: str | None
    organizer: str | None
    attendees: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DeliveryReport:
    """What a bounce says of one recipient (RFC 3464 2.3).

    `action` is failed, delayed, delivered, relayed or expanded; `status` an enhanced code such as "5.1.1";
    what the report does not say is "".
    """

    recipient: str
    action: str = ""
    status: str = ""
    diagnostic: str = ""


@dataclass(frozen=True, slots=True)
class Message:
    """A mail, read. Nested `message/rfc822` parts are Messages of their own, in `nested`.

    `text` is the plain text of this message alone (nested messages not merged in), LF line ends, no trailing
    blanks at the end; taken from the plain part where there is a useful one, else made from the HTML, where
    `<blockquote>` becomes "> " at the start of each line. `text_from` is "plain", "html" or "".
    `headers` are all header fields in order, names as written, values unfolded and decoded.
    `content_type` is the top-level type in lower case, `content_params` its parameters.
    `date` keeps the zone that the sender wrote. Ids carry their angle brackets.
    `reports` are the recipients of a delivery report; `report_type` the `report-type` parameter of a
    `multipart/report`, lower case, or "".
    `returned` is the message a report brought along (whole or headers only); it is not in `nested`.
    `notices` are sentences for a person: what could not be read or kept.
    `unread` is "" or, for a mail in its minimal form, whose body nobody looked into, the SHA-256 of its octets.
    """

    headers: tuple[tuple[str, str], ...] = ()
    from_: tuple[Address, ...] = ()
    from_fields: int = 1
    sender: Address | None = None
    reply_to: tuple[Address, ...] = ()
    to: tuple[Address, ...] = ()
    cc: tuple[Address, ...] = ()
    date: datetime | None = None
    subject: str = ""
    message_id: str = ""
    in_reply_to: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    text: str = ""
    text_from: str = ""
    html: str = ""
    attachments: tuple[Attachment, ...] = ()
    nested: tuple["Message", ...] = ()
    calendar: tuple[CalendarEvent, ...] = ()
    content_type: str = "text/plain"
    content_params: tuple[tuple[str, str], ...] = ()
    report_type: str = ""
    reports: tuple[DeliveryReport, ...] = ()
    returned: "Message | None" = None
    signed: bool = False
    encrypted: bool = False
    defects: tuple[str, ...] = ()
    notices: tuple[str, ...] = ()
    unread: str = ""

    def header(self, name: str) -> str:
        """The first value of a header field, or "". Letter case of the name is ignored."""
        return next(self.header_all(name), "")

    def header_all(self, name: str) -> Iterator[str]:
        """Every value of a header field, in order."""
        wanted = name.lower()
        return (value for key, value in self.headers if key.lower() == wanted)

    def people(self) -> tuple[Address, ...]:
        """Everyone in From, To and Cc, in header order, repetitions kept."""
        return (*self.from_, *self.to, *self.cc)


def first(addresses: Iterable[Address]) -> Address | None:
    """The first of the addresses, or None."""
    return next(iter(addresses), None)
