"""The API served inside the daemon: on a socket of ours, without a hand on the process's signals."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime
from pathlib import Path

import structlog
import uvicorn
from fastapi import FastAPI
from starlette.types import ASGIApp

from gateway.config.settings import Settings
from gateway.config.values import Listen
from gateway.desk.desk import Desk
from gateway.http.app import create_app, create_watch
from gateway.http.protocol import HEAD_BYTES, Patience, protocol
from gateway.memory import start_of_much
from gateway.sockets import ListenError, bound, written
from gateway.watch.health import Health
from rules.tokens import KeyRing
from storage.blobs import Blobs, open_blobs
from storage.engine import open_engine

log = structlog.get_logger("gateway.http")

CONNECTIONS = 500
"""Connections at once; beyond, a request is answered 503. Those that only wait have a bound of their own, half of it
(`gateway.http.protocol`): the other half is for requests under way."""

IDLE_SECONDS = 15
STOP_SECONDS = 5
"""How long requests under way may take once the server is told to stop."""


@asynccontextmanager
async def serve_http(
    settings: Settings,
    keys: Callable[[], KeyRing],
    *,
    blobs: Blobs | None = None,
    wake: Callable[[], None] = lambda: None,
    sockets: Sequence[socket.socket] = (),
    health: Health | None = None,
) -> AsyncIterator[str]:
    """Serve the API at `settings.http.listen` while the block runs; gives the address: `host:port`, `unix:/path`.

    `wake` is called in the loop when there is something to be sent, `health` looks after the daemon. `sockets` are
    that place, opened before. /metrics is part of it unless it has an address of its own. Raises ListenError,
    BlobsUnavailable.
    """
    if settings.http.listen is None:
        raise ListenError("http.listen is empty: the API is not to be served")
    loop = asyncio.get_running_loop()

    def call() -> None:
        with contextlib.suppress(RuntimeError):  # the loop has ended: whoever sends looks for itself
            loop.call_soon_threadsafe(wake)

    with contextlib.ExitStack() as stack:
        engine = open_engine(settings.database_url)
        stack.callback(engine.dispose)
        place = blobs or open_blobs(settings.blobs_place)
        desk = Desk(settings, engine, place, keys, lambda: datetime.now(UTC), call)
        watched = health
        if watched is None:
            watched = Health(settings, keys, place)
            stack.callback(watched.close)
        with start_of_much():
            app = await asyncio.to_thread(_made, desk, watched, metrics=settings.http.metrics_listen is None)
        async with serve_app(app, settings.http.listen, sockets) as address:
            yield address


def _made(desk: Desk, health: Health, *, metrics: bool) -> FastAPI:
    """The application with its description, which else is made when somebody asks for it: a fifth of a second."""
    app = create_app(desk, health, metrics=metrics)
    app.openapi()
    return app


@asynccontextmanager
async def serve_watch(
    settings: Settings, health: Health, sockets: Sequence[socket.socket] = ()
) -> AsyncIterator[str]:
    """Serve /metrics, /healthz and /readyz at `settings.http.metrics_listen`, as `serve_http` serves the API."""
    assert settings.http.metrics_listen is not None
    async with serve_app(create_watch(health), settings.http.metrics_listen, sockets) as address:
        yield address


@asynccontextmanager
async def serve_app(
    app: ASGIApp, listen: Listen, opened: Sequence[socket.socket] = (), patience: Patience | None = None
) -> AsyncIterator[str]:
    """Serve an application at a place while the block runs; gives the address.

    `opened` are the sockets of the place, if somebody opened them before. Raises ListenError.
    """
    sockets = list(opened) or await bound(listen)
    address = written(sockets[0].getsockname())
    server = _Server(
        uvicorn.Config(
            app,
            http=protocol(patience or Patience()),
            h11_max_incomplete_event_size=HEAD_BYTES,
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            limit_concurrency=CONNECTIONS,
            timeout_keep_alive=IDLE_SECONDS,
            timeout_graceful_shutdown=STOP_SECONDS,
        )
    )
    task = asyncio.create_task(server.serve(sockets), name="http")
    ready = asyncio.create_task(server.ready.wait())
    try:
        await asyncio.wait((task, ready), return_when=asyncio.FIRST_COMPLETED)
        if task.done():
            task.result()
            raise ListenError(f"cannot listen on {listen}: the server ended at once")
        log.info("http listening", address=address)
        yield address
    finally:
        ready.cancel()
        server.should_exit = True
        await asyncio.gather(task, ready, return_exceptions=True)
        if listen.path:
            Path(listen.path).unlink(missing_ok=True)  # noqa: ASYNC240 - one name of a local file


class _Server(uvicorn.Server):
    """uvicorn's server, which says when it listens and leaves signals to the daemon."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = asyncio.Event()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture none: the daemon stops everything in its order."""
        yield

    async def startup(self, sockets=None) -> None:  # type: ignore[no-untyped-def]
        """Listen, and say so."""
        await super().startup(sockets)
        self.ready.set()
