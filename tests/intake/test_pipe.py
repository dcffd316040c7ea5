"""The loop's ends of pipes: all that was said arrives, nothing waits, and no descriptor of others is closed."""

import asyncio
import os
import threading
from collections.abc import Callable, Coroutine
from typing import Any

import pytest
import uvloop

from gateway.intake.pipe import Reading, Writing

LOOPS = (asyncio.new_event_loop, uvloop.new_event_loop)


@pytest.fixture(params=LOOPS, ids=("asyncio", "uvloop"))
def run(request: pytest.FixtureRequest) -> Callable[[Coroutine[Any, Any, None]], None]:
    def run(work: Coroutine[Any, Any, None]) -> None:
        with asyncio.Runner(loop_factory=request.param) as runner:
            runner.run(asyncio.wait_for(work, 30))

    return run


Run = Callable[[Coroutine[Any, Any, None]], None]


def _ends(heard: Callable[[bytes], None]) -> tuple[Writing, asyncio.Event]:
    """A pipe to oneself, and what is set when it has ended."""
    loop = asyncio.get_running_loop()
    reads, writes = os.pipe()
    ended = asyncio.Event()
    Reading(loop, reads, heard, ended.set)
    return Writing(loop, writes), ended


def test_more_than_a_pipe_holds_arrives_whole_and_in_order_before_the_end(run: Run) -> None:
    said = [bytes([number]) * size for number, size in enumerate((3, 400_000, 1, 70_000, 5))]
    heard = bytearray()

    async def work() -> None:
        writing, ended = _ends(heard.extend)
        for each in said:
            writing.write(each)
        writing.close()
        writing.write(b"after the end")
        await ended.wait()

    run(work())
    assert heard == b"".join(said)


def test_to_a_reader_that_is_gone_nothing_is_said_and_nothing_fails(run: Run) -> None:
    async def work() -> None:
        reads, writes = os.pipe()
        writing = Writing(asyncio.get_running_loop(), writes)
        writing.write(b"x" * 100_000)  # some of it waits
        os.close(reads)
        await asyncio.sleep(0)
        while writing._descriptor is not None:
            await asyncio.sleep(0)
        with pytest.raises(OSError, match="Bad file descriptor"):
            os.fstat(writes)
        writing.write(b"more")
        writing.close()
        writing.abort()

    run(work())


def test_a_pipe_that_is_closed_closes_nothing_that_others_have_just_opened(run: Run) -> None:
    """What uvloop's own transports do, once in some hundred of these; libuv may then end the whole process."""
    lost: list[OSError] = []
    enough = threading.Event()

    def opens() -> None:
        while not enough.is_set():
            try:
                descriptor = os.open(os.devnull, os.O_RDONLY)
                os.fstat(descriptor)
                os.close(descriptor)
            except OSError as error:
                lost.append(error)

    async def work() -> None:
        for _ in range(1000):
            writing, ended = _ends(lambda _: None)
            writing.write(b"x")
            await asyncio.sleep(0)
            writing.close()
            await ended.wait()

    threads = [threading.Thread(target=opens) for _ in range(2)]
    for thread in threads:
        thread.start()
    try:
        run(work())
    finally:
        enough.set()
        for thread in threads:
            thread.join()
    assert lost == []
