"""A message from pieces, however the network cuts them: in memory, or written while it comes."""

import asyncio
import re
from collections.abc import Iterator
from math import inf
from threading import Event
from time import process_time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.intake.spool import Spool
from gateway.smtp import message as module
from gateway.smtp.buffers import CHUNK, MOST, READ, ROOM
from gateway.smtp.gate import Gate, Share
from gateway.smtp.glance import header_of
from gateway.smtp.limits import Limits
from gateway.smtp.message import Message
from storage.blobs import Blobs, open_blobs
from storage.incoming import Incoming
from tests.smtp.house import spooled

CONTENT = st.lists(
    st.sampled_from([b"\r\n", b"\r", b"\n", b"a", b"\n\r", b".", b"\r\n.", b""]), max_size=24
).map(b"".join)
LINES = st.lists(st.sampled_from([b"", b".", b"..", b"a", b"a.b", b"..c"]), max_size=24)
CUTS = st.sets(st.integers(1, 60))
BARE = re.compile(rb"\r(?!\n)|(?<!\r)\n")


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pieces as small as what these tests send."""
    monkeypatch.setattr(module, "PIECE", 5)
    monkeypatch.setattr(module, "FEW", 2)
    monkeypatch.setattr(module, "LOOKED_AT", 3)


@pytest.fixture(scope="module")
def blobs(tmp_path_factory: pytest.TempPathFactory) -> Blobs:
    return open_blobs(tmp_path_factory.mktemp("blobs"))


@pytest.fixture(scope="module")
def spools(blobs: Blobs) -> Iterator[dict[int, Spool]]:
    """Those that take what is larger than so many octets."""
    made = {limit: Spool(blobs, limit) for limit in (0, 20, 1000)}
    yield made
    for each in made.values():
        asyncio.run(each.stop())


def _sent(content: bytes) -> bytes:
    """As a client sends it (RFC 5321 4.5.2)."""
    return re.sub(rb"\A\.|(?<=\r\n)\.", b"..", content) + b".\r\n"


def _taken(sent: bytes, cuts: set[int], spool: Spool, **how: bool) -> Message:
    """Read as a transport reads: each piece where all are read to."""
    taken = Message(Limits(), Share(Gate(Limits())), spool, **how)
    places = sorted(cut for cut in cuts if cut < len(sent))
    rest = -1
    for start, end in zip([0, *places], [*places, len(sent)], strict=True):
        assert rest == -1
        buffer, begin = READ.current, ROOM - len(taken.tail)
        buffer[begin : ROOM + end - start] = taken.tail + sent[start:end]
        rest = taken.take(buffer, begin, ROOM + end - start)
    assert rest == ROOM + end - start
    return taken


def _whole(taken: Message, blobs: Blobs) -> bytes:
    async def whole() -> bytes:
        content = taken.content()
        return content if isinstance(content, bytes) else await spooled(content, blobs)

    return asyncio.run(whole())


fitted = settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=200
)


@fitted
@given(LINES, CUTS, st.sampled_from([0, 20, 1000]))
def test_what_was_written_is_what_is_kept_in_memory_or_not(
    small: None, spools: dict[int, Spool], blobs: Blobs, lines: list[bytes], cuts: set[int], limit: int
) -> None:
    content = b"".join(line + b"\r\n" for line in lines)
    taken = _taken(_sent(content), cuts, spools[limit])
    assert isinstance(taken.content(), bytes) is (len(content) <= limit)
    assert header_of(taken.head(), 1000) == header_of(content, 1000)
    assert not taken.has_bare_newline()
    assert _whole(taken, blobs) == content


@fitted
@given(CONTENT, CUTS, st.sampled_from([0, 20, 1000]))
def test_bare_line_ends_are_noted_wherever_a_piece_ends(
    small: None, spools: dict[int, Spool], blobs: Blobs, content: bytes, cuts: set[int], limit: int
) -> None:
    content += b"\r\n"
    taken = _taken(_sent(content), cuts, spools[limit])
    assert taken.has_bare_newline() is (BARE.search(content) is not None)
    assert _whole(taken, blobs) == content


@fitted
@given(CONTENT, CUTS, st.sampled_from([0, 20, 1000]))
def test_bare_line_ends_are_mended_wherever_a_piece_ends(
    small: None, spools: dict[int, Spool], blobs: Blobs, content: bytes, cuts: set[int], limit: int
) -> None:
    content += b"\r\n"
    taken = _taken(_sent(content), cuts, spools[limit], mend=True)
    assert not taken.has_bare_newline()
    assert _whole(taken, blobs) == BARE.sub(b"\r\n", content)


@pytest.mark.parametrize("size", [15_990, 15_999, 16_000, 16_001, 40_000])
def test_header_of_a_large_message_is_judged_as_that_of_a_small_one(
    spools: dict[int, Spool], blobs: Blobs, size: int
) -> None:
    content = b"Subject: " + b"x" * (size - 11) + b"\r\n\r\n" + b"y" * 30_000 + b"\r\n"
    taken = Message(Limits(header_bytes=16_000), Share(Gate(Limits())), spools[20])
    sent = bytearray(taken.tail + _sent(content))
    assert taken.take(sent, 0, len(sent)) == len(sent)
    head = taken.head()
    assert header_of(head, 16_000) == header_of(content, 16_000)
    assert len(head) <= 16_004
    taken.discard()


def test_buffers_that_were_given_away_come_back_when_they_are_written(
    spools: dict[int, Spool], blobs: Blobs
) -> None:
    content = b"x" * (3 * CHUNK) + b"\r\n"
    cuts = {CHUNK, 2 * CHUNK, 3 * CHUNK}
    assert _whole(_taken(_sent(content), cuts, spools[1000]), blobs) == content
    made = READ._made
    assert 1 < made <= MOST
    assert len(READ._spare) == made - 1
    for number in range(20):
        other = bytes([65 + number]) * (3 * CHUNK) + b"\r\n"
        assert _whole(_taken(_sent(other), cuts, spools[1000]), blobs) == other
    assert len(READ._spare) == READ._made - 1


def test_what_waits_for_a_disk_is_read_over_by_nobody(blobs: Blobs, monkeypatch: pytest.MonkeyPatch) -> None:
    """More mails than there are buffers, of which none is written yet."""
    disk = Event()
    really = Incoming.write

    def write(self: Incoming, piece: bytes) -> None:
        disk.wait(60)
        really(self, piece)

    monkeypatch.setattr(Incoming, "write", write)
    spool = Spool(blobs, 1000)
    contents = [bytes([65 + number]) * (2 * CHUNK) + b"\r\n" for number in range(MOST)]
    taken = [_taken(_sent(content), {CHUNK, 2 * CHUNK}, spool) for content in contents]
    assert READ._made == MOST
    assert len(READ._spare) == 0
    disk.set()
    assert [_whole(each, blobs) for each in taken] == contents
    assert len(READ._spare) == MOST - 1
    asyncio.run(spool.stop())


@pytest.mark.parametrize("mend", [False, True])
def test_no_piece_keeps_the_others_waiting(spools: dict[int, Spool], mend: bool) -> None:
    """The loop does nothing else meanwhile, whatever a stranger sends."""
    worst = 0.0
    for unit in (b"\r", b"\n", b"\r\n", b"\n\r", b".", b"\r\n..", b"a\r\n", b"a" * 76 + b"\r\n"):
        best = inf
        for _ in range(5):
            taken = Message(Limits(), Share(Gate(Limits())), spools[1000], mend=mend)
            for _ in range(2):
                size = taken.at_once
                buffer, begin = READ.current, ROOM - len(taken.tail)
                buffer[begin : ROOM + size] = taken.tail + (unit * size)[:size]
                begun = process_time()
                taken.take(buffer, begin, ROOM + size)
                took = process_time() - begun
            taken.discard()
            best = min(best, took)
        worst = max(worst, best)
    assert worst < 0.01
