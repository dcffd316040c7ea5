"""Three gateways on one PostgreSQL and one object store, each killed in turn, the database as well.

Clients go round the gateways and try again until they hear 250. One mail in five answers a thread, at whichever
gateway is next. What was acknowledged must be there, once, unaltered, on the timeline, the answers in their threads.
"""

import itertools
import os
import random
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from time import monotonic, sleep

from sqlalchemy import func, select

from gateway.config import load
from gateway.site import sites
from rules.recipients import thread_address
from storage.blobs import open_blobs
from storage.engine import open_engine, reading
from storage.tables import mails, touchpoints
from tests import postgresql
from tests.daemon import SAMPLE, SECONDS
from tests.s3 import s3
from tests.torture.bench import Outcome, Row, Torment
from tests.torture.incoming import (
    Ledger,
    deliver,
    digest,
    examine_store,
    in_log,
    letter,
    some_size,
    wait_greeted,
)
from tests.torture.mtas import Letter, Mta
from tests.torture.prey import EVERYTHING, Prey

GATEWAYS = 3
CLIENTS = 8
THREADS = 12
ANSWER_EACH = 5
PAUSE_SECONDS = 0.05
LEASE_SECONDS = 30
DRAINED_SECONDS = 60.0 + LEASE_SECONDS
CUSTOMER = "ada.marsh@acme.example"


class Cluster:
    """One run."""

    def __init__(self, torment: Torment, stack: ExitStack, sent: int, kills: int, restarts: int) -> None:
        self._torment = torment
        self._sent = sent
        self._kills = kills
        self._restarts = restarts
        self._chance = random.Random(torment.seed)
        self._folder = torment.folder
        self._server = stack.enter_context(postgresql.running(durable=True))
        self._url = self._server.create(self._server.migrated())
        self._store = stack.enter_context(s3())
        self._engine = open_engine(self._url)
        stack.callback(self._engine.dispose)
        self._gateways = [self._gateway(number) for number in range(GATEWAYS)]
        for each in self._gateways:
            stack.callback(each.end)
        self._turn = itertools.count()
        self._numbers = itertools.count(1)
        self._count = 0
        self._counted = threading.Condition()
        self._given_up = threading.Event()
        self._threads: list[tuple[int, str]] = []
        self._answers: dict[str, int] = {}
        self._ledgers = self._folder / "ledgers"
        self._ledgers.mkdir()

    def _gateway(self, number: int) -> Prey:
        folder = self._folder / f"gateway-{number}"
        folder.mkdir()
        shared = (
            f'[storage]\ndatabase = "{self._url}"\nblobs = "{self._store.url}"\n'
            f'[threads]\nkeys_file = "{self._folder}/thread-keys.json"\n'
            f"[filing]\nlease_seconds = {LEASE_SECONDS}\ndeadline_seconds = 20\n"
        )
        # Each on a host of its own, as far as it can tell: nobody sees that another one is gone, but by its lease.
        own = ("unshare", "--uts", "sh", "-c", f'hostname gateway-{number} && exec "$0" "$@"')
        return Prey(
            folder, shared, host=f"127.0.0.{11 + number}", before=own, environment=self._store.environment
        )

    def run(self) -> Outcome:
        """All of it."""
        self._gateways[0].run("directory", "import", str(SAMPLE))
        for each in self._gateways:
            self._begin(each)
        self._begin_threads()
        mtas = [self._mta(number) for number in range(CLIENTS)]
        try:
            for mta in mtas:
                mta.start()
            self._strike()
            self._wait_for(self._sent)
            # One does not come back: what its workers were at, the others take when its lease is over.
            self._gateways[0].strike(EVERYTHING)
            drained = self._drained()
        finally:
            self._given_up.set()
        for mta in mtas:
            mta.join(SECONDS * 2)
        codes = [each.stop() for each in self._gateways[1:]]
        return self._outcome(mtas, drained, codes)

    def _begin_threads(self) -> None:
        """Touchpoints that can be answered."""
        for _ in range(THREADS):
            host, port = self._server_next()
            content = letter(next(self._numbers), 1000, self._chance)
            answer = deliver(port, content, self._chance, host=host)
            assert answer.kept, answer
        self._drained()
        site = sites(load(self._gateways[0].config))()
        with reading(self._engine) as conn:
            for number in conn.execute(select(touchpoints.c.id)).scalars():
                self._threads.append((number, thread_address.address(site, number)))

    def _begin(self, gateway: Prey) -> None:
        wait_greeted(gateway.fixed, gateway.begin(), self._chance, host=gateway.host)

    def _server_next(self) -> tuple[str, int]:
        gateway = self._gateways[next(self._turn) % GATEWAYS]
        return gateway.host, gateway.fixed

    def _mta(self, number: int) -> Mta:
        chance = random.Random(f"{self._torment.seed} {number}")
        return Mta(
            f"{number}",
            self._letters(chance),
            self._server_next,
            self._ledgers,
            chance,
            kept=self._kept,
            given_up=self._given_up,
            pause=PAUSE_SECONDS,
        )

    def _letters(self, chance: random.Random) -> Iterator[Letter]:
        while self._count < self._sent:
            number = next(self._numbers)
            content = letter(number, some_size(chance, 1_000_000), chance)
            if number % ANSWER_EACH:
                yield Letter(content)
                continue
            thread, address = chance.choice(self._threads)
            content = content.replace(
                b"From: Nora Feld <nora.feld@lumenfold.example>", f"From: <{CUSTOMER}>".encode()
            )
            self._answers[digest(content)] = thread
            yield Letter(content, CUSTOMER, address)

    def _kept(self) -> None:
        with self._counted:
            self._count += 1
            self._counted.notify_all()
        self._torment.say("mails kept", self._count, self._sent)

    def _strike(self) -> None:
        """Kill each gateway in turn, and the database now and then; each comes back at once."""
        strikes = self._kills + self._restarts
        every = strikes // self._restarts
        for number in range(strikes):
            self._wait_for(self._sent * (number + self._chance.random()) / strikes)
            if number % every == every - 1:
                self._server.stop(self._chance.choice(("immediate", "fast")))
                self._server.start()
            else:
                victim = self._gateways[number % GATEWAYS]
                victim.strike(EVERYTHING)
                self._begin(victim)

    def _wait_for(self, count: float) -> None:
        with self._counted:
            assert self._counted.wait_for(lambda: self._count >= count, 300), f"only {self._count} of {count}"

    def _drained(self) -> float:
        begun = monotonic()
        received = select(func.count()).select_from(mails).where(mails.c.state == "received")
        while monotonic() - begun < 2 * DRAINED_SECONDS:
            with reading(self._engine) as conn:
                if not conn.execute(received).scalar_one():
                    break
            sleep(0.1)
        return monotonic() - begun

    def _outcome(self, mtas: list[Mta], drained: float, codes: list[int]) -> Outcome:
        known = Ledger.read(self._ledgers)
        os.environ.update(self._store.environment)
        found = examine_store(self._engine, open_blobs(self._store.url), known, aside=True)
        wrong = [*found.violations, *(text for mta in mtas for text in mta.wrong)]
        astray = self._astray(set(known))
        wrong += [f"an answer to {wanted} was filed in {there}" for wanted, there in astray]
        if set(found.states) - {"filed", "replied"}:
            wrong.append(f"the mails are {dict(found.states)}")
        if len(known) < self._sent:
            wrong.append(f"only {len(known)} acknowledged")
        if drained > DRAINED_SECONDS:
            wrong.append(f"drained only after {drained:.0f} s")
        if any(codes):
            wrong.append(f"the gateways ended with {codes}")
        for each in self._gateways:
            wrong += in_log(each.log())
        tries = sum((mta.tries for mta in mtas), Counter[str]())
        answers = len(self._answers.keys() & set(known))
        broken = sum(count for key, count in tries.items() if key != "250")
        measured = (
            f"{len(known):,} acknowledged by {GATEWAYS} gateways over {self._kills} kills and {self._restarts} "
            f"restarts of PostgreSQL, {broken:,} tries broken off or put off: {found.lost} lost, {found.duplicated} "
            f"twice, {found.altered} altered; {answers:,} answers to {len(self._threads)} threads, {len(astray)} of "
            f"them elsewhere; drained in {drained:.0f} s; states {dict(found.states)}"
        )
        return Outcome(measured, tuple(wrong))

    def _astray(self, known: set[str]) -> list[tuple[int, int | None]]:
        """Answers that are not in their thread: wanted, found."""
        query = select(mails.c.sha256, touchpoints.c.thread_id).join(
            touchpoints, touchpoints.c.id == mails.c.touchpoint_id
        )
        with reading(self._engine) as conn:
            there: dict[str, int | None] = dict(conn.execute(query).tuples().all())
        return [
            (wanted, there.get(sha256))
            for sha256, wanted in self._answers.items()
            if sha256 in known and there.get(sha256) != wanted
        ]


def _run(torment: Torment) -> Outcome:
    if postgresql.programs() is None:
        return Outcome(skipped="no PostgreSQL here: apt-get install postgresql")
    sent, kills, restarts = (400, 3, 1) if torment.quick else (20_000, 30, 3)
    with ExitStack() as stack:
        return Cluster(torment, stack, sent, kills, restarts).run()


ROW = Row(
    name="cluster",
    test="three gateways on one PostgreSQL and one S3 store, mail round-robin with retries; each gateway killed in "
    "turn, PostgreSQL restarted",
    needs=("unshare",),
    asked="20,000: none lost, none twice, answers at any gateway filed in their thread",
    run=_run,
)
