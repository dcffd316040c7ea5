"""Way: a reply that lost the thread address."""

from rules.accounts.matching import domain_match
from rules.addresses import address_key
from rules.case import Case
from rules.facts import Thread
from rules.forwards.subjects import bare
from rules.message import Address
from rules.trail import Verdict
from rules.ways import forward, note

NAME = "reference"
DESCRIPTION = (
    "In-Reply-To or References name a message of a thread, the sender belongs to its account or is a Totango user, "
    "and neither subject nor recipients show a new conversation (RFC 5322 3.6.4)."
)


def check(case: Case, *, automatic: bool = False) -> Verdict:
    """Hits when the mail answers in a thread by its fields alone.

    `automatic`: a program wrote it, whose subjects are its own.
    """
    if not case.referenced:
        return Verdict(NAME, False, "it names no message of a thread")
    if forward.check(case).hit:
        return Verdict(NAME, False, "it names a thread, but forwards a mail")
    if note.check(case).hit and case.subject_people:
        return Verdict(NAME, False, "it names a thread, but is a note")
    why = ""
    for thread in case.referenced:
        why = _against(case, thread, automatic)
        if not why:
            return Verdict(NAME, True, f"it names a message of touchpoint {thread.id}")
    return Verdict(NAME, False, f"it names a message of touchpoint {case.referenced[-1].id}, but {why}")


def thread(case: Case, *, automatic: bool = False) -> Thread:
    """The thread of a mail for which `check` hits."""
    return next(thread for thread in case.referenced if not _against(case, thread, automatic))


def _against(case: Case, thread: Thread, automatic: bool) -> str:
    """What speaks against a reply in this thread, or ""."""
    named = [recipient.account for recipient in case.of_kind("account")]
    if any(key != thread.account.key for key in named):
        return "its address names another account"
    if case.author is None or not (case.author_user or _belongs(case, case.author, thread)):
        return "its sender neither belongs to that account nor is a Totango user"
    subject, before = bare(case.message.subject), bare(thread.subject)
    if subject and before and subject != before and not automatic:
        return "its subject shows a new conversation"
    outsiders = case.outsiders_in_header
    if case.author_user is None:
        return ""
    if outsiders and not any(_known_there(case, address, thread) for address in outsiders):
        return "nobody of that thread or account is among its recipients"
    return ""


def _known_there(case: Case, address: Address, thread: Thread) -> bool:
    return address_key(address.email) in thread.people or _belongs(case, address, thread)


def _belongs(case: Case, address: Address, thread: Thread) -> bool:
    contact = case.contact(address)
    if contact is not None:
        return thread.account.key in contact.accounts
    match = domain_match(address.email, case)
    return match is not None and any(account.key == thread.account.key for account in match.accounts)
