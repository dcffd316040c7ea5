"""Somebody on the never-log list stands in a forwarded mail only."""

from rules.case import Case
from rules.never_log import never_log_hit
from rules.trail import Verdict

NAME = "never-log-forwarded"
DESCRIPTION = (
    "If only a forwarded block names somebody on the never-log list, the mail is ignored and erased."
)
OUTCOME = "ignored"


def check(case: Case) -> Verdict:
    """Hits when the sender or a recipient of any forwarded mail is on the list."""
    addresses = [
        address.email
        for original in case.originals
        for address in (*((original.sender,) if original.sender else ()), *original.to, *original.cc)
    ]
    entry = never_log_hit(addresses, case.site)
    if entry is None:
        return Verdict(NAME, False, "no forwarded mail names anybody on the never-log list")
    return Verdict(NAME, True, f"The forwarded mail names somebody on the never-log list ({entry}).")
