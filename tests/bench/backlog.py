"""Time to 250 while a hundred thousand mails wait, beside the same of an empty queue."""

import hashlib
import signal
import tempfile
from collections import defaultdict
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

from storage.engine import open_engine, reading, writing
from storage.inbound import NewMail, keep
from storage.queue import count_by_state
from tests.bench.accept import time_to_250
from tests.bench.mails import numbered, pool
from tests.bench.section import Figure, Part, Say, at_most, median, percentile, plain
from tests.bench.servers import RECIPIENT, SENDER, Server, gateway
from tests.postfix import until

WAITING, MESSAGES, ROUNDS = 100_000, 2_000, 5
SESSIONS, OCTETS = 10, 2_000
GOAL = 1.3

PATIENCE = 120.0
"""Seconds that the empty queue may take to be empty again after a round."""

_BATCH = 1_000


def fill(data: Path, count: int, told: Callable[[int], None]) -> None:
    """Put mails into the queue of a gateway that does not run, as intake would have; `told` how many there are."""
    engine = open_engine(data / "gateway.db")
    mails = numbered(pool(OCTETS), 5)
    now = datetime.now(UTC)
    peer = {"address": "127.0.0.1", "helo": "load.lumenfold.example", "tls": None, "proto": "ESMTP"}
    try:
        for done in range(0, count, _BATCH):
            some = list(islice(mails, min(_BATCH, count - done)))
            rows = [
                NewMail(now, SENDER, (RECIPIENT,), peer, len(raw), hashlib.sha256(raw).hexdigest(), raw)
                for raw in some
            ]
            with writing(engine) as conn:
                keep(conn, rows)
            told(done + len(some))
    finally:
        engine.dispose()


def _waiting(server: Server) -> int:
    assert server.daemon is not None
    engine = open_engine(server.daemon.folder / "data" / "gateway.db")
    try:
        with reading(engine) as conn:
            return count_by_state(conn).get("received", 0)
    finally:
        engine.dispose()


def _backlog(quick: bool, say: Say) -> list[Figure]:
    waiting, messages, rounds = (2_000, 200, 1) if quick else (WAITING, MESSAGES, ROUNDS)
    total = rounds + 2
    p50: dict[str, list[float]] = defaultdict(list)
    p99: dict[str, list[float]] = defaultdict(list)
    with tempfile.TemporaryDirectory(prefix="bench-") as place:
        folder = Path(place)

        def prepare(data: Path) -> None:
            fill(data, waiting, lambda done: say(f"{done:,} of {waiting:,} mails in the queue", 0, total))

        with gateway(folder / "full", prepare=prepare) as full, gateway(folder / "empty") as empty:
            servers = {"full": full, "empty": empty}
            for each in servers.values():
                time_to_250(each, SESSIONS, messages // 4, OCTETS)
            say("warmed up", 1, total)
            for turn in range(rounds):
                for name in ("full", "empty") if turn % 2 else ("empty", "full"):
                    if name == "empty":
                        until(
                            lambda: not _waiting(empty),
                            lambda: f"{_waiting(empty)} mails still wait",
                            PATIENCE,
                        )
                    other = servers["empty" if name == "full" else "full"]
                    other.signal(signal.SIGSTOP)  # each has the machine to itself
                    try:
                        took = time_to_250(servers[name], SESSIONS, messages, OCTETS)
                    finally:
                        other.signal(signal.SIGCONT)
                    p50[name].append(percentile(took, 0.5) * 1000)
                    p99[name].append(percentile(took, 0.99) * 1000)
                say(f"round {turn + 1}", turn + 2, total)
            left = _waiting(full)
        say("done", total, total)
    if left == 0:
        raise RuntimeError("the queue ran empty before the last round: there was no backlog to measure")
    detail = (
        f"{median(p99['full']):.1f} against {median(p99['empty']):.1f} ms; {left:,} still waited at the end"
    )
    return [
        at_most(
            f"time to 250 with {waiting:,} mails waiting ÷ empty queue, 99th percentile",
            GOAL,
            median(p99["full"]) / median(p99["empty"]),
            "times",
            detail=detail,
            key="backlog.p99.ratio",
        ),
        at_most(
            "the same, median",
            GOAL,
            median(p50["full"]) / median(p50["empty"]),
            "times",
            detail=f"{median(p50['full']):.1f} against {median(p50['empty']):.1f} ms",
        ),
        plain("time to 250 with the backlog, 99th percentile", median(p99["full"]), "ms"),
    ]


_HOW = f"""\
Two daemons, workers at work, one of them with {WAITING:,} signed mails of 2 kB in its queue. {ROUNDS} alternating
rounds of {MESSAGES:,} mails of 2 kB over {SESSIONS} sessions; the other daemon is stopped (SIGSTOP) meanwhile.
Medians of the rounds."""

SECTIONS = [Part("backlog", "With a backlog", _HOW, _backlog)]
