"""The message that follows 354: from the pieces of the network to the bytes that are kept (RFC 5321 4.5.2)."""

import io
import re
from collections.abc import Callable

END_OF_DATA = b"\r\n.\r\n"

LOOKED_AT = 65_536
"""Bytes that are made text at a time, for the library's own reader of line ends."""

_DOTTED_LINE = re.compile(rb"\r\n\.")  # less than half the time of bytes.find

_REGULAR = (None, "\r\n")


class TooBigError(Exception):
    """The message is larger than allowed. Its bytes were read up to its end and thrown away."""


class NoRoomError(Exception):
    """All messages together take the memory they may. The bytes were read up to the end and thrown away."""


class Message:
    """One message, taken piece by piece, without the dots that made its lines transparent.

    Nothing but CRLF.CRLF ends it (RFC 5321 4.1.1.4). At most `limit` bytes are held. `grow` is asked for leave to
    hold so many bytes more; `forgotten` is called when nothing is held any more: at once, not at the end, or a crowd
    that has no room together would be refused to the last.
    """

    def __init__(self, limit: int, grow: Callable[[int], bool], forgotten: Callable[[], None]) -> None:
        self._limit = limit
        self._grow = grow
        self._forgotten = forgotten
        # A BytesIO gives its bytes away without copying them: the message is in memory once.
        self._content = io.BytesIO()
        self._error: type[TooBigError | NoRoomError] | None = None
        # Notes which line ends it has met, also across pieces, in a quarter of the time that three counts take.
        self._line_ends = io.IncrementalNewlineDecoder(None, translate=False)
        # The CRLF of the DATA line stands before a dot on the first line, and is not the message's.
        self.tail = b"\r\n"
        self._skip = 2

    def take(self, buffer: bytearray, start: int, end: int) -> int:
        """Take the octets there, the first of which are the `tail` of those before; what stands after the end of the
        message begins at the place returned, which is -1 as long as there is none.
        """
        if self._error is None and not self._grow(end - start - len(self.tail)):
            self._error = NoRoomError
        # One look for both: the end begins as a line with a dot does. What is large has no dots: base64.
        dotted = _DOTTED_LINE.search(buffer, start, end) if buffer.find(b".", start, end) >= 0 else None
        dot = dotted.start() if dotted is not None else -1
        ended = buffer.find(END_OF_DATA, dot, end) if dot >= 0 else -1
        stop = ended + 2 if ended >= 0 else _end_of_piece(buffer, start, end)
        if self._error is None:
            self._write(buffer, start, stop, dotted=0 <= dot < ended if ended >= 0 else dot >= 0)
            if self._content.tell() > self._limit:
                self._error = TooBigError
        if self._error is not None and not self._content.closed:
            self._content.close()
            self._forgotten()
        if ended >= 0:
            return ended + len(END_OF_DATA)
        self.tail = bytes(buffer[stop:end])
        return -1

    def content(self) -> bytes:
        """All of it, once it has ended. Raises TooBigError, NoRoomError."""
        if self._error is not None:
            raise self._error
        return self._content.getvalue()

    def has_bare_newline(self) -> bool:
        """Whether a CR or LF stands alone in it (RFC 5321 2.3.8), once it has ended."""
        self._line_ends.decode("", final=True)  # of a CR at the end it waited for the LF
        return self._line_ends.newlines not in _REGULAR

    def _write(self, buffer: bytearray, start: int, end: int, *, dotted: bool) -> None:
        """Add a piece, without the dots of transparency if it is `dotted`. Most mail has none, and is not copied."""
        if dotted:
            buffer = buffer[start:end].replace(b"\r\n.", b"\r\n")
            start, end = 0, len(buffer)
        if start == end:
            return
        start, self._skip = start + self._skip, 0  # that CRLF is never cut in two
        with memoryview(buffer) as whole:
            self._content.write(whole[start:end])
            if self._line_ends.newlines in _REGULAR:
                for at in range(start, end, LOOKED_AT):
                    self._line_ends.decode(str(whole[at : min(at + LOOKED_AT, end)], "latin-1"))


def _end_of_piece(buffer: bytearray, start: int, end: int) -> int:
    """Up to where it can be taken by itself: what may be half of a doubled dot or of the end stays."""
    stop = max(start, end - len(END_OF_DATA) + 1)
    if buffer.endswith(b"\r\n", start, stop):
        return stop - 2
    return stop - buffer.endswith(b"\r", start, stop)
