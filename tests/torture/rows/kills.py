"""kill -9 at random while mail comes in: what was acknowledged is there, once and unaltered.

Eight clients that try again until they hear 250, and note it on the disk. Killed are the daemon with all its
processes, the daemon alone (its orphans have to find that out), a filing worker alone, or the process that commits.
"""

import random
import statistics
import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from time import sleep

from tests.daemon import SAMPLE, SECONDS
from tests.torture.bench import Outcome, Row, Torment
from tests.torture.incoming import Ledger, examine, in_log, letter, some_size, wait_filed, wait_greeted
from tests.torture.mtas import Letter, Mta
from tests.torture.prey import COMMITS, DAEMON, EVERYTHING, WORKER, Prey

CLIENTS = 8
PAUSE_SECONDS = 0.3
"""The longest that a client pauses after a mail: some fifty mails a second in all, so that a daemon lives for seconds
and its workers file, too."""

BACK_SECONDS = 2.0
DRAINED_SECONDS = 60.0
VICTIMS = (EVERYTHING,) * 5 + (DAEMON,) * 3 + (WORKER,) * 2 + (COMMITS,) * 2


class Kills:
    """One run."""

    def __init__(self, folder: Path, kills: int, mails: int, seed: int, largest: int) -> None:
        self.seed = seed
        self.kills = kills
        self.mails = mails
        self.largest = largest
        self.ledgers = folder / "ledgers"
        self.ledgers.mkdir()
        self.prey = Prey(folder)
        self.prey.run("directory", "import", str(SAMPLE))
        self.enough = threading.Event()
        self.given_up = threading.Event()
        self._chance = random.Random(seed)
        self._count = 0
        self._counted = threading.Condition()

    def _mta(self, number: int) -> Mta:
        chance = random.Random(f"{self.seed} {number}")
        return Mta(
            f"{number}",
            self._letters(number, chance),
            lambda: (self.prey.host, self.prey.fixed),
            self.ledgers,
            chance,
            kept=self.acknowledged,
            given_up=self.given_up,
            pause=PAUSE_SECONDS,
        )

    def _letters(self, mta: int, chance: random.Random) -> Iterator[Letter]:
        """Letters until enough are acknowledged in all."""
        count = 0
        while not self.enough.is_set():
            count += 1
            yield Letter(letter(mta * 1_000_000 + count, some_size(chance, self.largest), chance))

    def acknowledged(self) -> None:
        """One more mail was."""
        with self._counted:
            self._count += 1
            if self._count >= self.mails:
                self.enough.set()
            self._counted.notify_all()

    def run(self, torment: Torment) -> Outcome:
        """All of it."""
        back, hit = [], Counter[str]()
        wait_greeted(self.prey.fixed, self.prey.begin(), self._chance)
        mtas = [self._mta(number) for number in range(1, CLIENTS + 1)]
        try:
            for mta in mtas:
                mta.start()
            for number in range(self.kills):
                self._wait_for(self.mails * (number + self._chance.random()) / self.kills)
                sleep(self._chance.uniform(0, 0.03))
                victim = self.prey.strike(self._chance.choice(VICTIMS))
                hit[victim] += 1
                if victim not in (WORKER, COMMITS):
                    back.append(wait_greeted(self.prey.fixed, self.prey.begin(), self._chance))
                torment.say("kills", number + 1, self.kills)
            self._wait_for(self.mails)
            drained = wait_filed(self.prey.folder / "data")
        finally:
            self.given_up.set()
            self.enough.set()
        for mta in mtas:
            mta.join(SECONDS * 2)
        code = self.prey.stop()
        return self._outcome(mtas, back, hit, drained, code)

    def _wait_for(self, count: float) -> None:
        with self._counted:
            assert self._counted.wait_for(lambda: self._count >= count, 180), f"only {self._count} of {count}"

    def _outcome(
        self, mtas: list[Mta], back: list[float], hit: Counter[str], drained: float, code: int
    ) -> Outcome:
        known = Ledger.read(self.ledgers)
        found = examine(self.prey.folder / "data", known, aside=True)
        wrong = [*found.violations, *(text for mta in mtas for text in mta.wrong)]
        # Two workers killed at the same mail put it aside, as they should: whoever kills workers may hit it twice.
        most = self.prey.killed_workers // 2
        if found.states["failed"] > most or set(found.states) - {"filed", "failed"}:
            wrong.append(f"the mails are {dict(found.states)}")
        if len(known) < self.mails:
            wrong.append(f"only {len(known)} acknowledged")
        if max(back) > BACK_SECONDS:
            wrong.append(f"listening again only after {max(back):.2f} s")
        if drained > DRAINED_SECONDS:
            wrong.append(f"drained only after {drained:.0f} s")
        if code != 0:
            wrong.append(f"the last daemon ended with {code}")
        wrong += in_log(self.prey.log())
        tries = sum((mta.tries for mta in mtas), Counter[str]())
        broken = sum(count for key, count in tries.items() if key != "250")
        who = ", ".join(f"{count} {victim}" for victim, count in hit.items())
        measured = (
            f"{len(known)} acknowledged over {hit.total()} kills ({who}), {broken} tries broken off: "
            f"{found.lost} lost, {found.duplicated} duplicated, {found.altered} altered; "
            f"listening again after {statistics.median(back):.2f} s (longest {max(back):.2f} s); "
            f"backlog drained in {drained:.0f} s; on a timeline all but {found.states['failed']} put aside "
            f"(by {self.prey.killed_workers} killed workers at most {most}); states {dict(found.states)}"
        )
        return Outcome(measured, tuple(wrong))


def _run(torment: Torment) -> Outcome:
    kills, mails, largest = (6, 200, 3_000_000) if torment.quick else (200, 10_000, 10_000_000)
    run = Kills(torment.folder, kills, mails, torment.seed, largest)
    try:
        return run.run(torment)
    finally:
        run.prey.end()


ROW = Row(
    name="kills",
    test="kill -9 at random, 8 clients that retry like MTAs and keep an fsynced ledger, 1 kB-10 MB",
    asked="10,000 acknowledged over 200 kills: 0 lost, 0 duplicated, 0 altered; listening again < 2 s; "
    "drained < 60 s",
    run=_run,
)
