"""Bare CR and LF, wherever a slice ends, without holding up the other sessions."""

import asyncio
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.smtp import newlines

PIECES = st.lists(st.sampled_from([b"\r\n", b"\r", b"\n", b"a", b"\n\r", b""]), max_size=12).map(b"".join)


@given(PIECES, st.integers(1, 5))
def test_mended_as_a_whole_would_be(raw: bytes, size: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(newlines, "SLICE", size)
        assert asyncio.run(newlines.normalized(raw)) == re.sub(rb"\r\n|\r|\n", b"\r\n", raw)


async def test_others_get_their_turn_while_a_large_message_is_mended() -> None:
    turns = 0

    async def other() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    task = asyncio.create_task(other())
    await newlines.normalized(b"\n" * (25 * newlines.SLICE))
    task.cancel()
    assert turns >= 25
