"""The names under which workers hold mail, and which of them are gone.

A lease would run out by itself, but after a crash nobody should wait for that.
"""

import os
import secrets
import socket
from dataclasses import dataclass
from pathlib import Path
from typing import Self


@dataclass(frozen=True, slots=True)
class Owner:
    """Host, process id of the daemon, a token of this run of it, and a number for each worker it started."""

    host: str
    daemon: int
    run: str
    number: int

    def __str__(self) -> str:
        """The name in the database."""
        return f"{self.host}:{self.daemon}:{self.run}:{self.number}"

    @classmethod
    def first(cls) -> Self:
        """An owner in the name of this process, the daemon."""
        return cls(socket.gethostname(), os.getpid(), secrets.token_hex(4), 0)

    def next(self) -> "Owner":
        """The name of the next worker of the same daemon."""
        return Owner(self.host, self.daemon, self.run, self.number + 1)

    @classmethod
    def read(cls, name: str) -> Self | None:
        """The owner behind a name, or None for a name that is none."""
        host, *rest = name.rsplit(":", 3)
        if len(rest) != 3 or not (rest[0].isdecimal() and rest[2].isdecimal()):
            return None
        return cls(host, int(rest[0]), rest[1], int(rest[2]))

    def knows_gone(self, other: "Owner") -> bool:
        """Whether another owner is certainly gone: it ran on this host, and its daemon runs no more."""
        if other.host != self.host or other.run == self.run:
            return False
        # A restarted container gives the same process id to the next run.
        return other.daemon == self.daemon or not _runs(other.daemon)


def _runs(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        return True
    return not _is_zombie(process)


def _is_zombie(process: int) -> bool:
    """Whether a process is dead and only not reaped yet, which may take its parent for ever (proc(5), stat)."""
    try:
        # The name before it, in brackets, may hold anything.
        state = Path(f"/proc/{process}/stat").read_text("utf-8", "replace").rpartition(")")[2].split()[0]
    except (OSError, IndexError):  # no such table here, or gone this moment: the next look tells
        return False
    return state in "ZX"
