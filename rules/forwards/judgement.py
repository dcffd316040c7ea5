"""A forward or a reply with its history below? Clients write the same header block above both."""

from dataclasses import dataclass

from rules.forwards.subjects import FORWARD, REPLY, bare, kind_of


@dataclass(frozen=True, slots=True)
class Head:
    """What the mail around says of itself. Addresses are keys (`rules.addresses.address_key`).

    `answers` is true when it carries In-Reply-To or References, None when that cannot be known, as for a mail
    that is itself quoted. `names` are the folded display names in To and Cc.
    """

    subject: str
    author: str
    recipients: frozenset[str]
    names: frozenset[str]
    answers: bool | None


@dataclass(frozen=True, slots=True)
class Below:
    """What is known of the mail that stands below in the text, and of how it stands there.

    The first three are those of `rules.forwards.marks.Mark`. `sender` is its author's address key or "", `name`
    the folded name; `recipients` the keys in To and Cc; `subject` None when there is none.
    """

    explicit: bool
    wrote: bool
    quoted: bool
    languages: frozenset[str]
    sender: str
    name: str
    recipients: frozenset[str]
    subject: str | None


def is_forward(head: Head, below: Below) -> bool:
    """True when the mail forwards what stands below. In doubt it is a reply.

    What decides, strongest first: a line that says "forwarded"; the prefix of the subject; whether the mail
    goes to those who took part in what is below; In-Reply-To and References, which Outlook and Gmail set on
    forwards as well and which alone prove nothing.
    """
    kind = kind_of(head.subject, below.languages)
    if below.explicit:
        return _is_said_forward(kind, head, below)
    if below.wrote:
        return _is_wrote_forward(kind, head, below)
    if kind == FORWARD:
        # A few clients answer a forward without a prefix of their own.
        return not (_goes_back(head, below) and below.subject == head.subject)
    if kind == REPLY:
        return False
    if _goes_back(head, below) or not _is_of_a_mail(below):
        return False
    if head.answers is False:
        return True
    return head.answers is True and _new_subject(head, below) and _goes_elsewhere(head, below)


def _is_said_forward(kind: str, head: Head, below: Below) -> bool:
    """A forward, unless a reply quotes the forward that it answers, opening line and all."""
    if not below.sender and not below.name:
        return kind == FORWARD  # nothing readable below it: a person may have drawn that line
    if kind != REPLY:
        return True
    return not (below.quoted and head.answers is not False) and not _goes_back(head, below)


def _is_wrote_forward(kind: str, head: Head, below: Below) -> bool:
    """Outlook for Mac puts "On …, Jane <jane@x> wrote:" above forwards too, with no quote marks below."""
    if below.quoted or not below.sender or kind == REPLY:
        return False
    if kind == FORWARD:
        return True
    return head.answers is False and bool(head.recipients) and not _goes_back(head, below)


def _goes_back(head: Head, below: Below) -> bool:
    """True when the mail goes to the author of what is below, or once more to those its own author wrote to."""
    if below.sender and below.sender == head.author:
        return bool(head.recipients & below.recipients)
    return below.sender in head.recipients if below.sender else below.name in head.names


def _is_of_a_mail(below: Below) -> bool:
    """False for labels without an address and a subject: a route has From, To and Date as well."""
    return bool(below.sender or below.recipients) or below.subject is not None


def _goes_elsewhere(head: Head, below: Below) -> bool:
    """True when nobody gets the mail who took part in what is below, but its own author's side.

    An answer may go to a Reply-To that stands in no block; it is then at the home of somebody who took part.
    A block without any other address does not say who took part.
    """
    people = (below.recipients | {below.sender}) - {head.author, ""}
    homes = {_home(person) for person in people} - {_home(head.author)}
    return bool(head.recipients and people) and not any(
        recipient in people or _home(recipient) in homes for recipient in head.recipients
    )


def _home(address: str) -> str:
    return address.rpartition("@")[2]


def _new_subject(head: Head, below: Below) -> bool:
    return below.subject is not None and bare(below.subject) != bare(head.subject)
