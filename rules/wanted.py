"""What the directory must be asked before a mail can be decided: one look-up for everything."""

from collections.abc import Collection
from dataclasses import dataclass

from rules.addresses import address_key, domain_of
from rules.answers import answer_lines, named_in
from rules.disguises import asked_domains
from rules.domains import parents
from rules.facts import Facts
from rules.message import Message
from rules.original import Original
from rules.recipients import Recipient
from rules.references import message_ids
from rules.subjects import subject_addresses


@dataclass(frozen=True, slots=True)
class Wanted:
    """Address keys, domains with their parents down to the registrable one and what they look like, account keys as
    written.

    `threads` are touchpoints, `copies` outgoing mails, `questions` mails, each by its number; `messages` are message
    ids. `names` are folded lines that may be the key or name of an account.
    """

    addresses: frozenset[str]
    domains: frozenset[str]
    account_keys: frozenset[str]
    threads: frozenset[int] = frozenset()
    copies: frozenset[int] = frozenset()
    questions: frozenset[int] = frozenset()
    messages: frozenset[str] = frozenset()
    names: frozenset[str] = frozenset()


def hangs_on(asked: Wanted, told: Facts, message_ids: Collection[str], threads: Collection[int]) -> bool:
    """Whether what was told of a mail is another thing once mails with these ids, and replies in these threads, are
    filed: it may name one of them, or stand in a thread that they bring somebody into.
    """
    return not asked.messages.isdisjoint(message_ids) or not told.threads.keys().isdisjoint(threads)


def wanted(
    message: Message, originals: tuple[Original, ...], recipients: tuple[Recipient, ...], assigned: str = ""
) -> Wanted:
    """Everything that any rule may ask about."""

    def numbers(kind: str) -> frozenset[int]:
        return frozenset(each.number for each in recipients if each.kind == kind)

    emails = [address.email for address in message.people()]
    emails += [address.email for address in message.reply_to]
    emails += [recipient.user for recipient in recipients if recipient.user]
    emails += subject_addresses(message.subject)
    if message.sender:
        emails.append(message.sender.email)
    for original in originals:
        emails += [address.email for address in original.people()]
    asked = numbers("question")
    answer = answer_lines(message) if asked else ()
    for line in answer:
        emails += subject_addresses(line)
    domains = {parent for email in emails for parent in parents(domain_of(email))}
    # People alone: what a subject or an answer names is typed by a colleague, and deceives nobody.
    spoken = [domain_of(address.email) for address in message.people()]
    spoken += [domain_of(address.email) for original in originals for address in original.people()]
    domains |= asked_domains(spoken)
    keys = {recipient.account for recipient in recipients if recipient.account}
    return Wanted(
        addresses=frozenset(address_key(email) for email in emails),
        domains=frozenset(domains),
        account_keys=frozenset(keys | {assigned} - {""}),
        threads=numbers("thread"),
        copies=numbers("copy"),
        questions=asked,
        messages=frozenset(message_ids(message)),
        names=frozenset(name for line in answer for name in named_in(line)),
    )
