"""Clients that vanish at any byte of a session, by FIN or by reset; after each the next mail must be kept at once.

What is kept of theirs is whole, and never more than they sent to the end. A leak of sessions, of descriptors or of
the memory for messages would show as a refusal: the bounds are narrow.
"""

import random
import socket
import struct
from collections import Counter
from contextlib import closing, suppress
from dataclasses import dataclass
from hashlib import sha256
from time import monotonic, sleep

from tests.torture.bench import Outcome, Row, Torment
from tests.torture.network import (
    PATIENCE,
    Watched,
    begins_at_once,
    descriptors,
    envelope,
    established,
    is_whole,
    kept,
    letter,
    percentile,
    say_all,
    source,
    stuffed,
    watched,
)

GOOD = 1_000_000
"""The numbers of the good mails begin here."""

SMALL, LARGE = 600, 200_000
"""Bytes of a mail that lives in its row, and of one that becomes a blob."""

NO_LINGER = struct.pack("ii", 1, 0)
"""SO_LINGER that makes close a reset (socket(7))."""


@dataclass(frozen=True, slots=True)
class Cut:
    """A session that ends after `offset` of its bytes, by FIN or by reset; pipelined, or with replies waited for."""

    number: int
    size: int
    offset: int
    reset: bool
    pipelined: bool


def cuts(count: int, seed: int) -> list[Cut]:
    """Random ones; each fourth falls into the end of the data or what follows it, where it hurts most."""
    chance = random.Random(seed)
    found = []
    for number in range(count):
        size = LARGE if chance.random() < 0.2 else SMALL
        whole = len(session(number, size))
        late = chance.random() < 0.25
        offset = whole - chance.randrange(14) if late else chance.randrange(whole + 1)
        found.append(Cut(number, size, offset, chance.random() < 0.5, chance.random() < 0.5))
    return found


def session(number: int, size: int) -> bytes:
    """All bytes that a client sends for one mail."""
    return envelope() + stuffed(letter(number, size)) + b"QUIT\r\n"


def vanish(port: int, cut: Cut) -> bool:
    """Send the bytes and vanish; whether the client saw its 250 after the dot first."""
    sent = session(cut.number, cut.size)[: cut.offset]
    address = (source(cut.number), 0)
    with closing(socket.create_connection(("127.0.0.1", port), PATIENCE, address)) as sock:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with suppress(ConnectionError):  # the daemon may have said its last word already
            if cut.pipelined:
                sock.sendall(sent)
            else:
                _converse(sock, sent)
            if cut.reset:
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, NO_LINGER)
                return False
            sock.shutdown(socket.SHUT_WR)
            said = b""
            while piece := sock.recv(65_536):
                said += piece
            return b"250 2.6.0 " in said
    return False


def _converse(sock: socket.socket, sent: bytes) -> None:
    """Send line by line up to 354, each after the reply to the one before."""
    head, data, rest = sent.partition(b"\r\nDATA\r\n")
    for line in (head + data).splitlines(keepends=True):
        sock.recv(4096)
        sock.sendall(line)
    if rest:
        sock.recv(4096)
        sock.sendall(rest)


def _judge(daemon: Watched, made: list[Cut], acknowledged: set[int]) -> list[str]:
    """What the database holds against what was sent."""
    found: list[str] = []
    digests = {sha256(letter(cut.number, cut.size)).hexdigest(): cut for cut in made}
    good = {sha256(letter(GOOD + cut.number, SMALL)).hexdigest(): cut.number for cut in made}
    good[sha256(letter(GOOD - 1, LARGE)).hexdigest()] = -1
    rows = Counter(digest for digest, *_ in kept(daemon.folder))
    found += [f"kept {times} times: {digest}" for digest, times in rows.items() if times > 1]
    for digest in rows:
        cut = digests.get(digest)
        if cut is None and digest not in good:
            found.append(f"kept, and nobody sent it: {digest}")
        elif cut is not None and cut.offset < len(session(cut.number, cut.size)) - len(b"QUIT\r\n"):
            found.append(f"kept though its end never came: {cut}")
        elif cut is not None and cut.size == LARGE and not is_whole(daemon.folder, digest):
            found.append(f"kept altered: {cut}")
    found += [
        f"acknowledged and lost: good mail {number}" for digest, number in good.items() if digest not in rows
    ]
    found += [
        f"acknowledged and lost: {cut}"
        for digest, cut in digests.items()
        if cut.number in acknowledged and digest not in rows
    ]
    return found


def _run(torment: Torment) -> Outcome:
    count = 300 if torment.quick else 5_000
    found: list[str] = []
    seconds: list[float] = []
    made = cuts(count, torment.seed)
    acknowledged: set[int] = set()
    locked = 0
    with watched(
        torment.folder, smtp='size_limit = "1MiB"', connections=60, total_message_bytes="1MiB"
    ) as daemon:
        say_all(daemon.port, letter(GOOD - 1, LARGE))
        quiet = descriptors(daemon.pid)
        for cut in made:
            if vanish(daemon.port, cut):
                acknowledged.add(cut.number)
            begun = monotonic()
            answer = say_all(daemon.port, letter(GOOD + cut.number, SMALL), source(GOOD + cut.number))
            seconds.append(monotonic() - begun)
            if not answer.startswith(b"250 2.6.0 ") or seconds[-1] >= 1:
                found.append(f"after {cut}: {answer!r} in {seconds[-1]:.2f} s")
            locked += not begins_at_once(daemon.folder)
            torment.say("disconnects", cut.number + 1, count)
        left = _settled(daemon, quiet)
        found += left + _judge(daemon, made, acknowledged)
        found += [f"a transaction was open after {locked} disconnects"] * bool(locked)
        found += daemon.unhandled()
    measured = (
        f"{count:,} disconnects ({sum(cut.reset for cut in made):,} resets): next mail 250 in at most "
        f"{max(seconds) * 1000:.0f} ms (p99 {percentile(seconds, 0.99) * 1000:.0f} ms), {locked} open transactions, "
        f"{len(left)} leaks of sessions or descriptors"
    )
    return Outcome(measured, tuple(found[:20]))


def _settled(daemon: Watched, quiet: int) -> list[str]:
    """Wait until no session is left; what is left after five seconds."""
    deadline = monotonic() + 5
    while monotonic() < deadline:
        sessions, files = established(daemon.port), descriptors(daemon.pid)
        if not sessions and files <= quiet:
            return []
        sleep(0.05)
    return [f"left behind: {sessions} connections, {files - quiet} descriptors"]


ROW = Row(
    name="disconnects",
    test="disconnects at random offsets, by FIN and by reset",
    asked="5,000: next good mail 250 in < 1 s each time; no open transaction",
    run=_run,
)
