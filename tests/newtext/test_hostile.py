"""Texts made to be slow: the time grows with the length at most."""

import time
import tracemalloc

import pytest

from rules.newtext import split_lines
from rules.newtext.blocks import find_blocks
from rules.newtext.lines import read_lines
from tests.newtext.hostile import TEXTS


def _seconds(text: str) -> float:
    start = time.process_time()  # others at work on the machine are not the text's fault
    split_lines(text)
    return time.process_time() - start


@pytest.mark.parametrize("name", TEXTS)
def test_the_largest_text_takes_seconds_at_most(name: str) -> None:
    # Each takes under 2 s on a slow machine; a quadratic step would take hours.
    assert _seconds(TEXTS[name](25_000_000)) < 20


def test_a_usual_reply_takes_no_time() -> None:
    text = (
        "Yes.\n\nOn 3 Mar 2026 at 14:05 Jane Doe <j@x.example> wrote:\n"
        + "> We asked for the contract.\n" * 40
    )
    assert min(_seconds(text) for _ in range(5)) < 0.02


def test_long_lines_are_not_copied_to_look_for_what_only_short_ones_say() -> None:
    lines = read_lines(["\u0416" * 990 + f" {number}" for number in range(2_000)])
    tracemalloc.start()
    try:
        assert not find_blocks(lines)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 1_000_000
