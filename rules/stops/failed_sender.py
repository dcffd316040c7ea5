"""The sender check failed."""

from rules.case import Case
from rules.trail import Verdict

NAME = "failed-sender"
DESCRIPTION = "Mail whose sender failed the check (DMARC, or an own domain that fails) waits for a person."
OUTCOME = "quarantined"


def check(case: Case) -> Verdict:
    """Hits when the sender is not believed."""
    if case.trust == "failed":
        return Verdict(NAME, True, f"The sender is not believed: {case.trust_why.why}.")
    return Verdict(NAME, False, f"the sender is {case.trust}")
