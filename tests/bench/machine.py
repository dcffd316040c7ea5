"""What the figures were measured on."""

import os
import platform
import re
import sqlite3
import subprocess
from collections.abc import Sequence
from pathlib import Path


def facts(folder: Path) -> dict[str, str]:
    """Processor, cores, memory, kernel, disk of `folder`, versions: name → value, in the order to be shown."""
    return {
        "processor": _processor(),
        "cores": str(len(os.sched_getaffinity(0))),
        "memory": f"{os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / 2**30:.0f} GiB",
        "kernel": f"{platform.system()} {platform.release()}",
        "disk": _disk(folder),
        "Python": platform.python_version(),
        "SQLite": sqlite3.sqlite_version,
        "Postfix": _said("postconf", "-dh", "mail_version"),
    }


def commit(root: Path, written: Sequence[str]) -> str:
    """The commit of a tree, "-dirty" when a file of it says otherwise, those in `written` (from the root) aside."""
    head = _said("git", "-C", str(root), "rev-parse", "--short", "HEAD")
    if not head:
        return "no repository"
    own = [f":!{each}" for each in written]
    return (
        f"{head}-dirty" if _said("git", "-C", str(root), "status", "--porcelain", "--", ".", *own) else head
    )


def _processor() -> str:
    found = re.search(r"^model name\s*:\s*(.+)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    return found[1] if found else platform.machine()


def _disk(folder: Path) -> str:
    """File system, and what kind of disk it lies on."""
    kind = _said("findmnt", "-no", "FSTYPE", "-T", str(folder))
    source = Path(_said("findmnt", "-no", "SOURCE", "-T", str(folder))).name
    queue = Path(f"/sys/class/block/{source}")
    for place in (queue, queue.resolve().parent):  # a partition has no queue, its disk has
        turns = place / "queue" / "rotational"
        if turns.exists():
            word = "rotating" if turns.read_text().strip() == "1" else "not rotating"
            virtual = ", virtual" if source.startswith("vd") else ""
            return f"{kind}, {word}{virtual}"
    return kind or "unknown"


def _said(*command: str) -> str:
    try:
        return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()
    except OSError:
        return ""
