"""Mail that no person wrote, told apart by what it is. The first rule that hits names the kind.

Each module has NAME (the kind), DESCRIPTION and `check(message, envelope_from, context) -> Verdict`.
"""

from rules.machine import auto_reply, bounce, bulk, calendar_response, complaint, loop, receipt
from rules.machine.context import MachineContext
from rules.message import Message
from rules.trail import Verdict

__all__ = ["MACHINE_RULES", "MachineContext", "machine_kind"]

MACHINE_RULES = (bounce, receipt, complaint, loop, calendar_response, auto_reply, bulk)
"""Reports first: they carry auto-reply signs too. Bulk last: customers behind groups carry its signs."""


def machine_kind(
    message: Message, envelope_from: str, context: MachineContext
) -> tuple[str | None, tuple[Verdict, ...]]:
    """The kind of machine mail, or None for a person's, and the verdict of every rule that was asked.

    `envelope_from` is the address of MAIL FROM, "" for the null sender (RFC 5321 4.5.5).
    """
    verdicts: list[Verdict] = []
    for rule in MACHINE_RULES:
        verdict = rule.check(message, envelope_from, context)
        verdicts.append(verdict)
        if verdict.hit:
            return rule.NAME, tuple(verdicts)
    return None, tuple(verdicts)
