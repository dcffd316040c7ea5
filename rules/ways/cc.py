"""Way: the logging address in To or Cc."""

from rules.case import Case
from rules.trail import Verdict

NAME = "cc"
DESCRIPTION = "The logging address is an envelope recipient and stands in To or Cc."


def check(case: Case) -> Verdict:
    """Hits when a logging address of the envelope is visible in the header."""
    visible = {address.email.lower() for address in case.own_in_header}
    for recipient in case.of_kind("logging"):
        if recipient.address.lower() in visible:
            return Verdict(NAME, True, f"{recipient.address} stands in To or Cc")
    return Verdict(NAME, False, "the logging address stands in neither To nor Cc")
