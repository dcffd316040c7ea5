"""The words that the daemon and a filing worker say to each other, one a line.

Down (the worker's standard input): first a greeting as JSON, then `wake` for new mail; the end of the file means
stop. Up (its standard output): `begin ID` before a mail is fetched from the store, `here ID` before it is read,
`decided ID` before it is settled alone, `settling` before several are settled together, `done ID` after, `idle`
when nothing is left. So the daemon knows which mail a worker that dies was at, if it was at one, and whether the mail
or the store took its time; and a worker that its daemon is gone.
`done`, and `struck ID` for a mail that a dead worker was at, bear what there is to count, as JSON with the keys of
`gateway.metrics.filed`; the sending process says `sent` in the same way.
"""

import json
import os
import select
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Death:
    """A worker that is gone: `owner` is the name its leases bear, `mail_id` the mail it was at, if any.

    `blames_mail` is False when the store took too long, and the mail can do nothing for it.
    """

    owner: str
    mail_id: int | None
    error: str
    blames_mail: bool = True


@dataclass(frozen=True, slots=True)
class Greeting:
    """What a worker must know to begin: its settings as JSON, its name, and whose leases it shall free."""

    settings: dict[str, Any]
    owner: str
    deaths: tuple[Death, ...] = ()

    def line(self) -> bytes:
        """The greeting as one line."""
        return json.dumps(asdict(self)).encode() + b"\n"

    @classmethod
    def read(cls, line: bytes) -> "Greeting":
        """The greeting in a line. Raises ValueError."""
        data = json.loads(line)
        deaths = tuple(Death(**death) for death in data["deaths"])
        return cls(settings=data["settings"], owner=data["owner"], deaths=deaths)


class Ear:
    """The worker's end of what comes down. Reads the descriptor itself, so that nothing waits in a buffer."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._heard = b""
        self.ended = False

    def line(self) -> bytes:
        """The next line; what has come when the file ended."""
        while b"\n" not in self._heard and not self.ended:
            self._read()
        line, _, self._heard = self._heard.partition(b"\n")
        return line

    def wait(self, seconds: float) -> None:
        """Return when something was said, the file ended, or the time is over."""
        if self.ended:
            return
        readable, _, _ = select.select([self._descriptor], [], [], seconds)
        if readable:
            self._read()
            self._heard = b""  # after the greeting there is only one word to say

    def stopped(self) -> bool:
        """Whether the daemon has said stop by now, or is gone."""
        self.wait(0)
        return self.ended

    def _read(self) -> None:
        chunk = os.read(self._descriptor, 65536)
        self._heard += chunk
        self.ended = not chunk


class Mouth:
    """The worker's end of what goes up."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def say(self, word: str, mail_id: int | None = None, facts: Mapping[str, Any] | None = None) -> None:
        """Say one line. Raises BrokenPipeError when nobody listens any more."""
        line = word if mail_id is None else f"{word} {mail_id}"
        if facts:
            line += f" {json.dumps(facts)}"
        os.write(self._descriptor, line.encode() + b"\n")


def heard(line: bytes) -> tuple[str, int | None, dict[str, Any]]:
    """The word of a line that came up, its mail and its facts. Raises ValueError."""
    words, brace, facts = line.decode().strip().partition("{")
    word, _, mail_id = words.strip().partition(" ")
    told: dict[str, Any] = json.loads(brace + facts) if brace else {}
    return word, int(mail_id) if mail_id else None, told
