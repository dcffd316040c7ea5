"""A complaint or other feedback that a mail provider sends about our mail (RFC 5965, RFC 7489, RFC 8460)."""

from rules.machine.context import MachineContext
from rules.message import Message, first
from rules.trail import Verdict

NAME = "complaint"
DESCRIPTION = (
    "A mail provider reports that somebody complained about a mail, or on the mail of a whole domain."
)

_FEEDBACK = ("feedback-report", "tlsrpt")
_SUBJECT = "complaint about message from"
"""How Outlook.com begins its complaints, which are no feedback reports by form."""


def check(message: Message, envelope_from: str, context: MachineContext) -> Verdict:  # noqa: ARG001
    """Hits on a feedback report, and on the known provider that sends complaints in a form of its own."""
    if message.report_type in _FEEDBACK:
        return Verdict(NAME, True, f"It is a {message.report_type} of a mail provider.")
    if message.header("Feedback-Type"):
        return Verdict(NAME, True, f"It is feedback of the type {message.header('Feedback-Type')}.")
    subject = message.subject.lower()
    if subject.startswith("report domain:") and "submitter:" in subject:
        return Verdict(NAME, True, "It is a DMARC report on a domain (RFC 7489 7.2).")
    author = first(message.from_)
    if subject.startswith(_SUBJECT) and author and author.email.lower() == "staff@hotmail.com":
        return Verdict(NAME, True, "Outlook.com passes on a complaint.")
    return Verdict(NAME, False, "no feedback report")
