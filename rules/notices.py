"""Does the sender of a mail that could not be filed get a notice?"""

from rules.case import Case
from rules.content import forward as forward_content
from rules.content import note as note_content
from rules.trail import Verdict

NAME = "notice"
DESCRIPTION = (
    "A verified Totango user whose mail could not be filed is told, once, and can answer by mail; nobody else is, "
    "and no machine ever (RFC 3834 section 2)."
)

NO_ACCOUNT, NO_ADDRESS, UNREADABLE, NO_THREAD = "no-account", "note-without-address", "forward", "thread-gone"
"""Topics: of each a sender gets one notice a day."""


def notice_topic(case: Case, outcome: str, problem: str) -> tuple[str, Verdict]:
    """The topic of the notice, or "" for none, and why. `problem` is what kept the content from being filed."""
    if outcome != "unresolved":
        return "", Verdict(NAME, False, "nothing to ask")
    if case.question is not None and not case.open_threads:
        # It would ask where the answer belongs, and the mail it is about would wait on.
        return "", Verdict(NAME, False, "it answers a notice itself")
    if case.author_user is None:
        return "", Verdict(NAME, False, "the sender is no Totango user")
    if case.trust != "verified":
        return "", Verdict(NAME, False, f"the sender is {case.trust}: mail is never sent on an unproved word")
    if not case.envelope.mail_from:
        return "", Verdict(NAME, False, "it has no return path")
    if case.thread_numbers and not case.open_threads:
        topic = NO_THREAD
    elif problem == note_content.NO_ADDRESS:
        topic = NO_ADDRESS
    elif problem in (forward_content.INTERNAL_TALK, ""):
        topic = NO_ACCOUNT
    else:
        topic = UNREADABLE
    return topic, Verdict(NAME, True, f"{case.author_user.email} is asked where the mail belongs")
