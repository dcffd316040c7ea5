"""Way: a colleague forwards a customer's mail."""

from rules.case import Case
from rules.trail import Verdict

NAME = "forward"
DESCRIPTION = (
    "An internal sender forwards a mail, and nobody external is in To or Cc: the original is what is filed."
)


def check(case: Case) -> Verdict:
    """Hits when the mail is a forward by a Totango user to nobody external."""
    if not case.originals:
        return Verdict(NAME, False, "no forwarded mail in it")
    if case.author_user is None:
        return Verdict(NAME, False, "the sender is no Totango user")
    if case.outsiders_in_header:
        return Verdict(NAME, False, f"it went to {case.outsiders_in_header[0].email}, who is external")
    return Verdict(NAME, True, case.originals[-1].why)
