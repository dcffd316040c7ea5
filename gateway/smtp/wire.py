"""The client's bytes, cut into command lines and messages, with memory bounded at every step."""

import asyncio
import contextlib
import io
from collections.abc import Callable

CHUNK = 65_536
"""Bytes asked for at a time: large enough that Python's cost a read does not count for large mail."""

FEW = 4096
"""Bytes asked for where commands are awaited: what a client sends ahead stays where it is bounded, in the stream."""

END_OF_DATA = b"\r\n.\r\n"


class ClientLeft(Exception):  # noqa: N818 - it may
    """The client closed the connection, or it broke."""


class UnterminatedError(Exception):
    """More bytes without a line end than any command has."""


class TooBigError(Exception):
    """The message is larger than allowed. Its bytes were read up to its end and thrown away."""


class NoRoomError(Exception):
    """All messages together take the memory they may. The bytes were read up to the end and thrown away."""


class Wire:
    """Reads from a stream. One reader at a time; bytes read too far stay for the next call."""

    def __init__(self, reader: asyncio.StreamReader) -> None:
        self._reader = reader
        self._held = bytearray()

    def has_line(self) -> bool:
        """Whether a command is here already: a pipelining client waits for no reply yet (RFC 2920)."""
        return b"\n" in self._held

    def discard(self) -> None:
        """Forget what was read too far: plaintext must not pass for what came by TLS (RFC 3207 section 6)."""
        self._held.clear()

    async def line(self, limit: int) -> bytes:
        """The next line with its end, whatever its end is. Holds at most `limit` bytes and one chunk.

        Raises UnterminatedError when `limit` bytes hold no LF, ClientLeft.
        """
        searched = 0
        while (end := self._held.find(b"\n", searched)) < 0:
            searched = len(self._held)
            if searched > limit:
                raise UnterminatedError
            await self._more(FEW)
        line = bytes(self._held[: end + 1])
        del self._held[: end + 1]
        return line

    async def data(
        self,
        limit: int,
        grow: Callable[[int], bool],
        forgotten: Callable[[], None] = lambda: None,
        heard: Callable[[int], None] = lambda _size: None,
    ) -> bytes:
        """The message that follows 354, without the dots that made its lines transparent (RFC 5321 4.5.2).

        Nothing but CRLF.CRLF ends it. At most `limit` bytes are returned; `grow` is asked for leave to hold
        so many bytes more; `heard` is told how many have come, held or not. `forgotten` is called when nothing is
        held any more: at once, not at the end, or a crowd that has no room together would be refused to the last.
        Raises TooBigError or NoRoomError once the end was read, ClientLeft.
        """
        held = self._held
        # The CRLF of the DATA line stands before a dot on the first line (RFC 5321 4.1.1.4).
        held[:0] = b"\r\n"
        # A BytesIO gives its bytes away without copying them: the message is in memory once.
        content = io.BytesIO()
        skip = 2  # that CRLF is not the message's; it is never cut in two
        error: type[TooBigError | NoRoomError] | None = None if grow(len(held)) else NoRoomError
        while True:
            end = held.find(END_OF_DATA)
            # Undone piece by piece as they come: at the end of a large message every session would wait for it.
            piece = self._taken(_end_of_piece(held) if end < 0 else end + 2)
            if error is None:
                content.write(memoryview(piece)[skip:])
                skip = 0 if piece else skip
                if content.tell() > limit:
                    error = TooBigError
            if error is not None and not content.closed:
                content.close()
                forgotten()
            if end >= 0:
                break
            size = await self._more()
            heard(size)
            if error is None and not grow(size):
                error = NoRoomError
        del held[: len(END_OF_DATA) - 2]
        if error is not None:
            raise error
        return content.getvalue()

    async def end(self) -> None:
        """Read and forget until the client has left."""
        with contextlib.suppress(ClientLeft):
            while True:
                self._held.clear()
                await self._more()

    def _taken(self, size: int) -> bytearray:
        """So many of the bytes read so far, without the dots of transparency."""
        piece = self._held[:size].replace(b"\r\n.", b"\r\n")
        del self._held[:size]
        return piece

    async def _more(self, most: int = CHUNK) -> int:
        try:
            chunk = await self._reader.read(most)
        except ConnectionError:
            raise ClientLeft from None
        if not chunk:
            raise ClientLeft
        self._held += chunk
        return len(chunk)


def _end_of_piece(held: bytearray) -> int:
    """How many bytes can be taken by themselves: what may be half of a doubled dot or of the end stays."""
    end = max(0, len(held) - len(END_OF_DATA) + 1)
    if held.endswith(b"\r\n", 0, end):
        return end - 2
    return end - held.endswith(b"\r", 0, end)
