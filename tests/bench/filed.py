"""End to end: from the socket to the timeline, one worker, the sender check on, while mail is being accepted."""

import asyncio
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic, sleep, time

from sqlalchemy import Engine, func, select

from storage.engine import open_engine, reading
from storage.tables import mails, touchpoints
from tests.believe.nameserver import name_server
from tests.bench import peer
from tests.bench.mails import SIZES, dns, numbered, pool
from tests.bench.section import Figure, Part, Say, at_least, at_most, median, percentile, plain, size
from tests.bench.servers import Server, gateway
from tests.bench.smtp_load import Sent, run, send

GOALS = {2_000: 400, 30_000: 250, 1_000_000: 50}
"""Mails a second."""

OVER_DJANGO = {2_000: 2.5, 30_000: 3.0, 1_000_000: 2.0}

SECONDS, WARM, PACED = 20.0, 4.0, 30.0
"""Of measuring, of warming up before it, and of the steady load at half the rate."""

BACKLOG = {2_000: 300, 30_000: 200, 1_000_000: 40}
"""Mails that wait while the rate is measured: the senders go on when there are fewer. So the worker never lacks
work, and the listener takes in as much as is filed."""

LOOKS = 0.005
"""Seconds between two looks at the timeline's table: the resolution of the time to the timeline."""


@dataclass
class Filed:
    """What is on timelines: looked at through a connection of our own, which only reads."""

    engine: Engine
    last: int = 0
    looks: int = 0
    at: dict[int, float] = field(default_factory=dict)

    def look(self) -> int:
        """Note the touchpoints committed since the last look: mail → when it was seen. Returns how many there are."""
        query = select(touchpoints.c.id, touchpoints.c.mail_id).where(touchpoints.c.id > self.last)
        self.looks += 1
        with reading(self.engine) as conn:
            rows = conn.execute(query.order_by(touchpoints.c.id)).all()
        for touchpoint, mail in rows:
            self.last = touchpoint
            self.at[mail] = time()
        return len(self.at)

    def check(self) -> None:
        """Raises RuntimeError unless every mail was filed, and its sender verified."""
        if (found := self.outcomes()).keys() != {("filed", "verified")}:
            raise RuntimeError(f"not every mail was filed as verified: {found}")

    def outcomes(self) -> dict[tuple[str, str | None], int]:
        """State and trust → mails."""
        query = select(mails.c.state, mails.c.trust, func.count()).group_by(mails.c.state, mails.c.trust)
        with reading(self.engine) as conn:
            return {(state, trust): count for state, trust, count in conn.execute(query)}


@contextmanager
def house(
    folder: Path, config: str = "", database: str = "", workers: int = 1
) -> Iterator[tuple[Server, Filed]]:
    """A gateway that checks senders by a name server of ours, and its timeline.

    `database` is the URL of another one than its own SQLite file, which `config` then names.
    """
    with (
        name_server(dns()) as place,
        gateway(
            folder,
            config=config,
            GATEWAY_SENDER_CHECK__DNS="true",
            GATEWAY_SENDER_CHECK__NAMESERVERS=place,
            GATEWAY_FILING__WORKERS=str(workers),
        ) as server,
    ):
        engine = open_engine(database or folder / "data" / "gateway.db")
        try:
            yield server, Filed(engine)
        finally:
            engine.dispose()


def flood(
    server: Server,
    filed: Filed,
    letters: Iterator[bytes],
    backlog: int,
    seconds: float,
    warm: float,
    before: int = 0,
) -> tuple[float, bool]:
    """Touchpoints a second, and whether the queue ran empty meanwhile; `before` were there already.

    When it did, the rate is rather that of the senders.
    """
    sent = Sent()
    counted: list[tuple[float, int]] = []
    empty: list[bool] = []
    ended = asyncio.Event()

    def waiting() -> int:
        return sent.count + before - len(filed.at)

    async def wait(_number: int) -> bool:
        while not ended.is_set() and waiting() > backlog:
            await asyncio.sleep(0.005)
        return not ended.is_set()

    async def watch() -> None:
        begun = monotonic()
        least = backlog
        while (now := monotonic() - begun) < warm + seconds:
            count = filed.look()
            if now >= warm:
                counted.append((monotonic(), count))
                least = min(least, waiting())
            await asyncio.sleep(0.02)
        empty.append(least <= 0)
        ended.set()

    async def both() -> None:
        await asyncio.gather(watch(), send(server.port, letters, wait, sent))

    run(both())
    _drain(filed, sent.count + before)
    (begun, first), (finished, last) = counted[0], counted[-1]
    return (last - first) / (finished - begun), any(empty)


def steady(
    server: Server, filed: Filed, letters: Iterator[bytes], rate: float, seconds: float
) -> list[float]:
    """Seconds from each 250 to the timeline, at `rate` mails a second, evenly spaced."""
    sent = Sent()
    ended = asyncio.Event()

    async def both() -> None:
        begun = monotonic()

        async def wait(number: int) -> bool:
            due = number / rate
            if due >= seconds:
                return False
            if (early := begun + due - monotonic()) > 0:
                await asyncio.sleep(early)
            return True

        async def watch() -> None:
            while not ended.is_set():
                filed.look()
                await asyncio.sleep(LOOKS)

        watching = asyncio.create_task(watch())
        await send(server.port, letters, wait, sent, 8)
        end = monotonic() + 30
        while not sent.at.keys() <= filed.at.keys() and monotonic() < end:
            await asyncio.sleep(LOOKS)
        ended.set()
        await watching

    run(both())
    if missed := len(sent.at.keys() - filed.at.keys()):
        raise RuntimeError(f"{missed} of {sent.count} mails are on no timeline: {filed.outcomes()}")
    return [max(0.0, filed.at[mail] - at) for mail, at in sent.at.items()]


def _drain(filed: Filed, count: int) -> None:
    """What is waiting is filed before the next measurement begins."""
    end = monotonic() + 120
    while filed.look() < count:
        if monotonic() > end:
            raise RuntimeError(f"{count - len(filed.at)} mails are on no timeline: {filed.outcomes()}")
        sleep(0.05)


def _filed(quick: bool, say: Say) -> list[Figure]:
    seconds, warm, paced, rounds = (1.5, 1.0, 2.0, 1) if quick else (SECONDS, WARM, PACED, 3)
    found: list[Figure] = []
    sizes = (SIZES[0], SIZES[-1]) if quick else SIZES
    steps, total = 0, len(sizes) * (2 * rounds + 2) + 1
    with tempfile.TemporaryDirectory(prefix="bench-") as place:
        folder = Path(place)
        say("installing django-mailbox", steps, total)
        python, why = peer.installed(folder / "peer")
        steps += 1
        for octets in sizes:
            letters = pool(octets)
            rates: list[float] = []
            starved = False
            theirs: list[float] = []
            cpu: list[float] = []
            for turn in range(rounds):
                say(f"{size(octets)}: filed", steps, total)
                with house(folder / f"{octets}-{turn}") as (server, filed):
                    before = server.cpu_seconds()
                    rate, empty = flood(
                        server, filed, numbered(letters, turn), BACKLOG[octets], seconds, warm
                    )
                    rates.append(rate)
                    starved |= empty
                    filed.check()
                    cpu.append((server.cpu_seconds() - before) / len(filed.at) * 1000)
                steps += 1
                say(f"{size(octets)}: django-mailbox", steps, total)
                if python is not None:
                    count = max(5, int(GOALS[octets] / 3 * min(seconds, 10)))
                    theirs.append(
                        peer.rate(python, folder / f"d{octets}-{turn}", numbered(letters, turn), count)
                    )
                steps += 1
            say(f"{size(octets)}: steady", steps, total)
            with house(folder / f"{octets}-steady") as (server, filed):
                load = median(rates) / 2
                steady(server, filed, numbered(letters, 8), load, warm)
                took = steady(server, filed, numbered(letters, 9, len(letters) // 2), load, paced)
            steps += 1
            found += _figures(
                octets,
                median(rates),
                starved,
                median(theirs) if theirs else None,
                why,
                median(cpu),
                took,
                load,
            )
            say(f"{size(octets)}: two workers", steps, total)
            with house(folder / f"{octets}-two", workers=2) as (server, filed):
                rate, empty = flood(server, filed, numbered(letters, 7), BACKLOG[octets], seconds, warm)
                filed.check()
            steps += 1
            found.append(
                plain(
                    f"{size(octets)}: filed by two workers",
                    rate,
                    "mails/s",
                    key=f"filed.{octets}.two",
                    detail="the queue ran empty: filing could have been faster" * empty,
                )
            )
    say("done", total, total)
    return found


def _figures(
    octets: int,
    rate: float,
    starved: bool,
    theirs: float | None,
    why: str,
    cpu: float,
    took: list[float],
    load: float,
) -> list[Figure]:
    name = size(octets)
    note = "; the queue ran empty: filing could have been faster" * starved
    found = [
        at_least(
            f"{name}: filed while accepting",
            GOALS[octets],
            rate,
            "mails/s",
            detail=f"CPU a mail, all processes: {cpu:.2f} ms{note}",
            key=f"filed.{octets}.rate",
        ),
        plain(f"{name}: CPU a mail, accepted and filed", cpu, "ms", key=f"filed.{octets}.cpu"),
    ]
    goal = OVER_DJANGO[octets]
    if theirs is None:
        found.append(Figure(f"{name}: ÷ django-mailbox", f"≥ {goal:g} times", None, "times", None, why))
    else:
        found.append(
            at_least(
                f"{name}: ÷ django-mailbox",
                goal,
                rate / theirs,
                "times",
                detail=f"it files {theirs:.0f} mails/s",
            )
        )
    p50, p99 = percentile(took, 0.5), percentile(took, 0.99)
    found.append(
        at_most(
            f"{name}: 250 → timeline, 99th percentile at half that load",
            1.0,
            p99,
            "s",
            detail=f"median {p50 * 1000:.0f} ms; {len(took)} mails at {load:.0f} mails/s",
            key=f"filed.{octets}.p99",
        )
    )
    return found


_HOW = f"""\
The daemon as it is started, one worker, SQLite, senders checked (DKIM, SPF, DMARC) against a name server of
the bench on the loopback. Mails are signed with RSA-2048 and differ: plain text at 2 kB; text and HTML
at 30 kB; at 1 MB a PDF besides, which no two mails have in common. All are filed on one account. Pipelined
sessions send as long as fewer than {BACKLOG[2_000]}, {BACKLOG[30_000]} and {BACKLOG[1_000_000]} mails wait (2
kB, 30 kB, 1 MB): the worker never lacks work, and as much is accepted as is filed. Counted are touchpoints
that are committed, over {SECONDS:.0f} s after {WARM:.0f} s of warming up; medians of three rounds,
alternating with django-mailbox, which reads the same mails from a maildir into SQLite (Django's defaults, no
sender check). The time from 250 to the timeline is between the client's receiving the answer and a reader of
the database seeing the touchpoint, who looks every {LOOKS * 1000:.0f} ms; the load is evenly spaced, for
{PACED:.0f} s. Load generator, name server and reader share the processors. One run with two workers shows what
they have left."""

SECTIONS = [Part("filed", "Filed, end to end", _HOW, _filed)]
