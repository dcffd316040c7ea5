"""The daemon's side of the process that commits (`gateway.intake.committing`)."""

import asyncio
import contextlib
import os
from collections.abc import Callable

import structlog

from gateway import metrics
from gateway.intake.committer import Report
from gateway.intake.committing import Forked, Frames, framed
from gateway.intake.pipe import Reading, Writing
from storage.inbound import NewMail, driver_row

log = structlog.get_logger("gateway.intake")

FRAME_BYTES = 32 * 1024
"""Mail after which a frame is closed and another begun: a block of 128 KiB and more is mapped anew each time
(`gateway.memory`), and takes ten times as long to make as one that is not."""

FRAME_MAILS = 4
"""The same in mails: what came together from many sessions is committed while the rest of it is still being read."""


class CommittingProcess:
    """Hands mails to a process that was told its database, and hears of them. Belongs to the loop."""

    def __init__(self, forked: Forked) -> None:
        self._forked = forked
        self._unsent: list[tuple[int, tuple[object, ...]]] = []
        self._unsent_bytes = 0
        self._ended: asyncio.Future[None] | None = None
        self._reports: _Reports | None = None

    async def start(self, heard: Callable[[Report], None], lost: Callable[[], None]) -> None:
        """Begin; `heard` is told each report, and `lost` is called when the process has ended, after the last."""
        self._loop = asyncio.get_running_loop()
        self._ended = ended = self._loop.create_future()
        _, down, up = self._forked
        self._down = Writing(self._loop, down)
        self._reports = _Reports(heard)
        Reading(self._loop, up, self._reports.feed, self._gone)
        ended.add_done_callback(lambda _: lost())

    @property
    def pid(self) -> int | None:
        """The process, until it has ended."""
        return None if self._ended is not None and self._ended.done() else self._forked.pid

    def put(self, number: int, mail: NewMail) -> None:
        """Have a mail committed. What comes in one turn of the loop is sent together."""
        if not self._unsent:
            self._loop.call_soon(self._send)
        self._unsent.append((number, tuple(driver_row(mail))))
        self._unsent_bytes += mail.size if mail.raw is not None else 0
        if len(self._unsent) >= FRAME_MAILS or self._unsent_bytes >= FRAME_BYTES:
            self._send()

    def _send(self) -> None:
        unsent, self._unsent, self._unsent_bytes = self._unsent, [], 0
        if unsent:
            self._down.write(framed(unsent))

    async def stop(self) -> None:
        """Let what is there be committed, and the process end."""
        self._send()
        self._down.close()
        if self._ended is not None:
            await self._ended

    def _gone(self) -> None:
        """Nothing more is heard of it: it has ended, or will now that nothing more is said to it, either."""
        self._down.abort()
        self._ending = self._loop.create_task(self._end(), name="commits")

    async def _end(self) -> None:
        with contextlib.suppress(ChildProcessError):
            _, status = await asyncio.to_thread(os.waitpid, self._forked.pid, 0)
            if status:
                log.error("the committing process died", code=os.waitstatus_to_exitcode(status))
                metrics.COMMITTING_DEATHS.inc()
        if self._ended is not None:
            self._ended.set_result(None)


class _Reports:
    """Cuts what the process says into its reports."""

    def __init__(self, heard: Callable[[Report], None]) -> None:
        self.heard = heard
        self._frames = Frames()

    def feed(self, data: bytes) -> None:
        """Tell of those that are complete now."""
        for report in self._frames.feed(data):
            try:
                self.heard(report)
            except Exception:  # the commits go on
                log.exception("a report was not understood")
