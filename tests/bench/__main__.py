"""`python -m tests.bench [--quick] [--write FILE]`: measure, print a table, and write it down."""

import argparse
import platform
import statistics
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from gateway.cli.context import console
from tests.bench.accept import (
    AIOSMTPD,
    ALONE,
    GATEWAY,
    LOADS,
    POSTFIX,
    QUICK,
    ROUNDS,
    Results,
    accept,
    latencies,
)
from tests.daemon import ROOT

HEAD = """\
# Benchmarks

What the gateway does beside what an operator would use instead, measured side by side in one run: `make bench`.
Ratios are what counts; messages a second are those of one small machine ({machine}), its processors shared with the
load generator. {date}, commit {commit}.
"""


def main() -> int:
    """Measure; 0 when everything could be."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench")
    parser.add_argument("--quick", action="store_true", help="one round of little, to see that it works")
    parser.add_argument("--write", type=Path, metavar="FILE", help="write the tables there, as Markdown")
    options = parser.parse_args()
    loads, rounds, messages = (QUICK, 1, 200) if options.quick else (LOADS, ROUNDS, 5_000)

    def say(what: str, done: int, total: int) -> None:
        print(f"\r\x1b[K{done}/{total} {what}", end="" if done < total else "\n", file=sys.stderr, flush=True)

    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        results = accept(Path(folder), loads, say, rounds)
        times = latencies(Path(folder), messages, say, rounds)
    tables = [_accepted(results), _times(times)]
    shown = console()
    for title, head, rows in tables:
        shown.print(_rich(title, head, rows))
    if options.write:
        parts = [HEAD.format(machine=_machine(), date=f"{datetime.now(UTC):%F}", commit=_commit())]
        parts += [f"## {title}\n\n{_markdown(head, rows)}" for title, head, rows in tables]
        options.write.write_text("\n".join(parts), encoding="utf-8")
    return 0


Table = tuple[str, list[str], list[list[str]]]


def _accepted(results: Results) -> Table:
    head = ["load", *(f"{name}, messages/s" for name in (GATEWAY, ALONE, POSTFIX, AIOSMTPD))]
    head += [f"{GATEWAY} ÷ {POSTFIX}", f"{ALONE} ÷ {POSTFIX}", f"{ALONE} ÷ {AIOSMTPD}", "CPU a message, ms"]
    rows = []
    for load, by in results.items():
        rates = {name: each.rate for name, each in by.items()}
        cpu = " / ".join(
            f"{statistics.median(by[name].cpu):.2f}" for name in (GATEWAY, ALONE, POSTFIX, AIOSMTPD)
        )
        rows.append(
            [
                str(load),
                *(f"{rates[name]:,.0f}" for name in (GATEWAY, ALONE, POSTFIX, AIOSMTPD)),
                f"{rates[GATEWAY] / rates[POSTFIX]:.2f}",
                f"{rates[ALONE] / rates[POSTFIX]:.2f}",
                f"{rates[ALONE] / rates[AIOSMTPD]:.2f}",
                cpu,
            ]
        )
    return "Durable accept", head, rows


def _times(times: dict[str, list[float]]) -> Table:
    rows = [[name, f"{statistics.median(each) * 1000:.1f}"] for name, each in times.items()]
    return "Time to 250, 2 kB over 10 sessions", ["server", "99th percentile, ms"], rows


def _rich(title: str, head: list[str], rows: list[list[str]]):  # type: ignore[no-untyped-def]
    from rich.table import Table as Shown

    shown = Shown(title=title)
    for number, name in enumerate(head):
        shown.add_column(name, justify="right" if number else "left")
    for row in rows:
        shown.add_row(*row)
    return shown


def _markdown(head: list[str], rows: list[list[str]]) -> str:
    lines = [head, ["---", *("--:" for _ in head[1:])], *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _machine() -> str:
    return f"{len(__import__('os').sched_getaffinity(0))} cores, Python {platform.python_version()}"


def _commit() -> str:
    command = ("git", "describe", "--always", "--dirty")
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT).stdout.strip()


if __name__ == "__main__":
    sys.exit(main())
