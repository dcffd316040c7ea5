"""A read receipt: the mail was displayed, deleted or answered by somebody's mail program (RFC 8098)."""

from rules.machine.context import MachineContext
from rules.machine.phrases import RECEIPTS
from rules.machine.subjects import reads_like
from rules.message import Message
from rules.trail import Verdict

NAME = "receipt"
DESCRIPTION = "A mail program says that a mail was read or deleted; nobody wrote anything."

_PHRASES = (
    "this is a return receipt for the mail that you sent to",
    "this is a receipt for the mail you sent to",
    "this receipt verifies that the message has been displayed",
    "this return receipt only acknowledges that the message was displayed",
    "was read on",
    "was deleted without being read",
    "wurde gelesen am",
    "wurde am",
    "dies ist eine empfangsbestätigung für die nachricht",
    "dies ist eine lesebestätigung",
    "a été lu le",
    "ceci est un accusé de réception",
    "fue leído el",
    "se leyó el",
    "este es un acuse de recibo",
    "foi lida em",
    "è stato letto",
    "questa è una ricevuta di ritorno",
    "is gelezen op",
    "dit is een ontvangstbevestiging",
    "lästes den",
    "blev læst",
    "ble lest",
    "luettu",
    "開封されました",
    "表示されました",
    "已读",
    "прочитано",
)
"""What programs write into receipts that lack their machine-readable part."""

_LONGEST = 1500
"""Characters. A receipt is short; whoever quotes one in a letter writes more."""


def check(message: Message, envelope_from: str, context: MachineContext) -> Verdict:  # noqa: ARG001
    """Hits on a disposition notification, or on a short text that says what one says under such a subject."""
    if message.report_type == "disposition-notification":
        return Verdict(NAME, True, "It is a read receipt (RFC 8098).")
    subject = reads_like(message.subject, RECEIPTS)
    if not subject:
        return Verdict(NAME, False, "no read receipt")
    if len(message.text) <= _LONGEST and not message.nested:
        text = " ".join(message.text.lower().split())
        phrase = next((phrase for phrase in _PHRASES if phrase in text), "")
        if phrase:
            return Verdict(NAME, True, f"It reads like a read receipt (“{subject}”, “{phrase}”).")
    return Verdict(NAME, False, f"the subject says “{subject}”, but it is no read receipt")
