"""The 250 does not arrive: the sender tries again, and the mail is there once all the same (RFC 5321 6.1)."""

import random
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from time import sleep

from tests.daemon import SAMPLE
from tests.torture.bench import Outcome, Row, Torment
from tests.torture.incoming import (
    Broken,
    Client,
    deliver,
    digest,
    examine,
    in_log,
    letter,
    some_size,
    wait_filed,
    wait_greeted,
)
from tests.torture.prey import Prey

CLIENTS = 4
LEAVES, EATEN, DETOUR = "left after the dot", "250 eaten on the way", "again by another server"
WAYS = (LEAVES, LEAVES, EATEN, EATEN, DETOUR)
"""A client that leaves without waiting; a proxy that takes the 250 and breaks off; and a retry that comes by another
server, with one more Received line: other bytes, the same mail."""


class Forgetful(threading.Thread):
    """A client to which no first 250 ever comes."""

    def __init__(self, port: int, numbers: Iterator[int], seed: int) -> None:
        super().__init__(daemon=True)
        self._port = port
        self._numbers = numbers
        self._chance = random.Random(seed)
        self.known: list[str] = []
        self.ways: Counter[str] = Counter()
        self.wrong: list[str] = []

    def run(self) -> None:
        """Each mail twice and more."""
        for number in self._numbers:
            way = self._chance.choice(WAYS)
            mail = letter(number, some_size(self._chance, 300_000), self._chance)
            for _ in range(self._chance.choice((1, 1, 1, 2, 5))):
                self._withheld(mail, way)
            again = mail
            if way == DETOUR:
                again = b"Received: from other.example by mx2.lumenfold.example; 5 Nov 2026\r\n" + mail
            answer = deliver(self._port, again, self._chance)
            self.ways[way] += 1
            if answer.kept:
                self.known.append(digest(again))
            else:
                self.wrong.append(f"mail {number} after {way}: {answer}")

    def _withheld(self, mail: bytes, way: str) -> None:
        try:
            with closing(Client(self._port, self._chance)) as client:
                if client.greet().code != 250 or client.envelope().code != 354:
                    self.wrong.append("not let in")
                    return
                if way == LEAVES:
                    client.send(mail + b".\r\n")
                    sleep(self._chance.choice((0, 0, self._chance.uniform(0, 0.02))))
                else:
                    client.content(mail)
        except Broken as broken:
            self.wrong.append(f"withheld: {broken.how}")


def _run(torment: Torment) -> Outcome:
    count = 60 if torment.quick else 1000
    prey = Prey(torment.folder)
    prey.run("directory", "import", str(SAMPLE))
    chance = random.Random(torment.seed)
    try:
        wait_greeted(prey.fixed, prey.begin(), chance)
        lock, source = threading.Lock(), iter(range(1, count + 1))

        def numbers() -> Iterator[int]:
            while True:
                with lock:
                    number = next(source, None)
                if number is None:
                    return
                torment.say("mails", number, count)
                yield number

        clients = [Forgetful(prey.fixed, numbers(), torment.seed + each) for each in range(CLIENTS)]
        for client in clients:
            client.start()
        for client in clients:
            client.join()
        wait_filed(prey.folder / "data")
        code = prey.stop()
    finally:
        prey.end()
    found = examine(prey.folder / "data", (each for client in clients for each in client.known))
    wrong = [*found.violations, *(each for client in clients for each in client.wrong)]
    if set(found.states) != {"filed"}:
        wrong.append(f"the mails are {dict(found.states)}")
    if code != 0:
        wrong.append(f"the daemon ended with {code}")
    wrong += in_log(prey.log())
    ways = sum((client.ways for client in clients), Counter[str]())
    measured = (
        f"{ways.total()} mails sent again ({', '.join(f'{n} {way}' for way, n in ways.items())}): "
        f"{found.duplicated} duplicated, {found.lost} lost; {found.states.total()} deliveries kept"
    )
    return Outcome(measured, tuple(wrong))


ROW = Row(
    name="withheld",
    test="250 withheld, the sender tries again",
    asked="×1,000: 0 duplicates",
    run=_run,
)
