"""Mail on its way in: letters, clients that say precisely how a delivery ended, and what became of it all."""

import base64
import hashlib
import os
import random
import socket
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import monotonic, sleep
from typing import Any

from sqlalchemy import Engine, func, select

from storage import tables
from storage.blobs import Blobs, open_blobs
from storage.engine import open_engine, reading
from storage.errors import StorageError
from storage.inbound import raw
from tests.daemon import LOG, SECONDS

SENDER = "nora.feld@lumenfold.example"
LINE = 72
LOOPBACK = "127.0.0.1"


def letter(number: int, size: int, chance: random.Random) -> bytes:
    """A mail from a colleague to a customer of about `size` bytes, with a subject that no other has.

    What goes beyond a few pages is a file: nobody writes megabytes by hand.
    """
    head = (
        f"From: Nora Feld <{SENDER}>\r\nTo: Ada Marsh <ada.marsh@acme.example>\r\n"
        f"Subject: {subject(number)}\r\nMessage-ID: <{number}.{chance.getrandbits(64):x}@lumenfold.example>\r\n"
        f"Date: Thu, 05 Nov 2026 10:00:00 +0000\r\nMIME-Version: 1.0\r\n"
    )
    if size < 8_192:
        return f"{head}Content-Type: text/plain\r\n\r\n{_lines(chance, size)}".encode()
    return (
        (
            f'{head}Content-Type: multipart/mixed; boundary="part"\r\n\r\n--part\r\nContent-Type: text/plain\r\n\r\n'
            f"{_lines(chance, 400)}--part\r\nContent-Type: application/octet-stream\r\n"
            f'Content-Disposition: attachment; filename="plan-{number}.bin"\r\n'
            "Content-Transfer-Encoding: base64\r\n\r\n"
        ).encode()
        + _base64_lines(chance.randbytes(size * 54 // 76))
        + b"--part--\r\n"
    )


def subject(number: int) -> str:
    """The subject of the letter of this number."""
    return f"Plan {number:06d}"


def some_size(chance: random.Random, largest: int = 10_000_000) -> int:
    """Sizes as they come: nine of ten below 8 kB, one of some hundred up to `largest`."""
    bounds = chance.choices(
        ((1_000, 8_000), (8_000, 200_000), (200_000, 2_000_000), (2_000_000, 10_000_000)), (900, 80, 17, 3)
    )[0]
    return min(chance.randint(*bounds), largest)


def digest(content: bytes) -> str:
    """What a mail is known by."""
    return hashlib.sha256(content).hexdigest()


def _lines(chance: random.Random, size: int) -> str:
    words = ("plan", "we", "meet", "on", "Monday", "and", "the", "rollout", "begins", "then")
    lines = (" ".join(chance.choices(words, k=11)) for _ in range(max(1, size // 55)))
    return "".join(f"{line}\r\n" for line in lines)


def _base64_lines(content: bytes) -> bytes:
    return base64.encodebytes(content).replace(b"\n", b"\r\n")


# -- the client ------------------------------------------------------------------------------------------------


class Broken(Exception):  # noqa: N818 - what is the case
    """A session ended without the reply that was due. `how` is refused, reset, end or timeout."""

    def __init__(self, how: str) -> None:
        super().__init__(how)
        self.how = how


@dataclass(frozen=True, slots=True)
class Answer:
    """How a delivery ended. `stage` is the command that was answered last, or was to be; "dot" once all was sent.

    `code` is 0 when no reply came; `how` then says why (`Broken`).
    """

    stage: str
    code: int = 0
    text: str = ""
    how: str = ""

    @property
    def kept(self) -> bool:
        """Whether the gateway said that the mail is its own now."""
        return self.stage == "dot" and self.code == 250


class Client:
    """One SMTP session, from an address of the loopback network of its own."""

    def __init__(
        self, port: int, chance: random.Random, timeout: float = SECONDS, host: str = LOOPBACK
    ) -> None:
        source = f"127.{chance.randint(1, 250)}.{chance.randint(1, 250)}.{chance.randint(2, 250)}"
        self.socket = socket.socket()
        self.socket.settimeout(timeout)
        self._held = b""
        try:
            self.socket.bind((source, 0))
            with _told():
                self.socket.connect((host, port))
        except BaseException:
            self.socket.close()
            raise
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def reply(self) -> tuple[int, str]:
        """The next reply: code and text of its last line. Raises Broken."""
        while True:
            while b"\r\n" not in self._held:
                with _told():
                    piece = self.socket.recv(65_536)
                if not piece:
                    raise Broken("end")
                self._held += piece
            line, _, self._held = self._held.partition(b"\r\n")
            if line[3:4] != b"-":
                return int(line[:3]), line[4:].decode("utf-8", "replace")

    def send(self, content: bytes) -> None:
        """Send all of it. Raises Broken."""
        with _told():
            self.socket.sendall(content)

    def greet(self) -> Answer:
        """Wait for the greeting and answer it. Never raises."""
        return self._steps((("connect", b""), ("EHLO", b"EHLO client.lumenfold.example\r\n")))

    def envelope(self, sender: str = SENDER, recipient: str = LOG) -> Answer:
        """MAIL, RCPT, DATA. Never raises; 354 when the mail may be sent."""
        return self._steps(
            (
                ("MAIL", f"MAIL FROM:<{sender}>\r\n".encode()),
                ("RCPT", f"RCPT TO:<{recipient}>\r\n".encode()),
                ("DATA", b"DATA\r\n"),
            )
        )

    def content(self, mail: bytes) -> Answer:
        """The mail, the dot, and the answer. Never raises."""
        stage = "content"
        try:
            self.send(mail.replace(b"\r\n.", b"\r\n.."))
            stage = "dot"
            self.send(b".\r\n")
            return Answer(stage, *self.reply())
        except Broken as broken:
            return Answer(stage, how=broken.how)

    def mail(self, mail: bytes, sender: str = SENDER, recipient: str = LOG) -> Answer:
        """A whole mail after the greeting. Never raises."""
        answer = self.envelope(sender, recipient)
        return self.content(mail) if answer.code == 354 else answer

    def close(self) -> None:
        """Leave without a word."""
        self.socket.close()

    def _steps(self, steps: Iterable[tuple[str, bytes]]) -> Answer:
        answer = Answer("")
        for stage, command in steps:
            try:
                self.send(command)
                answer = Answer(stage, *self.reply())
            except Broken as broken:
                return Answer(stage, how=broken.how)
            if answer.code >= 400:
                break
        return answer


@contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except TimeoutError:
        raise Broken("timeout") from None
    except ConnectionRefusedError:
        raise Broken("refused") from None
    except OSError:  # ECONNRESET, EPIPE
        raise Broken("reset") from None


def deliver(
    port: int, mail: bytes, chance: random.Random, timeout: float = SECONDS, host: str = LOOPBACK
) -> Answer:
    """One mail by a session of its own. Never raises."""
    try:
        client = Client(port, chance, timeout, host)
    except Broken as broken:
        return Answer("connect", how=broken.how)
    with closing(client):
        answer = client.greet()
        return client.mail(mail) if answer.code == 250 else answer


def wait_greeted(
    port: int, begun: float, chance: random.Random, seconds: float = SECONDS, host: str = LOOPBACK
) -> float:
    """Seconds from `begun` until a client is greeted at the port. Raises AssertionError when none is in time."""
    while monotonic() - begun < seconds:
        try:
            with closing(Client(port, chance, host=host)) as client:
                if client.reply()[0] == 220:
                    return monotonic() - begun
        except Broken:
            pass
    raise AssertionError(f"nobody is greeted within {seconds:.0f} s")


def free_port() -> int:
    """A port that nobody listens at now; the daemon is to come back to the same one."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


class Ledger:
    """What was acknowledged, each line on the disk before the client goes on, as a careful MTA would."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("a", encoding="ascii")

    def note(self, sha256: str) -> None:
        """A mail was answered 250."""
        self._file.write(f"{sha256}\n")
        self._file.flush()
        os.fsync(self._file.fileno())

    def close(self) -> None:
        """No more will come."""
        self._file.close()

    @staticmethod
    def read(folder: Path) -> list[str]:
        """All that stands in the ledgers of a folder."""
        return [line for path in sorted(folder.glob("*.ledger")) for line in path.read_text("ascii").split()]


# -- what became of it -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Found:
    """What the store holds of the mails that were acknowledged. `violations` are sentences."""

    lost: int
    duplicated: int
    altered: int
    states: Counter[str]
    violations: tuple[str, ...]


def states(data: Path) -> Counter[str]:
    """How many mails are in which state."""
    engine = open_engine(data / "gateway.db")
    try:
        with reading(engine) as conn:
            query = select(tables.mails.c.state, func.count()).group_by(tables.mails.c.state)
            return Counter(dict(conn.execute(query).tuples().all()))
    finally:
        engine.dispose()


def wait_filed(data: Path, look: float = 0.1) -> float:
    """Seconds until no mail waits for a worker, however many there are; `look` are those between two looks.

    Raises AssertionError when none was settled for SECONDS.
    """
    begun = moved = monotonic()
    settled = 0
    while (found := states(data))["received"]:
        if (now := found.total() - found["received"]) != settled:
            settled, moved = now, monotonic()
        assert monotonic() - moved < SECONDS, f"no mail is settled any more: {dict(found)}"
        sleep(look)
    return monotonic() - begun


def examine(data: Path, acknowledged: Iterable[str], *, filed: bool = True, aside: bool = False) -> Found:
    """Hold a data folder against the ledger: each mail once, byte for byte, and once on a timeline if `filed`.

    With `aside` those that are `failed` wait for a person, on no timeline.
    """
    engine, blobs = open_engine(data / "gateway.db"), open_blobs(data / "blobs")
    try:
        return examine_store(engine, blobs, acknowledged, filed=filed, aside=aside)
    finally:
        engine.dispose()


def examine_store(
    engine: Engine, blobs: Blobs, acknowledged: Iterable[str], *, filed: bool = True, aside: bool = False
) -> Found:
    """Hold a store against the ledger, as `examine` does."""
    known = list(acknowledged)
    wanted = set(known)
    violations = [
        f"{count} × acknowledged: {sha256}" for sha256, count in Counter(known).items() if count > 1
    ]
    lost = altered = 0
    intact, dangling = ["ok"], list[Any]()
    with reading(engine) as conn:
        columns = (
            tables.mails.c.id,
            tables.mails.c.sha256,
            tables.mails.c.state,
            tables.mails.c.touchpoint_id,
        )
        rows = conn.execute(select(*columns)).all()
        copies = Counter(row.sha256 for row in rows)
        ids = {row.sha256: row.id for row in rows}
        for sha256 in known:
            if sha256 not in ids:
                lost += 1
                violations.append(f"lost: {sha256}")
                continue
            try:
                content = raw(conn, blobs, ids[sha256])
            except StorageError as error:
                lost += 1
                violations.append(f"lost: mail {ids[sha256]}: {error}")
                continue
            if content is None or digest(content) != sha256:
                altered += 1
                violations.append(f"altered: mail {ids[sha256]}")
        twice = [sha256 for sha256, count in copies.items() if count > 1]
        violations += [f"twice in the store: {sha256}" for sha256 in twice]
        duplicated = len(twice)
        shelved = tables.touchpoints.c
        found = conn.execute(select(shelved.subject, func.count()).group_by(shelved.subject)).tuples().all()
        more = [name for name, count in found if count > 1]
        violations += [f"twice on the timeline: {name}" for name in more]
        duplicated += len(more)
        there = set(conn.execute(select(shelved.id)).scalars())
        violations += [
            f"mail {row.id} is {row.state} and on no timeline"
            for row in rows
            if row.touchpoint_id not in there
            and (row.state == "filed" or (filed and row.sha256 in wanted))
            and not (aside and row.state == "failed")
        ]
        if engine.dialect.name == "sqlite":
            intact = [row[0] for row in conn.exec_driver_sql("PRAGMA integrity_check")]
            dangling = list(conn.exec_driver_sql("PRAGMA foreign_key_check").all())
    if intact != ["ok"] or dangling:
        violations.append(f"the database is damaged: {intact[:5]} {dangling[:5]}")
    return Found(lost, duplicated, altered, Counter(row.state for row in rows), tuple(violations))


def in_log(entries: Iterable[Mapping[str, object]]) -> list[str]:
    """What is wrong in a log whatever happened: tracebacks that nobody caught, each with where it was and why."""
    found: list[list[str]] = []
    is_inside = False
    for each in entries:
        line = str(each.get("line", ""))
        if line.startswith("Traceback"):
            found.append([])
        elif is_inside:
            found[-1].append(line.strip())
        is_inside = line.startswith("Traceback") or (is_inside and line.startswith(" "))
    return [f"in the log: Traceback: {' / '.join(lines[-3:])}" for lines in found]
