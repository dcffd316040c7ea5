"""Large mail on its way in: other threads write it to a blob while the rest of it still comes."""

import asyncio
import contextlib
import os
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from threading import Lock
from typing import TypeVar

from storage.blobs import Blobs
from storage.incoming import Incoming

T = TypeVar("T")


class Spool:
    """Writes mails that are larger than `inline_limit` octets. Belongs to one loop."""

    def __init__(self, blobs: Blobs, inline_limit: int) -> None:
        self.inline_limit = inline_limit
        self._blobs = blobs
        # Most of their time they wait for the disk; fsyncs that wait together are done together.
        self._threads = ThreadPoolExecutor((os.cpu_count() or 1) + 4, thread_name_prefix="spool")

    def begin(self) -> "Spooled":
        """One more mail. Nothing is opened before its first piece is written."""
        return Spooled(self._blobs, self._threads)

    async def stop(self) -> None:
        """Write what is there, and take nothing more."""
        await asyncio.to_thread(self._threads.shutdown)


class Spooled:
    """One mail. Its pieces are written in order, one at a time; what goes wrong meanwhile is told by `put`."""

    def __init__(self, blobs: Blobs, threads: ThreadPoolExecutor) -> None:
        self.size = 0
        self._blobs = blobs
        self._threads = threads
        self._is_kept = False
        self._incoming: Incoming | None = None
        self._error: Exception | None = None
        self._to_do: deque[Callable[[], None]] = deque()
        self._is_busy = False
        self._lock = Lock()

    # -- the loop's side -----------------------------------------------------------------------------------

    def add(self, piece: bytes | bytearray | memoryview, written: Callable[[], None] | None = None) -> None:
        """It goes on with this; `written` is called once nobody needs it there any more, from any thread."""
        self.size += len(piece)
        self._do(partial(self._write, piece, written))

    def put(self) -> asyncio.Future[tuple[str, bool]]:
        """Have all of it kept durably: its digest in hex, and whether there was such a blob before.

        Raises BlobsUnavailable. From now on it is not discarded, but for `close` to end.
        """
        self._is_kept = True
        return self._told(self._put)

    def is_there(self) -> bool:
        """Whether what was put is surely still under its digest. Asks no disk, and knows only of this machine."""
        return self._incoming is not None and self._incoming.is_there()

    def close(self, *, needed: bool) -> asyncio.Future[None]:
        """Let go of it, after `put`. If it is `needed`, put it back if it was erased meanwhile.

        Raises BlobsUnavailable.
        """
        return self._told(partial(self._close, needed=needed))

    def discard(self) -> None:
        """Nobody wants it. Nothing happens to what is being kept already."""
        if not self._is_kept:
            self._is_kept = True
            with contextlib.suppress(RuntimeError):  # no thread is left: it is swept later
                self._do(partial(self._close, needed=False))

    def _told(self, act: Callable[[], T]) -> asyncio.Future[T]:
        told: Future[T] = Future()
        told.set_running_or_notify_cancel()  # who waits may leave, and it is done all the same

        def do() -> None:
            try:
                done = act()
            except Exception as error:  # noqa: BLE001 - whatever it is, who waits for it hears of it
                told.set_exception(error)
            else:
                told.set_result(done)

        waiting = asyncio.wrap_future(told)
        self._do(do)
        return waiting

    def _do(self, act: Callable[[], None]) -> None:
        with self._lock:
            self._to_do.append(act)
            if self._is_busy:
                return
            self._is_busy = True
        self._threads.submit(self._work)

    # -- the side of a thread ------------------------------------------------------------------------------

    def _work(self) -> None:
        is_busy = True
        while is_busy:
            self._to_do.popleft()()
            with self._lock:
                is_busy = self._is_busy = bool(self._to_do)

    def _write(self, piece: bytes | bytearray | memoryview, written: Callable[[], None] | None) -> None:
        try:
            if self._error is None:
                self._opened().write(piece)
        except Exception as error:  # noqa: BLE001 - for `put` to tell
            self._error = error
        finally:
            if written is not None:
                written()

    def _opened(self) -> Incoming:
        if self._incoming is None:
            self._incoming = self._blobs.incoming()
        return self._incoming

    def _put(self) -> tuple[str, bool]:
        if self._error is not None:
            raise self._error
        incoming = self._opened()
        there = self._blobs.keep(incoming)
        return incoming.sha256, there

    def _close(self, *, needed: bool) -> None:
        incoming = self._incoming
        if incoming is None:
            return
        with contextlib.closing(incoming):
            if needed and not self._blobs.exists(incoming.sha256):
                self._blobs.put(incoming.content(), incoming.sha256)
