"""The sockets: TCP ports, Unix sockets, sockets inherited from systemd; several at once, drained as one."""

import asyncio
import contextlib
import logging
import os
import socket
from collections.abc import Callable, MutableMapping, Sequence
from pathlib import Path

import structlog

from gateway.config.values import PREFIXED, SUBMISSION, Kind, Listen
from gateway.smtp import connection
from gateway.smtp.connection import Connection
from gateway.smtp.gate import Gate
from gateway.smtp.handler import Handler
from gateway.smtp.options import Options
from gateway.smtp.session import SmtpSession
from gateway.sockets import ListenError, bound, written

__all__ = ["ListenError", "Server", "inherited_sockets"]

PUBLIC: Kind = "smtp"

log = structlog.get_logger(__name__)

BACKLOG = 1024
"""Connections the kernel holds while the loop is busy; the kernel cuts it to net.core.somaxconn."""

SEND_BUFFER = 32_768
"""Bytes of replies that the kernel keeps for one client; it doubles the number for itself (socket(7))."""

FIRST_INHERITED = 3
"""The first descriptor that systemd hands over (sd_listen_fds(3))."""


class Server:
    """Listens and runs the sessions. Started once, drained once."""

    def __init__(self, options: Options, handler: Handler) -> None:
        self._options = options
        self._handler = handler
        self._gate = Gate(options.limits)
        self._sessions: set[Connection] = set()
        self._servers: list[asyncio.Server] = []
        self._paths: list[Path] = []

    async def start(
        self, places: Sequence[Listen], inherited: Sequence[tuple[str, socket.socket]] = ()
    ) -> None:
        """Listen at every place, and on the inherited sockets (`inherited_sockets`).

        The name of an inherited socket begins with what is spoken there, as in `Listen`; else it is SMTP. Raises
        ListenError; nothing listens then.
        """
        # The library logs every command line: addresses, and so the tokens in them.
        for name in ("mail.log", "mail.debug"):
            logging.getLogger(name).setLevel(logging.CRITICAL + 1)
        try:
            for name, sock in inherited:
                kind = next((each for each in reversed(PREFIXED) if name.startswith(each)), PUBLIC)
                await self._listen([sock], name or "an inherited socket", kind)
            for place in places:
                await self._listen(await bound(place), str(place), place.kind)
                if place.path:
                    self._paths.append(Path(place.path))
        except ListenError:
            self._close()
            raise

    @property
    def addresses(self) -> list[str]:
        """Where the server listens, as `host:port` or `unix:/path`."""
        names = (sock.getsockname() for server in self._servers for sock in server.sockets)
        return [written(name) for name in names]

    async def drain(self, deadline_seconds: float) -> None:
        """Stop listening, end every session: with 421 those that wait, the rest once their mail is answered.

        After the deadline the remaining connections are dropped.
        """
        self._gate.close()  # for who is accepted just before the listener is closed
        self._close()
        for session in tuple(self._sessions):
            session.drain()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(deadline_seconds):
                await self._ended()
                return
        log.warning("sessions dropped", sessions=len(self._sessions))
        for session in tuple(self._sessions):
            session.abort()
        await self._ended()

    async def _ended(self) -> None:
        while self._sessions:
            await asyncio.wait([session.ended for session in self._sessions])

    def _close(self) -> None:
        for server in self._servers:
            server.close()
        self._servers.clear()
        for path in self._paths:
            path.unlink(missing_ok=True)
        self._paths.clear()

    async def _listen(self, sockets: Sequence[socket.socket], place: str, kind: Kind) -> None:
        loop = asyncio.get_running_loop()
        if (
            kind in SUBMISSION and self._options.tls is None
        ):  # the configuration says nothing of inherited sockets
            for sock in sockets:
                sock.close()
            raise ListenError(
                f"cannot listen on {place}: people log in there, and there is no smtp.tls_certificate"
            )
        for sock in sockets:
            sock.setblocking(False)
            # Accepted sockets inherit it. Replies are small: without it the kernel lets a client that reads none
            # hold four megabytes of them.
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER)
            create = loop.create_unix_server if sock.family == socket.AF_UNIX else loop.create_server
            try:
                server = await create(self._sessions_for(kind), sock=sock, backlog=BACKLOG)
            except (OSError, ValueError) as error:
                sock.close()
                raise ListenError(f"cannot listen on {place}: {error}") from None
            self._servers.append(server)

    def _sessions_for(self, kind: Kind) -> Callable[[], asyncio.BaseProtocol]:
        told = connection.log.bind()  # as the log is set up now: each session would look that up

        def session() -> asyncio.BaseProtocol:
            return SmtpSession(self._options, self._handler, self._gate, self._sessions, told, kind).ear

        return session


def inherited_sockets(environ: MutableMapping[str, str]) -> list[tuple[str, socket.socket]]:
    """The sockets that systemd opened for this process, with their names (sd_listen_fds(3)).

    The variables are taken out of `environ`, so that no child believes the sockets are its own. Empty when
    there are none, or they are meant for another process.
    """
    count = environ.pop("LISTEN_FDS", "0")
    names = environ.pop("LISTEN_FDNAMES", "").split(":")
    if environ.pop("LISTEN_PID", "") != str(os.getpid()) or not count.isdigit():
        return []
    found = []
    for index in range(int(count)):
        sock = socket.socket(fileno=FIRST_INHERITED + index)
        sock.set_inheritable(False)
        found.append((names[index] if index < len(names) else "", sock))
    return found
