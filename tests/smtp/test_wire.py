"""Bytes cut into lines and messages, however the network cuts them."""

import asyncio

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.smtp.wire import NoRoomError, TooBigError, UnterminatedError, Wire

LIMIT = 10_000
LINES = st.lists(
    st.lists(
        st.sampled_from([b".", b"..", b"a", b"\r", b"\n", b"\0", b"\xff", b"\n.\r", b"\r.\n"]), max_size=5
    ).map(b"".join),
    max_size=8,
)


async def _read(stream: bytes, cuts: set[int], limit: int = LIMIT) -> tuple[bytes, bytes]:
    """The message and the line after it, with the stream arriving in pieces."""
    reader = asyncio.StreamReader()
    wire = Wire(reader)

    async def feed() -> None:
        places = sorted(cut for cut in cuts if cut < len(stream))
        for start, end in zip([0, *places], [*places, len(stream)], strict=True):
            reader.feed_data(stream[start:end])
            await asyncio.sleep(0)

    feeding = asyncio.create_task(feed())
    try:
        return await wire.data(limit, lambda _: True), await wire.line(limit)
    finally:
        await feeding


@settings(deadline=None, max_examples=300)
@given(LINES, st.sets(st.integers(1, 60)))
def test_message_is_what_was_written(lines: list[bytes], cuts: set[int]) -> None:
    """A sender's own transparency, line by line (RFC 5321 4.5.2), is undone whatever the lines hold."""
    content = b"".join(line + b"\r\n" for line in lines)
    sent = b"".join(
        (b"." + line if line.startswith(b".") else line) + b"\r\n" for line in content.split(b"\r\n")[:-1]
    )
    got = asyncio.run(_read(sent + b".\r\nNOOP\r\n", cuts))
    assert got == (content, b"NOOP\r\n")


@pytest.mark.parametrize("cut", range(1, 12))
def test_end_of_data_may_come_in_pieces(cut: int) -> None:
    assert asyncio.run(_read(b"x\r\n.\r\nRSET\r\n", {cut})) == (b"x\r\n", b"RSET\r\n")
    assert asyncio.run(_read(b".\r\nRSET\r\n", {cut})) == (b"", b"RSET\r\n")


@pytest.mark.parametrize(
    ("size", "fits"), [(LIMIT - 2, True), (LIMIT - 1, False), (2 * LIMIT, False), (40 * LIMIT, False)]
)
async def test_limit_is_exact(size: int, fits: bool) -> None:
    sent = b"x" * size + b"\r\n.\r\nNOOP\r\n"
    if fits:
        content, rest = await _read(sent, {5000})
        assert len(content) == LIMIT
        assert rest == b"NOOP\r\n"
    else:
        with pytest.raises(TooBigError):
            await _read(sent, {5000})


async def test_no_room_is_told_after_the_end() -> None:
    reader = asyncio.StreamReader()
    reader.feed_data(b"x\r\n.\r\nNOOP\r\n")
    wire = Wire(reader)
    with pytest.raises(NoRoomError):
        await wire.data(LIMIT, lambda _: False)
    assert await wire.line(100) == b"NOOP\r\n"


@pytest.mark.parametrize(
    ("room", "sent", "error"), [(False, b"x" * 100, NoRoomError), (True, b"x" * 2 * LIMIT, TooBigError)]
)
async def test_what_is_not_held_is_told_before_the_end(
    room: bool, sent: bytes, error: type[Exception]
) -> None:
    reader = asyncio.StreamReader()
    forgotten = asyncio.Event()
    reading = asyncio.create_task(Wire(reader).data(LIMIT, lambda _: room, forgotten.set))
    reader.feed_data(sent)
    async with asyncio.timeout(10):
        await forgotten.wait()
    assert not reading.done()
    reader.feed_data(b"\r\n.\r\n")
    with pytest.raises(error):
        await reading


async def test_line_without_end() -> None:
    reader = asyncio.StreamReader()
    reader.feed_data(b"x" * 101)
    with pytest.raises(UnterminatedError):
        await Wire(reader).line(100)
