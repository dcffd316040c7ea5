"""Is the gateway ready: does the store take writes, does outgoing mail move?"""

from dataclasses import dataclass

from sqlalchemy.exc import SQLAlchemyError

from gateway.desk.desk import Desk
from rules.retry import is_stuck
from storage.engine import reading
from storage.errors import StorageError
from storage.outgoing import health


@dataclass(frozen=True, slots=True)
class Readiness:
    """`ready` is false when mail is not taken in or out as it should; `why` has a sentence for each thing looked at.

    It names no addresses: whoever reaches the port may read it.
    """

    ready: bool
    database: str
    outgoing: str


def readiness(desk: Desk) -> Readiness:
    """How the gateway is, within a moment: nothing is written or sent."""
    try:
        with reading(desk.engine) as conn:
            waiting, oldest, failed = health(conn)
    except (StorageError, SQLAlchemyError, OSError):
        return Readiness(False, "cannot be read", "unknown")
    if oldest is None:
        return Readiness(True, "ok", "ok: nothing waits")
    if not desk.settings.relay.host:
        return Readiness(True, "ok", f"{waiting} wait: no relay is configured")
    age = desk.clock() - oldest
    if failed is not None:
        # The first refusal of the oldest mail tells that the relay is down; it is retried all the same.
        return Readiness(
            False, "ok", f"{waiting} wait, for {age.total_seconds():.0f} s: the relay does not take mail"
        )
    if is_stuck(oldest, desk.clock()):
        return Readiness(False, "ok", f"{waiting} wait, for {age.total_seconds():.0f} s: nothing is sent")
    return Readiness(True, "ok", f"ok: {waiting} on their way")
