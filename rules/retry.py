"""When mail that could not be sent is tried again (RFC 5321 4.5.4.1)."""

from datetime import datetime, timedelta

FIRST = timedelta(minutes=5)
"""The first pause: a server that greylists lets mail in after a few minutes."""

LONGEST = timedelta(hours=4)
"""The longest pause: who mends a relay over night finds the mail delivered before noon."""

GIVE_UP = timedelta(days=5)
"""RFC 5321 asks for at least four to five days: a long weekend and a day to mend what broke."""

SPREAD = 0.2
"""How much of a pause is left to chance, so that what failed together is not tried together again."""


def next_attempt(attempts: int, since: datetime, now: datetime, chance: float) -> datetime | None:
    """When to try again after `attempts` failures, or None to give up.

    Pauses double from FIRST to LONGEST. `since` is when the mail was first to be sent, `chance` a number from
    0 up to 1. The last attempt is made when GIVE_UP is reached, and not after.
    """
    if now - since >= GIVE_UP:
        return None
    doublings = min(max(attempts, 1) - 1, 32)  # beyond, a pause could not be written as one
    pause = min(FIRST * (1 << doublings), LONGEST) * (1 - SPREAD / 2 + SPREAD * chance)
    return min(now + pause, since + GIVE_UP)


PATIENCE = timedelta(minutes=15)
"""How long mail waits while all is well: a relay that greylists or restarts takes less."""

DEATHS = 5
"""Attempts after which a mail may be what its sender dies of."""


def is_stuck(oldest: datetime, now: datetime) -> bool:
    """Whether outgoing mail has waited for so long that somebody should look."""
    return now - oldest > PATIENCE


def after_a_death(attempts: int, now: datetime) -> datetime:
    """When a mail is due again whose sender died while it was at it: at once, unless that happens every time."""
    return now if attempts < DEATHS else now + FIRST
