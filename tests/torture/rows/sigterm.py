"""SIGTERM under load: whoever has sent its dot hears an answer, and what was acknowledged is there."""

import random
import threading
from collections import Counter
from contextlib import closing
from pathlib import Path
from time import monotonic, sleep

from tests.daemon import SAMPLE, SECONDS
from tests.torture.bench import Outcome, Row, Torment
from tests.torture.incoming import (
    Answer,
    Broken,
    Client,
    Ledger,
    digest,
    examine,
    in_log,
    letter,
    some_size,
    states,
    wait_filed,
    wait_greeted,
)
from tests.torture.prey import Prey

CLIENTS = 8
PROMISED_SECONDS = 30.0


class Sender(threading.Thread):
    """Sends mail after mail, some of them slowly, some by sessions that lie idle between."""

    def __init__(self, number: int, port: int, folder: Path, seed: int) -> None:
        super().__init__(daemon=True)
        self._number = number
        self._port = port
        self._ledger = folder / f"{number}.ledger"
        self._chance = random.Random(f"{seed} {number}")
        self.enough = threading.Event()
        self.ends: Counter[str] = Counter()
        self.wrong: list[str] = []

    def run(self) -> None:
        """Until it is enough."""
        count = 0
        with closing(Ledger(self._ledger)) as ledger:
            while not self.enough.is_set():
                try:
                    with closing(Client(self._port, self._chance)) as client:
                        if client.greet().code != 250:
                            continue
                        for _ in range(self._chance.randint(1, 5)):
                            count += 1
                            if not self._one(client, ledger, count):
                                break
                except Broken:
                    sleep(self._chance.uniform(0.01, 0.05))

    def _one(self, client: Client, ledger: Ledger, count: int) -> bool:
        mail = letter(self._number * 1_000_000 + count, some_size(self._chance, 1_000_000), self._chance)
        sleep(self._chance.choice((0, 0, 0.02)))
        answer = client.envelope()
        if answer.code == 354:
            answer = self._slowly(client, mail) if self._chance.random() < 0.3 else client.content(mail)
        after = "after the dot" if answer.stage == "dot" else "before"
        self.ends[f"{answer.code or answer.how} {after}"] += 1
        if answer.code >= 500:
            self.wrong.append(f"{answer.stage}: {answer.code} {answer.text}")
        if answer.stage == "dot" and not answer.code:
            self.wrong.append(f"no answer after the dot: {answer.how}")
        if answer.kept:
            ledger.note(digest(mail))
        return answer.kept

    def _slowly(self, client: Client, mail: bytes) -> Answer:
        """In pieces, so that SIGTERM falls into the middle."""
        step = len(mail) // 4 + 1
        try:
            for begin in range(0, len(mail), step):
                client.send(mail[begin : begin + step])
                sleep(self._chance.uniform(0, 0.03))
        except Broken as broken:
            return Answer("content", how=broken.how)
        return client.content(b"")


def _run(torment: Torment) -> Outcome:
    times = 5 if torment.quick else 100
    prey = Prey(torment.folder)
    prey.run("directory", "import", str(SAMPLE))
    chance = random.Random(torment.seed)
    senders = [Sender(each, prey.fixed, torment.folder, torment.seed) for each in range(1, CLIENTS + 1)]
    took, codes = [], Counter[int]()
    try:
        wait_greeted(prey.fixed, prey.begin(), chance)
        for sender in senders:
            sender.start()
        for number in range(times):
            sleep(chance.uniform(0.1, 0.8))
            begun = monotonic()
            codes[prey.stop()] += 1
            took.append(monotonic() - begun)
            wait_greeted(prey.fixed, prey.begin(), chance)
            torment.say("SIGTERM", number + 1, times)
        for sender in senders:
            sender.enough.set()
        for sender in senders:
            sender.join(SECONDS * 2)
        waiting = states(prey.folder / "data")["received"]
        # A daemon that lives for half a second has no worker that files: nearly all of it waits for the last one.
        filing = wait_filed(prey.folder / "data")
        codes[prey.stop()] += 1
    finally:
        prey.end()
    known = Ledger.read(prey.folder)
    found = examine(prey.folder / "data", known)
    wrong = [*found.violations, *(each for sender in senders for each in sender.wrong)]
    if set(codes) != {0}:
        wrong.append(f"it ended with {dict(codes)}")
    if max(took) > PROMISED_SECONDS:
        wrong.append(f"it took {max(took):.0f} s to end")
    if set(found.states) != {"filed"}:
        wrong.append(f"the mails are {dict(found.states)}")
    wrong += in_log(prey.log())
    ends = sum((sender.ends for sender in senders), Counter[str]())
    resets = sum(count for end, count in ends.items() if end in ("reset after the dot", "end after the dot"))
    measured = (
        f"{times} times, {len(known)} acknowledged: {found.lost} lost, {found.duplicated} duplicated, "
        f"{resets} without an answer after the dot; ended within {max(took):.1f} s; "
        f"{waiting} still to be filed, which took {filing:.0f} s; "
        + ", ".join(f"{count} × {end}" for end, count in sorted(ends.items()))
    )
    return Outcome(measured, tuple(wrong))


ROW = Row(
    name="sigterm",
    test="SIGTERM under load",
    asked="×100: 0 acknowledged mails lost, 0 resets after the dot",
    run=_run,
)
