"""The lag of the event loop: a loop that is blocked is seen to be."""

import asyncio
import contextlib
import time

from gateway.watch.lag import EVERY, watch_lag


async def test_a_blocked_loop_is_late() -> None:
    seen: list[float] = []
    looked = asyncio.Event()

    def observe(seconds: float) -> None:
        seen.append(seconds)
        looked.set()

    task = asyncio.create_task(watch_lag(observe))
    await asyncio.sleep(0)
    time.sleep(EVERY + 0.3)  # noqa: ASYNC251 - what a session must never do
    await looked.wait()
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
    assert seen[0] >= 0.3
