"""A delivery report: failed, delayed, delivered or relayed (RFC 3464), and the odd forms that are none."""

import re

from rules.machine.context import MachineContext
from rules.machine.daemons import has_system_name, is_daemon, is_postmaster, is_robot, is_shared
from rules.machine.phrases import AUTO_REPLIES, AWAY, BOUNCES
from rules.machine.signs import auto_submitted, null_return_path, responder_sign
from rules.machine.subjects import reads_like
from rules.machine.voice import MAX_LINES, MAX_TEXT, opens_as_report
from rules.message import Address, Message, first
from rules.trail import Verdict

NAME = "bounce"
DESCRIPTION = (
    "A mail system reports on the delivery of a mail; a person who sends such a report on is a person."
)

_REPLY = re.compile(r"[45]\d\d(?!\d)")
"""A reply code of a server (RFC 5321 4.2)."""

_SOME = 20
"""Recipients that are looked for in the text."""


def check(message: Message, envelope_from: str, context: MachineContext) -> Verdict:
    """Hits on a delivery report, however it came; what merely reads like one needs a machine behind it."""
    if message.report_type == "delivery-status":
        return Verdict(NAME, True, _says("It is a delivery report (RFC 3464)", message))
    if message.report_type and message.reports:
        return Verdict(NAME, True, _says("A mail filter refused a mail, in the form of a receipt", message))
    if message.report_type:
        return Verdict(NAME, False, f"it is a {message.report_type}")
    author = first(message.from_)
    subject = reads_like(message.subject, BOUNCES)
    if is_daemon(author):
        return Verdict(NAME, True, _says(f"A mail system wrote it ({_name(message)})", message))
    generated = auto_submitted(message) not in ("", "no")
    null = not envelope_from or null_return_path(message)
    if is_postmaster(author) and not (context.from_known and not null and not generated):
        return Verdict(NAME, True, _says(f"A postmaster wrote it ({_name(message)})", message))
    if null:
        return _without_return_path(message, subject)
    if message.reports and (has_system_name(author) or (subject and generated)):
        return Verdict(NAME, True, _says(f"A mail system wrote it ({_name(message)})", message))
    if subject and not context.from_known and (why := _under_a_title(message, author)):
        return Verdict(NAME, True, _says(f"{why} (“{subject}”)", message))
    if subject and message.header("X-Failed-Recipients"):
        return Verdict(
            NAME, True, _says(f"It lists failed recipients and reads like a bounce (“{subject}”)", message)
        )
    seen = f"the subject says “{subject}”, but no mail system wrote it" if subject else "no sign of a bounce"
    return Verdict(NAME, False, seen)


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


def _under_a_title(message: Message, author: Address | None) -> str:
    """Why mail with a bounce's title and a return path is one, from somebody we do not know; "" if it is none.

    A program's name is enough where a recipient or the returned mail is named. Without it the text must be a
    machine's and bring a mail back, or quote a server; from what looks like a person's address it must list
    the recipient, too.
    """
    told = bool(message.reports) or message.returned is not None
    if told and is_robot(author):
        return f"A mail system wrote it ({_name(message)}), and it reads like a bounce"
    if not told or not opens_as_report(message.text):
        return ""
    quotes = any(report.status or _REPLY.match(report.diagnostic) for report in message.reports)
    if message.returned is not None or (quotes and (is_shared(author) or _lists_recipient(message))):
        return "It reads like a bounce, from the subject on"
    return ""


def _lists_recipient(message: Message) -> bool:
    """Whether a recipient stands in the text as in a list, at the start of a line or behind a label."""
    recipients = [report.recipient.lower() for report in message.reports if "@" in report.recipient]
    lines = [line for line in message.text[:MAX_TEXT].lower().splitlines()[:MAX_LINES] if "@" in line]
    return any(
        len(line.partition(recipient)[0].split()) <= 2
        for recipient in recipients[:_SOME]
        for line in lines
        if recipient in line
    )


def _says(what: str, message: Message) -> str:
    if not message.reports:
        return f"{what}."
    report = message.reports[0]
    details = " ".join(part for part in (report.recipient, report.action, report.status) if part)
    more = f" and {len(message.reports) - 1} more" if len(message.reports) > 1 else ""
    return f"{what}: {details}{more}." if details else f"{what}."


def _name(message: Message) -> str:
    author = first(message.from_)
    return (author.email or author.name) if author else "no author"
