"""Mail to many: newsletters and mailing lists (RFC 2369, RFC 2919)."""

from rules.machine.context import MachineContext
from rules.machine.signs import precedence
from rules.message import Message
from rules.trail import Verdict

NAME = "list"
DESCRIPTION = (
    "Bulk or list headers on mail from somebody we do not know; customers' groups send such headers too."
)

_BULK = frozenset({"bulk", "junk", "list"})
_FIELDS = ("mailing-list", "x-mailing-list")


def check(message: Message, envelope_from: str, context: MachineContext) -> Verdict:  # noqa: ARG001
    """Hits on Precedence bulk, junk or list and on any List- field, when From is neither user nor contact."""
    sign = _sign(message)
    if not sign:
        return Verdict(NAME, False, "no bulk or list headers")
    if context.from_known:
        return Verdict(NAME, False, f"{sign}, but we know the sender")
    return Verdict(NAME, True, f"We do not know the sender, and {sign}.")


def _sign(message: Message) -> str:
    keyword = precedence(message)
    if keyword in _BULK:
        return f"Precedence is {keyword}"
    for name, _ in message.headers:
        lower = name.lower()
        if lower.startswith("list-") or lower in _FIELDS:
            return f"there is a {name} field"
    return ""
