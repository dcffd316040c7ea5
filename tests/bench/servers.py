"""What is measured side by side: the gateway, a Postfix that takes and discards, aiosmtpd that merely discards."""

import atexit
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from tests.daemon import LOG, ROOT, SAMPLE, SECONDS, Daemon
from tests.postfix import answers, free_port, running, until

SENDER = "nora.feld@lumenfold.example"
RECIPIENT = LOG

_TICKS = os.sysconf("SC_CLK_TCK")

GATEWAY = """\
[smtp.limits]
connections_per_address = 500
connections_per_minute = 1000000
"""
"""One client machine stands for many: the limits of one address do not count."""

POSTFIX = """\
smtpd_relay_restrictions = permit_mynetworks, reject
default_transport = discard:
relay_transport = discard:
in_flow_delay = 0
message_size_limit = 26214400
smtpd_client_connection_count_limit = 0
"""
"""Postfix's defaults but for limits of one client, and no pause when mail comes in faster than it goes out. It syncs
each mail to the disk before its 250, as always, and throws it away afterwards."""


@dataclass(frozen=True)
class Server:
    """One that takes mail at `port`; `root` is its first process."""

    name: str
    port: int
    root: int
    daemon: Daemon | None = None

    def cpu_seconds(self) -> float:
        """What it and its children, those that have ended too, have computed so far."""
        return sum(_cpu(pid) for pid in family(self.root))

    def memory(self) -> int:
        """Bytes of all its processes, what they share counted for each in part (PSS of proc(5))."""
        return sum(pss(pid) for pid in family(self.root))

    def signal(self, number: int) -> None:
        """To all its processes."""
        for pid in family(self.root):
            with suppress(ProcessLookupError):
                os.kill(pid, number)


def family(root: int) -> list[int]:
    """A process and its descendants."""
    found, todo = [], [root]
    while todo:
        pid = todo.pop()
        found.append(pid)
        try:
            for task in Path(f"/proc/{pid}/task").iterdir():
                todo += map(int, (task / "children").read_text().split())
        except OSError:
            continue
    return found


def _cpu(pid: int) -> float:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return sum(map(int, fields[11:15])) / _TICKS  # utime, stime, and those of children that have ended


def is_serving(pid: int) -> bool:
    """Whether it is the daemon, or what it has forked to commit."""
    return b"serve" in Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")


def pss(pid: int) -> int:
    """Bytes of one process, what it shares counted in part; 0 when it is gone."""
    try:
        text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    except OSError:
        return 0
    line = next(line for line in text.splitlines() if line.startswith("Pss:"))
    return int(line.split()[1]) * 1024


@contextmanager
def gateway(
    folder: Path,
    *,
    filing: bool = True,
    prepare: Callable[[Path], None] = lambda _data: None,
    config: str = "",
    **environment: str,
) -> Iterator[Server]:
    """The daemon as an operator starts it, on a fresh database. Without `filing` its other processes are stopped.

    `prepare` is given the data folder, with a database and the sample directory in it, before the daemon starts.
    With more `config` the directory is imported by it: the database may be another one.
    """
    folder.mkdir()
    made = Daemon(folder, config=GATEWAY + config, **environment)
    if config:
        made.run("directory", "import", str(SAMPLE))
    else:
        shutil.copytree(_filled(), folder / "data")
    prepare(folder / "data")
    made.start()
    made.event("http listening")
    made.heeds = False
    assert made.process is not None
    others = family(made.process.pid)[1:]
    files = [pid for pid in others if not is_serving(pid)]  # what commits is a part of accepting
    try:
        if not filing:
            _stop(files, folder / "data" / "gateway.db")
        yield Server("gateway", made.port, made.process.pid, made)
    finally:
        # No worker may go on in a folder that is gone in a moment.
        made.kill()
        for pid in others:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


@cache
def _filled() -> Path:
    """A data folder with the sample directory, made once: a fresh daemon for each load takes a copy."""
    place = tempfile.mkdtemp(prefix="bench-sample-")
    atexit.register(shutil.rmtree, place, ignore_errors=True)
    made = Daemon(Path(place))
    made.run("directory", "import", str(SAMPLE))
    return Path(place) / "data"


def _stop(processes: list[int], database: Path) -> None:
    """Stop processes at a moment at which none of them holds the database: it would never let go."""
    while True:
        for pid in processes:
            os.kill(pid, signal.SIGSTOP)
        with closing(sqlite3.connect(database, timeout=0.5, isolation_level=None)) as connection:
            try:
                connection.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError:
                for pid in processes:
                    os.kill(pid, signal.SIGCONT)
            else:
                connection.execute("ROLLBACK")
                return


@contextmanager
def discarding_postfix() -> Iterator[Server]:
    """Postfix with private folders."""
    files = {"main.cf": POSTFIX, "transport": ""}
    with running(files, "127.0.0.0/8", "discard unix - - n - - discard\n") as there:
        yield Server("Postfix", there.port, there.master)


_DISCARDING = """
import asyncio, sys, uvloop
from aiosmtpd.smtp import SMTP

class Discard:
    async def handle_DATA(self, server, session, envelope):
        return "250 OK"

async def main():
    loop = asyncio.get_running_loop()
    make = lambda: SMTP(Discard(), hostname="x", ident="x", loop=loop, enable_SMTPUTF8=True)
    server = await loop.create_server(make, "127.0.0.1", int(sys.argv[1]), backlog=1024)
    await server.serve_forever()

uvloop.install()
asyncio.run(main())
"""


@contextmanager
def listening(name: str, program: str, *arguments: str) -> Iterator[Server]:
    """A program in Python that listens at the port which is its first argument."""
    port = free_port()
    with subprocess.Popen((sys.executable, "-c", program, str(port), *arguments), cwd=ROOT) as process:
        try:
            until(lambda: answers(port), lambda: f"{name} does not answer")
            yield Server(name, port, process.pid)
        finally:
            process.terminate()
            process.wait(SECONDS)


def discarding_aiosmtpd() -> AbstractContextManager[Server]:
    """The library as it comes, on uvloop, with a handler that answers 250 and keeps nothing."""
    return listening("aiosmtpd", _DISCARDING)
