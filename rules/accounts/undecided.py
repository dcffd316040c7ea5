"""Step 5, the backstop: no account can be told."""

from rules.accounts.finding import Finding
from rules.accounts.matching import candidates
from rules.addresses import domain_of
from rules.case import Case
from rules.domains import parents
from rules.message import Address

NAME = "account-undecided"
DESCRIPTION = "Step 5: nothing in the mail leads to an account with certainty; who came near is listed."


def check(case: Case, people: tuple[Address, ...]) -> Finding:
    """Always hits. The candidates are the inactive accounts whose domain matches."""
    near = candidates(case, _inactive(case, people))
    if not people:
        return Finding.torn(NAME, near, "no customer is to be found in the mail")
    names = ", ".join(address.email for address in people[:3])
    more = f" and {len(people) - 3} more" if len(people) > 3 else ""
    return Finding.torn(
        NAME, near, f"neither a contact nor on the domain of an active account: {names}{more}"
    )


def _inactive(case: Case, people: tuple[Address, ...]) -> dict[str, str]:
    reasons: dict[str, str] = {}
    for address in people:
        for domain in parents(domain_of(address.email)):
            for key in case.facts.domains.get(domain, ()):
                account = case.account(key)
                if account is not None and not account.active:
                    reasons.setdefault(key, f"{address.email} is on its domain {domain}, but it is inactive")
    return reasons
