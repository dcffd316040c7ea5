"""Way: a per-account address."""

from rules.case import Case
from rules.trail import Verdict

NAME = "account-address"
DESCRIPTION = (
    "The envelope names an account's own address; the mail goes to that account, whoever takes part."
)


def check(case: Case) -> Verdict:
    """Hits when a recipient is a per-account address."""
    recipients = case.of_kind("account")
    if not recipients:
        return Verdict(NAME, False, "no per-account address among the recipients")
    return Verdict(NAME, True, f"sent to {recipients[0].address}")
