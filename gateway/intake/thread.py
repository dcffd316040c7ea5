"""Commits in a thread of this process."""

import asyncio
from collections.abc import Callable
from contextlib import closing
from queue import SimpleQueue
from threading import Thread

import structlog

from gateway.intake.committer import BATCH, BATCH_BYTES, Committer, Numbered, Report, Shelf
from storage.inbound import NewMail

log = structlog.get_logger("gateway.intake")


class CommittingThread:
    """Commits on a shelf, which is closed at the end. Belongs to the loop."""

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf
        self._waiting: SimpleQueue[Numbered | None] = SimpleQueue()
        self._thread: Thread | None = None

    async def start(self, heard: Callable[[Report], None], lost: Callable[[], None]) -> None:
        """Begin; `heard` is told each report, in the loop, and `lost` is called when the thread has ended."""
        loop = asyncio.get_running_loop()

        def tell(report: Report) -> None:
            loop.call_soon_threadsafe(heard, report)

        def work() -> None:
            try:
                self._work(tell)
            except Exception:
                log.exception("the committing thread failed")
            finally:
                loop.call_soon_threadsafe(lost)

        self._thread = Thread(target=work, name="intake", daemon=True)
        self._thread.start()

    def put(self, number: int, mail: NewMail) -> None:
        """Have a mail committed."""
        self._waiting.put((number, mail))

    async def stop(self) -> None:
        """Commit what is there, and end."""
        if self._thread is not None:
            self._waiting.put(None)
            await asyncio.to_thread(self._thread.join)
            await asyncio.sleep(0)  # the last report is told

    def _work(self, tell: Callable[[Report], None]) -> None:
        with closing(Committer(self._shelf, tell)) as committer:
            goes_on = True
            while goes_on:
                batch, goes_on = self._batch()
                if batch:
                    committer.commit(batch)

    def _batch(self) -> tuple[list[Numbered], bool]:
        """What has come, once something has; and whether more will."""
        batch: list[Numbered] = []
        size, item = 0, self._waiting.get()
        while item is not None:
            batch.append(item)
            size += item[1].size if item[1].raw is not None else 0
            if len(batch) >= BATCH or size >= BATCH_BYTES or self._waiting.empty():
                return batch, True
            item = self._waiting.get()
        return batch, False
