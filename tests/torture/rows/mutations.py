"""The code itself made wrong, one guarantee at a time: the test that guards it must fail.

Each mutation is applied to a copy of the tree, and the tests that are named beside it run there. A mutation whose
text no longer stands in the code, once and no more, is a violation too: the code has moved on, and so must this list.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
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
"""How long the tests of one mutation may take; a mutant that hangs is caught as well, by their own time limits."""

PASSED, FAILED = 0, 1
"""Exit codes of pytest; any other says that the tests were not run."""


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
    """What came of one mutation: "" when it was caught, else what went wrong."""

    mutation: Mutation
    wrong: str


def _run(torment: Torment) -> Outcome:
    from tests.torture.mutants import MUTATIONS

    chosen = MUTATIONS[:: max(len(MUTATIONS) // 6, 1)] if torment.quick else MUTATIONS
    wrong = list(_unmutated(torment.folder / "control", chosen))
    caught = 0
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
    return Outcome(f"{caught} of {len(chosen)} caught", tuple(wrong))


def _unmutated(folder: Path, mutations: tuple[Mutation, ...]) -> Iterator[str]:
    """The tests pass while nothing is wrong: else they would catch everything."""
    tests = dict.fromkeys(test for mutation in mutations for test in mutation.tests)
    code, said = _tested(_copied(folder), tuple(tests))
    if code != PASSED:
        yield f"the tests fail without a mutation: {said}"


def _try(mutation: Mutation, folder: Path) -> Verdict:
    tree = _copied(folder)
    try:
        file = tree / mutation.file
        text = file.read_text(encoding="utf-8")
        if (count := text.count(mutation.before)) != 1:
            return Verdict(mutation, f"its text stands {count} times in the file")
        file.write_text(text.replace(mutation.before, mutation.after), encoding="utf-8")
        code, said = _tested(tree, mutation.tests)
    finally:
        shutil.rmtree(tree)
    if code == FAILED:
        return Verdict(mutation, "")
    return Verdict(mutation, "not caught" if code == PASSED else f"the tests did not run: {said}")


def _copied(folder: Path) -> Path:
    folder.mkdir()
    for name in COPIED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, folder / name)
    return folder


def _tested(tree: Path, tests: tuple[str, ...]) -> tuple[int, str]:
    # -m puts the copy in front of the installed package; bytecode would be written beside the copy for nothing.
    command = (sys.executable, "-B", "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", *tests)
    try:
        ran = subprocess.run(
            command,
            cwd=tree,
            env={**os.environ, "PYTHONPATH": str(tree)},
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return FAILED, "the tests hang"
    return ran.returncode, " / ".join((ran.stdout + ran.stderr).strip().splitlines()[-3:])


ROW = Row(
    name="mutations",
    test="the code made wrong: without the shield, the fsync, the dedup, each limit, the l= rule …",
    asked="each caught by a test",
    run=_run,
)
