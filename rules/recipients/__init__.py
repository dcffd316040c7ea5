"""Which of our addresses is this? The first rule that knows the address decides; the last refuses it.

Asked at RCPT (RFC 5321 3.3), when nothing but the address is known, and again by whoever decides the mail. The signed
addresses stand first: they are told by their form alone, before the directory is asked.
"""

from functools import lru_cache
from typing import Protocol

from rules.addresses import fold_domain
from rules.message import Message
from rules.recipients import (
    account_address,
    copy_address,
    logging_address,
    postmaster,
    question_address,
    refusal,
    thread_address,
    user_address,
)
from rules.recipients.kinds import Known, Rcpt, Recipient, RecipientQuery
from rules.site import Site

__all__ = [
    "Known",
    "Recipient",
    "RecipientQuery",
    "decide_recipient",
    "is_own_address",
    "is_signed",
    "recipient_query",
    "threads_in_header",
]


class RecipientRule(Protocol):
    """A kind of address: a module of this package."""

    NAME: str
    DESCRIPTION: str

    def check(self, rcpt: Rcpt, site: Site, known: Known) -> Recipient | None:
        """The recipient, if the address is of this kind."""

    def matches(self, rcpt: Rcpt, site: Site) -> bool:
        """Whether the address has the form of this kind."""


RECIPIENT_RULES: tuple[RecipientRule, ...] = (
    thread_address,
    copy_address,
    question_address,
    account_address,
    user_address,
    logging_address,
    postmaster,
)


def recipient_query(address: str, site: Site) -> RecipientQuery:
    """What the directory must be asked before `decide_recipient` can answer for the address."""
    rcpt = _take_apart(address)
    return RecipientQuery(
        account_key=account_address.account_key(rcpt, site),
        secret=user_address.secret(rcpt, site),
    )


def decide_recipient(address: str, site: Site, known: Known) -> Recipient:
    """The recipient behind an envelope address; `reply` says how it is refused, if it is."""
    rcpt = _take_apart(address)
    for rule in RECIPIENT_RULES:
        recipient = rule.check(rcpt, site, known)
        if recipient is not None:
            return recipient
    return refusal.check(rcpt, site)


def threads_in_header(message: Message, site: Site) -> tuple[Recipient, ...]:
    """The threads whose addresses stand in To and Cc, signed by us."""
    found = (
        thread_address.check(_take_apart(address.email), site, Known())
        for address in (*message.to, *message.cc)
        if address.email.lower().startswith(site.thread_prefix)
    )
    return tuple(recipient for recipient in found if recipient is not None and recipient.reply is None)


def is_signed(address: str, site: Site) -> bool:
    """Whether an address has the form of a signed one, valid or not."""
    rcpt = _take_apart(address)
    return any(rule.matches(rcpt, site) for rule in (thread_address, copy_address, question_address))


def is_own_address(address: str, site: Site) -> bool:
    """Whether an address has the form of one of ours and so is no person; it may be unknown or revoked."""
    rcpt = _take_apart(address)
    return any(rule.matches(rcpt, site) for rule in RECIPIENT_RULES)


def _take_apart(address: str) -> Rcpt:
    return _known_parts(address) if len(address) <= _MAX_KNOWN else _parts(address)


def _parts(address: str) -> Rcpt:
    local, _, domain = address.strip().rpartition("@")
    if not local and "@" not in address:
        local, domain = domain, ""
    if len(local) > 1 and local.startswith('"') and local.endswith('"'):
        local = local[1:-1].replace("\\", "")  # "log"@x and log@x are one mailbox (RFC 5321 4.1.2)
    return Rcpt(address=address, local=local.lower(), domain=fold_domain(domain) if domain else "")


_MAX_KNOWN = 320
"""Characters of an address that is remembered: each is asked about by every kind of recipient."""

_known_parts = lru_cache(1024)(_parts)
