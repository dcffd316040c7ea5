"""An answer to an invitation (RFC 5546 3.2.3 and following)."""

from rules.machine.context import MachineContext
from rules.machine.subjects import is_answer, plain_subject
from rules.message import Message
from rules.trail import Verdict

NAME = "calendar-response"
DESCRIPTION = (
    "A calendar accepts, declines or changes an invitation; the invitation itself is mail like any other."
)

RESPONSES = frozenset({"REPLY", "COUNTER", "DECLINECOUNTER", "REFRESH"})


def check(message: Message, envelope_from: str, context: MachineContext) -> Verdict:  # noqa: ARG001
    """Hits when all calendar parts are answers, unless a person sent such an answer on."""
    methods = [event.method for event in message.calendar if event.method]
    if message.content_type == "text/calendar":
        methods += [value.upper() for key, value in message.content_params if key.lower() == "method"]
    if not methods or not RESPONSES.issuperset(methods):
        seen = ", ".join(dict.fromkeys(methods))
        return Verdict(NAME, False, f"its calendar part is a {seen}" if seen else "no answer of a calendar")
    if is_answer(plain_subject(message.subject)):
        return Verdict(NAME, False, "a person sends the answer of a calendar on")
    return Verdict(NAME, True, f"A calendar answers an invitation ({methods[0]}).")
