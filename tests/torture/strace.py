"""strace on a running process: what it called, and faults put into its calls (strace(1), inject)."""

import re
import signal
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.daemon import SECONDS

CHANGING = (
    *(
        "write",
        "writev",
        "pwrite64",
        "pwritev",
        "sendto",
        "sendmsg",
        "fsync",
        "fdatasync",
        "ftruncate",
        "fallocate",
    ),
    *(
        "rename",
        "renameat",
        "renameat2",
        "openat",
        "mkdir",
        "mkdirat",
        "link",
        "linkat",
        "unlink",
        "unlinkat",
    ),
)
"""Calls by which anything leaves the process: onto the disk, or to a peer."""

LET_GO_SECONDS = 5

_LINE = re.compile(r"^(?P<tid>\d+) +(?P<call>\w+)\((?P<rest>.*)$")
_FD_PATH = re.compile(r"^\d+<(?P<path>[^>]*)>")
_NAME = re.compile(r'"(?P<path>[^"]*)"')


@dataclass(frozen=True, slots=True)
class Call:
    """One call of a thread. `path` is the file it is about, or what stands in its place; `text` the whole line."""

    tid: int
    name: str
    path: str
    text: str


@contextmanager
def attached(output: Path, threads: Sequence[int], *options: str, follow: bool = False) -> Iterator[None]:
    """strace on these threads while the block runs, with new ones if `follow`; it writes to `output`."""
    pids = [word for thread in threads for word in ("-p", str(thread))]
    command = ["strace", "-y", *(("-f",) if follow else ()), *options, "-o", str(output), *pids]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    try:
        for line in process.stderr:
            if "attached" in line:
                break
            raise RuntimeError(f"strace: {line}")
        for _ in threads[1:]:
            process.stderr.readline()
        yield
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.communicate(timeout=LET_GO_SECONDS)
        except subprocess.TimeoutExpired:
            # It waits for a thread of a process that was killed, which cannot end while it is traced.
            process.kill()
            process.communicate(timeout=SECONDS)


def calls(output: Path) -> list[Call]:
    """The calls in an output, in their order. (Without -f the lines bear no thread: it is 0 then.)"""
    found = []
    for line in output.read_text("utf-8", "replace").splitlines():
        match = _LINE.match(line) or _LINE.match(f"0 {line}")
        if match is None:
            continue
        rest = match["rest"]
        path = _FD_PATH.match(rest) or _NAME.search(rest)
        found.append(Call(int(match["tid"]), match["call"], path["path"] if path else "", line))
    return found


def threads_of(process: int) -> list[int]:
    """The threads of a process, and after its own those of what it has forked without becoming another program."""
    program = Path(f"/proc/{process}/cmdline").read_bytes()
    own = sorted(int(each.name) for each in Path(f"/proc/{process}/task").iterdir())
    for child in Path(f"/proc/{process}/task/{process}/children").read_text().split():
        if Path(f"/proc/{child}/cmdline").read_bytes() == program:
            own += sorted(int(each.name) for each in Path(f"/proc/{child}/task").iterdir())
    return own
