"""Between a transport and its session: what is read goes into a buffer of the process."""

import asyncio
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gateway.smtp.connection import Connection


class Ear(asyncio.BufferedProtocol):
    """What a transport knows of a session: it reads into a buffer of all.

    An object of its own: uvloop would take a session, which is an asyncio.Protocol, for one that wants bytes.
    """

    def __init__(self, connection: "Connection") -> None:
        self._connection = connection
        # As uvloop and asyncio find them: looked up once.
        self.connection_made = connection.connection_made  # type: ignore[method-assign]
        self.connection_lost = connection.connection_lost  # type: ignore[method-assign, assignment]
        self.eof_received = connection.eof_received  # type: ignore[method-assign]
        self.pause_writing = connection.pause_writing  # type: ignore[method-assign]
        self.resume_writing = connection.resume_writing  # type: ignore[method-assign]

    def get_buffer(self, sizehint: int) -> memoryview:  # noqa: ARG002 - of ours
        """Where to read into."""
        return self._connection.wire.place()

    def buffer_updated(self, nbytes: int) -> None:
        """So much was read."""
        data = self._connection.wire.read(nbytes)
        if data:
            self._connection.data_received(data)
