"""The PROXY header: who the client of a proxy is, believed from trusted networks only.

https://www.haproxy.org/download/3.0/doc/proxy-protocol.txt, versions 1 and 2.
"""

import asyncio

from aiosmtpd.proxy_protocol import AF, V2_CMD, get_proxy


class BadHeaderError(Exception):
    """A trusted proxy sent no PROXY header, or one that cannot be read."""


async def read_client(reader: asyncio.StreamReader) -> str | None:
    """The client's IP address; None when the proxy speaks for itself (LOCAL, UNKNOWN) or for a local socket.

    Raises BadHeaderError. EOF counts as a bad header.
    """
    try:
        header = await get_proxy(reader)
    except asyncio.IncompleteReadError:
        raise BadHeaderError("the proxy left before its header") from None
    if not header.valid:
        raise BadHeaderError(header.error)
    if header.command == V2_CMD.LOCAL or header.family not in (AF.INET, AF.INET6):
        return None
    return str(header.src_addr)
