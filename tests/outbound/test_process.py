"""The process that sends, beside its daemon: replaced when it dies, gone when the daemon is."""

import asyncio
import os
import signal
import sys
import time
from pathlib import Path

import pytest
import uvloop

from gateway.config import Settings
from gateway.outbound.process import SendingProcess
from tests.daemon import Daemon, daemon
from tests.outbound.relays import Recorder, relay
from tests.postfix import until

UNKNOWN = (
    b"From: Nora Feld <nora.feld@lumenfold.example>\r\nTo: somebody@nowhere.example\r\nSubject: Who?\r\n"
    b"Message-ID: <%s@lumenfold.example>\r\nDate: Mon, 02 Mar 2026 09:30:00 +0100\r\n\r\nHello\r\n"
)
CONFIG = '[trust]\n"*" = "verified"\n[relay]\nhost = "127.0.0.1"\nport = {port}\ntls = "none"\n'
pytestmark = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="looks at /proc")


def sending(house: Daemon) -> int | None:
    """The process id of the sending process, or None."""
    assert house.process is not None
    for each in Path("/proc").iterdir():
        if not each.name.isdecimal():
            continue
        try:
            parent = int((each / "stat").read_text().rpartition(")")[2].split()[1])
            command = (each / "cmdline").read_bytes()
        except (OSError, IndexError):
            continue
        if parent == house.process.pid and b"gateway.outbound.process" in command:
            return int(each.name)
    return None


def runs(process: int) -> bool:
    try:
        return "Z" not in (Path("/proc") / str(process) / "stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False


def test_one_that_is_gone_before_it_was_greeted_is_replaced(tmp_path: Path) -> None:
    """The loop is busy with the start of the house when it dies, and finds the pipes closed."""
    settings = Settings.model_validate({"data_dir": str(tmp_path), "relay": {"host": "127.0.0.1"}})
    process = SendingProcess(settings, [sys.executable, "-c", "raise SystemExit(3)"])

    async def use() -> None:
        process.start()
        while process.fallen < 2:
            await asyncio.sleep(0)
            time.sleep(0.02)  # noqa: ASYNC251 - held up at every turn
        await process.stop(5)

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(asyncio.wait_for(use(), 20))


async def test_a_sending_process_that_is_killed_is_replaced(tmp_path: Path) -> None:
    async with relay(Recorder()) as server:

        def use() -> None:
            with daemon(tmp_path, config=CONFIG.format(port=server.port)) as house:
                until(lambda: sending(house), lambda: "no sending process")
                first = sending(house)
                assert first is not None
                os.kill(first, signal.SIGKILL)
                house.event("sending process died")
                house.event("unresolved", mail=house.send(UNKNOWN % b"1"))
                house.event("copied", kind="notice")
                assert house.stop() == 0

        await asyncio.to_thread(use)
    assert len(server.taken) == 1


def test_it_leaves_when_its_daemon_is_killed(tmp_path: Path) -> None:
    with daemon(tmp_path, config=CONFIG.format(port=9)) as house:
        until(lambda: sending(house), lambda: "no sending process")
        process = sending(house)
        assert process is not None
        house.kill()
        until(lambda: not runs(process), lambda: "it is still there")
