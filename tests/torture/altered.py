"""`gateway` with one thing in it changed, for the controls: `python -m tests.torture.altered WHAT …`."""

import os
import sys
from collections.abc import Callable

from gateway.intake import committer
from storage import driver


def _pragma(name: str, value: str) -> None:
    driver._PRAGMAS = tuple(
        f"PRAGMA {name} = {value}" if each.startswith(f"PRAGMA {name} ") else each for each in driver._PRAGMAS
    )


def _synchronous_normal() -> None:
    """Commits are not synced."""
    _pragma("synchronous", "NORMAL")


def _unsynced_blobs() -> None:
    """Nothing that Python writes is synced: neither blobs nor their folders."""
    os.fsync = lambda _descriptor: None  # type: ignore[assignment]


def _checkpoints() -> None:
    """Every commit is followed by a checkpoint, not one of some hundred."""
    committer.LOG_BYTES = 1


ALTERATIONS: dict[str, Callable[[], None]] = {
    "synchronous-normal": _synchronous_normal,
    "unsynced-blobs": _unsynced_blobs,
    "checkpoints": _checkpoints,
}


def main() -> int:
    """Change it, and be the gateway."""
    ALTERATIONS[sys.argv.pop(1)]()
    from gateway.cli import main as gateway

    return gateway()


if __name__ == "__main__":
    sys.exit(main())
