"""kill -9 at random while mail comes in: what was acknowledged is there, once and unaltered.

Eight clients that try again until they hear 250, and note it on the disk. Killed are the daemon with all its
processes, the daemon alone (its orphans have to find that out), or a filing worker alone.
"""

import random
import statistics
import threading
from collections import Counter
from contextlib import closing
from pathlib import Path
from time import monotonic, sleep

from tests.daemon import SAMPLE, SECONDS
from tests.torture.bench import Outcome, Row, Torment
from tests.torture.incoming import (
    Broken,
    Client,
    Ledger,
    digest,
    examine,
    in_log,
    letter,
    some_size,
    states,
    wait_greeted,
)
from tests.torture.prey import DAEMON, EVERYTHING, WORKER, Prey

CLIENTS = 8
PAUSE_SECONDS = 0.3
"""The longest that a client pauses after a mail: some fifty mails a second in all, so that a daemon lives for seconds
and its workers file, too."""

BACK_SECONDS = 2.0
DRAINED_SECONDS = 60.0
VICTIMS = (EVERYTHING,) * 5 + (DAEMON,) * 3 + (WORKER,) * 2


class Mta(threading.Thread):
    """A client that tries each of its mails until it hears 250."""

    def __init__(self, number: int, run: "Kills") -> None:
        super().__init__(name=f"mta-{number}", daemon=True)
        self._number = number
        self._run = run
        self._chance = random.Random(f"{run.seed} {number}")
        self.tries: Counter[str] = Counter()
        self.wrong: list[str] = []

    def run(self) -> None:
        """Send until enough is acknowledged in all."""
        count = 0
        with closing(Ledger(self._run.ledgers / f"{self._number}.ledger")) as ledger:
            while not self._run.enough.is_set():
                count += 1
                size = some_size(self._chance, self._run.largest)
                mail = letter(self._number * 1_000_000 + count, size, self._chance)
                if not self._until_kept(mail):
                    return
                ledger.note(digest(mail))
                self._run.acknowledged()
                sleep(self._chance.uniform(0, PAUSE_SECONDS))

    _client: Client | None = None
    _left = 0

    def _until_kept(self, mail: bytes) -> bool:
        # Given up only when the row has failed: an MTA has days.
        while not self._run.given_up.is_set():
            if self._client is None and not self._connect():
                sleep(self._chance.uniform(0.01, 0.1))
                continue
            assert self._client is not None
            answer = self._client.mail(mail)
            self.tries[f"{answer.code or answer.how}"] += 1
            if answer.code >= 500:
                self.wrong.append(f"{answer.stage}: {answer.code} {answer.text}")
            self._left -= 1
            if not answer.kept or self._left == 0:
                self._client.close()
                self._client = None
            if answer.kept:
                return True
            sleep(self._chance.uniform(0.01, 0.1))
        return False

    def _connect(self) -> bool:
        try:
            client = Client(self._run.prey.fixed, self._chance)
        except Broken:
            return False
        if client.greet().code != 250:
            client.close()
            return False
        self._client, self._left = client, self._chance.randint(1, 8)
        return True


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
        mtas = [Mta(number, self) for number in range(1, CLIENTS + 1)]
        try:
            for mta in mtas:
                mta.start()
            for number in range(self.kills):
                self._wait_for(self.mails * (number + self._chance.random()) / self.kills)
                sleep(self._chance.uniform(0, 0.03))
                victim = self.prey.strike(self._chance.choice(VICTIMS))
                hit[victim] += 1
                if victim != WORKER:
                    back.append(wait_greeted(self.prey.fixed, self.prey.begin(), self._chance))
                torment.say("kills", number + 1, self.kills)
            self._wait_for(self.mails)
            drained = self._drained()
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

    def _drained(self) -> float:
        begun = monotonic()
        while states(self.prey.folder / "data")["received"] and monotonic() - begun < 3 * DRAINED_SECONDS:
            sleep(0.1)
        return monotonic() - begun

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
