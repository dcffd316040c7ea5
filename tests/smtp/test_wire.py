"""Bytes cut into lines and messages, however the network cuts them."""

import asyncio
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.intake.spool import Spool
from gateway.smtp.buffers import CHUNK, READ
from gateway.smtp.gate import Gate, Share
from gateway.smtp.limits import Limits
from gateway.smtp.message import Message, NoRoomError, TooBigError
from gateway.smtp.wire import AT_ONCE, UnterminatedError, Wire
from storage.blobs import Blobs
from storage.inbound import INLINE_LIMIT
from tests.smtp.house import Objects

LIMIT = 10_000
LINES = st.lists(
    st.lists(
        st.sampled_from([b".", b"..", b"a", b"\r", b"\n", b"\0", b"\xff", b"\n.\r", b"\r.\n"]), max_size=5
    ).map(b"".join),
    max_size=8,
)


def _wire() -> Wire:
    return Wire(asyncio.get_running_loop())


def _message(limit: int = LIMIT, share: Share | None = None) -> Message:
    share = share or Share(Gate(Limits()))
    return Message(Limits(message_bytes=limit), share, Spool(Blobs(Objects()), INLINE_LIMIT))


async def _data(wire: Wire, message: Message) -> bytes:
    """A message for which there is time without end."""
    await wire.data(message, math.inf, lambda _: math.inf)
    content = message.content()
    assert isinstance(content, bytes)
    return content


async def _read(
    stream: bytes, cuts: set[int], limit: int = LIMIT, *, copied: bool = False
) -> tuple[bytes, bytes]:
    """The message and the line after it, with the stream arriving in pieces, copied or in the transports' buffer."""
    wire = _wire()

    def came(piece: bytes) -> None:
        while piece:
            some, piece = piece[:CHUNK], piece[CHUNK:]
            if not copied:
                READ.place[: len(some)] = some
                some = wire.read(len(some))
            wire.feed(some)

    async def feed() -> None:
        places = sorted(cut for cut in cuts if cut < len(stream))
        for start, end in zip([0, *places], [*places, len(stream)], strict=True):
            came(stream[start:end])
            await asyncio.sleep(0)

    feeding = asyncio.create_task(feed())
    try:
        return await _data(wire, _message(limit)), await wire.line(limit, math.inf)
    finally:
        await feeding


@settings(deadline=None, max_examples=300)
@given(LINES, st.sets(st.integers(1, 60)), st.booleans())
def test_message_is_what_was_written(lines: list[bytes], cuts: set[int], copied: bool) -> None:
    """A sender's own transparency, line by line (RFC 5321 4.5.2), is undone whatever the lines hold."""
    content = b"".join(line + b"\r\n" for line in lines)
    sent = b"".join(
        (b"." + line if line.startswith(b".") else line) + b"\r\n" for line in content.split(b"\r\n")[:-1]
    )
    got = asyncio.run(_read(sent + b".\r\nNOOP\r\n", cuts, copied=copied))
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
    wire = _wire()
    wire.feed(b"x\r\n.\r\nNOOP\r\n")
    with pytest.raises(NoRoomError):
        await _data(wire, _message(share=Share(Gate(Limits(total_message_bytes=2)))))
    assert await wire.line(100, math.inf) == b"NOOP\r\n"


@pytest.mark.parametrize(
    ("room", "sent", "error"), [(99, b"x" * 100, NoRoomError), (100_000, b"x" * 2 * LIMIT, TooBigError)]
)
async def test_what_is_not_held_is_told_before_the_end(
    room: int, sent: bytes, error: type[Exception]
) -> None:
    wire, gate = _wire(), Gate(Limits(total_message_bytes=room))
    reading = asyncio.create_task(_data(wire, _message(share=Share(gate))))
    await asyncio.sleep(0)
    wire.feed(sent[:50])
    assert gate._message_bytes
    wire.feed(sent[50:])
    assert not gate._message_bytes
    assert not reading.done()
    wire.feed(b"\r\n.\r\n")
    with pytest.raises(error):
        await reading


@pytest.mark.parametrize("ahead", [True, False])
async def test_what_cannot_be_taken_is_told_and_no_part_of_it_passes_for_the_message(ahead: bool) -> None:
    class Fails(Share):
        def grow(self, size: int) -> bool:
            raise MemoryError(size)

    wire = _wire()
    if ahead:
        wire.feed(b"x\r\n")
    reading = asyncio.create_task(_data(wire, _message(share=Fails(Gate(Limits())))))
    await asyncio.sleep(0)
    if not ahead:
        wire.feed(b"x\r\n")
    with pytest.raises(MemoryError):
        await reading


async def test_commands_after_a_message_are_held_up_to_a_bound_and_the_rest_ends_the_session() -> None:
    wire = _wire()
    reading = asyncio.create_task(_data(wire, _message()))
    await asyncio.sleep(0)
    sent = b"x\r\n.\r\n" + b"NOOP\r\n" * (CHUNK // 6 - 1)
    READ.place[: len(sent)] = sent
    wire.read(len(sent))
    assert await reading == b"x\r\n"
    wire.feed(b"QUIT\r\n")  # after a gap it is no command
    lines = 0
    with pytest.raises(UnterminatedError):
        while await wire.line(100, math.inf) == b"NOOP\r\n":
            lines += 1
    assert lines == AT_ONCE // 6


async def test_line_without_end() -> None:
    wire = _wire()
    wire.feed(b"x" * 101)
    with pytest.raises(UnterminatedError):
        await wire.line(100, math.inf)


async def test_deadline_that_is_nearer_than_the_one_before() -> None:
    """There is one timer for all, and it must not sleep until the first one's time."""
    wire = _wire()
    now = asyncio.get_running_loop().time()
    wire.feed(b"NOOP\r\n")
    assert await wire.line(100, now + 9999) == b"NOOP\r\n"
    async with asyncio.timeout(10):
        waiting = asyncio.create_task(wire.line(100, now + 9999))
        await asyncio.sleep(0)
        wire.feed(b"NOOP\r\n")
        assert await waiting == b"NOOP\r\n"
        with pytest.raises(TimeoutError):
            await wire.line(100, now + 0.02)
        wire.feed(b"RSET\r\n")  # and the wire can be read after that
        assert await wire.line(100, now + 9999) == b"RSET\r\n"


async def test_deadline_that_has_moved_on() -> None:
    """The timer fires for the first one, and must look again at the second one's time, no sooner."""
    wire, loop = _wire(), asyncio.get_running_loop()
    begun = loop.time()
    waiting = asyncio.create_task(wire.line(100, begun + 0.02))
    await asyncio.sleep(0)
    wire.feed(b"NOOP\r\n")
    await waiting
    with pytest.raises(TimeoutError):
        await wire.line(100, begun + 0.1)
    assert loop.time() >= begun + 0.09


async def test_what_is_sent_ahead_stays_in_the_network() -> None:
    class Network(asyncio.ReadTransport):
        reads = True

        def pause_reading(self) -> None:
            self.reads = False

        def resume_reading(self) -> None:
            self.reads = True

    wire, network = _wire(), Network()
    wire.over(network)
    sent = 0
    while network.reads:
        wire.feed(b"NOOP\r\n" * 100)
        sent += 100
        assert sent * 6 < 100_000
    for _ in range(sent):
        await wire.line(100, math.inf)
    assert not network.reads  # nothing is needed yet
    waiting = asyncio.create_task(wire.line(100, math.inf))
    await asyncio.sleep(0)
    assert network.reads
    wire.feed(b"QUIT\r\n")
    assert await waiting == b"QUIT\r\n"


async def test_deadline_holds_against_who_sends_without_a_pause() -> None:
    """There is something to read each time the timer fires, and nobody waits just then."""
    wire, loop = _wire(), asyncio.get_running_loop()
    sending = True

    def send() -> None:
        if sending:
            wire.feed(b"x")
            loop.call_soon(send)

    send()
    try:
        async with asyncio.timeout(10):
            with pytest.raises(TimeoutError):
                await wire.left(loop.time() + 0.05)
    finally:
        sending = False


async def test_part_of_a_line_does_not_bring_back_the_deadline_of_the_command_before() -> None:
    wire, loop = _wire(), asyncio.get_running_loop()
    begun = loop.time()
    waiting = asyncio.create_task(wire.line(100, begun + 0.05))
    await asyncio.sleep(0)
    wire.postpone(begun + 60)  # a command was answered meanwhile
    while loop.time() < begun + 0.06:
        await asyncio.sleep(0)
    wire.feed(b"NO")
    for _ in range(5):
        await asyncio.sleep(0)
    wire.feed(b"OP\r\n")
    assert await waiting == b"NOOP\r\n"


async def test_who_sends_without_a_pause_gives_others_their_turn() -> None:
    told: list[str] = []

    class Transport(asyncio.ReadTransport):
        def pause_reading(self) -> None:
            told.append("pause")

        def resume_reading(self) -> None:
            told.append("resume")

    wire = _wire()
    wire.over(Transport())
    message = Message(
        Limits(message_bytes=LIMIT * 1000), Share(Gate(Limits())), Spool(Blobs(Objects()), LIMIT * 1000)
    )
    reading = asyncio.create_task(_data(wire, message))
    await asyncio.sleep(0)
    for _ in range(3):
        READ.place[:] = b"x" * CHUNK
        wire.read(CHUNK)
        assert told[-1] == "pause"
        await asyncio.sleep(0)
        assert told[-1] == "resume"
    wire.feed(b"\r\n.\r\n")
    assert len(await reading) == 3 * CHUNK + 2
