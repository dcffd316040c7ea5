"""Bare CR and LF in a message, found and mended a slice at a time: 25 MiB at once would hold up every session."""

import asyncio
import io
from collections.abc import Iterator

SLICE = 1024 * 1024
"""Bytes looked at before other sessions get their turn: about two milliseconds."""


async def has_bare_newline(raw: bytes) -> bool:
    """Whether a CR or LF stands alone (RFC 5321 2.3.8)."""
    for start, end in _slices(raw):
        pairs = raw.count(b"\r\n", start, end)
        if not raw.count(b"\n", start, end) == pairs == raw.count(b"\r", start, end):
            return True
        await asyncio.sleep(0)
    return False


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
