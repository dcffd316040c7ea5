"""What is well and what is not: verdicts over what was measured, for `/readyz`, `/metrics` and `gateway doctor`.

Their sentences name no addresses: whoever reaches the port may read them.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from rules.retry import is_stuck

PENDING = timedelta(minutes=15)
"""How long received mail may wait for its touchpoint. A worker files thousands an hour and a restart takes seconds:
mail that waits longer stands behind something that somebody should look at."""

FALLING = 3
"""Deaths in a row after which a process is not just being replaced: it takes a mail or two to die twice of each."""


@dataclass(frozen=True, slots=True)
class Check:
    """One thing looked at. `why` is a sentence, whether it is well or not."""

    name: str
    ok: bool
    why: str


def written(name: str, seconds: float | None, trouble: str = "") -> Check:
    """A write that was tried: how long it took, or why it did not."""
    if seconds is None:
        return Check(name, False, trouble)
    return Check(name, True, f"a write took {seconds * 1000:.1f} ms")


def room(free: int | None, floor: int) -> Check:
    """Whether the disk has more than the floor free; None when it cannot be told."""
    if free is None:
        return Check("disk", False, "how much is free cannot be told")
    found = f"{free // 1024**2} MiB free"
    if free < floor:
        return Check(
            "disk",
            False,
            f"{found}: mail is refused with 452 below {floor // 1024**2} MiB (storage.free_floor)",
        )
    return Check("disk", True, found)


def pending(oldest: datetime | None, now: datetime) -> Check:
    """Whether received mail is filed in time; `oldest` is since when the oldest waits, or None."""
    if oldest is None:
        return Check("pending", True, "nothing waits to be filed")
    seconds = max((now - oldest).total_seconds(), 0)
    return Check(
        "pending", now - oldest <= PENDING, f"the oldest mail has waited {seconds:.0f} s to be filed"
    )


def workers(wanted: int, running: int, deaths: int) -> Check:
    """Whether mail is filed: `deaths` are those in a row of the worker that fares worst."""
    found = f"{running} of {wanted} run"
    if deaths >= FALLING:
        return Check("workers", False, f"{found}; one died {deaths} times in a row")
    return Check("workers", True, found)


def outgoing(
    waiting: int, oldest: datetime | None, *, relay: bool, failing: bool, deaths: int, now: datetime
) -> Check:
    """Whether mail goes out. `failing`: the oldest that waits was refused before; `relay`: there is one at all.

    The first refusal of the oldest mail tells that the relay is down; it is retried all the same.
    """
    if relay and deaths >= FALLING:
        return Check("outgoing", False, f"{waiting} wait: the sending process died {deaths} times in a row")
    if oldest is None:
        return Check("outgoing", True, "nothing waits")
    if not relay:
        return Check("outgoing", True, f"{waiting} wait: no relay is configured")
    found = f"{waiting} wait, for {max((now - oldest).total_seconds(), 0):.0f} s"
    if failing:
        return Check("outgoing", False, f"{found}: the relay does not take mail")
    if is_stuck(oldest, now):
        return Check("outgoing", False, f"{found}: nothing is sent")
    return Check("outgoing", True, f"{waiting} on their way")


def keys(number: int) -> Check:
    """Whether signed addresses can be told from forged ones; `number` of keys that verify."""
    if not number:
        return Check("keys", False, "the keys of signed addresses cannot be read: no answer is taken")
    return Check("keys", True, f"{number} verify")


def stopping() -> Check:
    """The gateway was told to stop."""
    return Check("stopping", False, "the gateway is on its way down")
