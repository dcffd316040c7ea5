"""Lines of the log: together where that is no later than anybody could tell, at once where it matters."""

import asyncio
import io
import json
import logging
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Coroutine
from contextlib import closing
from select import PIPE_BUF
from typing import Any

import pytest
import uvloop

from gateway.log_lines import LogLines

Run = Callable[[Coroutine[Any, Any, None]], None]


@pytest.fixture(params=(asyncio.new_event_loop, uvloop.new_event_loop), ids=("asyncio", "uvloop"))
def run(request: pytest.FixtureRequest) -> Run:
    def run(work: Coroutine[Any, Any, None]) -> None:
        with asyncio.Runner(loop_factory=request.param) as runner:
            runner.run(work)

    return run


class Writes(io.StringIO):
    """A stream that notes what is written at once."""

    def __init__(self) -> None:
        super().__init__()
        self.pieces: list[str] = []

    def write(self, text: str) -> int:
        self.pieces.append(text)
        return super().write(text)


def test_lines_of_one_turn_are_written_together_before_what_is_scheduled_after_them(run: Run) -> None:
    stream = Writes()
    lines = LogLines(stream)
    seen: list[str] = []

    async def work() -> None:
        for number in range(3):
            lines.say(f"mail {number}", at_once=False)
            asyncio.get_running_loop().call_soon(lambda: seen.append(stream.getvalue()))
        await asyncio.sleep(0)
        lines.say("mail 3", at_once=False)
        await asyncio.sleep(0)

    run(work())
    assert seen == ["mail 0\nmail 1\nmail 2\n"] * 3
    assert stream.pieces == ["mail 0\nmail 1\nmail 2\n", "mail 3\n"]


def test_what_matters_is_written_at_once_after_what_was_said_before(run: Run) -> None:
    stream = Writes()
    lines = LogLines(stream)

    async def work() -> None:
        lines.say("mail", at_once=False)
        lines.say("the disk failed", at_once=True)
        assert stream.getvalue() == "mail\nthe disk failed\n"
        lines.say("mail", at_once=False)
        lines.handle(logging.makeLogRecord({"msg": "of a library", "levelno": logging.ERROR}))
        assert stream.getvalue() == "mail\nthe disk failed\nmail\nof a library\n"

    run(work())


def test_no_more_is_written_at_once_than_a_pipe_takes_undivided(run: Run) -> None:
    stream = Writes()
    lines = LogLines(stream)
    said = ["ü" * 900, "x" * 100, "y" * (2 * PIPE_BUF), *(f"mail {number:0200}" for number in range(50))]

    async def work() -> None:
        for each in said:
            lines.say(each, at_once=False)
        await asyncio.sleep(0)

    run(work())
    assert stream.getvalue().splitlines() == said
    sizes = [len(piece.encode()) for piece in stream.pieces]
    assert [size for size in sizes if size > PIPE_BUF] == [2 * PIPE_BUF + 1]  # a line alone
    assert len(sizes) < 10


PROCESS = """
import asyncio, json, sys
from gateway.log_lines import LogLines
async def say():
    lines = LogLines(sys.stderr)
    for turn in range(300):
        for number in range(40):
            lines.say(json.dumps({"of": sys.argv[1], "number": 40 * turn + number, "more": "x" * 200}), at_once=False)
        await asyncio.sleep(0)
asyncio.run(say())
"""


def test_lines_of_two_processes_with_one_pipe_stay_whole() -> None:
    """As those of the daemon and its workers."""
    reads, writes = os.pipe()
    both = [subprocess.Popen([sys.executable, "-c", PROCESS, name], stderr=writes) for name in ("a", "b")]
    os.close(writes)
    with closing(os.fdopen(reads, encoding="utf-8")) as log:
        entries = [json.loads(line) for line in log]
    assert [process.wait(60) for process in both] == [0, 0]
    for name in ("a", "b"):
        assert [each["number"] for each in entries if each["of"] == name] == list(range(12_000))


def test_another_thread_waits_for_no_loop(run: Run) -> None:
    stream = Writes()
    lines = LogLines(stream)

    async def work() -> None:
        lines.say("of the loop", at_once=False)
        other = threading.Thread(target=lines.say, args=("of a thread",), kwargs={"at_once": False})
        other.start()
        other.join()
        assert stream.getvalue() == "of the loop\nof a thread\n"

    run(work())


def test_what_a_loop_has_not_written_when_it_ends_is_written_by_the_next_line_and_at_the_end() -> None:
    program = """
import asyncio, sys
from gateway.log_lines import LogLines
lines = LogLines(sys.stdout)
for name in ("first", "second"):
    loop = asyncio.new_event_loop()
    loop.call_soon(lambda: (lines.say(f"of the {name} loop", at_once=False), loop.stop()))
    loop.run_forever()
    loop.close()
"""
    ran = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60
    )
    assert ran.stdout == "of the first loop\nof the second loop\n"


class LogsItself(Writes):
    """As when the collector runs in the middle of a write, and an object that goes complains of it in the log."""

    lines: LogLines

    def write(self, text: str) -> int:
        if "complaint" not in text:
            other = threading.Thread(target=self._handle, args=("complaint of a thread",), daemon=True)
            other.start()
            self._handle("complaint")
        return super().write(text)

    def _handle(self, message: str) -> None:
        self.lines.handle(logging.makeLogRecord({"msg": message, "levelno": logging.ERROR}))


def test_what_is_logged_in_the_middle_of_a_line_by_others_stops_nobody() -> None:
    stream = LogsItself()
    stream.lines = LogLines(stream)
    said = threading.Thread(target=stream.lines.say, args=("line",), kwargs={"at_once": True}, daemon=True)
    said.start()
    said.join(30)
    assert not said.is_alive()
    assert "line\n" in stream.pieces


def test_a_stream_that_takes_nothing_stops_nobody(run: Run) -> None:
    stream = Writes()
    stream.close()
    lines = LogLines(stream)

    async def work() -> None:
        lines.say("lost", at_once=True)
        lines.say("lost too", at_once=False)
        await asyncio.sleep(0)

    run(work())
    assert lines._held == []
