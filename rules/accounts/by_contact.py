"""Step 2: contacts, all of one account."""

from rules.accounts.finding import Finding
from rules.accounts.matching import contacts_by_account
from rules.case import Case
from rules.message import Address

NAME = "account-by-contact"
DESCRIPTION = "Step 2: the contacts among the external people all belong to one account."


def check(case: Case, people: tuple[Address, ...]) -> Finding:
    """Hits when exactly one account has contacts in the mail."""
    found = contacts_by_account(case, people)
    if not found:
        return Finding.miss(NAME, "no external person in the mail is a contact")
    if len(found) > 1:
        return Finding.miss(NAME, f"the contacts belong to several accounts: {', '.join(found)}")
    key, emails = next(iter(found.items()))
    account = case.account(key)
    assert account is not None
    if len(emails) == 1:
        return Finding.found(NAME, account, f"{emails[0]} is a contact of {account.name}")
    who = f"{emails[0]} and {len(emails) - 1} more"
    return Finding.found(NAME, account, f"{who} are contacts of {account.name}")
