"""Step 4: the domains of people nobody knows yet."""

from rules.accounts.finding import Finding
from rules.accounts.matching import candidates, domain_match
from rules.case import Case
from rules.message import Address

NAME = "account-by-domain"
DESCRIPTION = "Step 4: no contact known, and the domains of the external people lead to one account."


def check(case: Case, people: tuple[Address, ...]) -> Finding:
    """Hits when a domain of an external person is listed by accounts: with the one account, or torn."""
    reasons: dict[str, str] = {}
    for address in people:
        match = domain_match(address.email, case)
        for account in match.accounts if match else ():
            assert match is not None
            reasons.setdefault(account.key, f"{address.email} is on its domain {match.domain}")
    if not reasons:
        return Finding.miss(NAME, "no external person is on the domain of an active account")
    if len(reasons) > 1:
        return Finding.torn(
            NAME, candidates(case, reasons), "the domains in the mail belong to several accounts"
        )
    key, why = next(iter(reasons.items()))
    owner = case.account(key)
    assert owner is not None
    return Finding.found(NAME, owner, f"{why} ({owner.name})")
