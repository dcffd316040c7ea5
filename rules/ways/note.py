"""Way: a note to the logging address alone."""

from rules.case import Case
from rules.trail import Verdict

NAME = "note"
DESCRIPTION = (
    "An internal sender writes to the logging address alone and names a customer's address in the subject."
)


def check(case: Case) -> Verdict:
    """Hits when a Totango user wrote to nobody but the gateway."""
    if case.author_user is None:
        return Verdict(NAME, False, "the sender is no Totango user")
    others = [address for address in case.recipients_in_header if case.user(address) != case.author_user]
    if others:
        return Verdict(NAME, False, f"{others[0].email} got it too")
    if not case.own_in_header and not case.subject_people:
        return Verdict(NAME, False, "a blind copy of a mail to undisclosed recipients")
    return Verdict(NAME, True, "written to the logging address alone")
