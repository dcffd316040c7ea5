"""Gateways that share a PostgreSQL hear of each other's work, also after the server was away."""

import asyncio
from collections.abc import Iterator
from contextlib import suppress

import pytest
from sqlalchemy import Engine

from gateway.calls import answer_calls
from storage.engine import open_engine, writing
from storage.outbox import PASS_ON, NewEntry, enqueue
from storage.postgresql import MAIL, OUTBOX
from tests import postgresql
from tests.postgresql import PostgreSQL
from tests.storage.build import NOW, kept

pytestmark = postgresql.NEEDED


@pytest.fixture
def server() -> Iterator[PostgreSQL]:
    """A server of the test's own: it is restarted."""
    with postgresql.running() as server:
        yield server


class Ears:
    """What was heard, in order."""

    def __init__(self) -> None:
        self._heard: asyncio.Queue[str] = asyncio.Queue()
        self.answers = {name: lambda name=name: self._heard.put_nowait(name) for name in (MAIL, OUTBOX)}

    async def next(self) -> str:
        async with asyncio.timeout(20):
            return await self._heard.get()


def keep_some(engine: Engine, number: int) -> None:
    with writing(engine) as conn:
        kept(conn, number)


def send_one(engine: Engine) -> None:
    with writing(engine) as conn:
        enqueue(conn, None, [NewEntry(PASS_ON, "it@lumenfold.example")], NOW)


async def test_what_is_committed_is_heard_of_elsewhere(server: PostgreSQL) -> None:
    url, ears = server.create(server.migrated()), Ears()
    engine = open_engine(url)
    task = asyncio.create_task(answer_calls(url, ears.answers))
    try:
        # Once it listens everything is done once: what came before is not heard.
        assert {await ears.next(), await ears.next()} == {MAIL, OUTBOX}
        await asyncio.to_thread(keep_some, engine, 1)
        assert await ears.next() == MAIL
        await asyncio.to_thread(send_one, engine)
        assert await ears.next() == OUTBOX
        await asyncio.to_thread(server.stop, "immediate")
        await asyncio.to_thread(server.start)
        assert {await ears.next(), await ears.next()} == {MAIL, OUTBOX}
        await asyncio.to_thread(keep_some, engine, 2)
        assert await ears.next() == MAIL
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        engine.dispose()
