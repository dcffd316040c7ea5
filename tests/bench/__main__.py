"""`make bench`: measure, print tables, and write them down. Exits with 1 when something could not be measured.

    python -m tests.bench [--quick] [--write FILE] [SECTION …]

`--write docs/benchmarks.md` keeps each section's results in docs/benchmarks.json and makes the page of all of
them: sections that were not run this time keep theirs. docs/scaling.md, if it is there, is computed anew.
A goal that is missed is no failure: it is written down.
"""

import argparse
import os
import sys
import tempfile
import traceback
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from tests.bench import plan
from tests.bench.machine import commit, facts
from tests.bench.results import Run, load, page, save, shown, verdict
from tests.bench.section import Section, missing
from tests.bench.sections import sections
from tests.daemon import ROOT

WRITTEN = ("docs/benchmarks.md", "docs/benchmarks.json", "docs/scaling.md")
"""What the bench itself writes: no reason to call a tree dirty."""


def main() -> int:
    """Run the sections; exit code 0 or 1, 69 when something has to be installed first."""
    known = sections()
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("sections", nargs="*", metavar="SECTION", help=f"only these of {', '.join(known)}")
    parser.add_argument("--quick", action="store_true", help="seconds of each, to see that it works")
    parser.add_argument(
        "--write", type=Path, metavar="FILE", help="write the page there, the results beside it"
    )
    options = parser.parse_args()
    if unknown := [name for name in options.sections if name not in known]:
        parser.error(f"no such section: {', '.join(unknown)}; there are {', '.join(known)}")
    chosen = [known[name] for name in options.sections or known]
    if lacking := _lacking(chosen):
        print("\n".join(lacking), file=sys.stderr)
        able = [section.name for section in known.values() if not _lacking([section])]
        print(f'Without it: make bench ROWS="{" ".join(able)}"', file=sys.stderr)
        return os.EX_UNAVAILABLE
    console = Console(width=None if sys.stdout.isatty() else 160)
    runs: dict[str, Run] = {}
    for section in chosen:
        runs[section.name] = run = _run(section, console, quick=options.quick)
        console.print(_table(section, run))
        if run.broken:
            console.print(run.broken, markup=False, highlight=False)
        if options.write:  # after each: the next one may take half an hour
            _write(options.write, {section.name: run}, known)
    figures = [each for run in runs.values() for each in run.figures]
    met, missed = (sum(each.met is which for each in figures) for which in (True, False))
    broken = [name for name, run in runs.items() if run.broken]
    print(
        f"{len(figures)} figures; goals: {met} met, {missed} missed{' (in short: no matter)' * options.quick}"
    )
    if broken:
        print(f"could not be measured: {', '.join(broken)}", file=sys.stderr)
    return 1 if broken else 0


def _lacking(chosen: list[Section]) -> list[str]:
    needs = sorted({each for section in chosen for each in section.needs})
    found = [f"not installed: {each}" for each in missing(needs)]
    if "postfix" in needs and not found and os.geteuid() != 0:
        found.append("Postfix starts as root alone: run this with sudo, or in a container")
    return found


def _run(section: Section, console: Console, *, quick: bool) -> Run:
    head = commit(ROOT, WRITTEN)
    begun = monotonic()
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    broken, figures = "", []
    plain = not sys.stdout.isatty()
    with Progress(*columns, console=console, transient=True, disable=plain) as bar:
        task = bar.add_task(section.name, total=None)

        def say(text: str, done: int, total: int) -> None:
            bar.update(task, description=f"{section.name}: {text}", completed=done, total=total)
            if plain:
                print(f"{section.name} {done}/{total} {text}", file=sys.stderr, flush=True)

        try:
            figures = section.run(quick, say)
        except Exception:  # the other sections are still to be run
            broken = traceback.format_exc()
    minutes = round((monotonic() - begun) / 60, 2)
    machine = facts(Path(tempfile.gettempdir()))
    return Run(tuple(figures), f"{datetime.now(UTC):%F}", head, machine, minutes, quick, broken)


def _table(section: Section, run: Run) -> Table:
    table = Table("what", "goal", "measured", "", "beside it", title=section.title)
    colours = {None: "", True: "green", False: "red"}
    for each in run.figures:
        value = f"{shown(each.measured)} {each.unit}" if each.measured is not None else "not measured"
        word = verdict(each.met).strip("*")
        table.add_row(
            each.what, each.goal, value, f"[{colours[each.met]}]{word}" if word else "", each.detail
        )
    return table


def _write(path: Path, runs: dict[str, Run], known: dict[str, Section]) -> None:
    data = path.with_suffix(".json")
    # One that broke does not take the place of one that went through.
    whole = {name: run for name, run in runs.items() if not run.broken}
    kept = load(data) | whole
    kept = {name: kept[name] for name in known if name in kept}
    save(data, kept)
    path.write_text(page(kept, known, data.name), encoding="utf-8")
    scaling = path.with_name("scaling.md")
    if scaling.exists():
        plan.write(scaling, kept)


if __name__ == "__main__":
    sys.exit(main())
