"""The PROXY header: who the client of a proxy is, believed from trusted networks only.

https://www.haproxy.org/download/3.0/doc/proxy-protocol.txt, versions 1 and 2.
"""

import math

from aiosmtpd.proxy_protocol import AF, V2_CMD, get_proxy

from gateway.smtp.wire import ClientLeft, UnterminatedError, Wire

LONGEST = 107
"""Bytes of the longest header of version 1, its line end with it."""


class BadHeaderError(Exception):
    """A trusted proxy sent no PROXY header, or one that cannot be read."""


class _Reader:
    """A wire as aiosmtpd reads a header from it."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    async def read(self, num_bytes: int | None = None) -> bytes:
        return await self._wire.some(num_bytes or LONGEST, math.inf)

    async def readexactly(self, n: int) -> bytes:
        read = b""
        while len(read) < n:
            read += await self._wire.some(n - len(read), math.inf)
        return read

    async def readuntil(self, until_chars: bytes | None = None) -> bytes:  # noqa: ARG002 - it asks for lines alone
        return await self._wire.line(LONGEST, math.inf)


async def read_client(wire: Wire) -> str | None:
    """The client's IP address; None when the proxy speaks for itself (LOCAL, UNKNOWN) or for a local socket.

    Raises BadHeaderError; a proxy that leaves sent a bad header.
    """
    try:
        header = await get_proxy(_Reader(wire))
    except ClientLeft:
        raise BadHeaderError("the proxy left before its header") from None
    except UnterminatedError:
        raise BadHeaderError("the header has no end") from None
    if not header.valid:
        raise BadHeaderError(header.error)
    if header.command == V2_CMD.LOCAL or header.family not in (AF.INET, AF.INET6):
        return None
    return str(header.src_addr)
