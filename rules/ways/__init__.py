"""The ways mail comes in, in the order in which they are asked. The first that hits is the mail's way.

A mail to several of our addresses comes in by the most telling one: thread, account, user, then logging address. A
mail that answers in a thread without naming its address is told before the others, which it would pass for as well.
Each module has NAME (the way), DESCRIPTION and `check(case) -> Verdict`.
"""

from typing import Protocol

from rules.case import Case
from rules.trail import Verdict
from rules.ways import account_address, bcc, cc, forward, note, reference, thread, user_address


class Way(Protocol):
    """A way: a module of this package."""

    NAME: str
    DESCRIPTION: str

    def check(self, case: Case) -> Verdict:
        """Whether the mail came in this way, and how that is told."""


WAYS: tuple[Way, ...] = (thread, reference, account_address, user_address, forward, note, cc, bcc)


def find_way(case: Case, trail: list[Verdict]) -> str | None:
    """The way this mail came in, or None; every verdict goes to the trail."""
    for way in WAYS:
        verdict = way.check(case)
        trail.append(verdict)
        if verdict.hit:
            return way.NAME
    return None
