"""What one step of the search for the account found."""

from dataclasses import dataclass
from typing import Self

from rules.decision import Candidate
from rules.facts import Account
from rules.trail import Verdict


@dataclass(frozen=True, slots=True)
class Finding:
    """A step's answer. A hit ends the search: with `account`, or without one because `candidates` compete."""

    verdict: Verdict
    account: Account | None = None
    candidates: tuple[Candidate, ...] = ()

    @classmethod
    def found(cls, rule: str, account: Account, why: str) -> Self:
        """The account is certain."""
        return cls(Verdict(rule, True, why), account)

    @classmethod
    def torn(cls, rule: str, candidates: tuple[Candidate, ...], why: str) -> Self:
        """Several accounts are possible, and no later step may choose between them."""
        return cls(Verdict(rule, True, why), None, candidates)

    @classmethod
    def miss(cls, rule: str, why: str) -> Self:
        """The step says nothing; the next one is asked."""
        return cls(Verdict(rule, False, why))
