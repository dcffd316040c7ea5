"""Sockets to listen on: TCP ports and Unix sockets, bound as the configuration names them."""

import asyncio
import contextlib
import os
import socket
import stat
from collections.abc import Iterator, Sequence
from pathlib import Path

from gateway.config.values import Listen

UNIX_MODE = 0o660
"""A Unix socket is for its owner and its group: put the user of whoever connects into the group."""


BACKLOG = 128
"""Connections the kernel holds until they are accepted, where nobody says otherwise."""


class ListenError(Exception):
    """A socket cannot be opened. The text says which one and why."""


async def bound(place: Listen) -> list[socket.socket]:
    """The sockets of a place, bound and not listening yet. Raises ListenError."""
    try:
        return [_unix_socket(Path(place.path))] if place.path else await _tcp_sockets(place)
    except OSError as error:
        raise ListenError(f"cannot listen on {place}: {error.strerror or error}") from None


@contextlib.contextmanager
def listening(sockets: Sequence[socket.socket]) -> Iterator[Sequence[socket.socket]]:
    """The sockets, listening: who connects waits until somebody accepts. Closed at the end, if nobody did before."""
    with contextlib.ExitStack() as stack:
        for sock in sockets:
            stack.enter_context(sock)
        try:
            for sock in sockets:
                sock.listen(BACKLOG)
        except OSError as error:
            raise ListenError(
                f"cannot listen on {written(sockets[0].getsockname())}: {error.strerror}"
            ) from None
        yield sockets


async def _tcp_sockets(place: Listen) -> list[socket.socket]:
    """A socket for every address of the host; all interfaces, IPv6 and IPv4, for an empty one."""
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(
        place.host or None, place.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )
    with contextlib.ExitStack() as stack:
        sockets = []
        for family, kind, protocol, _, address in dict.fromkeys(found):
            sock = stack.enter_context(socket.socket(family, kind, protocol))
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if family == socket.AF_INET6:
                sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            sock.bind(address)
            sockets.append(sock)
        stack.pop_all()
    return sockets


def _unix_socket(path: Path) -> socket.socket:
    """A socket at the path. One left behind by a dead process is replaced, one in use is not."""
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        if path.exists() and stat.S_ISSOCK(path.stat().st_mode):
            with (
                socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe,
                contextlib.suppress(ConnectionError),
            ):
                probe.settimeout(1)
                probe.connect(str(path))
                raise OSError("another process listens there")
            path.unlink()
        # Not chmod after bind: between the two anybody could connect.
        before = os.umask(0o777 & ~UNIX_MODE)
        try:
            sock.bind(str(path))
        finally:
            os.umask(before)
    except BaseException:
        sock.close()
        raise
    return sock


def written(name: object) -> str:
    """The name of a socket as it is written in the configuration: `host:port`, `[ipv6]:port` or `unix:/path`."""
    if isinstance(name, tuple):
        host, port = name[0], name[1]
        return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    return f"unix:{name}"
