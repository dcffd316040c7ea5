"""A delivery report: failed, delayed, delivered or relayed (RFC 3464), and the odd forms that are none."""

from rules.machine.context import MachineContext
from rules.machine.daemons import is_daemon, is_postmaster, names_a_system
from rules.machine.phrases import AUTO_REPLIES, AWAY, BOUNCES
from rules.machine.signs import auto_submitted, null_return_path, responder_sign
from rules.machine.subjects import reads_like
from rules.message import Message, first
from rules.trail import Verdict

NAME = "bounce"
DESCRIPTION = (
    "A mail system reports on the delivery of a mail; a person who sends such a report on is a person."
)

_OTHER_REPORTS = ("disposition-notification", "feedback-report", "tlsrpt")


def check(message: Message, envelope_from: str, context: MachineContext) -> Verdict:
    """Hits on a delivery report, however it came; what merely reads like one needs a machine behind it."""
    if message.report_type == "delivery-status":
        return Verdict(NAME, True, _says("It is a delivery report (RFC 3464)", message))
    if message.content_type == "multipart/report" and message.reports:
        return Verdict(NAME, True, _says("It is a report on deliveries", message))
    if message.report_type in _OTHER_REPORTS:
        return Verdict(NAME, False, f"it is a {message.report_type}")
    author = first(message.from_)
    subject = reads_like(message.subject, BOUNCES)
    if is_daemon(author):
        return Verdict(NAME, True, _says(f"A mail system wrote it ({_name(message)})", message))
    machine_signs = bool(message.reports or subject or auto_submitted(message) not in ("", "no"))
    null = not envelope_from or null_return_path(message)
    if is_postmaster(author) and (null or machine_signs or not context.from_known):
        return Verdict(NAME, True, _says(f"A postmaster wrote it ({_name(message)})", message))
    if null:
        return _without_return_path(message, subject)
    if message.reports and names_a_system(author):
        return Verdict(NAME, True, _says(f"A mail system wrote it ({_name(message)})", message))
    if not subject:
        return Verdict(NAME, False, "neither a delivery report nor written by a mail system")
    if message.header("X-Failed-Recipients") or (message.reports and not context.from_known):
        return Verdict(NAME, True, _says(f"It reads like a bounce (“{subject}”)", message))
    return Verdict(NAME, False, f"the subject says “{subject}”, but no mail system wrote it")


def _without_return_path(message: Message, subject: str) -> Verdict:
    """The null sender is for reports and automatic replies alike (RFC 5321 4.5.5, RFC 3834 3.3)."""
    if subject:
        return Verdict(
            NAME, True, _says(f"It has no return path and reads like a bounce (“{subject}”)", message)
        )
    if not message.reports:
        return Verdict(NAME, False, "it has no return path, but nothing in it reports on a delivery")
    reply = responder_sign(message) or reads_like(message.subject, AUTO_REPLIES + AWAY)
    if reply or auto_submitted(message) == "auto-replied":
        return Verdict(NAME, False, "it has no return path, but is an automatic reply")
    return Verdict(
        NAME, True, _says("It has no return path and names an address that could not be reached", message)
    )


def _says(what: str, message: Message) -> str:
    if not message.reports:
        return f"{what}."
    report = message.reports[0]
    details = " ".join(part for part in (report.recipient, report.action, report.status) if part)
    more = f" and {len(message.reports) - 1} more" if len(message.reports) > 1 else ""
    return f"{what}: {details}{more}." if details else f"{what}."


def _name(message: Message) -> str:
    author = message.from_[0]
    return author.email or author.name
