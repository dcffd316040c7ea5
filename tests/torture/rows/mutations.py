"""The code itself made wrong, one guarantee at a time: the test that guards it must fail.

Each mutation is applied to a copy of the tree, and the tests that are named beside it run there. Caught is what fails
one of them; an error elsewhere and tests that never end are violations. A mutation whose text no longer stands in the
code, once and no more, is a violation too: the code has moved on, and so must this list.
"""

import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path

from tests.daemon import ROOT
from tests.torture.bench import Outcome, Row, Torment

COPIED = (
    "gateway",
    "storage",
    "rules",
    "tests",
    "deploy",
    "pyproject.toml",
    "config.example.toml",
    "README.md",
)

AT_ONCE = 2
SECONDS = 300
"""How long the tests of one mutation may take."""

PASSED, FAILED = 0, 1
"""Exit codes of pytest; any other says that the tests were not run."""

_FAILURE = re.compile(r"^FAILED (?P<test>\S.*?)(?: - (?P<why>.*))?$", re.MULTILINE)
"""What pytest says of a test that failed, with -rf; of one that broke before it began it says ERROR."""

_TOO_LONG = re.compile(r"Timeout \(?>")
"""What pytest-timeout lets a test fail with."""


@dataclass(frozen=True, slots=True)
class Mutation:
    """`before` stands once in `file` and becomes `after`; one of `tests` (pytest ids) must fail then."""

    drops: str
    file: str
    before: str
    after: str
    tests: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What came of one mutation: "" when it was caught, else what went wrong. `slow`: by a time limit alone."""

    mutation: Mutation
    wrong: str
    slow: bool = False


@dataclass(frozen=True, slots=True)
class Report:
    """What pytest said: its exit code, why each test that failed did so, and its last words."""

    code: int
    failed: Mapping[str, str]
    said: str


def _run(torment: Torment) -> Outcome:
    from tests.torture.mutants import MUTATIONS

    chosen = MUTATIONS[:: max(len(MUTATIONS) // 6, 1)] if torment.quick else MUTATIONS
    wrong = list(_unmutated(torment.folder / "control", chosen))
    caught = slow = 0
    with ThreadPoolExecutor(AT_ONCE) as pool:
        jobs = [
            pool.submit(_try, mutation, torment.folder / str(number))
            for number, mutation in enumerate(chosen)
        ]
        for done, job in enumerate(as_completed(jobs), 1):
            verdict = job.result()
            torment.say(verdict.mutation.drops, done, len(chosen))
            if verdict.wrong:
                wrong.append(f"{verdict.mutation.drops} ({verdict.mutation.file}): {verdict.wrong}")
            else:
                caught += 1
                slow += verdict.slow
    measured = f"{caught} of {len(chosen)} caught, {slow} of them only by the time limit of their test"
    return Outcome(measured, tuple(wrong))


def _unmutated(folder: Path, mutations: tuple[Mutation, ...]) -> Iterator[str]:
    """The tests pass while nothing is wrong: else they would catch everything."""
    tests = dict.fromkeys(test for mutation in mutations for test in mutation.tests)
    tested = _tested(_copied(folder), tuple(tests))
    if tested.code != PASSED:
        yield f"the tests fail without a mutation: {tested.said}"


def _try(mutation: Mutation, folder: Path) -> Verdict:
    tree = _copied(folder)
    try:
        file = tree / mutation.file
        text = file.read_text(encoding="utf-8")
        if (count := text.count(mutation.before)) != 1:
            return Verdict(mutation, f"its text stands {count} times in the file")
        file.write_text(text.replace(mutation.before, mutation.after), encoding="utf-8")
        tested = _tested(tree, mutation.tests)
    except subprocess.TimeoutExpired:
        return Verdict(mutation, f"the tests did not end within {SECONDS} s")
    finally:
        shutil.rmtree(tree)
    return judge(mutation, tested)


def judge(mutation: Mutation, tested: Report) -> Verdict:
    """Whether one of the tests that are named beside a mutation failed, and not something else."""
    whys = [why for test, why in tested.failed.items() if _is_of(test, mutation.tests)]
    if tested.code == FAILED and whys:
        return Verdict(mutation, "", slow=all(_TOO_LONG.search(why) for why in whys))
    if tested.code == PASSED:
        return Verdict(mutation, "not caught")
    return Verdict(mutation, f"no named test failed: {tested.said}")


def _is_of(test: str, named: Iterable[str]) -> bool:
    """Whether a test is one of those named, or in a file or folder of theirs."""
    return any(test == each or test.startswith((f"{each}::", f"{each}/", f"{each}[")) for each in named)


def _copied(folder: Path) -> Path:
    folder.mkdir()
    for name in COPIED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, folder / name)
    return folder


def _tested(tree: Path, tests: tuple[str, ...]) -> Report:
    """Run them. Raises TimeoutExpired."""
    # -m puts the copy in front of the installed package; bytecode would be written beside the copy for nothing.
    command = (sys.executable, "-B", "-m", "pytest", "-x", "-q", "-rf", "-p", "no:cacheprovider", *tests)
    # Wide, or pytest cuts the line that says which test failed and why.
    environment = {**os.environ, "PYTHONPATH": str(tree), "COLUMNS": "4000"}
    with subprocess.Popen(
        command,
        cwd=tree,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    ) as running:
        try:
            said, _ = running.communicate(timeout=SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(running.pid, signal.SIGKILL)  # and the daemons that the tests have started
            raise
    failed = {match["test"]: match["why"] or "" for match in _FAILURE.finditer(said)}
    return Report(running.returncode, failed, " / ".join(said.strip().splitlines()[-3:]))


ROW = Row(
    name="mutations",
    test="the code made wrong: without the shield, the fsync, the dedup, each limit, the l= rule …",
    asked="each caught by a test",
    run=_run,
)
