"""How late the event loop is: what blocks it holds up every session."""

import asyncio
from collections.abc import Callable

from gateway import metrics

EVERY = 0.25


async def watch_lag(observe: Callable[[float], None] = metrics.LOOP_LAG.observe) -> None:
    """Tell, four times a second, how much later than asked the loop woke. Runs until cancelled."""
    loop = asyncio.get_running_loop()
    while True:
        due = loop.time() + EVERY
        await asyncio.sleep(EVERY)
        observe(max(loop.time() - due, 0.0))
