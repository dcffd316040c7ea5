"""The API on a real socket, served from a thread with a loop of its own."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from gateway.config.values import Listen
from gateway.desk import Desk
from gateway.http.app import create_app
from gateway.http.server import serve_app
from gateway.watch.health import Health
from tests.http.client import Client

SECONDS = 20


@contextmanager
def serving(desk: Desk) -> Iterator[Client]:
    """A client without a token."""
    addresses: list[str] = []
    listening = threading.Event()
    stop: list[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = []

    async def serve() -> None:
        ended = asyncio.Event()
        stop.append((asyncio.get_running_loop(), ended))
        health = Health(desk.settings, desk.keys, desk.blobs, clock=desk.clock)
        try:
            async with serve_app(create_app(desk, health), Listen("127.0.0.1", 0)) as address:
                addresses.append(address)
                listening.set()
                await ended.wait()
        finally:
            health.close()

    thread = threading.Thread(target=lambda: asyncio.run(serve()), daemon=True)
    thread.start()
    assert listening.wait(SECONDS)
    try:
        yield Client(addresses[0])
    finally:
        loop, ended = stop[0]
        loop.call_soon_threadsafe(ended.set)
        thread.join(SECONDS)
        assert not thread.is_alive()
