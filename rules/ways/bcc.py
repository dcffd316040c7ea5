"""Way: the logging address in BCC."""

from rules.case import Case
from rules.trail import Verdict

NAME = "bcc"
DESCRIPTION = "The logging address is an envelope recipient and stands in no header field (RFC 5322 3.6.3)."


def check(case: Case) -> Verdict:
    """Hits when a logging address is an envelope recipient."""
    recipients = case.of_kind("logging")
    if not recipients:
        return Verdict(NAME, False, "no logging address among the recipients")
    return Verdict(NAME, True, f"{recipients[0].address} is in the envelope only")
