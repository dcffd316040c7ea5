"""A thousand clients that drip on the HTTP port of the real daemon, as it is delivered."""

import asyncio
import resource
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.http.protocol import Patience
from tests.daemon import daemon
from tests.e2e.mails import letter
from tests.watch.asking import Metrics, get


@pytest.fixture
def many_files() -> Iterator[None]:
    """The clients' ends are files of this process."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < 2048:
        pytest.skip(f"this process may open {hard} files")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, 2048), hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


async def drip(host: str, port: int) -> float:
    """Send a byte of a header field a second, for ever; seconds until the daemon had enough."""
    loop = asyncio.get_running_loop()
    reader, writer = await asyncio.open_connection(host, port)
    begun = loop.time()
    writer.write(b"GET /readyz HTTP/1.1\r\nX-Drip: ")
    ended = asyncio.ensure_future(reader.read())
    while not ended.done():
        writer.write(b"x")
        await asyncio.wait({ended}, timeout=1)
    ended.exception()  # a reset is an end like another
    writer.transport.abort()
    return loop.time() - begun


async def test_a_thousand_that_drip_are_gone_by_the_deadline_and_all_goes_on(
    tmp_path: Path, many_files: None
) -> None:
    with daemon(tmp_path) as house:
        host, _, port = house.api.rpartition(":")
        drips = asyncio.gather(*(drip(host, int(port)) for _ in range(1000)))

        loop = asyncio.get_running_loop()
        begun = loop.time()
        assert (await asyncio.to_thread(get, house.api, "/readyz"))[0] == 200
        assert loop.time() - begun < Patience().head_seconds  # nobody has to wait until they are gone
        await asyncio.to_thread(lambda: house.event("filed", mail=house.send(letter())))
        lasted = await drips
        assert max(lasted) < Patience().head_seconds + 5
        seen = await asyncio.to_thread(Metrics(house.api).read)
        assert seen.of("http_cut_total", why="head") + seen.of("http_cut_total", why="crowd") == 1000
        assert await asyncio.to_thread(house.stop) == 0
