"""Bytes without end and large mail by the hundred: memory stays within its budget, and what was accepted is whole.

Memory is what the kernel counts for the process that listens (VmHWM, set back before each part); all processes of
the daemon together are told beside it, since the worker that reads a mail of 25 MiB holds it several times. An idle
session says NOOP all the while from a process of its own: its longest wait is how long the loop was busy with others.
The large mail comes twice: all of it in the clear, and a quarter of it after STARTTLS.
"""

import asyncio
import fcntl
import random
import socket
import struct
import termios
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from pathlib import Path

from gateway.smtp.limits import Limits
from tests.torture.bench import Outcome, Row, Torment
from tests.torture.network import (
    MIB,
    Watched,
    connect,
    envelope,
    family_memory,
    forget_peak,
    is_whole,
    kept,
    letter,
    memory,
    mib,
    pulse,
    reply,
    run,
    say_all,
    source,
    start_tls,
    watched,
)
from tests.torture.rows.smuggling import CERTIFICATE

SPARE = 2 * MIB
"""What memory may grow by beyond the budget."""

MOST = 512 * MIB
"""What the process that listens may have in memory at all."""

A_CONNECTION = 8 * MIB
"""What one client sends of the endless commands: the daemon reads on while it waits for who is told to go, and one
client could say all of them."""

WARM_UPS = 3
"""Mails and endless lines before memory is measured."""

LONGEST = 1.0
"""Seconds that the NOOP may wait. Nobody asked for a figure: it is what a good mail may take among idle clients."""

TLS_EACH = 4
"""Of so many clients one comes by TLS, in the parts with TLS."""

WAIT = 300.0
"""Seconds after which a client of a crowd has waited too long for its reply."""

SPARE_MAILS = 2
"""By so many fewer than have room in the budget a crowd may be heard: those that are refused held a part of it."""

_BLOCK = b"x" * 65_536
_TEXT = (b"y" * 76 + b"\r\n") * 840
"""Lines of mail, some 64 KiB of them."""


@dataclass(slots=True)
class Seen:
    """What one part found: a piece of the measured line, violations, and the longest NOOP in seconds."""

    said: str
    found: list[str]
    wait: float = 0.0


# -- one line without an end ---------------------------------------------------------------------------------


def endless(daemon: Watched, total: int, budget: int) -> Seen:
    """So many bytes without CRLF, as commands (over many connections: each is told to go) and inside DATA."""
    port = daemon.port
    for number in range(WARM_UPS):  # what is made once is not growth
        say_all(port, letter(number, 2 * MIB), source(number))
        _endless_command(port, 4 * MIB, source(number))
        _endless_data(port, 30 * MIB, source(number))
    # Threads, caches and the connections of the database are made while the mails are filed, 4 MiB of them.
    daemon.wait_for("filed", WARM_UPS)
    found: list[str] = []
    with pulse(port) as beat:
        before = _mark(daemon)
        sent = connections = 0
        while sent < total:
            size = min(A_CONNECTION, total - sent)
            said, size = _endless_command(port, size, source(100 + connections))
            sent += max(size, 1)
            connections += 1
            if not said.startswith(b"421 4.7.0"):
                found.append(f"an endless command was answered {said[:80]!r}")
        commands = memory(daemon.pid, "VmHWM") - before
        before = _mark(daemon)
        said = _endless_data(port, total, source(99))
        if not said.startswith(b"552 5.3.4"):
            found.append(f"an endless line in DATA was answered {said[:80]!r}")
        data = memory(daemon.pid, "VmHWM") - before
        wait = max(beat.stop())
    if commands > SPARE:
        found.append(f"endless commands: memory grew by {commands / MIB:.1f} MiB")
    if data > budget + SPARE:
        found.append(f"an endless line in DATA: memory grew by {data / MIB:.1f} MiB")
    figures = (
        f"{total / MIB:,.0f} MiB without CRLF: memory +{commands / MIB:.1f} MiB as commands of {connections} "
        f"clients, +{data / MIB:.1f} MiB in DATA (budget {mib(budget)})"
    )
    return Seen(figures, found, wait)


def _mark(daemon: Watched) -> int:
    forget_peak(daemon.pid)
    return memory(daemon.pid)


def _endless_command(port: int, size: int, address: str) -> tuple[bytes, int]:
    """Send until the daemon closes or so many bytes are sent; its last word, and how many it took."""
    sent, said = 0, b""
    with (
        closing(socket.create_connection(("127.0.0.1", port), 30, (address, 0))) as sock,
        suppress(ConnectionError),  # who is told to go and does not is put out in the end
    ):
        while sent < size:
            sent += sock.send(_BLOCK)
            with suppress(BlockingIOError):
                said += sock.recv(4096, socket.MSG_DONTWAIT)
        sock.shutdown(socket.SHUT_WR)
        while piece := sock.recv(4096):
            said += piece
    return said.partition(b"\r\n")[2], sent


def _endless_data(port: int, size: int, address: str) -> bytes:
    """Send a message of one line; the reply after the dot."""
    with closing(socket.create_connection(("127.0.0.1", port), 60, (address, 0))) as sock:
        lines = sock.makefile("rb")
        lines.readline()
        for command in envelope(hello="HELO bench.example").splitlines(keepends=True):
            sock.sendall(command)
            lines.readline()
        for _ in range(size // len(_BLOCK)):
            sock.sendall(_BLOCK)
        sock.sendall(b"\r\n.\r\n")
        return lines.readline()


# -- large mail by the hundred -------------------------------------------------------------------------------


def crowd(daemon: Watched, clients: int, size: int, least: int, *, tls: bool) -> Seen:
    """So many clients with mail of so many bytes each, all at once; `least` of them must be heard."""
    found: list[str] = []
    with pulse(daemon.port) as beat:
        forget_peak(daemon.pid)
        replies, families = run(_crowd(daemon, clients, size, tls=tls))
        peak = memory(daemon.pid, "VmHWM")
        wait = max(beat.stop())
    words = Counter(said[:9].decode("ascii", "replace") for said in replies)
    accepted = [number for number, said in enumerate(replies) if said.startswith(b"250 2.6.0 ")]
    if set(words) - {"250 2.6.0", "452 4.3.1"}:
        found.append(f"replies: {dict(words)}")
    if len(accepted) < least:
        found.append(
            f"only {len(accepted)} of {clients} were accepted, there is room for {least + SPARE_MAILS}"
        )
    if peak > MOST:
        found.append(f"the process that listens had {mib(peak)} in memory")
    digests = {digest for digest, *_ in kept(daemon.folder)}
    sent = {_digest(number, size) for number in accepted}
    if sent - digests or not all(is_whole(daemon.folder, digest) for digest in sent & digests):
        found.append("an accepted mail is lost or altered")
    if len(digests) != len(accepted):
        found.append(f"{len(digests)} mails are kept, {len(accepted)} were acknowledged")
    figures = (
        f"{clients} × {mib(size)} at once{_by_tls(clients, tls=tls)}: {words['250 2.6.0']} kept, "
        f"{words['452 4.3.1']} × 452, RSS at most {mib(peak)} (all processes {mib(families)})"
    )
    return Seen(figures, found, wait)


def _by_tls(clients: int, *, tls: bool) -> str:
    return f" ({len(range(0, clients, TLS_EACH))} over TLS)" if tls else ""


async def _crowd(daemon: Watched, clients: int, size: int, *, tls: bool) -> tuple[list[bytes], int]:
    barrier = asyncio.Barrier(clients)
    families = 0

    async def watch() -> None:
        nonlocal families
        while True:
            families = max(families, family_memory(daemon.pid))
            await asyncio.sleep(0.5)

    watching = asyncio.create_task(watch())
    work = (
        _bring(daemon.port, number, size, barrier, tls=tls and number % TLS_EACH == 0)
        for number in range(clients)
    )
    replies = await asyncio.gather(*work)
    watching.cancel()
    return list(replies), families


async def _bring(port: int, number: int, size: int, barrier: asyncio.Barrier, *, tls: bool = False) -> bytes:
    reader, writer = await connect(port, source(number))
    try:
        await reply(reader)
        if tls:
            await start_tls(reader, writer)
        for command in envelope().splitlines(keepends=True):
            writer.write(command)
            await reply(reader)
        await barrier.wait()
        for piece in _pieces(number, size):
            writer.write(piece)
            await writer.drain()
        writer.write(b".\r\n")
        return await reply(reader, WAIT)
    finally:
        writer.close()


def _pieces(number: int, size: int) -> Iterator[bytes]:
    """A mail of about so many bytes, another for each number."""
    yield f"From: nora.feld@lumenfold.example\r\nSubject: large {number}\r\n\r\n".encode()
    for _ in range(size // len(_TEXT)):
        yield _TEXT


def _digest(number: int, size: int) -> str:
    digest = sha256()
    for piece in _pieces(number, size):
        digest.update(piece)
    return digest.hexdigest()


# -- sent, and gone before the answer ------------------------------------------------------------------------


def leavers(daemon: Watched, clients: int, size: int, *, tls: bool) -> Seen:
    """Clients that send a large mail to its dot and reset the connection: their mail is in memory, they are not."""
    forget_peak(daemon.pid)
    with pulse(daemon.port) as beat:
        run(_leavers(daemon.port, clients, size, tls=tls))
        wait = max(beat.stop())
    peak = memory(daemon.pid, "VmHWM")
    found = [f"clients that left: {mib(peak)} in memory"] if peak > MOST else []
    found += run(_room_again(daemon.port, size))
    how = f"{clients} × {mib(size)} sent and left{_by_tls(clients, tls=tls)}"
    return Seen(f"{how}: RSS at most {mib(peak)}", found, wait)


async def _leavers(port: int, clients: int, size: int, *, tls: bool) -> None:
    places = asyncio.Semaphore(16)

    async def one(number: int) -> None:
        async with places:
            reader, writer = await connect(port, source(number))
            await reply(reader)
            if tls and number % TLS_EACH == 0:
                await start_tls(reader, writer)
            sock = writer.get_extra_info("socket")
            writer.write(envelope(hello="HELO bench.example"))
            with suppress(ConnectionError):
                for piece in _pieces(number, size):
                    writer.write(piece)
                    await writer.drain()
                writer.write(b".\r\n")
                while writer.transport.get_write_buffer_size() or _not_taken(sock):
                    await asyncio.sleep(0.005)
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            writer.transport.abort()  # by TLS it would say goodbye first

    chosen = list(range(50_000, 50_000 + clients))
    random.Random(1).shuffle(chosen)
    await asyncio.gather(*(one(number) for number in chosen))


def _not_taken(sock: socket.socket) -> int:
    """Bytes sent that the other side's kernel has not taken (tcp(7), SIOCOUTQ); a reset would forget them."""
    return int(struct.unpack("i", fcntl.ioctl(sock.fileno(), termios.TIOCOUTQ, bytes(4)))[0])


async def _room_again(port: int, size: int) -> list[str]:
    """Whether the memory for messages is free again: a mail of the largest size must be taken."""
    barrier = asyncio.Barrier(1)
    for number in range(60):
        said = await _bring(port, 90_000 + number, size, barrier)
        if said.startswith(b"250 2.6.0 "):
            return []
        await asyncio.sleep(0.5)
    return [f"half a minute after the crowd a mail is answered {said!r}"]


# -- the row -------------------------------------------------------------------------------------------------


def _run(torment: Torment) -> Outcome:
    total = 64 * MIB if torment.quick else 1024 * MIB
    clients, size = (30, 6 * MIB) if torment.quick else (200, 25 * MIB - 200_000)
    budget = 50 * MIB if torment.quick else Limits().total_message_bytes
    room = {"total_message_bytes": budget}
    least = budget // size - SPARE_MAILS
    seen: list[Seen] = []
    many = {"clients": clients, "size": size}
    parts: tuple[tuple[str, dict[str, object], Callable[[Watched], Seen]], ...] = (
        ("endless lines", {"total_message_bytes": 26 * MIB}, partial(endless, total=total, budget=26 * MIB)),
        *(
            ("large mail at once", room, partial(crowd, **many, least=least, tls=tls))
            for tls in (False, True)
        ),
        *(("sent and left", room, partial(leavers, **many, tls=tls)) for tls in (False, True)),
    )
    found: list[str] = []
    for number, (name, limits, part) in enumerate(parts):
        torment.say(name, number, len(parts))
        with watched(_folder(torment, number), smtp=CERTIFICATE, **limits) as daemon:
            seen.append(part(daemon))
            found += seen[-1].found + daemon.unhandled()
    wait = max(part.wait for part in seen)
    if wait > LONGEST:
        found.append(f"a NOOP beside it waited {wait:.2f} s")
    measured = "; ".join(part.said for part in seen)
    measured += f"; NOOP beside it at most {wait * 1000:.0f} ms (bound {LONGEST * 1000:.0f} ms)"
    return Outcome(measured, tuple(found[:20]))


def _folder(torment: Torment, number: int) -> Path:
    return torment.folder / str(number)


ROW = Row(
    name="flood",
    test="1 GiB without CRLF; 200 × 25 MiB at once",
    asked="memory within budget + 2 MiB; RSS ≤ 512 MiB, the rest 452",
    run=_run,
)
