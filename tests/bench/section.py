"""What a section of the benchmarks is: some figures measured in one run, with the goal beside each."""

import shutil
import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

Say = Callable[[str, int, int], None]
"""Progress for a person who watches: what is under way, steps done, steps in all."""

PACKAGES = {
    "postfix": "apt-get install postfix",
    "smtp-source": "apt-get install postfix (it is part of it)",
}
"""Programs that sections need, and how Debian installs them."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the table.

    `what` names it within its section; `goal` is text for people, "" where there is none; `measured` a number in
    `unit`, None where it could not be measured: `detail` then says why. `met` is None where there is no goal.
    `key`, where given, is the name by which `tests.bench.plan` finds it, whatever becomes of `what`.
    """

    what: str
    goal: str
    measured: float | None
    unit: str
    met: bool | None = None
    detail: str = ""
    key: str = ""


class Section(Protocol):
    """Some figures that belong together. A module that has some lists them in its `SECTIONS`."""

    @property
    def name(self) -> str:
        """One word: `make bench ROWS="accept filed"`."""

    @property
    def title(self) -> str:
        """The heading on the page."""

    @property
    def how(self) -> str:
        """How it is measured, for the page: Markdown, a few sentences."""

    @property
    def needs(self) -> Sequence[str]:
        """Programs without which it cannot run."""

    def run(self, quick: bool, say: Say) -> list[Figure]:
        """Measure. `quick` asks for seconds that show that it works; its figures are worth nothing."""


@dataclass(frozen=True, slots=True)
class Part:
    """A Section made of a function."""

    name: str
    title: str
    how: str
    measure: Callable[[bool, Say], list[Figure]]
    needs: Sequence[str] = ()

    def run(self, quick: bool, say: Say) -> list[Figure]:
        """Measure."""
        return self.measure(quick, say)


def missing(needs: Sequence[str]) -> list[str]:
    """What is to be installed, for a person."""
    return [f"{each}: {PACKAGES.get(each, 'install it')}" for each in needs if shutil.which(each) is None]


def at_least(
    what: str, goal: float, measured: float, unit: str, *, detail: str = "", key: str = ""
) -> Figure:
    """A figure that should not be below its goal."""
    return Figure(what, f"≥ {goal:g} {unit}", measured, unit, measured >= goal, detail, key)


def at_most(what: str, goal: float, measured: float, unit: str, *, detail: str = "", key: str = "") -> Figure:
    """A figure that should not be above its goal."""
    return Figure(what, f"≤ {goal:g} {unit}", measured, unit, measured <= goal, detail, key)


def plain(what: str, measured: float, unit: str, *, detail: str = "", key: str = "") -> Figure:
    """A figure without a goal."""
    return Figure(what, "", measured, unit, None, detail, key)


def percentile(values: Sequence[float], share: float) -> float:
    """The value that `share` (0 to 1) of the values do not exceed; nan for none."""
    ordered = sorted(values)
    if not ordered:
        return float("nan")
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


def median(values: Sequence[float]) -> float:
    """The middle one; nan for none."""
    return statistics.median(values) if values else float("nan")


def size(octets: int) -> str:
    """2 kB, 1 MB: for people."""
    return f"{octets // 1_000_000} MB" if octets >= 1_000_000 else f"{octets // 1000} kB"
