"""Way: the address of a thread."""

from rules.case import Case
from rules.trail import Verdict

NAME = "thread"
DESCRIPTION = "The envelope names a touchpoint that was e-mailed; the mail is a reply in that thread."


def check(case: Case) -> Verdict:
    """Hits when a recipient is the address of a thread that takes replies, or the return path of a mail from one."""
    if not case.thread_numbers:
        return Verdict(NAME, False, "no thread address among the recipients")
    if not case.open_threads:
        return Verdict(NAME, False, gone(case))
    names = ", ".join(f"touchpoint {thread.id}" for thread in case.open_threads)
    return Verdict(NAME, True, f"sent to the address of {names}")


def gone(case: Case) -> str:
    """Why the threads that the envelope names take no reply, one sentence."""
    told = []
    for number in case.thread_numbers:
        thread = case.facts.threads.get(number)
        state = thread.state if thread is not None else "deleted"
        if state != "open":
            told.append(f"the thread of touchpoint {number} is {state}")
    sentence = "; ".join(told)
    return sentence[:1].upper() + sentence[1:]
