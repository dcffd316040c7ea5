"""Bare CR and LF in a message, found and mended a slice at a time: 25 MiB at once would hold up every session."""

import asyncio
import io
from collections.abc import Iterator

SLICE = 256 * 1024
"""Bytes before others get their turn: a tenth of a millisecond to look, four to mend where nothing but CR is."""

PIECE = 65_536
"""Bytes of it that are made text at a time, for the library's own reader of line ends."""

_REGULAR = (None, "\r\n")


async def has_bare_newline(raw: bytes) -> bool:
    """Whether a CR or LF stands alone (RFC 5321 2.3.8).

    `io.IncrementalNewlineDecoder` notes which line ends it has met, also across pieces, in a quarter of the time that
    three counts take.
    """
    met = io.IncrementalNewlineDecoder(None, translate=False)
    with memoryview(raw) as whole:
        for start in range(0, len(raw), SLICE):
            for at in range(start, min(start + SLICE, len(raw)), PIECE):
                met.decode(str(whole[at : min(at + PIECE, start + SLICE)], "latin-1"))
            if met.newlines not in _REGULAR:
                return True
            await asyncio.sleep(0)
    met.decode("", final=True)  # of a CR at the end it waited for the LF
    return met.newlines not in _REGULAR


async def normalized(raw: bytes) -> bytes:
    """The message with CRLF for every bare CR and LF."""
    mended = io.BytesIO()  # gives its bytes away without copying them
    for start, end in _slices(raw):
        mended.write(raw[start:end].replace(b"\r\n", b"\n").replace(b"\r", b"\n").replace(b"\n", b"\r\n"))
        await asyncio.sleep(0)
    return mended.getvalue()


def _slices(raw: bytes) -> Iterator[tuple[int, int]]:
    """Where each slice starts and ends; none ends between CR and LF."""
    start = 0
    while start < len(raw):
        end = start + SLICE
        end += raw[end - 1 : end + 1] == b"\r\n"
        yield start, end
        start = end
