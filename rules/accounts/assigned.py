"""An operator chose the account."""

from rules.accounts.finding import Finding
from rules.case import Case
from rules.message import Address

NAME = "assigned"
DESCRIPTION = "A person chose the account in the queue; that stands above every rule."


def check(case: Case, people: tuple[Address, ...]) -> Finding:  # noqa: ARG001
    """Hits when an account was assigned and still exists."""
    account = case.account(case.assigned) if case.assigned else None
    if account is None:
        return Finding.miss(NAME, "nobody chose an account by hand")
    return Finding.found(NAME, account, f"a person chose {account.name}")
