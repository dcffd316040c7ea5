"""What the directory must be asked before a mail can be decided: one look-up for everything."""

from dataclasses import dataclass

from rules.addresses import address_key, domain_of
from rules.domains import parents
from rules.message import Message
from rules.original import Original
from rules.recipients import Recipient
from rules.subjects import subject_addresses


@dataclass(frozen=True, slots=True)
class Wanted:
    """Address keys, domains with their parents down to the registrable one, account keys as written."""

    addresses: frozenset[str]
    domains: frozenset[str]
    account_keys: frozenset[str]


def wanted(
    message: Message, originals: tuple[Original, ...], recipients: tuple[Recipient, ...], assigned: str = ""
) -> Wanted:
    """Every address that any rule may ask about."""
    emails = [address.email for address in message.people()]
    emails += [address.email for address in message.reply_to]
    emails += [recipient.user for recipient in recipients if recipient.user]
    emails += subject_addresses(message.subject)
    if message.sender:
        emails.append(message.sender.email)
    for original in originals:
        emails += [address.email for address in original.people()]
    domains = {parent for email in emails for parent in parents(domain_of(email))}
    keys = {recipient.account for recipient in recipients if recipient.account}
    return Wanted(
        addresses=frozenset(address_key(email) for email in emails),
        domains=frozenset(domains),
        account_keys=frozenset(keys | {assigned} - {""}),
    )
