"""A mail that goes round: it came from us, or has been travelling for too long."""

from rules.addresses import address_key
from rules.machine.context import MachineContext
from rules.message import Message
from rules.trail import Verdict

NAME = "loop"
DESCRIPTION = (
    "A mail that this gateway sent itself, or that too many servers have handed on, goes no further."
)

MAX_RECEIVED = 50
"""Received lines. Real routes have under twenty; RFC 5321 6.3 asks for a limit of at least 100 from relays,
of which we are none."""


def check(message: Message, envelope_from: str, context: MachineContext) -> Verdict:  # noqa: ARG001
    """Hits on our own loop field, on more than 50 Received lines, and on one of our own addresses in From."""
    if context.loop_id and any(
        value.strip() == context.loop_id for value in message.header_all(context.loop_header)
    ):
        return Verdict(NAME, True, f"It carries our own {context.loop_header} field.")
    hops = sum(1 for _ in message.header_all("Received"))
    if hops > MAX_RECEIVED:
        return Verdict(NAME, True, f"It has {hops} Received lines; it goes round.")
    for address in message.from_:
        if address_key(address.email) in context.own_addresses:
            return Verdict(NAME, True, f"Its sender {address.email} is an address of this gateway.")
    return Verdict(NAME, False, f"{hops} Received lines, and none of our own marks")
