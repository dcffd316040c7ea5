"""`make torture`: every row of the table against the real daemon. Exits with 1 when one of them fails.

    python -m tests.torture [--quick] [--seed N] [--write FILE] [ROW …]

`--write` puts the table into a file, with date and
commit; rows that did not run this time keep the lines they have there.
"""

import argparse
import re
import shutil
import subprocess
import sys
import tempfile
import traceback
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from tests.daemon import ROOT
from tests.torture.bench import Outcome, Row, Torment
from tests.torture.rows import rows

_HEAD = """# The torture bench

What the gateway goes through, and what it must be like afterwards: `make torture` drives the
real daemon as a process and fails on any violation; `make torture QUICK=1` is its short form and runs in
CI. One row alone: `make torture ROWS=kills`. Times are those of one run on two cores; a row that is not here has not
been run whole since it changed.

| test | asked | measured | time | date, commit |
|---|---|---|---|---|
"""
_LINE = re.compile(r"^\| (?P<test>[^|]+) \|.*\|$")


def main() -> int:
    """Run the rows; exit code 0 or 1."""
    parser = argparse.ArgumentParser(prog="python -m tests.torture", description=__doc__)
    parser.add_argument("rows", nargs="*", metavar="ROW", help="only these")
    parser.add_argument("--quick", action="store_true", help="the short form")
    parser.add_argument("--seed", type=int, default=1, help="settles what is left to chance")
    parser.add_argument("--write", type=Path, help="put the table into this file")
    arguments = parser.parse_args()
    known = {row.name: row for row in rows()}
    if unknown := [name for name in arguments.rows if name not in known]:
        parser.error(f"no such row: {', '.join(unknown)}; there are {', '.join(known)}")
    chosen = [known[name] for name in arguments.rows or known]
    begun = commit(ROOT, arguments.write) if arguments.write else ""
    console = Console(width=None if sys.stdout.isatty() else 200)
    results: list[tuple[Row, Outcome, float]] = []
    for row in chosen:
        outcome, seconds = _run(row, console, quick=arguments.quick, seed=arguments.seed)
        results.append((row, outcome, seconds))
        _tell(console, row, outcome, seconds)
    console.print(_table(results))
    if arguments.write:
        ended = commit(ROOT, arguments.write)
        stamp = begun if begun == ended else f"{begun} to {ended}"  # each daemon is a process of its own
        _write(arguments.write, results, known, stamp)
    failed = sum(bool(outcome.violations) for _, outcome, _ in results)
    skipped = sum(bool(outcome.skipped) for _, outcome, _ in results)
    print(f"{len(results) - failed - skipped} passed, {failed} failed, {skipped} skipped")
    return 1 if failed else 0


def _run(row: Row, console: Console, *, quick: bool, seed: int) -> tuple[Outcome, float]:
    if missing := [program for program in row.needs if shutil.which(program) is None]:
        return Outcome(skipped=f"not installed: {', '.join(missing)}"), 0.0
    begun = monotonic()
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with (
        Progress(*columns, console=console, transient=True, disable=not sys.stdout.isatty()) as bar,
        tempfile.TemporaryDirectory(prefix=f"torture-{row.name}-") as folder,
    ):
        task = bar.add_task(row.name, total=None)

        def say(text: str, done: int, total: int) -> None:
            bar.update(task, description=f"{row.name}: {text}", completed=done, total=total)

        try:
            outcome = row.run(Torment(quick, Path(folder), seed, say))
        except Exception:  # the other rows are still to be run
            outcome = Outcome(violations=(f"the bench broke: {traceback.format_exc()}",))
    return outcome, monotonic() - begun


def _tell(console: Console, row: Row, outcome: Outcome, seconds: float) -> None:
    word = "FAILED" if outcome.violations else "skipped" if outcome.skipped else "ok"
    console.print(
        f"{word:8}{row.name:14}{_time(seconds):>8}  {outcome.skipped or outcome.measured}", markup=False
    )
    for violation in outcome.violations[:20]:
        console.print(f"        {violation}", markup=False)


def _table(results: list[tuple[Row, Outcome, float]]) -> Table:
    table = Table("test", "asked", "measured", "time", show_lines=True)
    for row, outcome, seconds in results:
        table.add_row(row.test, row.asked, _measured(outcome), _time(seconds))
    return table


def _write(path: Path, results: list[tuple[Row, Outcome, float]], known: dict[str, Row], stamp: str) -> None:
    lines: dict[str, str] = {}
    if path.exists():
        for line in path.read_text(encoding="utf-8").splitlines():
            if match := _LINE.match(line):
                lines[match["test"]] = line
    when = f"{datetime.now(UTC):%Y-%m-%d}, {stamp}"
    for row, outcome, seconds in results:
        cells = (row.test, row.asked, _measured(outcome), _time(seconds), when)
        lines[row.test] = (
            "| " + " | ".join(cell.replace("|", "/").replace("\n", " ") for cell in cells) + " |"
        )
    body = "\n".join(lines[row.test] for row in known.values() if row.test in lines)
    path.write_text(f"{_HEAD}{body}\n", encoding="utf-8")


def commit(root: Path, written: Path) -> str:
    """The commit of a tree, "-dirty" when a file of it says otherwise; `written`, the bench's own, does not count.

    A file that git does not know counts too: the code may import it.
    """

    def git(*words: str) -> str:
        ran = subprocess.run(("git", *words), cwd=root, capture_output=True, text=True, check=False)
        return ran.stdout.strip()

    head = git("rev-parse", "--short", "HEAD")
    if not head:
        return "no repository"
    own = (
        [":!" + written.resolve().relative_to(root).as_posix()]
        if written.resolve().is_relative_to(root)
        else []
    )
    return f"{head}-dirty" if git("status", "--porcelain", "--", ".", *own) else head


def _measured(outcome: Outcome) -> str:
    if outcome.skipped:
        return f"not run: {outcome.skipped}"
    if outcome.violations:
        return f"{outcome.measured} — FAILED: {outcome.violations[0].splitlines()[-1]}"
    return outcome.measured


def _time(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.1f} min"


if __name__ == "__main__":
    sys.exit(main())
