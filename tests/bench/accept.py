"""Durable accept: messages a second with Postfix's load generator, and the time from the dot to its 250."""

import asyncio
import statistics
import subprocess
from collections import defaultdict
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter

import uvloop

from tests.bench.servers import (
    RECIPIENT,
    SENDER,
    Server,
    discarding_aiosmtpd,
    discarding_postfix,
    gateway,
)

ROUNDS = 3

GATEWAY, ALONE, POSTFIX, AIOSMTPD = "gateway", "gateway, filing at rest", "Postfix", "aiosmtpd"


@dataclass(frozen=True, slots=True)
class Load:
    """What is sent: `size` bytes a message, `sessions` at once, connections reused or a new one for each message."""

    size: int
    sessions: int
    reuse: bool
    messages: int

    def __str__(self) -> str:
        """For a table."""
        size = f"{self.size // 1_000_000} MB" if self.size >= 1_000_000 else f"{self.size // 1000} kB"
        sessions = f"{self.sessions} session{'s' * (self.sessions > 1)}"
        return f"{size}, {sessions}{'' if self.reuse else ', a connection each'}"

    def command(self, port: int) -> Sequence[str]:
        """Postfix's own load generator, smtp-source(1)."""
        told = ["smtp-source", "-s", str(self.sessions), "-m", str(self.messages), "-l", str(self.size)]
        told += ["-f", SENDER, "-t", RECIPIENT, "-M", "load.lumenfold.example"]
        return (*told, *(["-d"] if self.reuse else []), f"127.0.0.1:{port}")


LOADS = (
    *(Load(2_000, sessions, True, messages) for sessions, messages in ((1, 1500), (10, 6000), (50, 6000))),
    *(Load(50_000, sessions, True, messages) for sessions, messages in ((1, 600), (10, 2000), (50, 2000))),
    *(Load(1_000_000, sessions, True, messages) for sessions, messages in ((1, 80), (10, 300), (50, 300))),
    *(Load(2_000, sessions, False, messages) for sessions, messages in ((1, 500), (10, 3000), (50, 3000))),
    *(Load(50_000, sessions, False, messages) for sessions, messages in ((1, 200), (10, 1000), (50, 1000))),
    *(Load(1_000_000, sessions, False, messages) for sessions, messages in ((1, 50), (10, 200), (50, 200))),
)
QUICK = (Load(2_000, 10, True, 300), Load(1_000_000, 10, True, 20), Load(2_000, 10, False, 100))


@dataclass(slots=True)
class Measured:
    """Rounds of one load on one server: messages a second, and CPU milliseconds a message."""

    rates: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)

    @property
    def rate(self) -> float:
        """The median."""
        return statistics.median(self.rates)


Results = dict[Load, dict[str, Measured]]


def send(server: Server, load: Load) -> tuple[float, float]:
    """Send it once; messages a second, CPU milliseconds a message. Raises RuntimeError for mail that was refused."""
    before, begun = server.cpu_seconds(), perf_counter()
    done = subprocess.run(load.command(server.port), capture_output=True, text=True, check=False, timeout=600)
    seconds = perf_counter() - begun
    if done.returncode != 0 or done.stderr:
        raise RuntimeError(f"{server.name}, {load}: {done.stderr or done.stdout}")
    return load.messages / seconds, (server.cpu_seconds() - before) / load.messages * 1000


Servers = Callable[[Path], AbstractContextManager[Server]]
SERVERS: dict[str, Servers] = {
    GATEWAY: gateway,
    ALONE: lambda folder: gateway(folder, filing=False),
    POSTFIX: lambda _folder: discarding_postfix(),
    AIOSMTPD: lambda _folder: discarding_aiosmtpd(),
}


def accept(
    folder: Path, loads: Sequence[Load], say: Callable[[str, int, int], None], rounds: int = ROUNDS
) -> Results:
    """Every load on every server, in alternating rounds, each server fresh for each load."""
    found: Results = {load: defaultdict(Measured) for load in loads}
    steps, total = 0, len(loads) * rounds * len(SERVERS)
    for load in loads:
        for turn in range(rounds):
            # Another one goes first each time: what one leaves behind slows the next one down.
            names = list(SERVERS)
            for name in names[turn % len(names) :] + names[: turn % len(names)]:
                with SERVERS[name](folder / f"{steps}") as server:
                    rate, cpu = send(server, load)
                found[load][name].rates.append(rate)
                found[load][name].cpu.append(cpu)
                steps += 1
                say(f"{load}: {name}", steps, total)
    return found


# -- the time to 250 ---------------------------------------------------------------------------------------------


async def _session(port: int, messages: int, content: bytes, took: list[float]) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)

    async def said(line: bytes, code: bytes) -> None:
        writer.write(line)
        while (answer := await reader.readline())[3:4] == b"-":
            pass
        if not answer.startswith(code):
            raise RuntimeError(answer.decode(errors="replace"))

    await said(b"", b"220")
    await said(b"EHLO load.lumenfold.example\r\n", b"250")
    for number in range(messages):
        await said(f"MAIL FROM:<{SENDER}>\r\n".encode(), b"250")
        await said(f"RCPT TO:<{RECIPIENT}>\r\n".encode(), b"250")
        await said(b"DATA\r\n", b"354")
        writer.write(b"Message-ID: <%d.%d@load.example>\r\n" % (id(writer), number) + content)
        begun = perf_counter()
        await said(b".\r\n", b"250")
        took.append(perf_counter() - begun)
    writer.close()


def time_to_250(server: Server, sessions: int, messages: int, size: int) -> list[float]:
    """Seconds from the dot to its 250 of each message, sorted."""
    took: list[float] = []
    content = b"Subject: load\r\n\r\n" + (b"x" * 76 + b"\r\n") * (size // 78)

    async def run() -> None:
        await asyncio.gather(
            *(_session(server.port, messages // sessions, content, took) for _ in range(sessions))
        )

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(run())
    return sorted(took)


def latencies(
    folder: Path, messages: int, say: Callable[[str, int, int], None], rounds: int = ROUNDS
) -> dict[str, list[float]]:
    """The 99th percentile of the time to 250 in each round, 2 kB over 10 sessions, of the gateway and of Postfix."""
    found: dict[str, list[float]] = defaultdict(list)
    for turn in range(rounds):
        for number, name in enumerate((GATEWAY, ALONE, POSTFIX) if turn % 2 else (POSTFIX, ALONE, GATEWAY)):
            with SERVERS[name](folder / f"time-{turn}-{number}") as server:
                took = time_to_250(server, 10, messages, 2_000)
            found[name].append(took[int(len(took) * 0.99)])
        say("time to 250", turn + 1, rounds)
    return found
