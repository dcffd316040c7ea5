"""A note: the text is the colleague's, the account is that of the customer's address in the subject."""

from dataclasses import replace

from rules.case import Case
from rules.content import mail
from rules.content.content import Content
from rules.subjects import without_addresses
from rules.trail import Verdict

NO_ADDRESS = "The note names no customer's e-mail address in its subject."


def content(case: Case, trail: list[Verdict]) -> Content:
    """The mail without participants; the addresses that speak for the account leave the subject."""
    base = mail.content(case, trail)
    named = case.subject_people
    return replace(
        base,
        people=(),
        speakers=named,
        subject=without_addresses(case.message.subject, tuple(address.email for address in named)),
        problem="" if named else NO_ADDRESS,
    )
