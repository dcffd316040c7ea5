"""Raw mail to decision: read, look up, decide. What `explain` prints and what the filing workers act on."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from gateway.mail import read
from rules.case import Case, Envelope
from rules.decide import decide
from rules.decision import Decision
from rules.facts import Facts
from rules.forwards import find_originals
from rules.identity import TOUCHPOINT, identity
from rules.message import Message
from rules.recipients import Known, Recipient, RecipientQuery, decide_recipient, recipient_query
from rules.site import Site
from rules.trail import Verdict
from rules.wanted import Wanted, wanted

UNKNOWN_SENDER = "unknown@invalid"
"""Stands for the envelope sender of a file that has none to take: the null sender would make it machine mail."""


class Unreadable(Exception):  # noqa: N818 - what the mail is, as the operator is told
    """Reading or deciding a mail failed in a way that is the mail's or our own fault, not the store's."""


Believe = Callable[[bytes, Message], tuple[str, Verdict]]
"""Finds out how far the sender of a mail is believed: (verified | unverified | failed, how it was told)."""


class Directory(Protocol):
    """Where people and accounts are looked up."""

    def known(self, queries: Iterable[RecipientQuery]) -> Known:
        """The accounts and users that recipients name."""

    def facts(self, wanted: Wanted) -> Facts:
        """Everything about the people of one mail."""


@dataclass(frozen=True, slots=True)
class Inbound:
    """A mail as it came in. `mail_from` is "" for the null sender, or None to take it from the From field.

    `accepted` says that it was answered 250; `assigned` is the key of the account a person chose, or "".
    """

    raw: bytes
    mail_from: str | None
    recipients: tuple[str, ...]
    received_at: datetime
    accepted: bool = True
    assigned: str = ""


@dataclass(frozen=True, slots=True)
class Examined:
    """What was decided, and the identity under which the mail is filed at most once (`rules.identity`)."""

    decision: Decision
    identity: str


def examine(inbound: Inbound, site: Site, directory: Directory, believe: Believe) -> Examined:
    """Read a mail and decide it. Nothing is kept, sent or changed."""
    message = read(inbound.raw)
    trust, trust_why = believe(inbound.raw, message)
    recipients = decide_recipients(inbound.recipients, site, directory)
    mail_from = inbound.mail_from
    if mail_from is None:
        mail_from = message.from_[0].email if message.from_ else UNKNOWN_SENDER
    originals = find_originals(message)
    case = Case(
        message=message,
        envelope=Envelope(mail_from, recipients, inbound.received_at),
        facts=directory.facts(wanted(message, originals, recipients, inbound.assigned)),
        site=site,
        originals=originals,
        trust=trust,
        trust_why=trust_why,
        assigned=inbound.assigned,
        accepted=inbound.accepted,
    )
    return Examined(decide(case), identity(message, TOUCHPOINT))


def decide_recipients(addresses: Iterable[str], site: Site, directory: Directory) -> tuple[Recipient, ...]:
    """The envelope recipients, decided as at RCPT."""
    addresses = tuple(addresses)
    known = directory.known(recipient_query(address, site) for address in addresses)
    return tuple(decide_recipient(address, site, known) for address in addresses)
