"""The results, kept section by section beside the page, so that sections can be run at different times."""

import json
import math
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from tests.bench.section import Figure, Section


@dataclass(frozen=True, slots=True)
class Run:
    """What one run of one section found. `broken` is its traceback, "" when it went through."""

    figures: tuple[Figure, ...]
    date: str
    commit: str
    machine: dict[str, str]
    minutes: float
    quick: bool = False
    broken: str = ""


def load(path: Path) -> dict[str, Run]:
    """Section name → its last run. An empty one when there is no file."""
    if not path.exists():
        return {}
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return {
        name: Run(**{**run, "figures": tuple(Figure(**each) for each in run["figures"])})
        for name, run in found.items()
    }


def save(path: Path, runs: dict[str, Run]) -> None:
    """Write them, a key a line, so that a change can be read."""
    text = json.dumps({name: asdict(run) for name, run in runs.items()}, ensure_ascii=False, indent=1)
    path.write_text(text + "\n", encoding="utf-8")


def shown(number: float | None) -> str:
    """A number as people read it: three digits that count."""
    if number is None or math.isnan(number):
        return "–"
    if abs(number) >= 100:
        return f"{number:,.0f}"
    return f"{number:.2f}" if abs(number) < 10 else f"{number:.1f}"


def verdict(met: bool | None) -> str:
    """For the last column."""
    return "" if met is None else "met" if met else "**missed**"


_HEAD = """\
# Benchmarks

What the gateway does, beside what an operator would use instead, measured by one command: `make bench`. Some sections
alone: `make bench ROWS="accept filed"`; `QUICK=1` only shows that it works. Ratios are what counts: absolute figures
are those of the machine below, its processors shared with the load generator. Nothing here is typed by hand; the
figures are in [{data}]({data}).

Of {goals} goals {met} are met.

"""


def page(runs: dict[str, Run], known: dict[str, Section], data: str) -> str:
    """The page, in Markdown, of every section that has been run; `data` is the name of the file of results."""
    judged = [
        each for name, run in runs.items() if name in known for each in run.figures if each.met is not None
    ]
    parts = [_HEAD.format(data=data, goals=len(judged), met=sum(bool(each.met) for each in judged))]
    for name, section in known.items():
        run = runs.get(name)
        if run is None:
            continue
        parts.append(f"## {section.title}\n\n{section.how}\n\n{_table(run)}\n{_stamp(name, run)}\n\n")
    return "".join(parts).rstrip() + "\n"


def _table(run: Run) -> str:
    lines = ["| what | goal | measured | | beside it |", "|---|---|--:|---|---|"]
    for each in run.figures:
        value = f"{shown(each.measured)} {each.unit}" if each.measured is not None else "not measured"
        cells = (each.what, each.goal, value, verdict(each.met), each.detail)
        lines.append("| " + " | ".join(cell.replace("|", "/").replace("\n", " ") for cell in cells) + " |")
    return "\n".join(lines) + "\n"


def _stamp(name: str, run: Run) -> str:
    machine = ", ".join(f"{key} {value}" for key, value in run.machine.items() if value)
    quick = " A quick run: these figures are worth nothing." if run.quick else ""
    broken = f" It broke: {run.broken.splitlines()[-1]}" if run.broken else ""
    took = f"{run.minutes:.1f} minutes"
    return f"`{name}`, {run.date}, commit {run.commit}, {took}; {machine}.{quick}{broken}"
