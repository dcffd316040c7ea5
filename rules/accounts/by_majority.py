"""Step 3: contacts of several accounts, one with strictly the most."""

from rules.accounts.finding import Finding
from rules.accounts.matching import candidates, contacts_by_account
from rules.case import Case
from rules.message import Address

NAME = "account-by-majority"
DESCRIPTION = (
    "Step 3: of several accounts, the one with strictly the most contacts in the mail; a tie decides nothing."
)


def check(case: Case, people: tuple[Address, ...]) -> Finding:
    """Hits when several accounts have contacts in the mail: with the account that has most, or torn."""
    found = contacts_by_account(case, people)
    if len(found) < 2:
        return Finding.miss(NAME, "the contacts do not belong to several accounts")
    counts = sorted(((len(emails), key) for key, emails in found.items()), reverse=True)
    if counts[0][0] > counts[1][0]:
        account = case.account(counts[0][1])
        assert account is not None
        why = f"{counts[0][0]} contacts of {account.name}, at most {counts[1][0]} of any other account"
        return Finding.found(NAME, account, why)
    reasons = {key: _contacts_there(emails) for key, emails in found.items()}
    return Finding.torn(
        NAME, candidates(case, reasons), "the contacts belong to several accounts, none with the most"
    )


def _contacts_there(emails: list[str]) -> str:
    if len(emails) == 1:
        return f"{emails[0]} is a contact there"
    more = f" and {len(emails) - 3} more" if len(emails) > 3 else ""
    return f"{', '.join(emails[:3])}{more} are contacts there"
