"""Way: the secret address of one Totango user."""

from rules.case import Case
from rules.trail import Verdict

NAME = "user-address"
DESCRIPTION = "The envelope names a user's own address, and that user wrote the mail."


def check(case: Case) -> Verdict:
    """Hits when a recipient is a per-user address; that its owner wrote is a stop of its own."""
    recipients = case.of_kind("user")
    if not recipients:
        return Verdict(NAME, False, "no per-user address among the recipients")
    return Verdict(NAME, True, f"sent to {recipients[0].why}")
