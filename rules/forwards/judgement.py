"""A forward or a reply with its history below? Clients write the same header block above both."""

from dataclasses import dataclass

from rules.forwards.subjects import FORWARD, NEUTRAL, REPLY, bare, kind_of


@dataclass(frozen=True, slots=True)
class Head:
    """What the mail around a block says of itself. Addresses are keys (`rules.addresses.address_key`).

    `answers` is true when it carries In-Reply-To or References, None when that cannot be known, as for a mail
    that is itself quoted. `names` are the folded display names in To and Cc.
    """

    subject: str
    author: str
    recipients: frozenset[str]
    names: frozenset[str]
    answers: bool | None


@dataclass(frozen=True, slots=True)
class Mark:
    """The first thing in a mail's text that shows another mail below it.

    `explicit`: a line says that a forward follows. `wrote`: an "On … wrote:" line instead of a header block.
    `quoted`: it stands behind quote marks, or ">" lines follow the "wrote:" line. `introduced`: a line in the
    way of "… wrote:" stands right above it. `sender` is the author's address key or "", `name` the folded name.
    `subject` is the block's, None when it has none. `people` are the keys of everyone it names.
    """

    explicit: bool
    wrote: bool
    quoted: bool
    introduced: bool
    sender: str
    name: str
    subject: str | None
    people: frozenset[str]
    recipients: frozenset[str]
    languages: frozenset[str]


def is_forward(head: Head, mark: Mark) -> bool:
    """True when the mail forwards what the mark shows. In doubt it is a reply.

    What decides, strongest first: a line that says "forwarded"; the prefix of the subject; whether the mail
    goes to those who took part in what is below; In-Reply-To and References, which Outlook and Gmail set on
    forwards as well and which alone prove nothing.
    """
    kind = kind_of(head.subject, mark.languages)
    if mark.wrote:
        return _wrote_is_forward(kind, head, mark)
    if mark.explicit:
        return _said_to_be_forward(kind, head, mark)
    if kind != NEUTRAL:
        return kind == FORWARD
    if _addressed_to_author(head, mark):
        return False
    if head.answers is False:
        return True
    return head.answers is True and _changed_subject(head, mark) and _addressed_elsewhere(head, mark)


def _said_to_be_forward(kind: str, head: Head, mark: Mark) -> bool:
    """A forward, unless a reply quotes the forward it answers, opening line and all."""
    if mark.introduced:
        return False
    if kind != REPLY:
        return True
    if mark.quoted and head.answers is not False:
        return False
    return not _addressed_to_author(head, mark)


def _wrote_is_forward(kind: str, head: Head, mark: Mark) -> bool:
    """Outlook for Mac puts "On …, Jane <jane@x> wrote:" above forwards too, with no quote marks below."""
    if mark.quoted or not mark.sender or kind == REPLY:
        return False
    if kind == FORWARD:
        return True
    return head.answers is False and bool(head.recipients) and not _addressed_to_author(head, mark)


def _addressed_to_author(head: Head, mark: Mark) -> bool:
    """True when the mail goes back to the one who wrote what is below, or on to whom its author wrote before."""
    if mark.sender and mark.sender == head.author:
        return bool(head.recipients & mark.recipients)
    return mark.sender in head.recipients if mark.sender else bool(mark.name) and mark.name in head.names


def _addressed_elsewhere(head: Head, mark: Mark) -> bool:
    """True when nobody who took part in what is below gets the mail."""
    return bool(head.recipients) and not head.recipients & (mark.people - {head.author})


def _changed_subject(head: Head, mark: Mark) -> bool:
    return mark.subject is not None and bare(mark.subject) != bare(head.subject)
