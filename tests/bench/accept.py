"""Durable accept: messages a second with Postfix's load generator, and the time from the dot to its 250."""

import asyncio
import shutil
import subprocess
import tempfile
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from pathlib import Path
from time import perf_counter
from uuid import uuid4

import uvloop

from tests.bench.section import Figure, Part, Say, at_least, at_most, median, percentile, plain, size
from tests.bench.servers import (
    RECIPIENT,
    SENDER,
    Server,
    discarding_aiosmtpd,
    discarding_postfix,
    gateway,
)

ROUNDS = 3

SECONDS = 3.5
"""How long one run of one load lasts, on whatever machine: the warm-up tells how many messages that are."""

GATEWAY, ALONE, POSTFIX, AIOSMTPD = "gateway + filing", "gateway", "Postfix", "aiosmtpd"


@dataclass(frozen=True, slots=True)
class Load:
    """What is sent: `octets` a message, `sessions` at once, connections reused or a new one for each message."""

    octets: int
    sessions: int
    reuse: bool

    def __str__(self) -> str:
        """For a table."""
        sessions = f"{self.sessions} session{'s' * (self.sessions > 1)}"
        return f"{size(self.octets)}, {sessions}{'' if self.reuse else ', a connection each'}"

    def command(self, port: int, messages: int) -> Sequence[str]:
        """Postfix's own load generator, smtp-source(1)."""
        told = ["smtp-source", "-s", str(self.sessions), "-m", str(messages), "-l", str(self.octets)]
        told += ["-f", SENDER, "-t", RECIPIENT, "-M", "load.lumenfold.example"]
        return (*told, *(["-d"] if self.reuse else []), f"127.0.0.1:{port}")

    @property
    def warm_up(self) -> int:
        """Messages that are sent first: some for each session, half a second's of the slowest server."""
        return max(3 * self.sessions, min(600, 30_000_000 // self.octets))


LOADS = tuple(
    Load(octets, sessions, reuse)
    for reuse in (True, False)
    for octets in (2_000, 50_000, 1_000_000)
    for sessions in (1, 10, 50)
)
QUICK = (Load(2_000, 10, True), Load(1_000_000, 10, True), Load(2_000, 10, False))

MOST_MESSAGES = 60_000
"""In one run."""


@dataclass(slots=True)
class Measured:
    """Rounds of one load on one server: messages a second, and CPU milliseconds a message."""

    rates: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)

    @property
    def rate(self) -> float:
        """The median."""
        return median(self.rates)


Results = dict[Load, dict[str, Measured]]


def send(server: Server, load: Load, messages: int) -> tuple[float, float]:
    """Send it once; messages a second, CPU milliseconds a message. Raises RuntimeError for mail that was refused."""
    before, begun = server.cpu_seconds(), perf_counter()
    command = load.command(server.port, messages)
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=600)
    seconds = perf_counter() - begun
    if done.returncode != 0 or done.stderr:
        errors = server.daemon.errors() if server.daemon else ""
        raise RuntimeError(
            f"{server.name}, {load}: {done.stderr or done.stdout} after {seconds:.1f} s {errors}"
        )
    return messages / seconds, (server.cpu_seconds() - before) / messages * 1000


Servers = Callable[[Path], AbstractContextManager[Server]]
SERVERS: dict[str, Servers] = {
    ALONE: lambda folder: gateway(folder, filing=False),
    GATEWAY: gateway,
    POSTFIX: lambda _folder: discarding_postfix(),
    AIOSMTPD: lambda _folder: discarding_aiosmtpd(),
}


def accept(
    folder: Path,
    loads: Sequence[Load],
    say: Say,
    rounds: int,
    seconds: float,
    servers: Mapping[str, Servers] = SERVERS,
) -> Results:
    """Every load on every server, in alternating rounds, each server fresh for each load."""
    found: Results = {load: defaultdict(Measured) for load in loads}
    steps, total = 0, len(loads) * rounds * len(servers)
    for load in loads:
        for turn in range(rounds):
            # Another one goes first each time: what one leaves behind slows the next one down.
            names = list(servers)
            for name in names[turn % len(names) :] + names[: turn % len(names)]:
                with servers[name](folder / f"{steps}") as server:
                    warm, _ = send(server, load, load.warm_up)
                    messages = int(min(MOST_MESSAGES, max(load.warm_up, warm * seconds)))
                    rate, cpu = send(server, load, messages)
                # Else the kernel's memory would fill with some forty gigabytes that nobody reads again, which only
                # those pay for that keep their mail.
                shutil.rmtree(folder / f"{steps}", ignore_errors=True)
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

    series = uuid4().hex
    await said(b"", b"220")
    await said(b"EHLO load.lumenfold.example\r\n", b"250")
    for number in range(messages):
        await said(f"MAIL FROM:<{SENDER}>\r\n".encode(), b"250")
        await said(f"RCPT TO:<{RECIPIENT}>\r\n".encode(), b"250")
        await said(b"DATA\r\n", b"354")
        # Of its own in every run: the same bytes would be taken for a second delivery.
        writer.write(f"Message-ID: <{series}.{number}@load.example>\r\n".encode() + content)
        begun = perf_counter()
        await said(b".\r\n", b"250")
        took.append(perf_counter() - begun)
    writer.close()


def time_to_250(server: Server, sessions: int, messages: int, octets: int) -> list[float]:
    """Seconds from the dot to its 250 of each message, sorted."""
    took: list[float] = []
    content = b"Subject: load\r\n\r\n" + (b"x" * 76 + b"\r\n") * (octets // 78)

    async def run() -> None:
        await asyncio.gather(
            *(_session(server.port, messages // sessions, content, took) for _ in range(sessions))
        )

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(run())
    return sorted(took)


def latencies(folder: Path, messages: int, say: Say, rounds: int) -> dict[str, list[float]]:
    """The 99th percentile of the time to 250 in each round, 2 kB over 10 sessions, of the gateway and of Postfix."""
    found: dict[str, list[float]] = defaultdict(list)
    for turn in range(rounds):
        for number, name in enumerate((GATEWAY, ALONE, POSTFIX) if turn % 2 else (POSTFIX, ALONE, GATEWAY)):
            with SERVERS[name](folder / f"time-{turn}-{number}") as server:
                time_to_250(server, 10, messages // 10, 2_000)  # what is done for the first ones alone
                took = time_to_250(server, 10, messages, 2_000)
            found[name].append(percentile(took, 0.99))
        say("time to 250", turn + 1, rounds)
    return found


# -- the section ---------------------------------------------------------------------------------------------------


def _over_postfix(load: Load) -> float | None:
    """The goal: how many times as many messages a second as Postfix."""
    if not load.reuse:
        return 2.0 if load.octets == 2_000 else None
    return 1.3 if load.sessions == 1 else {2_000: 4.0, 50_000: 2.5, 1_000_000: 1.3}[load.octets]


def _over_aiosmtpd(load: Load) -> float | None:
    return (
        {2_000: 2.0, 50_000: 3.0, 1_000_000: 5.0}[load.octets] if load.reuse and load.sessions > 1 else None
    )


def _figures(load: Load, by: dict[str, Measured]) -> list[Figure]:
    rates = ", ".join(f"{name} {by[name].rate:,.0f}" for name in SERVERS)
    cpu = " / ".join(f"{median(by[name].cpu):.2f}" for name in SERVERS)
    ratio = by[ALONE].rate / by[POSTFIX].rate
    working = by[GATEWAY].rate / by[POSTFIX].rate
    what, key = (
        f"{load}: ÷ {POSTFIX}",
        f"accept.{load.octets}.{load.sessions}.{'reuse' if load.reuse else 'each'}",
    )
    detail = f"messages/s: {rates}; CPU a message {cpu} ms; {working:.2f} times while it files beside"
    goal = _over_postfix(load)
    told = (
        at_least(what, goal, ratio, "times", detail=detail)
        if goal
        else plain(what, ratio, "times", detail=detail)
    )
    found = [replace(told, key=key)]
    if (goal := _over_aiosmtpd(load)) is not None:
        found.append(at_least(f"{load}: ÷ {AIOSMTPD}", goal, by[ALONE].rate / by[AIOSMTPD].rate, "times"))
    if load == Load(2_000, 10, True):
        found.append(plain("2 kB, 10 sessions", by[ALONE].rate, "messages/s", key="accept.rate"))
        found.append(plain("2 kB, 10 sessions: CPU a message", median(by[ALONE].cpu), "ms", key="accept.cpu"))
    return found


def _accept(quick: bool, say: Say) -> list[Figure]:
    loads, rounds, seconds, messages = (QUICK, 1, 0.3, 200) if quick else (LOADS, ROUNDS, SECONDS, 5_000)
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        results = accept(Path(folder), loads, say, rounds, seconds)
        times = latencies(Path(folder), messages, say, rounds)
    found = [figure for load, by in results.items() for figure in _figures(load, by)]
    p99 = {name: median(each) * 1000 for name, each in times.items()}
    detail = ", ".join(f"{name} {value:.1f}" for name, value in p99.items()) + " ms"
    what = "time to 250, 99th percentile, 2 kB over 10 sessions"
    found.append(
        at_most(what, round(p99[POSTFIX], 1), p99[ALONE], "ms", detail=f"the goal is Postfix's; {detail}")
    )
    return found


_HOW = f"""\
Postfix's own smtp-source sends to a server that was started for it, warmed up, for some {SECONDS} seconds:
the gateway (SQLite, every commit synced) with its filing worker stopped, the same with the worker at work on
the same cores; Postfix (Debian's, private folders, delivery to discard:, which syncs each mail to its queue);
aiosmtpd on uvloop with a handler that throws everything away. {ROUNDS} alternating rounds; medians. CPU is
that of all processes of a server, in the order {", ".join(SERVERS)}. The goals are held against the gateway
with the worker stopped, which is accepting alone; what it is while it files is beside it."""

SECTIONS = [Part("accept", "Durable accept", _HOW, _accept, ("postfix", "smtp-source"))]
