"""The client's bytes, cut into command lines and messages, with memory bounded at every step."""

import asyncio
import contextlib
import math
from collections.abc import Callable

from gateway.smtp.buffers import READ, ROOM
from gateway.smtp.message import Message

AHEAD = 16_384
"""Bytes held of what a client sends ahead while commands are awaited: beyond it the network keeps them."""

AT_ONCE = 65_536
"""Bytes read at a time while commands are awaited."""

TICK = 0.001
"""Seconds: what a timer may be early by."""


class ClientLeft(Exception):  # noqa: N818 - it may
    """The client closed the connection, or it broke."""


class UnterminatedError(Exception):
    """More bytes without a line end than any command has, or more commands at once than a client may send ahead."""


class Wire:
    """What a client sends: fed by the protocol, read by one reader at a time; what is read too far stays for later.

    Times are the loop's, in seconds. A reader that waits beyond its deadline gets TimeoutError, and may read on.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._held = bytearray()
        self._message: Message | None = None
        self._heard: Callable[[int], float] = lambda _: math.inf
        self._came = 0
        self._failed: Exception | None = None
        self._transport: asyncio.ReadTransport | None = None
        self._paused = False
        self._ended = self._is_cut = False
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

    def place(self) -> memoryview:
        """Where the transport reads to: a little at a time where it is held here."""
        return READ.place[: AT_ONCE if self._message is None else self._message.at_once]

    def read(self, size: int) -> bytes:
        """So many bytes have come into the buffer: a part of the message under way, or they are returned."""
        if self._message is None:
            return bytes(READ.place[:size])
        self._take(size)
        return b""

    def feed(self, data: bytes) -> None:
        """Bytes have come."""
        while data and self._message is not None:
            size = min(len(data), self._message.at_once)
            READ.place[:size] = data[:size]
            data = data[size:]
            self._take(size)
        if not data or self._is_cut:
            return
        self._held += data
        if self._waiter is not None:
            self._wake()
        if len(self._held) > AHEAD:
            self._pause()

    def _take(self, size: int) -> None:
        """The message goes on in the buffer. What is after its end is held for later."""
        message = self._message
        assert message is not None
        # Looked at here, too: whoever sends without a pause would keep the timer from finding anybody who waits.
        if self._loop.time() >= self._due:
            self._wake(TimeoutError())
        buffer, start, end = READ.current, ROOM - len(message.tail), ROOM + size
        buffer[start:ROOM] = message.tail
        try:
            rest = message.take(buffer, start, end)
        except Exception as error:  # noqa: BLE001 - it is the reader's, who may not wait yet
            self._message, self._failed = None, error
            self._wake()
            return
        if rest < 0:
            self._due = self._heard(size)
            self._came += size
            if self._came >= message.at_once and not self._paused:
                self._pause()
                self._loop.call_soon(self._go_on)
            return
        self._message = None
        # Commands may follow at once (RFC 2920 3.1), and not half a megabyte of them, which nobody would account for.
        self._is_cut = end - rest > AT_ONCE
        self._held += buffer[rest : min(end, rest + AT_ONCE)]
        self._wake()
        if len(self._held) > AHEAD:
            self._pause()

    def _pause(self) -> None:
        if not self._paused and self._transport is not None:
            self._transport.pause_reading()
            self._paused = True

    def _go_on(self) -> None:
        """The others have had their turn."""
        self._came = 0
        if self._message is not None:
            self._resume()

    def _resume(self) -> None:
        if self._paused and self._transport is not None:
            self._transport.resume_reading()
            self._paused = False

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

        Raises UnterminatedError when `limit` bytes hold no LF, or after what is held of too many commands;
        ClientLeft, TimeoutError.
        """
        held, searched = self._held, 0
        while (end := held.find(b"\n", searched)) < 0:
            searched = len(held)
            if searched > limit or self._is_cut:
                raise UnterminatedError
            await self._more(due)
            due = max(due, self._due)  # it may have been postponed
        self._hurried = False
        line = bytes(held[: end + 1])
        del held[: end + 1]
        return line

    async def data(self, message: Message, due: float, heard: Callable[[int], float]) -> None:
        """Read a message, which follows 354, to its end.

        The first bytes must come until `due`; `heard` is told how many have come, held or not, and says until when
        the next must. Raises ClientLeft, TimeoutError.
        """
        self._message = message
        self._heard = heard
        self._due = due
        try:
            self.feed(self.taken())
            if self._message is not None:
                await self._wait(self._due)
            if self._failed is not None:
                raise self._failed
            if self._message is not None:
                raise ClientLeft
        finally:
            self._message = self._failed = None

    async def left(self, due: float) -> None:
        """Read and forget until the client has left. Raises TimeoutError."""
        self._hurried = False
        with contextlib.suppress(ClientLeft):
            while True:
                self._held.clear()
                await self._more(due)

    async def _more(self, due: float) -> None:
        """Wait for more to be held. Raises ClientLeft, TimeoutError."""
        before = len(self._held)
        await self._wait(due)
        if len(self._held) == before:
            raise ClientLeft

    async def _wait(self, due: float) -> None:
        """Wait to be woken. Raises ClientLeft when nothing can come, TimeoutError."""
        if self._ended:
            raise ClientLeft
        # Looked at here, too: whoever sends without a pause would keep the timer from finding anybody who waits.
        if self._hurried or self._loop.time() >= due:
            self._hurried = False
            raise TimeoutError
        self._resume()
        self._arm(due)
        self._waiter = waiter = self._loop.create_future()
        try:
            await waiter
        finally:
            self._waiter = None
