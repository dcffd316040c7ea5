"""Ten thousand clients that do nothing, a thousand that do it slowly, and good mail between them.

Each comes from a loopback address of its own. Good mail is brought all the while by a process of its own. The
deadlines are short, and every client must be gone by its own; 421 tells those that are still in a dialogue. All of it
twice: without TLS, and with a fifth of each kind after STARTTLS.
"""

import asyncio
import socket
import time
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic
from typing import ClassVar, cast

import uvloop

from tests.daemon import ROOT
from tests.torture.bench import Outcome, Row, Torment
from tests.torture.network import (
    MIB,
    PATIENCE,
    Watched,
    descriptors,
    envelope,
    established,
    family_memory,
    letter,
    memory,
    mib,
    open_files,
    percentile,
    say_all,
    source,
    unverified,
    visitors,
    watched,
)

MOST = 250 * MIB
SLOWEST = 1.0
"""Seconds that a good mail may take at the 99th percentile."""

GRACE = 5.0
"""Seconds after a deadline within which a client must be gone: the pause for its last reply, and a busy machine."""

HANDSHAKE = 30.0
"""Seconds a TLS handshake may take; no setting."""

TLS_EACH = 5
"""Of so many clients one does what it does after STARTTLS, in the part with TLS."""

TLS_SESSION = 64 * 1024
"""Bytes that a session may take more when it is one of TLS: the 250 MiB were asked for those that are not."""


@dataclass(frozen=True, slots=True)
class Scale:
    """How many, and the deadlines in seconds."""

    idle: int
    drips: int
    command: float
    data: float
    session: float


QUICK = Scale(idle=400, drips=60, command=5, data=6, session=8)
LONG = Scale(idle=10_000, drips=1_000, command=90, data=60, session=120)


class Client(asyncio.Protocol):
    """A connection that says little. `last` is the end of what the daemon said.

    `met_at` is when it was greeted, and before that when the kernel took it; `gone_at` is when the daemon closed.
    """

    KIND: ClassVar = "idle"
    ANSWERED: ClassVar = True
    """Whether the protocol leaves room for a 421."""
    BY_TLS: ClassVar = True
    """Whether it can be done after STARTTLS, too."""

    def __init__(self) -> None:
        self.met_at = self.gone_at = 0.0
        self.last = b""
        self.reset = False
        self.transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Connected."""
        self.transport = cast(asyncio.Transport, transport)
        self.met_at = monotonic()

    def data_received(self, data: bytes) -> None:
        """A reply."""
        if not self.last:
            self.met_at = monotonic()
        self.last = (self.last + data)[-200:]

    def eof_received(self) -> bool:
        """The daemon has said its last word."""
        self.gone_at = self.gone_at or monotonic()
        return False

    def connection_lost(self, error: Exception | None) -> None:
        """Gone."""
        self.gone_at = self.gone_at or monotonic()
        self.reset = isinstance(error, ConnectionResetError)

    def drip(self) -> None:
        """Say a little more; called once a second."""

    def deadline(self, scale: Scale) -> float:
        """Seconds after which it must be gone."""
        return scale.command

    def say(self, data: bytes) -> None:
        """Send, while there is somebody to send to."""
        if self.transport is not None and not self.transport.is_closing() and not self.gone_at:
            self.transport.write(data)


class SlowCommand(Client):
    """One byte of an endless EHLO each second."""

    KIND = "command bytes"

    def drip(self) -> None:
        """One byte."""
        self.say(b"EHLO "[:1] if not self.last else b"x")


class Busy(Client):
    """A NOOP each second: no deadline but that of the session ends it."""

    KIND = "NOOP for ever"

    def drip(self) -> None:
        """One command."""
        self.say(b"NOOP\r\n")

    def deadline(self, scale: Scale) -> float:
        """That of the session."""
        return scale.session


class SlowHeader(Client):
    """One byte of a header field each second."""

    KIND = "header bytes"
    FIRST: ClassVar = b"Subject: "

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """All commands at once."""
        super().connection_made(transport)
        self.say(envelope() + self.FIRST)

    def drip(self) -> None:
        """One byte."""
        self.say(b"x")

    def deadline(self, scale: Scale) -> float:
        """That of DATA."""
        return scale.data


class SlowBody(SlowHeader):
    """One line of a body each second."""

    KIND = "DATA bytes"
    FIRST = b"Subject: slow\r\n\r\n"

    def drip(self) -> None:
        """A short line."""
        self.say(b"x\r\n")


class SlowHandshake(Client):
    """One byte of a TLS ClientHello each second."""

    KIND = "TLS bytes"
    ANSWERED = False
    BY_TLS = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask for TLS."""
        super().connection_made(transport)
        self._hello = iter(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"r" * 500)
        self.say(b"EHLO x\r\n")
        self._asked = False

    def drip(self) -> None:
        """STARTTLS, then one byte after the other."""
        if not self._asked:
            self.say(b"STARTTLS\r\n")
            self._asked = True
        elif b"220 2.0.0" in self.last:
            self.say(bytes([next(self._hello, 0)]))

    def deadline(self, scale: Scale) -> float:
        """That of the handshake."""
        return HANDSHAKE + 3


class NeverReads(Client):
    """Asks for more and more, and reads none of it."""

    KIND = "reads no replies"
    ANSWERED = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Close the ears."""
        super().connection_made(transport)
        sock = transport.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        # Not now: the loop begins to read after this.
        asyncio.get_running_loop().call_soon(cast(asyncio.Transport, transport).pause_reading)

    def drip(self) -> None:
        """As many commands as the socket takes."""
        if self.transport is not None and self.transport.get_write_buffer_size() < 65_536:
            self.say(b"EHLO x\r\n" * 4096)

    def deadline(self, scale: Scale) -> float:
        """It waits for room to write in, at most from its last command on."""
        return scale.session


class StartTls(asyncio.Protocol):
    """Asks for TLS; `ready` is done when the handshake may begin."""

    def __init__(self) -> None:
        self.ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._said = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Connected."""
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        """The greeting, or leave to begin."""
        assert self._transport is not None
        first, self._said = not self._said, self._said + data
        if first:
            self._transport.write(b"STARTTLS\r\n")
        if b"\r\n220 2.0.0 " in self._said and not self.ready.done():
            self.ready.set_result(None)

    def connection_lost(self, error: Exception | None) -> None:
        """Refused."""
        if not self.ready.done():
            self.ready.set_exception(error or ConnectionResetError())


async def meet(made: Client, port: int, address: str, *, tls: bool) -> None:
    """Connect a client, so that it talks through TLS from its first byte on if `tls`. Raises OSError."""
    loop = asyncio.get_running_loop()
    local = (address, 0)
    if not tls:
        await loop.create_connection(lambda: made, "127.0.0.1", port, local_addr=local)
        return
    plain, asked = await loop.create_connection(StartTls, "127.0.0.1", port, local_addr=local)
    await asked.ready
    transport = await loop.start_tls(plain, made, unverified(), ssl_handshake_timeout=PATIENCE)
    if transport is None:
        raise ConnectionResetError
    made.last = b"220 \r\n"  # the greeting was before
    made.connection_made(transport)


DRIPS: tuple[type[Client], ...] = (SlowCommand, Busy, SlowHeader, SlowBody, NeverReads, SlowHandshake)


async def _besiege(
    daemon: Watched,
    scale: Scale,
    kinds: tuple[type[Client], ...],
    say: Callable[[str, int], None],
    *,
    tls: bool,
) -> "_Siege":
    clients: list[Client] = []
    port, pid = daemon.port, daemon.pid
    secured = 0

    async def bring(number: int, kind: type[Client], turn: int) -> None:
        nonlocal secured
        made, by_tls = kind(), tls and kind.BY_TLS and turn % TLS_EACH == 0
        secured += by_tls
        try:
            await meet(made, port, source(number), tls=by_tls)
        except OSError as error:
            made.last = type(error).__name__.encode()
            made.gone_at = made.met_at = monotonic()
        clients.append(made)

    async def drip() -> None:
        while True:
            for client in clients[scale.idle :]:
                client.drip()
            await asyncio.sleep(1)

    wanted = [(20_000 + number, Client, number) for number in range(scale.idle)]
    wanted += [(number, kinds[number % len(kinds)], number // len(kinds)) for number in range(scale.drips)]
    dripping = asyncio.create_task(drip())
    for first in range(0, len(wanted), 100):
        await asyncio.gather(*(bring(*each) for each in wanted[first : first + 100]))
        say("connected", len(clients))
    siege = _Siege(clients, secured)
    await asyncio.sleep(min(2.0, scale.command / 4))
    siege.there = sum(not client.gone_at for client in clients)
    siege.memory, siege.family = memory(pid), family_memory(pid)
    siege.descriptors = descriptors(pid)
    end = max(client.met_at + client.deadline(scale) for client in clients) + GRACE
    while monotonic() < end and any(not client.gone_at for client in clients):
        await asyncio.sleep(0.1)
        siege.memory = max(siege.memory, memory(pid))
        say("gone", sum(bool(client.gone_at) for client in clients))
    dripping.cancel()
    siege.left = established(port, {source(number) for number, _, _ in wanted})
    for client in clients:
        if client.transport is not None:
            client.transport.abort()
    return siege


class _Siege:
    def __init__(self, clients: list[Client], secured: int) -> None:
        self.clients = clients
        self.secured = secured
        self.there = self.memory = self.family = self.descriptors = self.left = 0


def _late(siege: _Siege, scale: Scale) -> list[str]:
    """Clients that were there after their deadline, or were not told."""
    wrong: Counter[str] = Counter()
    for client in siege.clients:
        if not client.gone_at:
            wrong[f"{client.KIND}: not gone"] += 1
        elif client.gone_at - client.met_at > client.deadline(scale) + GRACE:
            wrong[f"{client.KIND}: gone after its deadline"] += 1
        elif client.ANSWERED and not client.last.split(b"\r\n")[-2:][0].startswith(b"421 4.4.2 "):
            wrong[f"{client.KIND}: last words {client.last[-80:]!r}"] += 1
    return [f"{times} × {what}" for what, times in wrong.items()]


def _run(torment: Torment) -> Outcome:
    scale = QUICK if torment.quick else LONG
    crowd = scale.idle + scale.drips
    if not open_files(crowd + 1_000):
        return Outcome(skipped=f"no {crowd + 1_000} open files allowed")
    parts = [_part(torment, scale, tls=tls) for tls in (False, True)]
    return Outcome(
        "; ".join(text for text, _ in parts), tuple([each for _, wrong in parts for each in wrong][:20])
    )


def _part(torment: Torment, scale: Scale, *, tls: bool) -> tuple[str, list[str]]:
    """What was measured, and violations."""
    crowd = scale.idle + scale.drips
    kinds = DRIPS[:-1] if torment.quick else DRIPS  # a handshake's half minute is too long for the short form
    keys = ROOT / "tests" / "smtp" / "tls"
    with watched(
        torment.folder / ("tls" if tls else "plain"),
        smtp=f'tls_certificate = "{keys}/certificate.pem"\ntls_key = "{keys}/key.pem"',
        connections=crowd + 100,
        command_seconds=scale.command,
        data_seconds=scale.data,
        session_seconds=scale.session,
    ) as daemon:
        say_all(daemon.port, letter(1))
        before = memory(daemon.pid)
        with visitors(daemon.port) as beside, asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            siege = runner.run(
                _besiege(daemon, scale, kinds, lambda text, done: torment.say(text, done, crowd), tls=tls)
            )
            visits = beside.stop()
        time.sleep(0.5)
        found = _late(siege, scale) + daemon.unhandled()
        files = descriptors(daemon.pid)
    seconds = [took for took, _ in visits]
    bad = Counter(answer[:60] for _, answer in visits if not answer.startswith(b"250 2.6.0 "))
    found += [f"{times} good mails: {answer!r}" for answer, times in bad.items()]
    slow, worst = percentile(seconds, 0.99), max(seconds)
    if slow >= SLOWEST:
        found.append(f"good mail: p99 {slow:.2f} s")
    most = MOST + siege.secured * TLS_SESSION
    if siege.memory > most:
        found.append(f"{mib(siege.memory)} in memory")
    if siege.there < crowd * 0.98:
        found.append(f"only {siege.there} of {crowd} were there together")
    if siege.left:
        found.append(f"{siege.left} connections were left")
    if files > 200:
        found.append(f"{files} descriptors were left")
    gone: defaultdict[str, float] = defaultdict(float)
    for client in siege.clients:
        gone[client.KIND] = max(gone[client.KIND], client.gone_at - client.met_at)
    ends = ", ".join(f"{kind} {seconds:.0f} s" for kind, seconds in gone.items())
    measured = (
        f"{siege.there:,} connections together, {siege.secured or 'none'} of them over TLS: RSS {mib(before)} → "
        f"{mib(siege.memory)} (bound {mib(most)}; all processes {mib(siege.family)}); {len(visits):,} good mails, "
        f"p99 {slow * 1000:.0f} ms, at most {worst * 1000:.0f} ms; gone at the latest after: {ends} "
        f"(deadlines {scale.command:.0f}/{scale.data:.0f}/{scale.session:.0f} s)"
    )
    name = "with TLS: " if tls else ""
    return measured, [f"{name}{each}" for each in found]


ROW = Row(
    name="idle",
    test="10,000 idle connections from many loopback addresses; 1,000 slow drips",
    asked="RSS ≤ 250 MiB; good mail p99 < 1 s; all drips gone by the deadline",
    run=_run,
)
