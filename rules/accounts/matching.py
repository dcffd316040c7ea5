"""Who matches which account, counted: what the steps share."""

from collections.abc import Iterable
from dataclasses import dataclass

from rules.addresses import domain_of
from rules.case import Case
from rules.decision import Candidate
from rules.domains import is_free_mail, is_own_domain, parents
from rules.facts import Account
from rules.message import Address
from rules.people import people_of


@dataclass(frozen=True, slots=True)
class DomainMatch:
    """The longest domain of an address that an active account lists, and the accounts that list it."""

    domain: str
    accounts: tuple[Account, ...]


def domain_match(email: str, case: Case) -> DomainMatch | None:
    """The accounts an address belongs to by its domain, or None.

    Free-mail and own domains never count, whoever lists them; neither do inactive accounts.
    """
    whole = domain_of(email)
    if is_own_domain(whole, case.site.own_domains) or is_free_mail(whole, case.site.free_mail):
        return None
    for domain in parents(whole):
        keys = case.facts.domains.get(domain, ())
        accounts = tuple(account for key in keys if (account := case.account(key)) and account.active)
        if accounts:
            return DomainMatch(domain, accounts)
    return None


def contacts_by_account(case: Case, people: Iterable[Address]) -> dict[str, list[str]]:
    """Account key → the addresses of its contacts among the people, one a person, in order of first appearance."""
    found: dict[str, list[str]] = {}
    for address in people_of(people, case.facts):
        contact = case.contact(address)
        for key in dict.fromkeys(contact.accounts) if contact else ():
            if case.account(key) is not None:
                found.setdefault(key, []).append(address.email)
    return found


def candidates(case: Case, reasons: dict[str, str]) -> tuple[Candidate, ...]:
    """Candidates from account key → why."""
    return tuple(
        Candidate(key, account.name, why) for key, why in reasons.items() if (account := case.account(key))
    )
