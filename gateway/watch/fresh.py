"""An answer that is asked for often and found seldom."""

import asyncio
from collections.abc import Callable
from concurrent.futures import Executor
from typing import Generic, TypeVar

import structlog

T = TypeVar("T")

log = structlog.get_logger("gateway.watch")


class Fresh(Generic[T]):
    """What `probe` finds, in a thread: at most one at a time and, once done, none for `seconds`.

    However many ask, they share one thread, and wait for it `patience` seconds since it began; then their answer is
    `late`, and so it is when the probe raises. Belongs to one event loop.
    """

    def __init__(
        self,
        probe: Callable[[], T],
        late: T,
        executor: Executor,
        *,
        seconds: float = 1.0,
        patience: float = 2.0,
    ) -> None:
        self._probe = probe
        self._late = late
        self._executor = executor
        self._seconds = seconds
        self._patience = patience
        self._running: asyncio.Future[T] | None = None
        self._begun = 0.0
        self._found: tuple[float, T] | None = None

    async def get(self) -> T:
        """The answer."""
        loop = asyncio.get_running_loop()
        if self._running is None:
            if self._found is not None and loop.time() - self._found[0] < self._seconds:
                return self._found[1]
            self._begun = loop.time()
            self._running = loop.run_in_executor(self._executor, self._probe)
            self._running.add_done_callback(self._done)
        running = self._running
        # Not cancelled when the time is over: a thread cannot be, and the next who asks waits for the same one.
        await asyncio.wait({running}, timeout=max(self._begun + self._patience - loop.time(), 0))
        if not running.done() or running.cancelled() or running.exception() is not None:
            return self._late
        return running.result()

    def _done(self, running: "asyncio.Future[T]") -> None:
        self._running = None
        if running.cancelled():
            return
        error = running.exception()
        if error is not None:
            log.error("probe failed", why=f"{type(error).__name__}: {error}")
        found = self._late if error is not None else running.result()
        self._found = (running.get_loop().time(), found)
