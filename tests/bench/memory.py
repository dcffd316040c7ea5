"""Memory of all processes: at rest, and while large mail comes in over many sessions."""

import subprocess
import tempfile
from pathlib import Path
from threading import Event, Thread
from time import monotonic, sleep

from tests.bench.accept import Load
from tests.bench.section import Figure, Part, Say, at_most, median, plain
from tests.bench.servers import Server, family, gateway, is_serving, pss

GOAL = 150
LOAD = Load(1_000_000, 50, True)
REST, LOOKS, MESSAGES = 10.0, 0.1, 1_500
"""Seconds of rest, between two looks, and the mails of the load."""
FILING = 60.0
"""Seconds that are looked at after it, while the mails are filed."""

_MB = 1e6


def _each(server: Server) -> str:
    """Its processes and what each takes."""
    told = []
    for pid in family(server.root):
        words = (
            Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").split()
        )
        if is_serving(pid):
            name = "listener" if pid == server.root else "commits"
        else:
            name = words[-1].rpartition(".")[2] if words else str(pid)
        told.append(f"{name} {pss(pid) / _MB:.0f}")
    return ", ".join(told) + " MB"


def _peak(server: Server, messages: int, filing: float, say: Say) -> float:
    """The most it took while the load was sent, and while it was filed for so many seconds."""
    peak = 0.0
    ended = Event()

    def watch() -> None:
        nonlocal peak
        while not ended.is_set():
            peak = max(peak, server.memory() / _MB)
            ended.wait(LOOKS)

    watching = Thread(target=watch)
    watching.start()
    try:
        command = LOAD.command(server.port, messages)
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=600)
        if done.returncode or done.stderr:
            raise RuntimeError(f"the load was refused: {done.stderr or done.stdout}")
        say("after the load", 2, 4)
        end = monotonic() + filing
        while monotonic() < end:
            sleep(LOOKS)
    finally:
        ended.set()
        watching.join()
    return peak


def _memory(quick: bool, say: Say) -> list[Figure]:
    rest, messages, filing = (2.0, 60, 2.0) if quick else (REST, MESSAGES, FILING)
    with tempfile.TemporaryDirectory(prefix="bench-") as folder, gateway(Path(folder) / "house") as server:
        say("at rest", 0, 4)
        sleep(rest)
        looks = []
        for _ in range(5):
            looks.append(server.memory() / _MB)
            sleep(LOOKS)
        processes = _each(server)
        say("under load", 1, 4)
        peak = _peak(server, messages, filing, say)
        say("at rest again", 3, 4)
        sleep(rest)
        after = server.memory() / _MB
    say("done", 4, 4)
    return [
        at_most(
            "at rest, one worker, all processes",
            GOAL,
            median(looks),
            "MB",
            detail=processes,
            key="memory.rest",
        ),
        plain(f"peak, {LOAD}, {messages:,} mails", peak, "MB", key="memory.peak"),
        plain(
            f"{rest:.0f} s after it",
            after,
            "MB",
        ),
    ]


_HOW = f"""\
The daemon as it is started, one worker, no relay, the API on: proportional set size (PSS of proc(5): what processes
share is counted once) over all its processes. At rest {REST:.0f} s after it listens; the peak by looks every
{LOOKS * 1000:.0f} ms, the {FILING:.0f} s of filing after the load included."""

SECTIONS = [Part("memory", "Memory", _HOW, _memory, ("smtp-source",))]
