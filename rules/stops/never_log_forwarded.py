"""Somebody on the never-log list stands in a forwarded mail only."""

from collections.abc import Iterator

from rules.case import Case
from rules.message import Address, Message
from rules.never_log import never_log_hit
from rules.trail import Verdict

NAME = "never-log-forwarded"
DESCRIPTION = (
    "If only a forwarded block names somebody on the never-log list, the mail is ignored and erased."
)
OUTCOME = "ignored"


def check(case: Case) -> Verdict:
    """Hits when the sender or a recipient of any forwarded or attached mail is on the list."""
    people = [address for original in case.originals for address in original.people()]
    people += _attached(case.message)
    entry = never_log_hit((address.email for address in people), case.site)
    if entry is None:
        return Verdict(NAME, False, "no forwarded mail names anybody on the never-log list")
    return Verdict(NAME, True, f"The forwarded mail names somebody on the never-log list ({entry}).")


def _attached(message: Message) -> Iterator[Address]:
    """Everyone in the attached mails. Of several none is taken for the original, and a reply may bring one along."""
    for inner in message.nested:
        yield from inner.people()
        yield from _attached(inner)
