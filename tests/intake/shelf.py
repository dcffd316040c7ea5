"""A real database and a real blob folder for intake tests."""

import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, event

from gateway.intake.committer import Report
from gateway.intake.intake import Intake, StartCommits
from gateway.intake.spool import Spooled
from gateway.intake.thread import CommittingThread
from storage.blobs import open_blobs
from storage.engine import open_engine
from storage.migrations import migrate
from storage.shelf import EngineShelf

PEER = {"address": "192.0.2.1", "session": "a1b2c3d4"}


def threaded(engine: Engine) -> StartCommits:
    """Commits in a thread of the test's, which can then have faults."""

    async def start(heard: Callable[[Report], None], lost: Callable[[], None]) -> CommittingThread:
        commits = CommittingThread(EngineShelf(engine))
        await commits.start(heard, lost)
        return commits

    return start


async def keep(intake: Intake, raw: bytes, *recipients: str) -> int:
    """Keep a mail as the listener does: a large one is written before it is complete."""
    content: bytes | Spooled | None = raw
    if len(raw) > intake.spool.inline_limit:
        content = intake.spool.begin()
        assert content is not None
        for start in range(0, len(raw), 1500):
            content.add(raw[start : start + 1500])
    assert content is not None
    try:
        return await intake.keep(content, mail_from="ann@vendor.example", recipients=recipients, peer=PEER)
    finally:
        if not isinstance(content, bytes):
            content.discard()


@dataclass
class Shelf:
    """An intake over a folder; `wakes` counts the times the workers were woken."""

    folder: Path
    intake: Intake
    engine: Engine
    wakes: list[None] = field(default_factory=list)

    @property
    def database(self) -> Path:
        """The SQLite file."""
        return self.folder / "gateway.db"

    async def keep(self, raw: bytes, *recipients: str) -> int:
        """Keep a mail to the recipients, or to the logging address."""
        return await keep(self.intake, raw, *(recipients or ("log@gateway.example",)))

    def rows(self, query: str = "SELECT id, recipients, raw, raw_blob FROM mails ORDER BY id") -> list[Any]:
        """What another process sees in the database."""
        with sqlite3.connect(self.database) as connection:
            found = connection.execute(query).fetchall()
        connection.close()
        return found

    def blobs(self) -> list[str]:
        """The names of all blobs, and of what was left of unfinished ones."""
        return sorted(path.name for path in (self.folder / "blobs").rglob("*") if path.is_file())


@asynccontextmanager
async def open_shelf(
    folder: Path,
    *,
    pragmas: tuple[str, ...] = ("PRAGMA busy_timeout = 50",),
    wake: Callable[[], None] | None = None,
    failed: Callable[[], None] = lambda: None,
    **more: Any,
) -> AsyncIterator[Shelf]:
    """An intake that gives up on a locked database after 50 ms; stopped at the end. `more` goes to Intake."""
    engine = open_engine(folder / "gateway.db")
    migrate(engine)
    engine.dispose()
    writing = open_engine(folder / "gateway.db")

    @event.listens_for(writing, "connect")
    def connected(connection: Any, _record: Any) -> None:
        cursor = connection.cursor()
        for pragma in pragmas:
            cursor.execute(pragma)
        cursor.close()

    wakes: list[None] = []
    intake = Intake(
        threaded(writing),
        open_blobs(folder / "blobs"),
        wake=wake or (lambda: wakes.append(None)),
        failed=failed,
        inline_limit=1000,
        **more,
    )
    await intake.start()
    try:
        yield Shelf(folder, intake, writing, wakes)
    finally:
        await intake.stop()
