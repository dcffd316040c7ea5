"""Who matches which account, counted: what the steps share."""

from collections.abc import Iterable
from dataclasses import dataclass

from rules.addresses import domain_of
from rules.case import Case
from rules.decision import Candidate
from rules.domains import is_free_mail, parents
from rules.facts import Account
from rules.message import Address


@dataclass(frozen=True, slots=True)
class DomainMatch:
    """The longest domain of an address that an active account lists, and the accounts that list it."""

    domain: str
    accounts: tuple[Account, ...]


def domain_match(email: str, case: Case) -> DomainMatch | None:
    """The accounts an address belongs to by its domain, or None.

    Free-mail and own domains never count, whoever lists them; neither do inactive accounts.
    """
    domains = parents(domain_of(email))
    if any(
        domain in case.site.own_domains or is_free_mail(domain, case.site.free_mail) for domain in domains
    ):
        return None
    for domain in domains:
        keys = case.facts.domains.get(domain, ())
        accounts = tuple(account for key in keys if (account := case.account(key)) and account.active)
        if accounts:
            return DomainMatch(domain, accounts)
    return None


def contacts_by_account(case: Case, people: Iterable[Address]) -> dict[str, list[str]]:
    """Account key → the addresses of its contacts among the people, in order of first appearance."""
    found: dict[str, list[str]] = {}
    for address in people:
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
