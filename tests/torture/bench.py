"""What a row of the torture table is: something done to the real daemon, and what must be true afterwards."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a row measured. A row with `violations` has failed; `skipped` says what the machine lacks for it.

    `measured` is one line for the table, with the figures that the row was asked for.
    """

    measured: str = ""
    violations: tuple[str, ...] = ()
    skipped: str = ""


@dataclass(frozen=True, slots=True)
class Torment:
    """What a row gets: `quick` asks for its short form, `folder` is empty and its own, `seed` settles its chances.

    `say(text, done, total)` moves the bar of a person who watches.
    """

    quick: bool
    folder: Path
    seed: int
    say: Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the table. `test` and `asked` are its first columns; `run` raises only for faults of the bench."""

    name: str
    test: str
    asked: str
    run: Callable[[Torment], Outcome]
    needs: tuple[str, ...] = field(default=())
    """Programs without which it cannot run."""
