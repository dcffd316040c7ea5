"""Clients that behave as mail servers do: each mail is tried until it is answered 250, which is noted on the disk."""

import random
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from time import sleep

from tests.daemon import LOG
from tests.torture.incoming import SENDER, Broken, Client, Ledger, digest


@dataclass(frozen=True, slots=True)
class Letter:
    """A mail and its envelope."""

    content: bytes
    sender: str = SENDER
    recipient: str = LOG


class Mta(threading.Thread):
    """One client, which sends `letters` one after the other. Before each session `server` is asked for host and port.

    `kept` is told of each 250. Given up only when `given_up` is set: an MTA has days.
    """

    def __init__(
        self,
        name: str,
        letters: Iterator[Letter],
        server: Callable[[], tuple[str, int]],
        ledgers: Path,
        chance: random.Random,
        *,
        kept: Callable[[], None],
        given_up: threading.Event,
        pause: float,
    ) -> None:
        super().__init__(name=name, daemon=True)
        self._letters = letters
        self._server = server
        self._ledger = ledgers / f"{name}.ledger"
        self._chance = chance
        self._kept = kept
        self._given_up = given_up
        self._pause = pause
        self._client: Client | None = None
        self._left = 0
        self.tries: Counter[str] = Counter()
        self.wrong: list[str] = []

    def run(self) -> None:
        """Send until there are no more letters."""
        with closing(Ledger(self._ledger)) as ledger:
            for letter in self._letters:
                if not self._until_kept(letter):
                    return
                ledger.note(digest(letter.content))
                self._kept()
                sleep(self._chance.uniform(0, self._pause))

    def _until_kept(self, letter: Letter) -> bool:
        while not self._given_up.is_set():
            if self._client is None and not self._connect():
                sleep(self._chance.uniform(0.01, 0.1))
                continue
            assert self._client is not None
            answer = self._client.mail(letter.content, letter.sender, letter.recipient)
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
            host, port = self._server()
            client = Client(port, self._chance, host=host)
        except Broken:
            return False
        if client.greet().code != 250:
            client.close()
            return False
        self._client, self._left = client, self._chance.randint(1, 8)
        return True
