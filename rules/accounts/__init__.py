"""Which account? Five steps, the first certain answer wins.

Each step is a module with NAME, DESCRIPTION and `check(case, people) -> Finding`, where `people` are the
external people who speak for the account: participants, those of the original, or the address in a note.
"""

from typing import Protocol

from rules.accounts import assigned, by_address, by_contact, by_domain, by_majority, undecided
from rules.accounts.finding import Finding
from rules.case import Case
from rules.message import Address
from rules.trail import Verdict

__all__ = ["Finding", "find_account"]


class Step(Protocol):
    """A step: a module of this package."""

    NAME: str
    DESCRIPTION: str

    def check(self, case: Case, people: tuple[Address, ...]) -> Finding:
        """What this step says of the account."""


STEPS: tuple[Step, ...] = (assigned, by_address, by_contact, by_majority, by_domain, undecided)


def find_account(case: Case, people: tuple[Address, ...], trail: list[Verdict]) -> Finding:
    """The account of the mail, or the candidates and why none is certain; every verdict goes to the trail."""
    finding = Finding.miss(undecided.NAME, "no step was asked")
    for step in STEPS:
        finding = step.check(case, people)
        trail.append(finding.verdict)
        if finding.verdict.hit:
            break
    return finding
