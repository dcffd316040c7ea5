"""The process that commits: durable as the thread is, and neither its end nor the daemon's loses a mail."""

import asyncio
import os
import signal
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import uvloop
from hypothesis import given
from hypothesis import strategies as st

from gateway.intake.committer import Report
from gateway.intake.committing import Forked, Frames, fork, framed
from gateway.intake.intake import Commits, Intake, IntakeUnavailable
from gateway.intake.process import CommittingProcess
from gateway.intake.thread import CommittingThread
from storage.blobs import open_blobs
from storage.engine import open_engine
from storage.migrations import migrate
from storage.shelf import EngineShelf
from tests.intake.shelf import Shelf

LARGE = b"Subject: large\r\n\r\n" + b"x" * 2000


class House(Shelf):
    """An intake whose mails a process commits."""

    child: Forked
    process: CommittingProcess
    began_anew: asyncio.Event

    def hold(self) -> None:
        """Let the process commit nothing for now."""
        os.kill(self.child.pid, signal.SIGSTOP)

    async def end(self, number: int) -> None:
        """End the process by a signal; until others commit."""
        os.kill(self.child.pid, number)
        async with asyncio.timeout(10):
            await self.began_anew.wait()


@asynccontextmanager
async def forked(folder: Path) -> AsyncIterator[House]:
    """As `open_shelf`, committing as the daemon does."""
    database = folder / "gateway.db"
    engine = open_engine(database)
    migrate(engine)
    engine.dispose()
    child = fork()
    child.tell(str(database))
    process = CommittingProcess(child)
    began_anew = asyncio.Event()
    starts = iter((process,))

    async def start(heard: Callable[[Report], None], lost: Callable[[], None]) -> Commits:
        for first in starts:
            await first.start(heard, lost)
            return first
        thread = CommittingThread(EngineShelf(open_engine(database)))
        await thread.start(heard, lost)
        began_anew.set()
        return thread

    intake = Intake(start, open_blobs(folder / "blobs"), inline_limit=1000)
    await intake.start()
    shelf = House(folder, intake, engine)
    shelf.child, shelf.process, shelf.began_anew = child, process, began_anew
    try:
        yield shelf
    finally:
        await intake.stop()


async def test_mail_is_on_the_disk_when_the_id_is_known(tmp_path: Path) -> None:
    async with forked(tmp_path) as shelf:
        mail = await shelf.keep(b"hello")
        assert [(row[0], row[2]) for row in shelf.rows()] == [(mail, b"hello")]
        assert await shelf.keep(b"hello") == mail


async def test_mail_of_many_sessions_is_each_its_own(tmp_path: Path) -> None:
    async with forked(tmp_path) as shelf:
        mails = [b"mail %d " % number + b"y" * (number * 37 % 3000) for number in range(500)]
        ids = await asyncio.gather(*map(shelf.keep, mails))
        sizes = dict(shelf.rows("SELECT id, size FROM mails"))
        assert [sizes[each] for each in ids] == list(map(len, mails))


async def test_stop_commits_what_is_under_way_and_leaves_no_process(tmp_path: Path) -> None:
    async with forked(tmp_path) as shelf:
        keeping = [asyncio.create_task(shelf.keep(b"mail %d" % number)) for number in range(20)]
        await asyncio.sleep(0)
        await shelf.intake.stop()
        await asyncio.gather(*keeping)
        assert len(shelf.rows()) == 20
        with pytest.raises(ProcessLookupError):
            os.kill(shelf.child.pid, 0)


async def test_signals_that_reach_the_whole_group_end_nothing(tmp_path: Path) -> None:
    async with forked(tmp_path) as shelf:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            os.kill(shelf.child.pid, number)
        await shelf.keep(b"hello")
        assert not shelf.began_anew.is_set()


async def test_after_its_death_who_waited_hears_451_and_others_commit(tmp_path: Path) -> None:
    async with forked(tmp_path) as shelf:
        first = await shelf.keep(b"before")
        shelf.hold()
        waiting = asyncio.create_task(shelf.keep(b"under way"))
        await asyncio.sleep(0)
        await shelf.end(signal.SIGKILL)
        with pytest.raises(IntakeUnavailable):
            await waiting
        assert await shelf.keep(b"before") == first
        await shelf.keep(b"under way")
        assert [row[2] for row in shelf.rows()] == [b"before", b"under way"]


async def test_a_blob_of_mail_under_way_at_its_death_stays(tmp_path: Path) -> None:
    """Whether the commit took it over is not known: a mail without its bytes would be worse than a blob too many."""
    async with forked(tmp_path) as shelf:
        shelf.hold()
        waiting = asyncio.create_task(shelf.keep(LARGE))
        while not shelf.intake._waiting:
            await asyncio.sleep(0)
        await shelf.end(signal.SIGKILL)
        with pytest.raises(IntakeUnavailable):
            await waiting
        assert len(shelf.blobs()) == 1


async def test_what_was_sent_before_the_daemon_died_is_committed(tmp_path: Path) -> None:
    async with forked(tmp_path) as shelf:
        shelf.hold()
        waiting = [asyncio.create_task(shelf.keep(b"mail %d" % number)) for number in range(3)]
        while shelf.process._unsent or not shelf.intake._waiting:
            await asyncio.sleep(0)
        shelf.process._down.abort()  # as the system closes it
        os.kill(shelf.child.pid, signal.SIGCONT)
        await asyncio.gather(*waiting, return_exceptions=True)
        async with asyncio.timeout(10):
            await shelf.began_anew.wait()
        assert len(shelf.rows()) == 3


async def test_should_others_not_begin_at_once_they_do_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.intake.intake.AGAIN_SECONDS", 0.001)
    async with forked(tmp_path) as shelf:
        begins = shelf.intake._start_commits
        fails = [OSError("no thread can be had"), OSError("nor now")]

        async def start(heard: Callable[[Report], None], lost: Callable[[], None]) -> Commits:
            if fails:
                raise fails.pop()
            return await begins(heard, lost)

        shelf.intake._start_commits = start
        await shelf.end(signal.SIGKILL)
        await shelf.keep(b"after")
        assert fails == []


async def test_a_thread_that_ends_is_followed_by_another(tmp_path: Path) -> None:
    async with forked(tmp_path) as shelf:
        await shelf.end(signal.SIGKILL)
        thread = shelf.intake._commits
        assert isinstance(thread, CommittingThread)
        shelf.began_anew.clear()

        def broken(_batch: object) -> None:
            raise RuntimeError("can't start new thread")

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("gateway.intake.committer.Committer.commit", lambda _self, batch: broken(batch))
            with pytest.raises(IntakeUnavailable):
                await shelf.keep(b"lost")
        async with asyncio.timeout(10):
            await shelf.began_anew.wait()
        await shelf.keep(b"kept")
        assert [row[2] for row in shelf.rows()] == [b"kept"]


def test_a_report_that_cannot_be_understood_stops_neither_the_loop_nor_the_commits(tmp_path: Path) -> None:
    """Under uvloop, as the daemon: it ends a connection whose protocol fails."""

    async def run() -> None:
        async with forked(tmp_path) as shelf:
            await shelf.keep(b"before")
            understood = shelf.intake._heard
            reports = shelf.process._reports
            assert reports is not None

            def heard(report: Report) -> None:
                reports.heard = understood
                raise KeyError(report)

            reports.heard = heard
            waiting = asyncio.create_task(shelf.keep(b"whose report is not understood"))
            while reports.heard is heard:
                await asyncio.sleep(0)
            await shelf.keep(b"after")
            assert not shelf.began_anew.is_set()
            await shelf.end(signal.SIGKILL)
            with pytest.raises(IntakeUnavailable):
                await waiting
            await shelf.keep(b"by a thread")

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(run())


async def test_one_that_can_tell_nobody_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What became of the mails is not known then: they hear 451, and come again."""
    full = os.open("/dev/full", os.O_WRONLY)
    with monkeypatch.context() as patch:
        patch.setattr("gateway.intake.committing._Mouth.__init__", lambda self, _up: _full_mouth(self, full))
        patch.setattr("gateway.intake.committing._close_all_but", lambda *_: None)
        async with forked(tmp_path) as shelf:
            with pytest.raises(IntakeUnavailable):
                await shelf.keep(b"kept, and nobody knows")
            async with asyncio.timeout(10):
                await shelf.began_anew.wait()
            assert await shelf.keep(b"kept, and nobody knows") == 1
    os.close(full)


def _full_mouth(mouth: Any, full: int) -> None:
    mouth._up, mouth._whole = full, threading.Lock()


@given(st.lists(st.binary(max_size=300), max_size=5), st.lists(st.integers(1, 200), max_size=40))
def test_frames_are_whole_however_they_come(sent: list[bytes], pieces: list[int]) -> None:
    stream = b"".join(map(framed, sent))
    frames, found = Frames(), []
    for size in [*pieces, len(stream)]:
        found += frames.feed(stream[:size])
        stream = stream[size:]
    assert found == sent
