"""What keeps a mail off the timeline before any account is looked for. The first that hits decides.

Each module has NAME, DESCRIPTION, OUTCOME and `check(case) -> Verdict`.
"""

from typing import Protocol

from rules.case import Case
from rules.stops import (
    failed_sender,
    never_log,
    never_log_forwarded,
    not_our_address,
    one_author,
    unknown_sender,
    wrong_user,
)
from rules.trail import Verdict


class Stop(Protocol):
    """A stop: a module of this package."""

    NAME: str
    DESCRIPTION: str
    OUTCOME: str

    def check(self, case: Case) -> Verdict:
        """Whether the mail stops here, and why."""


BEFORE_MACHINES: tuple[Stop, ...] = (not_our_address, never_log, never_log_forwarded)
"""Asked of every mail, machine-made or not: privacy and our own addresses come first."""

BELIEF: tuple[Stop, ...] = (one_author, failed_sender, wrong_user, unknown_sender)
"""Asked of people's mail: is the sender who the mail says, and somebody we know?"""

IN_THREADS: tuple[Stop, ...] = (one_author, failed_sender)
"""Asked of answers: a signed address lets in whom nobody knows, but nobody who pretends."""


def first_stop(stops: tuple[Stop, ...], case: Case, trail: list[Verdict]) -> tuple[str, str] | None:
    """The outcome and reason of the first stop that hits, or None; every verdict goes to the trail."""
    for stop in stops:
        verdict = stop.check(case)
        trail.append(verdict)
        if verdict.hit:
            return stop.OUTCOME, verdict.why
    return None
