"""Exactly one author: one From field with one address."""

from rules.case import Case
from rules.trail import Verdict

NAME = "one-author"
DESCRIPTION = (
    "A mail is believed only if it has exactly one From field with exactly one address (RFC 5322 3.6.2)."
)
OUTCOME = "quarantined"


def check(case: Case) -> Verdict:
    """Hits when the author is missing or not one: with two From, a forger shows one and proves the other."""
    fields, addresses = case.message.from_fields, len(case.message.from_)
    if fields > 1:
        return Verdict(NAME, True, f"The mail has {fields} From fields; which one is true cannot be told.")
    if addresses != 1:
        return Verdict(NAME, True, f"The From field has {addresses or 'no'} addresses instead of one.")
    return Verdict(NAME, False, f"one From address: {case.message.from_[0].email}")
