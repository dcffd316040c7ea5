"""The client's bytes, cut into command lines and messages, with memory bounded at every step."""

import asyncio
import contextlib
import io
import math
import re
from collections.abc import Callable

AHEAD = 16_384
"""Bytes held of what a client sends ahead while commands are awaited: beyond it the network keeps them."""

CHUNK = 262_144
"""The same within a message: as much as is read at a time, so that large mail does not come in small pieces."""

END_OF_DATA = b"\r\n.\r\n"

_DOTTED_LINE = re.compile(rb"\r\n\.")  # less than half the time of bytes.find

TICK = 0.001
"""Seconds: what a timer may be early by."""


class ClientLeft(Exception):  # noqa: N818 - it may
    """The client closed the connection, or it broke."""


class UnterminatedError(Exception):
    """More bytes without a line end than any command has."""


class TooBigError(Exception):
    """The message is larger than allowed. Its bytes were read up to its end and thrown away."""


class NoRoomError(Exception):
    """All messages together take the memory they may. The bytes were read up to the end and thrown away."""


class Wire:
    """What a client sends: fed by the protocol, read by one reader at a time; what is read too far stays for later.

    Times are the loop's, in seconds. A reader that waits beyond its deadline gets TimeoutError, and may read on.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._held = bytearray()
        self._most = AHEAD
        self._transport: asyncio.ReadTransport | None = None
        self._paused = False
        self._ended = False
        self._hurried = False
        self._waiter: asyncio.Future[None] | None = None
        # One timer for all deadlines. They move on with each command, and it looks only when it fires.
        self._due = math.inf
        self._timer: asyncio.TimerHandle | None = None
        self._timer_due = math.inf

    # -- the protocol's side -------------------------------------------------------------------------------

    def over(self, transport: asyncio.ReadTransport) -> None:
        """Read over this transport from now on."""
        self._transport, self._paused = transport, False

    def feed(self, data: bytes) -> None:
        """Bytes have come."""
        self._held += data
        if self._waiter is not None:
            self._wake()
        if len(self._held) > self._most and not self._paused and self._transport is not None:
            self._transport.pause_reading()
            self._paused = True

    def end(self) -> None:
        """No more will come."""
        self._ended = True
        if self._timer is not None:
            self._timer.cancel()
        self._wake()

    def is_idle(self) -> bool:
        """Whether somebody waits, and nothing of what they wait for is here."""
        return self._waiter is not None and not self._held

    def postpone(self, due: float) -> None:
        """Give whoever waits until then, which is later than so far."""
        self._due = due

    def fail(self, error: Exception) -> None:
        """Let whoever waits have this error."""
        self._wake(error)

    def hurry(self) -> None:
        """Let whoever waits for a line wait no longer, unless it is here."""
        if self._waiter is not None:
            self._wake(TimeoutError())
        else:
            self._hurried = True

    def _wake(self, error: Exception | None = None) -> None:
        waiter, self._waiter = self._waiter, None
        if waiter is None or waiter.done():
            return
        if error is None:
            waiter.set_result(None)
        else:
            waiter.set_exception(error)

    def _arm(self, due: float) -> None:
        self._due = due
        if due < self._timer_due:
            if self._timer is not None:
                self._timer.cancel()
            self._timer, self._timer_due = self._loop.call_at(due, self._tick), due

    def _tick(self) -> None:
        self._timer, self._timer_due = None, math.inf
        if self._waiter is None:
            return
        if self._due - self._loop.time() > TICK:
            self._arm(self._due)
        else:
            self._wake(TimeoutError())

    # -- the reader's side ---------------------------------------------------------------------------------

    def has_line(self) -> bool:
        """Whether a command is here already: a pipelining client waits for no reply yet (RFC 2920)."""
        return b"\n" in self._held

    def taken(self) -> bytes:
        """All that is here."""
        taken = bytes(self._held)
        self._held.clear()
        return taken

    async def some(self, most: int, due: float) -> bytes:
        """At least one byte, `most` at the most. Raises ClientLeft, TimeoutError."""
        while not self._held:
            await self._more(due)
        taken = bytes(self._held[:most])
        del self._held[:most]
        return taken

    async def line(self, limit: int, due: float) -> bytes:
        """The next line with its end, whatever its end is. Holds at most `limit` bytes and what came at once.

        Raises UnterminatedError when `limit` bytes hold no LF, ClientLeft, TimeoutError.
        """
        held, searched = self._held, 0
        while (end := held.find(b"\n", searched)) < 0:
            searched = len(held)
            if searched > limit:
                raise UnterminatedError
            await self._more(due)
            due = max(due, self._due)  # it may have been postponed
        self._hurried = False
        line = bytes(held[: end + 1])
        del held[: end + 1]
        return line

    async def data(
        self,
        limit: int,
        due: float,
        heard: Callable[[int], float],
        grow: Callable[[int], bool],
        forgotten: Callable[[], None] = lambda: None,
    ) -> bytes:
        """The message that follows 354, without the dots that made its lines transparent (RFC 5321 4.5.2).

        Nothing but CRLF.CRLF ends it. At most `limit` bytes are returned. The first bytes must come until `due`;
        `heard` is told how many have come, held or not, and says until when the next must. `grow` is asked for leave
        to hold so many bytes more. `forgotten` is called when nothing is held any more: at once, not at the end, or a
        crowd that has no room together would be refused to the last.
        Raises TooBigError or NoRoomError once the end was read, ClientLeft, TimeoutError.
        """
        self._most = CHUNK
        try:
            return await self._data(limit, due, heard, grow, forgotten)
        finally:
            self._most = AHEAD

    async def _data(
        self,
        limit: int,
        due: float,
        heard: Callable[[int], float],
        grow: Callable[[int], bool],
        forgotten: Callable[[], None],
    ) -> bytes:
        held = self._held
        # The CRLF of the DATA line stands before a dot on the first line (RFC 5321 4.1.1.4).
        held[:0] = b"\r\n"
        # A BytesIO gives its bytes away without copying them: the message is in memory once.
        content = io.BytesIO()
        skip = 2  # that CRLF is not the message's; it is never cut in two
        error: type[TooBigError | NoRoomError] | None = None if grow(len(held)) else NoRoomError
        while True:
            # One look for both: the end begins as a line with a dot does. What is large has no dots: base64.
            dotted = _DOTTED_LINE.search(held) if b"." in held else None
            dot = dotted.start() if dotted is not None else -1
            end = held.find(END_OF_DATA, dot) if dot >= 0 else -1
            # Undone piece by piece as they come: at the end of a large message every session would wait for it.
            size = _end_of_piece(held) if end < 0 else end + 2
            if error is None and size:
                _write(content, held, skip, size, dotted=0 <= dot < end if end >= 0 else dot >= 0)
                skip = 0
                if content.tell() > limit:
                    error = TooBigError
            del held[:size]
            if error is not None and not content.closed:
                content.close()
                forgotten()
            if end >= 0:
                break
            size = await self._more(due)
            due = heard(size)
            if error is None and not grow(size):
                error = NoRoomError
        del held[: len(END_OF_DATA) - 2]
        if error is not None:
            raise error
        return content.getvalue()

    async def left(self, due: float) -> None:
        """Read and forget until the client has left. Raises TimeoutError."""
        self._hurried = False
        with contextlib.suppress(ClientLeft):
            while True:
                self._held.clear()
                await self._more(due)

    async def _more(self, due: float) -> int:
        """Wait for more; how many bytes have come."""
        if self._ended:
            raise ClientLeft
        # Looked at here, too: whoever sends without a pause would keep the timer from finding anybody who waits.
        if self._hurried or self._loop.time() >= due:
            self._hurried = False
            raise TimeoutError
        if self._paused and self._transport is not None:
            self._transport.resume_reading()
            self._paused = False
        before = len(self._held)
        self._arm(due)
        self._waiter = waiter = self._loop.create_future()
        try:
            await waiter
        finally:
            self._waiter = None
        if len(self._held) == before:
            raise ClientLeft
        return len(self._held) - before


def _write(content: io.BytesIO, held: bytearray, start: int, end: int, *, dotted: bool) -> None:
    """Add a piece, without the dots of transparency if it is `dotted`. Most mail has none, and is not copied."""
    if not dotted:
        with memoryview(held) as whole:
            content.write(whole[start:end])
    else:
        content.write(held[:end].replace(b"\r\n.", b"\r\n")[start:])


def _end_of_piece(held: bytearray) -> int:
    """How many bytes can be taken by themselves: what may be half of a doubled dot or of the end stays."""
    end = max(0, len(held) - len(END_OF_DATA) + 1)
    if held.endswith(b"\r\n", 0, end):
        return end - 2
    return end - held.endswith(b"\r", 0, end)
