"""Raw mail to decision: read, look up, decide. What `explain` prints and what the filing workers act on."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from gateway.mail import minimal, read
from rules.case import Case, Envelope
from rules.decide import decide
from rules.decision import Decision
from rules.facts import Facts
from rules.forwards import find_originals
from rules.identity import TOUCHPOINT, identity
from rules.message import Message
from rules.recipients import (
    Known,
    Recipient,
    RecipientQuery,
    decide_recipient,
    recipient_query,
    threads_in_header,
)
from rules.site import Site
from rules.trail import Verdict
from rules.wanted import Wanted, wanted

UNKNOWN_SENDER = "unknown@invalid"
"""Stands for the envelope sender of a file that has none to take: the null sender would make it machine mail."""

_REFERENCES = 20
"""Ids of its References that a passed-on reply repeats: enough for every client to find the conversation."""


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
    `minimal` asks for it to be read in its minimal form: its header alone, because its body has defeated the reader.
    """

    raw: bytes
    mail_from: str | None
    recipients: tuple[str, ...]
    received_at: datetime
    accepted: bool = True
    assigned: str = ""
    minimal: bool = False


@dataclass(frozen=True, slots=True)
class Examined:
    """What was decided, and the identities under which the mail is filed at most once (`rules.identity`).

    `thread_identities` are by thread. `message_ids` are those that later mail may name it by, its own first;
    `references` those it names itself.
    """

    decision: Decision
    identity: str
    thread_identities: Mapping[int, str] = field(default_factory=dict)
    message_ids: tuple[str, ...] = ()
    references: tuple[str, ...] = ()

    @property
    def message_id(self) -> str:
        """The mail's own message id, or ""."""
        return next(iter(self.message_ids), "")


def examine(inbound: Inbound, site: Site, directory: Directory, believe: Believe) -> Examined:
    """Read a mail and decide it. Nothing is kept, sent or changed."""
    message = minimal(inbound.raw) if inbound.minimal else read(inbound.raw)
    trust, trust_why = believe(inbound.raw, message)
    recipients = decide_recipients(inbound.recipients, site, directory)
    mail_from = inbound.mail_from
    if mail_from is None:
        mail_from = message.from_[0].email if message.from_ else UNKNOWN_SENDER
    originals = find_originals(message)
    case = Case(
        message=message,
        envelope=Envelope(mail_from, recipients, inbound.received_at),
        facts=directory.facts(
            wanted(message, originals, (*recipients, *threads_in_header(message, site)), inbound.assigned)
        ),
        site=site,
        originals=originals,
        trust=trust,
        trust_why=trust_why,
        assigned=inbound.assigned,
        accepted=inbound.accepted,
    )
    decision = decide(case)
    return Examined(
        decision,
        identity(message, TOUCHPOINT),
        {thread.id: identity(message, f"thread:{thread.id}") for thread in decision.threads},
        message_ids=_ids(message, decision),
        references=message.references[-_REFERENCES:],
    )


def _ids(message: Message, decision: Decision) -> tuple[str, ...]:
    """The mail's own id, and those of the mails it forwards: their recipients answer them, not the forward."""
    inner = [nested.message_id for nested in message.nested] if decision.way == "forward" else []
    return tuple(dict.fromkeys(identifier for identifier in (message.message_id, *inner) if identifier))


def decide_recipients(addresses: Iterable[str], site: Site, directory: Directory) -> tuple[Recipient, ...]:
    """The envelope recipients, decided as at RCPT."""
    addresses = tuple(addresses)
    known = directory.known(recipient_query(address, site) for address in addresses)
    return tuple(decide_recipient(address, site, known) for address in addresses)
