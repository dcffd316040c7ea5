"""Large mail on its way in: other threads write it to a blob while the rest of it still comes."""

import asyncio
import os
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from threading import Lock
from typing import TypeVar

from gateway.intake.strays import Strays
from storage.blobs import Blobs
from storage.errors import DiskFailed
from storage.incoming import Incoming

T = TypeVar("T")

MOST = 500
"""Mails that are written, or wait for their commit, at once: each is an open file."""

FEW = 2
"""Mails at once whose fsyncs are begun early. Of ten together the calls cost more than the waiting they save."""


class Spool:
    """Writes mails that are larger than `inline_limit` octets, `most` at once. Belongs to one loop.

    `alone`: no other gateway keeps mail in these blobs. Then a file that no commit took over is deleted at once; else
    it is left to `gateway.retention`. `failed` is called, from any thread, with what a disk said that did not take a
    write, even if nobody wants the mail.
    """

    def __init__(
        self,
        blobs: Blobs,
        inline_limit: int,
        *,
        most: int = MOST,
        alone: bool = True,
        failed: Callable[[Exception], None] = lambda _: None,
    ) -> None:
        self.inline_limit = inline_limit
        self.blobs = blobs
        self.strays = Strays(blobs) if alone and blobs.folder is not None else None
        self.failed = failed
        # Most of their time they wait for the disk; fsyncs that wait together are done together.
        self.threads = ThreadPoolExecutor((os.cpu_count() or 1) + 4, thread_name_prefix="spool")
        self._most = most
        self._open = 0
        self._lock = Lock()

    def begin(self) -> "Spooled | None":
        """One more mail; None when there are too many. Nothing is opened before its first piece is written."""
        with self._lock:
            if self._open >= self._most:
                return None
            self._open += 1
        return Spooled(self)

    def ended(self) -> None:
        """One is done, and its file closed. From any thread."""
        with self._lock:
            self._open -= 1

    def has_time(self) -> bool:
        """Whether so few come at once that it is their sender who waits for the disk, and not the processors."""
        return self._open <= FEW

    async def stop(self) -> None:
        """Write what is there, and take nothing more."""
        await asyncio.to_thread(self.threads.shutdown)


@dataclass(frozen=True, slots=True)
class _Piece:
    content: bytes | bytearray | memoryview
    written: Callable[[], None]


class Spooled:
    """One mail. Its pieces are written in order, one at a time; what goes wrong meanwhile is told by `put`."""

    def __init__(self, spool: Spool) -> None:
        self.size = 0
        self._spool = spool
        self._is_kept = False
        self._incoming: Incoming | None = None
        self._digest = ""
        self._error: Exception | None = None
        self._to_do: deque[_Piece | Callable[[], None]] = deque()
        self._is_busy = False
        self._lock = Lock()

    # -- the loop's side -----------------------------------------------------------------------------------

    def add(self, piece: bytes | bytearray | memoryview, written: Callable[[], None] = lambda: None) -> None:
        """It goes on with this; `written` is called once nobody needs it there any more, from any thread."""
        self.size += len(piece)
        self._do(_Piece(piece, written))

    def put(self) -> asyncio.Future[str]:
        """Have all of it kept durably; its digest in hex. From now on it is not discarded, but for `close` to end.

        Raises BlobsUnavailable; at once RuntimeError when no thread can be started.
        """
        put = self._told(self._put)
        self._is_kept = True
        return put

    def close(self, *, named: bool) -> asyncio.Future[None] | None:
        """Let go of it, after `put`. `named`: a row names the blob now; it is put back if it was erased meanwhile.

        There is nothing to wait for when it is known to be there. Raises BlobsUnavailable.
        """
        incoming, strays = self._incoming, self._spool.strays
        if not (named and strays and incoming and incoming.is_there()):
            try:
                return self._told(partial(self._close, named=named))
            except RuntimeError:  # no thread can be started
                self._close(named=named)
                return None
        strays.leave(self._digest, named=True)
        incoming.close()  # synced, and still there: nothing is left to do for it
        self._spool.ended()
        return None

    def discard(self) -> None:
        """Nobody wants it: what is not written yet is forgotten. Nothing happens to what is being kept already."""
        if self._is_kept:
            return
        self._is_kept = True
        with self._lock:
            dropped = list(self._to_do)
            self._to_do.clear()
        for piece in dropped:
            assert isinstance(piece, _Piece)
            piece.written()
        try:
            self._do(partial(self._close, named=False))
        except RuntimeError:  # there is no thread
            self._close(named=False)

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

    def _do(self, act: _Piece | Callable[[], None]) -> None:
        with self._lock:
            self._to_do.append(act)
            if self._is_busy:
                return
            self._is_busy = True
            try:
                self._spool.threads.submit(self._work)
            except RuntimeError:  # no thread can be started
                self._is_busy = False
                self._to_do.pop()
                raise

    # -- the side of a thread ------------------------------------------------------------------------------

    def _work(self) -> None:
        while (act := self._next()) is not None:
            if isinstance(act, _Piece):
                self._write(act)
            else:
                act()

    def _next(self) -> _Piece | Callable[[], None] | None:
        with self._lock:
            if self._to_do:
                return self._to_do.popleft()
            self._is_busy = False
            return None

    def _write(self, piece: _Piece) -> None:
        try:
            if self._error is None:
                if self._incoming is None:
                    self._incoming = self._spool.blobs.incoming()
                self._incoming.write(piece.content)
                if self._spool.has_time():
                    self._incoming.begin_sync()
        except Exception as error:  # noqa: BLE001 - for `put` to tell
            # Without the frames that hold the piece: until the collector comes it would not be let go.
            self._error = error.with_traceback(None)
            error.__cause__ = error.__context__ = None
            if isinstance(error, DiskFailed):
                self._spool.failed(error)
        finally:
            piece.written()

    def _put(self) -> str:
        if self._error is not None:
            raise self._error
        incoming, strays, blobs = self._incoming, self._spool.strays, self._spool.blobs
        assert incoming is not None  # it is larger than nothing
        digest = incoming.sha256
        if not strays:
            blobs.keep(incoming)
            return digest
        strays.enter(digest)
        self._digest = digest
        if not blobs.exists(digest):
            strays.made(digest)
        strays.put(digest, incoming.stamp)
        blobs.keep(incoming)
        return digest

    def _close(self, *, named: bool) -> None:
        incoming, strays = self._incoming, self._spool.strays
        try:
            if named and incoming:
                self._spool.blobs.assure(incoming)
        finally:
            if incoming:
                incoming.close()
            self._spool.ended()
            if self._digest and strays and strays.leave(self._digest, named=named):
                strays.delete(self._digest)
