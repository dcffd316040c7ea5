"""The server inside the daemon: sockets, signals, an orderly end."""

import asyncio
import http.client
import json
import signal
import socket
from pathlib import Path
from typing import Any

import pytest
import uvloop

from gateway.config.values import Listen
from gateway.http.server import serve_app, serve_http
from gateway.sockets import ListenError
from tests.desk.house import RING, House, settings_with


async def hello(scope: Any, _receive: Any, send: Any) -> None:
    """The smallest application."""
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
    await send({"type": "http.response.body", "body": b"hi"})


def get(address: str, path: str = "/", **headers: str) -> tuple[int, bytes]:
    """GET by TCP or over a Unix socket."""
    connection = http.client.HTTPConnection(
        "127.0.0.1" if address.startswith("unix:") else address, timeout=20
    )
    if address.startswith("unix:"):
        connection.sock = socket.socket(socket.AF_UNIX)
        connection.sock.settimeout(20)
        connection.sock.connect(address.removeprefix("unix:"))
    try:
        connection.request("GET", path, headers=headers)
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()


async def test_the_signals_of_the_daemon_stay_its_own() -> None:
    before = [signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)]
    async with serve_app(hello, Listen("127.0.0.1", 0)) as address:
        assert [signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)] == before
        assert await asyncio.to_thread(get, address) == (200, b"hi")
    with pytest.raises(OSError, match="refused"):
        await asyncio.to_thread(get, address)


@pytest.mark.parametrize("new_loop", [asyncio.new_event_loop, uvloop.new_event_loop])
def test_a_unix_socket(tmp_path: Path, new_loop: Any) -> None:
    path = tmp_path / "api.sock"

    async def ask() -> tuple[int, bytes]:
        async with serve_app(hello, Listen(path=str(path))) as address:
            assert address == f"unix:{path}"
            return await asyncio.to_thread(get, address)

    with asyncio.Runner(loop_factory=new_loop) as runner:
        assert runner.run(ask()) == (200, b"hi")
    assert not path.exists()


async def test_a_place_that_is_taken_is_told() -> None:
    async with serve_app(hello, Listen("127.0.0.1", 0)) as address:
        port = int(address.rpartition(":")[2])
        with pytest.raises(ListenError, match=rf"cannot listen on 127\.0\.0\.1:{port}"):
            async with serve_app(hello, Listen("127.0.0.1", port)):
                pass


async def test_an_idle_connection_holds_nobody_up() -> None:
    async with asyncio.timeout(4):
        async with serve_app(hello, Listen("127.0.0.1", 0)) as address:
            host, _, port = address.partition(":")
            _, writer = await asyncio.open_connection(host, int(port))
            writer.write(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            await writer.drain()
        writer.close()


async def test_it_serves_by_the_settings_and_calls_the_sender(house: House, tmp_path: Path) -> None:
    token = house.token("nora.feld@lumenfold.example")
    settings = settings_with(tmp_path, http={"listen": "127.0.0.1:0"})
    called = asyncio.Event()

    def write(address: str) -> int:
        connection = http.client.HTTPConnection(address, timeout=20)
        body = {"account": "acme", "type": "email", "subject": "x", "email": {"me": True}}
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        connection.request("POST", "/api/v1/touchpoints", json.dumps(body), headers)
        status = connection.getresponse().status
        connection.close()
        return status

    async with serve_http(settings, lambda: RING, wake=called.set) as address:
        assert await asyncio.to_thread(write, address) == 201
        await asyncio.wait_for(called.wait(), 5)
    with pytest.raises(ListenError, match=r"http\.listen is empty"):
        async with serve_http(
            settings.model_copy(update={"http": settings.http.model_copy(update={"listen": None})}),
            lambda: RING,
        ):
            pass
