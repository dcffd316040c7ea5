"""The process that commits: sessions and commits each have a processor, and an interpreter's lock of their own.

The daemon forks it before it has threads, a loop or sockets, while little is loaded. Frames go each way by a pipe:
first the database, then mails down, reports up. When the daemon is gone, the end of the pipe says so, and what has
come is committed still. Nothing large is imported here.
"""

import contextlib
import gc
import os
import pickle
import select
import signal
import traceback
from fcntl import F_SETPIPE_SZ, fcntl
from pathlib import Path
from threading import Lock
from typing import Any, NamedTuple

from gateway.intake.committer import BATCH, BATCH_BYTES, Committer, Report
from gateway.memory import give_back_what_is_freed
from storage.keeping import DriverShelf, Row

PIPE_BYTES = 1024 * 1024
"""What the pipe holds: the most that a process may have without privileges (pipe(7))."""

READ_BYTES = 64 * 1024
"""What is read from a pipe at a time. From 128 KiB on memory would be mapped anew each time (`gateway.memory`)."""

_DESCRIPTORS = 65_536
"""Beyond the highest that is open so early. Of what a container may allow some systems close a thousand million."""

_LENGTH = 4
"""Octets before each frame, which say how long it is."""


class Forked(NamedTuple):
    """The process, and this side's ends of the pipes: `down` to it, `up` from it."""

    pid: int
    down: int
    up: int

    def tell(self, database: str) -> None:
        """Say which SQLite file it is, before any mail. Raises BrokenPipeError when the process has ended."""
        os.write(self.down, framed(database))

    def dismiss(self) -> None:
        """Nothing is to be committed there."""
        os.close(self.down)
        os.close(self.up)
        with contextlib.suppress(ChildProcessError):  # where nobody waits for children
            os.waitpid(self.pid, 0)


def fork() -> Forked:
    """A process that will commit, once it is told where. Nothing else may run in this one yet."""
    down_reads, down = os.pipe()
    up, up_writes = os.pipe()
    with contextlib.suppress(OSError):  # an administrator may allow less
        fcntl(down, F_SETPIPE_SZ, PIPE_BYTES)
    gc.freeze()  # a look through what both have would make it two
    pid = os.fork()
    if pid == 0:
        _be_the_process(down_reads, up_writes)
    os.close(down_reads)
    os.close(up_writes)
    return Forked(pid, down, up)


class Frames:
    """Cuts what comes by a pipe into what was sent: objects that this program has pickled itself."""

    def __init__(self) -> None:
        self._held = bytearray()

    def feed(self, data: bytes) -> list[Any]:
        """The objects that are complete now."""
        come: bytes | bytearray = data
        if self._held:
            self._held += data
            if _end(self._held, 0) is None:
                return []
            come, self._held = self._held, bytearray()
        view, found, begin = memoryview(come), [], 0
        while (end := _end(view, begin)) is not None:
            found.append(pickle.loads(view[begin + _LENGTH : end]))  # noqa: S301 - from our own other half
            begin = end
        self._held += view[begin:]
        return found


def _end(data: bytes | bytearray | memoryview, begin: int) -> int | None:
    """Where the frame ends that begins there; None while it is not complete."""
    if len(data) - begin < _LENGTH:
        return None
    end = begin + _LENGTH + int.from_bytes(data[begin : begin + _LENGTH], "big")
    return end if end <= len(data) else None


def framed(what: object) -> bytes:
    """An object as it goes by the pipe."""
    content = pickle.dumps(what, pickle.HIGHEST_PROTOCOL)
    return len(content).to_bytes(_LENGTH, "big") + content


# -- in the process ------------------------------------------------------------------------------------------------


def _be_the_process(down: int, up: int) -> None:
    code = os.EX_SOFTWARE
    try:
        # ^C in a terminal reaches every process of the group; the end of the pipe alone decides when to stop.
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        with contextlib.suppress(OSError):  # as top(1) and killall(1) call it (proc(5)): at most 15 letters
            Path("/proc/self/comm").write_text("gateway-commits", "ascii")
        _close_all_but(down, up)
        give_back_what_is_freed()
        _commit_all(_Batches(down), _Mouth(up))
        code = os.EX_OK
    except BaseException:  # noqa: BLE001 - the daemon's part of the program must not go on in here
        traceback.print_exc()  # holds no values
    finally:
        os._exit(code)  # nothing that the daemon has begun is this process's to end


def _close_all_but(*kept: int) -> None:
    """Let go of what is the daemon's: the sockets that systemd opened, its ends of the pipes."""
    first = 3
    for each in sorted(kept):
        os.closerange(first, each)
        first = each + 1
    os.closerange(first, _DESCRIPTORS)


def _commit_all(batches: "_Batches", mouth: "_Mouth") -> None:
    database, *ahead = batches.some() or [None]
    if database is None:
        return  # the daemon could not start
    committer = Committer(DriverShelf(database), mouth.tell)
    frames = ahead or batches.some()
    while frames:
        committer.commit([(number, Row(*row)) for frame in frames for number, row in frame])
        frames = batches.some()
    committer.close()


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
            data = os.read(self._down, READ_BYTES)
            if not data:
                break
            size += len(data)
            for frame in self._frames.feed(data):
                mails += len(frame)
                found.append(frame)
        return found


class _Mouth:
    """Says reports up the pipe. May be used by several threads."""

    def __init__(self, up: int) -> None:
        self._up = up
        self._whole = Lock()

    def tell(self, report: Report) -> None:
        with self._whole:
            content = memoryview(framed(report))
            try:
                while content:
                    content = content[os.write(self._up, content) :]
            except BrokenPipeError:
                return  # the daemon is gone; what it sent is committed all the same
            except OSError:
                # Nobody can be told any more what is committed. The end of this process says so, to whom waits.
                os._exit(os.EX_IOERR)
