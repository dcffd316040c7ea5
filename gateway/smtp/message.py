"""The message that follows 354: from the pieces of the network to the bytes that are kept (RFC 5321 4.5.2).

A large one is handed on piece by piece while it comes, and is in memory for no longer than it takes to write it; an
S3-compatible store is given it as a whole, and it is in memory until it is kept there.
"""

import io
import re

from gateway import metrics
from gateway.intake.spool import Spool, Spooled
from gateway.smtp.buffers import CHUNK, READ
from gateway.smtp.gate import Share
from gateway.smtp.limits import Limits

END_OF_DATA = b"\r\n.\r\n"

END_OF_HEADER = b"\r\n\r\n"

LOOKED_AT = 65_536
"""Bytes that are made text at a time, for the library's own reader of line ends."""

PIECE = 65_536
"""Bytes that are worth handing on by themselves: smaller pieces are collected."""

MENDED_AT_ONCE = 131_072
"""Octets to read at a time when bare line ends are mended: two milliseconds where nothing but CR is."""

FEW = 64
"""Dots that are looked at one by one: those of a header, before an attachment that has none."""

_DOTTED_LINE = re.compile(rb"\r\n\.")  # less than half the time of bytes.find

_REGULAR = (None, "\r\n")


class TooBigError(Exception):
    """The message is larger than allowed. Its bytes were read up to its end and thrown away."""


class NoRoomError(Exception):
    """All messages together take what they may. The bytes were read up to the end and thrown away."""


class Message:
    """One message, taken piece by piece, without the dots that made its lines transparent.

    Nothing but CRLF.CRLF ends it (RFC 5321 4.1.1.4). `share` is asked for leave for every octet, and given back what
    is not held any more: at once, not at the end, or a crowd that has no room together would be refused to the last.
    With `mend` every bare CR or LF becomes CRLF.
    """

    def __init__(self, limits: Limits, share: Share, spool: Spool, *, mend: bool = False) -> None:
        self._limits = limits
        self._share = share
        self._spool = spool
        self._mend = mend
        self.at_once = MENDED_AT_ONCE if mend else CHUNK
        """Octets to read at a time."""
        self._size = 0
        # A BytesIO gives its bytes away without copying them: the message is in memory once.
        self._content = io.BytesIO()
        self._spooled: Spooled | None = None
        self._head = bytearray()
        self._has_head = False
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
        if self._error is None and not self._share.grow(end - start - len(self.tail)):
            self._fail(NoRoomError)
        # One look for both: the end begins as a line with a dot does.
        dot = _dotted_line(buffer, start, end)
        ended = buffer.find(END_OF_DATA, dot, end) if dot >= 0 else -1
        stop = ended + 2 if ended >= 0 else _end_of_piece(buffer, start, end)
        if self._error is None:
            self._write(buffer, start, stop, dotted=0 <= dot < ended if ended >= 0 else dot >= 0)
        if ended >= 0:
            self._hand_on()
            return ended + len(END_OF_DATA)
        self.tail = bytes(buffer[stop:end])
        return -1

    def content(self) -> bytes | Spooled:
        """All of it, once it has ended. Raises TooBigError, NoRoomError."""
        if self._error is not None:
            raise self._error
        return self._content.getvalue() if self._spooled is None else self._spooled

    def head(self) -> bytes:
        """Its header, with what follows or without; or one octet at least more of it than a header may have.

        Once it has ended, and only once: what may be large is not held while the message is being kept.
        """
        if self._spooled is None:
            return self._content.getvalue()
        head, self._head = bytes(self._head), bytearray()
        return head

    def has_bare_newline(self) -> bool:
        """Whether a CR or LF stands alone in it (RFC 5321 2.3.8), once it has ended; never when they are mended."""
        self._line_ends.decode("", final=True)  # of a CR at the end it waited for the LF
        return self._line_ends.newlines not in _REGULAR

    def discard(self) -> None:
        """Nobody needs it any more, unless it is being kept."""
        if self._spooled is not None:
            self._spooled.discard()

    def _fail(self, error: type[TooBigError | NoRoomError]) -> None:
        self._error = error
        self._content.close()
        self._head = bytearray()
        self.discard()
        self._share.shrink()

    def _write(self, buffer: bytearray, start: int, end: int, *, dotted: bool) -> None:
        """Add a piece, without the dots of transparency if it is `dotted`. Most mail has none, and is not copied."""
        if dotted:
            buffer = buffer[start:end].replace(b"\r\n.", b"\r\n")
            start, end = 0, len(buffer)
        if start == end:
            return
        start, self._skip = start + self._skip, 0  # that CRLF is never cut in two
        self._size += end - start
        if self._size > self._limits.message_bytes:
            self._fail(TooBigError)
            return
        if self._mend:
            whole = _mended(buffer[start:end])
            if not self._share.grow(max(0, len(whole) - (end - start))):
                self._fail(NoRoomError)
                return
            buffer, start, end = whole, 0, len(whole)
        else:
            self._note_line_ends(buffer, start, end)
        self._add(buffer, start, end)

    def _note_line_ends(self, buffer: bytearray, start: int, end: int) -> None:
        if self._line_ends.newlines in _REGULAR:
            with memoryview(buffer) as whole:
                for at in range(start, end, LOOKED_AT):
                    self._line_ends.decode(str(whole[at : min(at + LOOKED_AT, end)], "latin-1"))

    def _add(self, buffer: bytearray, start: int, end: int) -> None:
        if self._spooled is None:
            if self._content.tell() + end - start <= self._spool.inline_limit:
                self._collect(buffer, start, end)
                return
            self._spooled = self._spool.begin()
            if self._spooled is None:
                metrics.limit_hit("connections")
                self._fail(NoRoomError)
                return
            self._hand_on()
        if end - start < PIECE:
            self._collect(buffer, start, end)
            if self._content.tell() >= PIECE:
                self._hand_on()
            return
        self._hand_on()
        self._note_head(buffer, start, end)
        piece = memoryview(buffer)[start:end]
        if buffer is not READ.current:
            self._spooled.add(piece)
        elif READ.give_away():
            try:
                self._spooled.add(piece, lambda: READ.back(buffer))
            except BaseException:
                READ.back(buffer)
                raise
        else:
            self._spooled.add(bytes(piece))

    def _collect(self, buffer: bytearray, start: int, end: int) -> None:
        with memoryview(buffer) as whole:
            self._content.write(whole[start:end])

    def _hand_on(self) -> None:
        """Hand on what was collected, if it goes on to somebody."""
        if self._spooled is not None and self._error is None and self._content.tell():
            collected = self._content.getvalue()
            self._note_head(collected, 0, len(collected))
            self._spooled.add(collected)
            self._content = io.BytesIO()

    def _note_head(self, piece: bytes | bytearray, start: int, end: int) -> None:
        end = min(end, start + self._limits.header_bytes + len(END_OF_HEADER) - len(self._head))
        if self._has_head or end <= start:
            return
        # One that two pieces share is found by who reads the header.
        at = piece.find(END_OF_HEADER, start, end)
        self._has_head = at >= 0
        self._head += piece[start : end if at < 0 else at + len(END_OF_HEADER)]


def _dotted_line(buffer: bytearray, start: int, end: int) -> int:
    """Where the first line ends that has a dot after it; -1 when there is none."""
    dot = start + 1
    for _ in range(FEW):
        dot = buffer.find(b".", dot + 1, end)
        if dot < 0:
            return -1
        if buffer.startswith(b"\r\n", dot - 2, dot):
            return dot - 2
    found = _DOTTED_LINE.search(buffer, dot + 1, end)
    return found.start() if found is not None else -1


def _mended(piece: bytearray) -> bytearray:
    """The piece with CRLF for every bare CR and LF. It ends with no CR whose LF is still to come."""
    # By the library's own reader of line ends: half the time of three replacements.
    reader = io.IncrementalNewlineDecoder(None, translate=True)
    text = reader.decode(str(piece, "latin-1"), final=True)
    return bytearray(text.replace("\n", "\r\n"), "latin-1")


def _end_of_piece(buffer: bytearray, start: int, end: int) -> int:
    """Up to where it can be taken by itself: what may be half of a doubled dot or of the end stays."""
    stop = max(start, end - len(END_OF_DATA) + 1)
    if buffer.endswith(b"\r\n", start, stop):
        return stop - 2
    return stop - buffer.endswith(b"\r", start, stop)
