"""An automatic reply or notification (RFC 3834)."""

from rules.addresses import address_key, domain_of
from rules.machine.calendar_response import RESPONSES
from rules.machine.context import MachineContext
from rules.machine.phrases import AUTO_REPLIES, AWAY
from rules.machine.signs import auto_submitted, null_return_path, responder_sign
from rules.machine.subjects import reads_like
from rules.message import Message, first
from rules.trail import Verdict

NAME = "auto-reply"
DESCRIPTION = (
    "A responder or another program wrote it, as the header says; the subject counts only as a last resort."
)


def check(message: Message, envelope_from: str, context: MachineContext) -> Verdict:
    """Hits on the fields of RFC 3834 and of responders, on the null sender, and on their subjects."""
    keyword = auto_submitted(message)
    if keyword not in ("", "no") and not _is_invitation(message, keyword):
        return Verdict(NAME, True, f"Its Auto-Submitted field says {keyword}.")
    sign = responder_sign(message)
    if sign:
        return Verdict(NAME, True, f"A program wrote it: {sign}.")
    if not envelope_from or null_return_path(message):
        return Verdict(NAME, True, "It has no return path, as automatic replies have none.")
    if keyword == "no":
        return Verdict(NAME, False, "its Auto-Submitted field says no")
    return _by_subject(message, context)


def _is_invitation(message: Message, keyword: str) -> bool:
    """Calendar services send a person's invitation as "auto-generated" in that person's name."""
    if keyword != "auto-generated" or not message.calendar or not message.from_:
        return False
    author = address_key(message.from_[0].email)
    return all(
        event.method not in RESPONSES
        and event.organizer is not None
        and address_key(event.organizer) == author
        for event in message.calendar
    )


def _by_subject(message: Message, context: MachineContext) -> Verdict:
    if message.nested:
        return Verdict(NAME, False, "it sends another mail on")
    phrase = reads_like(message.subject, AUTO_REPLIES, closed=True)
    if not phrase:
        phrase = reads_like(message.subject, AWAY, closed=True)
        if phrase and _told_by_hand(message, context):
            return Verdict(NAME, False, f"the subject says “{phrase}”, but a person tells others")
    if not phrase:
        return Verdict(NAME, False, "no sign of an automatic reply")
    return Verdict(NAME, True, f"The subject is that of an automatic reply (“{phrase}”).")


def _told_by_hand(message: Message, context: MachineContext) -> bool:
    """A responder answers one sender; who tells several people, or tells a customer of ours, is a person."""
    if len(message.to) + len(message.cc) > 1:
        return True
    author, recipient = first(message.from_), first(message.to)
    if author is None or recipient is None or domain_of(author.email) not in context.own_domains:
        return False
    return address_key(recipient.email) not in context.own_addresses
