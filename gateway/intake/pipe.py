"""The loop's ends of two pipes. Neither waits for the other side.

uvloop's own transports close the descriptor of a pipe twice: between the two another thread may have opened a file
that now has its number (uvloop 0.23, `UVSocketHandle._close`; for sockets it is right).
"""

import asyncio
import os
from collections.abc import Callable

from gateway.intake.committing import READ_BYTES


class Writing:
    """What is said down a pipe. Belongs to the loop."""

    def __init__(self, loop: asyncio.AbstractEventLoop, descriptor: int) -> None:
        os.set_blocking(descriptor, False)
        self._loop = loop
        self._descriptor: int | None = descriptor
        self._left = bytearray()
        self._is_last = False

    def write(self, data: bytes) -> None:
        """Say it, at once as far as the pipe takes it. What nobody reads any more is dropped."""
        if self._descriptor is None or self._is_last:
            return
        written = 0
        if not self._left:
            written = self._written(data)
            if written < len(data):
                self._loop.add_writer(self._descriptor, self._write_on)
        self._left += memoryview(data)[written:]

    def close(self) -> None:
        """Once all that was said is written."""
        self._is_last = True
        if not self._left:
            self.abort()

    def abort(self) -> None:
        """At once, as the system does to a process that ends."""
        descriptor, self._descriptor = self._descriptor, None
        if descriptor is None:
            return
        if self._left:
            self._loop.remove_writer(descriptor)
            self._left.clear()
        os.close(descriptor)

    def _write_on(self) -> None:
        del self._left[: self._written(self._left)]
        if self._left or self._descriptor is None:
            return
        self._loop.remove_writer(self._descriptor)
        if self._is_last:
            self.abort()

    def _written(self, data: bytes | bytearray) -> int:
        """How much of it the pipe took; all, when nobody reads any more: then it is closed."""
        assert self._descriptor is not None
        try:
            return os.write(self._descriptor, data)
        except BlockingIOError:
            return 0
        except OSError:
            self.abort()
            return len(data)


class Reading:
    """What is heard from a pipe: `heard` is told each piece, `ended` comes after the last. Belongs to the loop."""

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        descriptor: int,
        heard: Callable[[bytes], None],
        ended: Callable[[], None],
    ) -> None:
        os.set_blocking(descriptor, False)
        self._loop = loop
        self._descriptor = descriptor
        self._heard = heard
        self._ended = ended
        loop.add_reader(descriptor, self._read)

    def _read(self) -> None:
        try:
            data = os.read(self._descriptor, READ_BYTES)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if data:
            self._heard(data)
            return
        self._loop.remove_reader(self._descriptor)
        os.close(self._descriptor)
        self._ended()
