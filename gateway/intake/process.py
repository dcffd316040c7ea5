"""Commits in a process of their own, so that they and the sessions each have a processor.

The daemon forks it before it has threads, a loop or sockets: what both have loaded is in memory once. Frames go each
way by a pipe: mails down, reports up. When the daemon is gone, the end of the pipe says so, and what has come is
committed still.
"""

import asyncio
import contextlib
import gc
import os
import pickle
import select
import signal
from collections.abc import Callable, Iterator
from fcntl import F_SETPIPE_SZ, fcntl
from operator import attrgetter
from threading import Lock
from typing import Any, Literal, NamedTuple

import structlog

from gateway.events import configure
from gateway.intake.committer import BATCH, BATCH_BYTES, Committer, Report
from gateway.memory import give_back_what_is_freed
from storage.engine import open_engine
from storage.inbound import NewMail

log = structlog.get_logger("gateway.intake")

PIPE_BYTES = 1024 * 1024
"""What the pipe holds: the most that a process may have without privileges (pipe(7))."""

FRAME_BYTES = 1024 * 1024
"""Mail after which a frame is closed and another begun."""

FRAME_MAILS = 4
"""The same in mails: what came together from many sessions is committed while the rest of it is still being read."""

_LENGTH = 4
"""Octets before each frame, which say how long it is."""


class Frames:
    """Cuts what comes by a pipe into what was sent: objects that this program has pickled itself."""

    def __init__(self) -> None:
        self._held = bytearray()

    def feed(self, data: bytes) -> Iterator[Any]:
        """The objects that are complete now."""
        self._held += data
        while len(self._held) >= _LENGTH:
            end = _LENGTH + int.from_bytes(self._held[:_LENGTH], "big")
            if len(self._held) < end:
                return
            with memoryview(self._held) as held:
                found = pickle.loads(held[_LENGTH:end])  # noqa: S301 - from our own other half
            del self._held[:end]
            yield found


def framed(what: object) -> bytes:
    """An object as it goes by the pipe."""
    content = pickle.dumps(what, pickle.HIGHEST_PROTOCOL)
    return len(content).to_bytes(_LENGTH, "big") + content


class Told(NamedTuple):
    """The database by its URL, and how the log is written (`gateway.events.configure`)."""

    database: str
    log_format: Literal["auto", "json", "console"] = "auto"
    log_level: str = "info"


class CommittingProcess:
    """The daemon's side. `fork` it first of all; `start`, `put` and `stop` are the loop's, in this order."""

    def __init__(self, pid: int, down: int, up: int) -> None:
        self.pid = pid
        self._pipes = down, up
        self._unsent: list[tuple[Any, ...]] = []
        self._unsent_bytes = 0

    @classmethod
    def fork(cls) -> "CommittingProcess":
        """A process that will commit, once it is told where. Nothing else may run in this one yet."""
        down_reads, down = os.pipe()
        up, up_writes = os.pipe()
        with contextlib.suppress(OSError):  # an administrator may allow less
            fcntl(down, F_SETPIPE_SZ, PIPE_BYTES)
        gc.freeze()  # a look through what both have would make it two
        pid = os.fork()
        if pid == 0:
            _close_all_but(down_reads, up_writes)
            _leave_with(_commit_all, down_reads, up_writes)
        os.close(down_reads)
        os.close(up_writes)
        return cls(pid, down, up)

    def tell(self, told: Told) -> None:
        """Say what it is to do, before `start`."""
        os.write(self._pipes[0], framed(told))

    async def start(self, heard: Callable[[Report], None], lost: Callable[[], None]) -> None:
        """Begin; `heard` is told each report, and `lost` is called when the process has ended, after the last."""
        self._loop = asyncio.get_running_loop()
        self._ended = self._loop.create_future()
        down, up = self._pipes
        self._down, _ = await self._loop.connect_write_pipe(asyncio.BaseProtocol, os.fdopen(down, "wb", 0))
        await self._loop.connect_read_pipe(lambda: _Reports(heard, self._gone), os.fdopen(up, "rb", 0))
        self._ended.add_done_callback(lambda _: lost())

    def put(self, number: int, mail: NewMail) -> None:
        """Have a mail committed. What comes in one turn of the loop is sent together."""
        if not self._unsent:
            self._loop.call_soon(self._send)
        self._unsent.append((number, *_values(mail)))
        self._unsent_bytes += mail.size if mail.raw is not None else 0
        if len(self._unsent) >= FRAME_MAILS or self._unsent_bytes >= FRAME_BYTES:
            self._send()

    def _send(self) -> None:
        if self._unsent:
            # The second is uvloop's for a pipe that is gone.
            with contextlib.suppress(ConnectionError, RuntimeError):
                self._down.write(framed(self._unsent))
            self._unsent.clear()
            self._unsent_bytes = 0

    async def stop(self) -> None:
        """Let what is there be committed, and the process end."""
        self._send()
        self._down.close()
        await self._ended

    def _gone(self) -> None:
        with contextlib.suppress(ChildProcessError):
            _, status = os.waitpid(self.pid, 0)  # it has closed its pipe by ending
            if status:
                log.error("the committing process died", code=os.waitstatus_to_exitcode(status))
        if not self._down.is_closing():
            self._down.abort()
        self._ended.set_result(None)


_values = attrgetter(*NewMail.__slots__)


class _Reports(asyncio.Protocol):
    """Cuts what the process says into its reports."""

    def __init__(self, heard: Callable[[Report], None], gone: Callable[[], None]) -> None:
        self._heard, self._gone = heard, gone
        self._frames = Frames()

    def data_received(self, data: bytes) -> None:
        for report in self._frames.feed(data):
            self._heard(report)

    def connection_lost(self, error: Exception | None) -> None:  # noqa: ARG002 - how is told by its exit code
        self._gone()


# -- in the process ------------------------------------------------------------------------------------------------


def _leave_with(work: Callable[..., None], *told: object) -> None:
    code = os.EX_SOFTWARE
    try:
        work(*told)
        code = os.EX_OK
    except BaseException:
        log.exception("the committing process failed")
    finally:
        os._exit(code)  # nothing that the daemon has begun is this process's to end


def _close_all_but(*kept: int) -> None:
    """Let go of what is the daemon's: the sockets that systemd opened, its end of the pipes."""
    first = 3
    for each in sorted(kept):
        os.closerange(first, each)
        first = each + 1
    os.closerange(first, os.sysconf("SC_OPEN_MAX"))


class _Batches:
    """What comes down the pipe."""

    def __init__(self, down: int) -> None:
        self._down = down
        self._frames = Frames()
        self._looks = select.poll()
        self._looks.register(down, select.POLLIN)

    def some(self) -> list[Any]:
        """At least one frame, and what else is here, as far as it may be in one commit; nothing at the end."""
        found: list[Any] = []
        size, mails = 0, 0
        while not found or (mails < BATCH and size < BATCH_BYTES and self._looks.poll(0)):
            data = os.read(self._down, PIPE_BYTES)
            if not data:
                break
            size += len(data)
            for frame in self._frames.feed(data):
                mails += len(frame)
                found.append(frame)
        return found


def _commit_all(down: int, up: int) -> None:
    # ^C in a terminal reaches every process of the group; the end of the pipe alone decides when to stop.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    give_back_what_is_freed()
    whole = Lock()

    def tell(report: Report) -> None:
        # Without a reader the daemon is gone; what it sent is committed all the same.
        with whole, contextlib.suppress(BrokenPipeError):
            content = memoryview(framed(report))
            while content:
                content = content[os.write(up, content) :]

    batches = _Batches(down)
    told, *ahead = batches.some() or [None]
    if told is None:
        return  # the daemon could not start
    configure(told.log_format, told.log_level)
    committer = Committer(open_engine(told.database), tell)
    frames = ahead or batches.some()
    while frames:
        committer.commit([(number, NewMail(*mail)) for frame in frames for number, *mail in frame])
        frames = batches.some()
    committer.close()
