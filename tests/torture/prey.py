"""The daemon as what is hunted: in a process group of its own, at the same port after each start."""

import os
import signal
import subprocess
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from time import monotonic
from typing import Any

from tests.daemon import ROOT, SECONDS, Daemon, commits
from tests.torture.incoming import LOOPBACK, free_port

EVERYTHING, DAEMON, WORKER, COMMITS = "everything", "the daemon alone", "a filing worker", "what commits"


class Prey(Daemon):
    """A daemon to be killed."""

    def __init__(
        self,
        folder: Path,
        config: str = "",
        http: str = "127.0.0.1:0",
        *,
        host: str = LOOPBACK,
        before: Sequence[str] = (),
        altered: str = "",
        environment: Mapping[str, str] | None = None,
    ) -> None:
        """`host` is where it listens, of the loopback network.

        `before` stands before its command line, `altered` names what `tests.torture.altered` changes in it.
        """
        self.host, self.fixed = host, free_port()
        self._before = before
        self._altered = altered
        # A handful of clients stands for all the world here: no limit of one address is for them.
        limits = "[smtp.limits]\nconnections_per_minute = 1000000\n"
        super().__init__(folder, f"{host}:{self.fixed}", limits + config, http, **(environment or {}))
        self.killed_workers = 0

    def begin(self) -> float:
        """Start, and wait for nothing; the time of it."""
        begun = monotonic()
        self.process = subprocess.Popen(
            self._serve(),
            stderr=subprocess.PIPE,
            cwd=ROOT,
            env=self._environment,
            start_new_session=True,
        )
        threading.Thread(target=self._listen, args=(self.process,), daemon=True).start()
        return begun

    def _serve(self) -> list[str]:
        command = self._command("serve")
        if self._altered:
            command[1:3] = ["-m", "tests.torture.altered", self._altered]
        return [*self._before, *command]

    def strike(self, victim: str) -> str:
        """kill -9; who it was in the end: where there is no worker just now, it is everything."""
        assert self.process is not None
        pid = self.process.pid
        workers = children(pid, b"gateway.filing.worker")
        if victim == WORKER and workers:
            os.kill(workers[0], signal.SIGKILL)
            self.killed_workers += 1
            return WORKER
        if victim == COMMITS and (found := commits(pid)):
            os.kill(found[0], signal.SIGKILL)
            return COMMITS
        if victim == DAEMON:
            self.process.kill()
        else:
            os.killpg(pid, signal.SIGKILL)
        self.process.wait(SECONDS)
        return DAEMON if victim == DAEMON else EVERYTHING

    def end(self) -> None:
        """Nothing of the last run is left."""
        if self.process is not None and self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait(SECONDS)

    def log(self) -> list[dict[str, Any]]:
        """What all runs have said."""
        while not self._events.empty():
            self.seen.append(self._events.get())
        return self.seen


def children(parent: int, word: bytes) -> list[int]:
    """The children of a process with a word in their command line (proc(5))."""
    found = []
    for folder in Path("/proc").iterdir():
        if not folder.name.isdecimal():
            continue
        try:
            state, above = (folder / "stat").read_bytes().rpartition(b")")[2].split()[:2]
            if int(above) == parent and state != b"Z" and word in (folder / "cmdline").read_bytes():
                found.append(int(folder.name))
        except OSError:  # it ended meanwhile
            continue
    return found
