"""Clients that take their time on the HTTP port: none holds a place for long, and nobody else waits for them."""

import asyncio
import resource
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from gateway import metrics
from gateway.config.values import Listen
from gateway.http import server
from gateway.http.protocol import HEAD_BYTES, Patience
from gateway.http.server import serve_app

GOOD = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
BODY = b"x" * 4096
Client = tuple[asyncio.StreamReader, asyncio.StreamWriter]


async def endless(_scope: Any, _receive: Any, send: Any) -> None:
    """An answer that goes on for as long as it is read."""
    await send({"type": "http.response.start", "status": 200, "headers": []})
    for _ in range(100_000):
        await send({"type": "http.response.body", "body": BODY, "more_body": True})


async def hello(_scope: Any, _receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
    await send({"type": "http.response.body", "body": b"hi"})


@asynccontextmanager
async def serving(
    patience: Patience, app: Callable[..., Awaitable[None]] = hello
) -> AsyncIterator[Callable[[], Awaitable[Client]]]:
    """A server; gives a way to connect to it."""
    opened: list[asyncio.StreamWriter] = []
    async with serve_app(app, Listen("127.0.0.1", 0), patience=patience) as address:
        host, _, port = address.partition(":")

        async def connect() -> Client:
            reader, writer = await asyncio.open_connection(host, int(port))
            opened.append(writer)
            return reader, writer

        try:
            yield connect
        finally:
            for writer in opened:
                writer.transport.abort()


async def answer(client: Client) -> bytes:
    """The status line and the rest of an answer of `hello`, asked for with one good request."""
    reader, writer = client
    writer.write(GOOD)
    return await reader.readuntil(b"\r\n\r\nhi")


async def gone(reader: asyncio.StreamReader) -> None:
    """Wait until the server has ended the connection, however it did."""
    try:
        while await reader.read(65536):
            pass
    except ConnectionError:
        pass


def cut(why: str) -> float:
    return metrics.REGISTRY.get_sample_value("gateway_http_cut_total", {"why": why}) or 0.0


@pytest.fixture
def many_files() -> Iterator[None]:
    """Both ends of a thousand connections are files of this process."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < 4096:
        pytest.skip(f"this process may open {hard} files")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, 4096), hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


async def test_a_thousand_that_drip_are_gone_by_the_deadline_and_a_good_request_is_answered_meanwhile(
    many_files: None,
) -> None:
    async with asyncio.timeout(60), serving(Patience(head_seconds=3)) as connect:
        loop = asyncio.get_running_loop()
        drips = [await connect() for _ in range(1000)]
        opened = loop.time()

        async def drip(client: Client) -> None:
            """A byte of a header field now and then, for ever: uvicorn itself would wait for ever."""
            reader, writer = client
            writer.write(b"GET / HTTP/1.1\r\nX-Drip: ")
            ended = asyncio.ensure_future(gone(reader))
            while not ended.done():
                writer.write(b"x")
                await asyncio.wait({ended}, timeout=0.2)

        everyone = asyncio.gather(*(drip(client) for client in drips))
        begun = loop.time()
        assert (await answer(await connect())).startswith(b"HTTP/1.1 200 ")
        assert loop.time() - begun < 2
        await everyone
        assert (
            loop.time() - opened < 3 + 5
        )  # a machine that is busy tells late, and a loop that never did would hang
        assert (await answer(await connect())).startswith(b"HTTP/1.1 200 ")


async def test_a_further_request_has_the_same_deadline() -> None:
    async with asyncio.timeout(30), serving(Patience(head_seconds=0.3)) as connect:
        client = await connect()
        assert await answer(client)
        before = cut("head")
        client[1].write(b"GET ")
        await gone(client[0])
        assert cut("head") == before + 1


async def test_requests_sent_together_are_each_answered() -> None:
    async with asyncio.timeout(30), serving(Patience(head_seconds=0.3)) as connect:
        reader, writer = await connect()
        writer.write(GOOD * 3 + b"GET ")
        for _ in range(3):
            await reader.readuntil(b"\r\n\r\nhi")
        writer.write(b"more")
        await gone(reader)


async def test_the_deadline_is_for_the_head_and_not_for_the_answer() -> None:
    go_on = asyncio.Event()

    async def slow(_scope: Any, _receive: Any, send: Any) -> None:
        await asyncio.wait({asyncio.ensure_future(go_on.wait())}, timeout=0.5)
        await hello(_scope, _receive, send)

    async with asyncio.timeout(30), serving(Patience(head_seconds=0.1), slow) as connect:
        assert (await answer(await connect())).startswith(b"HTTP/1.1 200 ")
        go_on.set()


async def test_of_a_crowd_that_only_waits_the_oldest_goes() -> None:
    async with asyncio.timeout(30), serving(Patience(waiting=3)) as connect:
        clients = [await connect() for _ in range(3)]
        assert await answer(clients[0])  # it waits anew: the second has now waited longest
        newest = await connect()
        await gone(clients[1][0])
        for client in (clients[0], clients[2], newest):
            assert await answer(client)


async def test_who_does_not_read_the_answer_is_cut() -> None:
    async with asyncio.timeout(30), serving(Patience(reader_seconds=0.3), endless) as connect:
        before = cut("reader")
        reader, writer = await connect()
        writer.write(GOOD)
        await reader.readuntil(b"\r\n\r\n")
        writer.transport.pause_reading()  # type: ignore[attr-defined]
        while cut("reader") == before:
            await asyncio.sleep(0.01)


async def test_a_head_without_end_is_refused() -> None:
    async with asyncio.timeout(30), serving(Patience()) as connect:
        reader, writer = await connect()
        writer.write(b"GET / HTTP/1.1\r\nX-Long: " + b"x" * (HEAD_BYTES + 1))
        assert (await reader.readline()).startswith(b"HTTP/1.1 400 ")
        await gone(reader)


async def test_a_full_house_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "CONNECTIONS", 3)
    async with asyncio.timeout(30), serving(Patience()) as connect:
        clients = [await connect() for _ in range(2)]
        assert await answer(clients[0])
        clients.append(await connect())
        clients[-1][1].write(GOOD)
        assert (await clients[-1][0].readline()).startswith(b"HTTP/1.1 503 ")
