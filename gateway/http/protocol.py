"""HTTP/1.1 as uvicorn reads it, with the deadlines it lacks: for a request to arrive, for an answer to be read.

uvicorn bounds how long a connection may be idle after an answer, and nothing else: a client that sends a byte now and
then (slowloris), or never reads, holds its place for ever, and with it one of the places that everybody shares.
"""

import asyncio
from dataclasses import dataclass
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol

from gateway import metrics

HEAD_BYTES = 16 * 1024
"""Bytes of a request's line and header fields: a token takes 60, a browser's cookies for others some thousand."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How much a client may take before its connection is cut."""

    head_seconds: float = 10.0
    """From the connection, or from the first byte of a further request, to the end of its header fields."""

    reader_seconds: float = 60.0
    """For the next of an answer to be taken (some 64 KiB): a slow line takes a second."""

    waiting: int = 250
    """Connections on which no request is under way. Another one takes the place of that which has waited longest: who
    means it sends a request at once, so a crowd of those who do not drives out only itself."""


def protocol(patience: Patience) -> type[asyncio.Protocol]:
    """The protocol of one server, for `uvicorn.Config(http=...)`."""
    waiting: dict[_Bounded, None] = {}  # in the order in which they began to wait

    class Bounded(_Bounded):
        def __init__(self, *args: Any, **named: Any) -> None:
            super().__init__(*args, **named)
            self.patience, self.waiting = patience, waiting

    return Bounded


class _Bounded(H11Protocol):
    """A connection: it waits for a request, or one is under way."""

    patience: Patience
    waiting: dict["_Bounded", None]
    _head: asyncio.TimerHandle | None = None
    _reader: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """A client has connected."""
        super().connection_made(transport)
        self._wait()
        self._await_head()

    def data_received(self, data: bytes) -> None:
        """Bytes of a request."""
        super().data_received(data)
        if self._under_way():
            self._stop_waiting()
        elif not self.transport.is_closing():
            self._await_head()  # what has come begins a request; its time counts from the first byte

    def on_response_complete(self) -> None:
        """A request was answered; uvicorn bounds how long the next one may take to begin."""
        super().on_response_complete()
        if not self._under_way():  # a request that was sent along may have begun already
            self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        """The client is gone."""
        self._stop_waiting()
        self._cancel_reader()
        super().connection_lost(exc)

    def pause_writing(self) -> None:
        """The client reads more slowly than it is sent to."""
        super().pause_writing()
        self._cancel_reader()
        self._reader = self.loop.call_later(self.patience.reader_seconds, self._cut, "reader")

    def resume_writing(self) -> None:
        """It has read."""
        super().resume_writing()
        self._cancel_reader()

    def _under_way(self) -> bool:
        return self.cycle is not None and not self.cycle.response_complete

    def _wait(self) -> None:
        self.waiting.pop(self, None)
        if len(self.waiting) >= self.patience.waiting:
            next(iter(self.waiting))._cut("crowd")
        self.waiting[self] = None

    def _await_head(self) -> None:
        if self._head is None:
            self._head = self.loop.call_later(self.patience.head_seconds, self._cut, "head")

    def _stop_waiting(self) -> None:
        self.waiting.pop(self, None)
        if self._head is not None:
            self._head.cancel()
            self._head = None

    def _cancel_reader(self) -> None:
        if self._reader is not None:
            self._reader.cancel()
            self._reader = None

    def _cut(self, why: str) -> None:
        """End the connection at once: a goodbye would wait for the client to read it."""
        self._stop_waiting()
        metrics.HTTP_CUT.labels(why).inc()
        self.transport.abort()
