"""The judge of mutations: only a named test that failed has caught one."""

import pytest

from tests.daemon import ROOT
from tests.torture.mutants import MUTATIONS
from tests.torture.rows.mutations import FAILED, PASSED, Mutation, Report, judge

MUTATION = Mutation("a limit", "a.py", "if x:", "if False:", ("tests/smtp/test_a.py::test_b", "tests/mail"))


@pytest.mark.parametrize(
    "test", ["tests/smtp/test_a.py::test_b", "tests/smtp/test_a.py::test_b[x y]", "tests/mail/test_c.py::d"]
)
def test_a_named_test_that_failed_has_caught_it(test: str) -> None:
    verdict = judge(MUTATION, Report(FAILED, {test: "AssertionError"}, ""))
    assert (verdict.wrong, verdict.slow) == ("", False)


def test_a_time_limit_is_told_apart() -> None:
    verdict = judge(
        MUTATION,
        Report(FAILED, {"tests/mail/test_c.py::d": "Failed: Timeout (>120.0s) from pytest-timeout."}, ""),
    )
    assert (verdict.wrong, verdict.slow) == ("", True)


@pytest.mark.parametrize(
    "tested",
    [
        Report(PASSED, {}, ""),
        Report(FAILED, {}, "1 error"),
        Report(FAILED, {"tests/smtp/test_a.py::test_bc": "AssertionError"}, ""),
        Report(2, {}, "interrupted"),
    ],
)
def test_nothing_else_has(tested: Report) -> None:
    assert judge(MUTATION, tested).wrong


def test_each_mutation_finds_what_it_alters() -> None:
    """Code moves; the long form would say so only after a quarter of an hour."""
    lost = [each.drops for each in MUTATIONS if (ROOT / each.file).read_text("utf-8").count(each.before) != 1]
    assert lost == []
