"""Somebody on the never-log list sent the mail or stands in its header."""

from rules.case import Case
from rules.never_log import never_log_hit
from rules.trail import Verdict

NAME = "never-log"
DESCRIPTION = (
    "If the envelope sender or anybody in From, To or Cc is on the never-log list, the mail is kept out."
)
OUTCOME = "refused"


def check(case: Case) -> Verdict:
    """Hits when one of them is on the list."""
    addresses = [address.email for address in case.message.people()]
    if case.envelope.mail_from:
        addresses.insert(0, case.envelope.mail_from)
    entry = never_log_hit(addresses, case.site)
    if entry is None:
        return Verdict(NAME, False, "nobody in the mail is on the never-log list")
    return Verdict(NAME, True, f"Somebody in this mail is on the never-log list ({entry}).")
