"""Texts of 25 MB made to be slow: the time stays within that of looking at them once."""

import time

import pytest

from rules.newtext import split_lines
from tests.newtext.hostile import texts

_TEXTS = texts(25_000_000)


def _seconds(text: str) -> float:
    start = time.perf_counter()
    split_lines(text)
    return time.perf_counter() - start


@pytest.mark.parametrize("name", _TEXTS)
def test_the_largest_text_takes_seconds_at_most(name: str) -> None:
    # Each takes under 2 s on a slow machine; a quadratic step would take hours.
    assert _seconds(_TEXTS[name]) < 20
