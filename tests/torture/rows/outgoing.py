"""The daemon killed again and again while it sends: every mail arrives, and none twice without need.

A real daemon sends copies of touchpoints to a relay in this process, which notes what it takes. At moments that are
counted in what the relay sees (the n-th MAIL, the n-th dot …), kill -9 goes to the daemon with all its processes, to
the daemon alone, or to its sending process alone. The sending process of a dead daemon finishes what it is at while
the next one begins; now and then the relay answers it no more, and it must give up and hand over.

A violation: a mail is lost or altered, or comes twice though no kill fell between its dot and the commit of
"sent". `test_outgoing.py` does the same with fewer.

DKIM is off: a signature says when it was made (RFC 6376 3.5, t=), and so differs at each attempt.
"""

import asyncio
import hashlib
import os
import queue
import random
import re
import secrets
import signal
import statistics
import subprocess
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic
from typing import Any

from sqlalchemy import Engine, select

from gateway.events import COPIED
from gateway.keys import ensure_keys
from gateway.outbound.content import AccountHead, Said, copy_letter, entries
from rules.message import Attachment
from rules.people import Participant
from rules.tokens import KeyRing, thread_root
from storage import outbox, tables, threads, touchpoints
from storage.blobs import open_blobs
from storage.engine import open_engine, reading, writing
from tests.daemon import ROOT, SAMPLE, SECONDS, Daemon
from tests.torture.bench import Outcome, Row, Torment

DOMAIN = "touchpoints.lumenfold.example"
NORA = Participant("nora.feld@lumenfold.example", "Nora Feld", "internal", "user")

STAGES = ("connection", "EHLO", "MAIL", "RCPT", "DATA", "354", "dot", "250")
"""What a kill may come after: a command before it is answered, or 354 and 250 once they are written."""

EVERYTHING, DAEMON, SENDING = "everything", "the daemon", "the sending process"
SILENCE = "the daemon, relay silent"
VICTIMS = (EVERYTHING, EVERYTHING, EVERYTHING, EVERYTHING, DAEMON, SILENCE, SENDING, SENDING)
"""What is killed, as often as it stands here: all processes at once is what a service manager or a power cut does.

SILENCE: the daemon alone, and what it was at never gets an answer.
"""

CONNECTIONS = 4
ANSWER_SECONDS = 0.005
"""The longest the relay thinks about a mail."""

LAG_SECONDS = 0.008
"""The longest a kill waits after its event: the commit of "sent" takes some milliseconds after the 250."""

AGAIN_SECONDS = 60.0
"""When what was broken off must have been sent again at the latest: far below a lease (600 s)."""

SPARE = 2 * CONNECTIONS
"""Mails that the sender of a killed daemon may still send, so that they come from no later one."""

CONFIG = """\
[filing]
workers = 1
[relay]
host = "127.0.0.1"
port = {port}
tls = "none"
[sending]
scope = "partners"
authenticated_domains = ["lumenfold.example"]
connections = {connections}
"""

_MESSAGE_ID = re.compile(rb"^Message-ID:\s*(<[^>\r\n]+>)", re.MULTILINE | re.IGNORECASE)
_PATH = re.compile(rb"<([^>]*)>")


# -- the relay -------------------------------------------------------------------------------------------------


@dataclass(eq=False)
class Session:
    """A connection to the relay. `port` is the relay's; each run of the daemon has its own.

    `last` is the mail that came last, `judged` says that it was looked at after the kill that cut the connection.
    `closed_at` is when it ended.
    """

    port: int
    is_open: bool = True
    closed_at: float = 0.0
    said_quit: bool = False
    judged: bool = False
    last: "Arrival | None" = None


@dataclass(eq=False)
class Arrival:
    """A mail whose dot came. `answered_at` is when its 250 was written to a connection still open, 0 for never."""

    session: Session
    return_path: str
    recipient: str
    message_id: str
    head: bytes
    digest: str
    at: float
    answered_at: float = 0.0


@dataclass(eq=False)
class Trigger:
    """What is to happen `lag` seconds after the n-th event of a stage at a port; `act` says whether it could."""

    port: int
    stage: str
    left: int
    lag: float
    act: Callable[[], bool]
    fired: threading.Event = field(default_factory=threading.Event)


class RecordingRelay:
    """A mail server in a thread of its own that takes everything, and notes it in memory."""

    def __init__(self, chance: random.Random) -> None:
        self.arrivals: list[Arrival] = []
        self.sessions: list[Session] = []
        self.cut_off = 0
        self._chance = chance
        self._trigger: Trigger | None = None
        self._silent: set[int] = set()
        self._changed = threading.Condition()
        self._loop = asyncio.new_event_loop()
        self._servers: list[asyncio.Server] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._thread = threading.Thread(target=self._loop.run_forever, name="relay", daemon=True)

    def __enter__(self) -> "RecordingRelay":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        asyncio.run_coroutine_threadsafe(self._close(), self._loop).result(SECONDS)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(SECONDS)
        self._loop.close()

    def open_port(self) -> int:
        """A new port at which it listens."""
        made = asyncio.run_coroutine_threadsafe(
            asyncio.start_server(self._met, "127.0.0.1", 0, backlog=64), self._loop
        )
        server = made.result(SECONDS)
        self._servers.append(server)
        return int(server.sockets[0].getsockname()[1])

    def arm(self, trigger: Trigger) -> None:
        """Count events from now on, and act once."""
        self._trigger = trigger

    def fall_silent(self, port: int) -> None:
        """Answer no dot at a port any more."""
        self._silent.add(port)

    def wait_closed(self, port: int) -> None:
        """Wait until no connection to a port is open. Whoever held them is dead then, with all its threads."""

        def are_closed() -> bool:
            return not any(each.is_open for each in self.sessions if each.port == port)

        with self._changed:
            assert self._changed.wait_for(are_closed, SECONDS), f"connections to port {port} stay open"

    def _event(self, port: int, stage: str) -> None:
        trigger = self._trigger
        if trigger is None or trigger.port != port or trigger.stage != stage:
            return
        trigger.left -= 1
        if trigger.left == 0:
            if trigger.lag:
                self._loop.call_later(trigger.lag, self._fire, trigger)
            else:
                self._fire(trigger)

    def _fire(self, trigger: Trigger) -> None:
        if trigger.act():
            self._trigger = None
            trigger.fired.set()
        else:
            trigger.left = 1  # nobody is there to be killed: the next time

    async def _met(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        session = Session(int(writer.get_extra_info("sockname")[1]))
        with self._changed:
            self.sessions.append(session)
        try:
            await self._talk(session, reader, writer)
        except ConnectionError:
            pass  # what is killed does not say goodbye
        finally:
            writer.close()
            with self._changed:
                session.is_open, session.closed_at = False, monotonic()
                self._changed.notify_all()
            self._tasks.discard(task)

    async def _talk(
        self, session: Session, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self._event(session.port, "connection")
        writer.write(b"220 relay.test ESMTP\r\n")
        return_path = recipient = ""
        while line := await reader.readline():
            verb = line[:4].upper().decode("ascii", "replace").strip()
            path = _PATH.search(line)
            self._event(session.port, verb)
            match verb:
                case "EHLO":
                    writer.write(b"250-relay.test\r\n250-8BITMIME\r\n250 SMTPUTF8\r\n")
                case "DATA":
                    writer.write(b"354 go ahead\r\n")
                    self._event(session.port, "354")
                    mail = await _body(reader)
                    if mail is None:
                        self.cut_off += 1
                        return
                    arrival = _arrival(session, return_path, recipient, mail)
                    session.last = arrival
                    self.arrivals.append(arrival)
                    self._event(session.port, "dot")
                    await asyncio.sleep(self._chance.uniform(0, ANSWER_SECONDS))
                    if session.port in self._silent:
                        await reader.read()  # until it gives up
                        return
                    if not writer.transport.is_closing() and not reader.at_eof():
                        arrival.answered_at = monotonic()
                    writer.write(b"250 2.0.0 taken\r\n")
                    self._event(session.port, "250")
                case "QUIT":
                    session.said_quit = True
                    writer.write(b"221 bye\r\n")
                    return
                case "MAIL" if path is not None:
                    return_path = path[1].decode()
                    writer.write(b"250 OK\r\n")
                case "RCPT" if path is not None:
                    recipient = path[1].decode()
                    writer.write(b"250 OK\r\n")
                case "RSET" | "NOOP":
                    writer.write(b"250 OK\r\n")
                case _:
                    writer.write(b"500 what?\r\n")

    async def _close(self) -> None:
        for server in self._servers:
            server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


async def _body(reader: asyncio.StreamReader) -> bytes | None:
    """What comes up to the dot, as it is on the wire; None when the connection ends before."""
    body = bytearray()
    while not body.endswith(b"\r\n.\r\n"):
        try:
            chunk = await reader.read(65536)
        except ConnectionError:  # it was killed before it read our 354
            return None
        if not chunk:
            return None
        body += chunk
    return bytes(body)


def _arrival(session: Session, return_path: str, recipient: str, mail: bytes) -> Arrival:
    head = mail.partition(b"\r\n\r\n")[0]
    found = _MESSAGE_ID.search(head)
    message_id = found[1].decode() if found else ""
    digest = hashlib.sha256(mail).hexdigest()
    return Arrival(session, return_path, recipient, message_id, head, digest, monotonic())


# -- the daemon ------------------------------------------------------------------------------------------------


class Victim(Daemon):
    """The daemon in a process group of its own, pointed at another port of the relay at each start."""

    def __init__(self, folder: Path, port: int) -> None:
        super().__init__(folder, config=CONFIG.format(port=port, connections=CONNECTIONS), http="")
        self.relay_port = port

    def begin(self, port: int) -> None:
        """Start, and wait for nothing: it may be killed before it listens."""
        text = self.config.read_text("utf-8")
        self.config.write_text(text.replace(f"port = {self.relay_port}\n", f"port = {port}\n"), "utf-8")
        self.relay_port = port
        self.process = subprocess.Popen(
            self._command("serve"),
            stderr=subprocess.PIPE,
            cwd=ROOT,
            env=self._environment,
            start_new_session=True,
        )
        threading.Thread(target=self._listen, args=(self.process,), daemon=True).start()

    def strike(self, victim: str) -> bool:
        """kill -9, from any thread; False when there is nobody to be killed. `bury` or `resume` it then."""
        assert self.process is not None
        if victim == SENDING:
            sending = _child(self.process.pid, b"gateway.outbound.process")
            if sending is None:
                return False
            # It stands still until the dead has been looked at, lest it starts the next one meanwhile.
            os.kill(self.process.pid, signal.SIGSTOP)
            os.kill(sending, signal.SIGKILL)
        elif victim == EVERYTHING:
            os.killpg(self.process.pid, signal.SIGKILL)
        else:
            self.process.kill()
        return True

    def bury(self) -> None:
        """Wait for the end of a daemon that was killed."""
        assert self.process is not None
        self.process.wait(SECONDS)

    def resume(self) -> None:
        """Let a daemon go on whose sending process was killed."""
        assert self.process is not None
        os.kill(self.process.pid, signal.SIGCONT)

    def end(self) -> None:
        """Whatever happened, nothing of the last run is left."""
        if self.process is not None and self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait(SECONDS)

    def log(self) -> list[dict[str, Any]]:
        """What all runs have said so far."""
        while True:
            try:
                self.seen.append(self._events.get_nowait())
            except queue.Empty:
                return self.seen


def _child(parent: int, word: bytes) -> int | None:
    """The child of a process with a word in its command line."""
    for folder in Path("/proc").iterdir():
        if not folder.name.isdecimal():
            continue
        try:
            # The name of the program, in brackets, may hold anything; the state and the parent come after it.
            state, above = (folder / "stat").read_bytes().rpartition(b")")[2].split()[:2]
            if int(above) == parent and state != b"Z" and word in (folder / "cmdline").read_bytes():
                return int(folder.name)
        except OSError:  # it ended meanwhile
            continue
    return None


# -- what is sent ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Copy:
    """A mail that was ordered. `mark` stands in its subject and in that of its touchpoint's other copies alone."""

    entry: int
    message_id: str
    recipient: str
    mark: str


class Writer:
    """Orders copies of new touchpoints: long and short ones, to people inside and outside."""

    def __init__(self, folder: Path, engine: Engine, ring: KeyRing, chance: random.Random) -> None:
        self._engine = engine
        self._ring = ring
        self._chance = chance
        self._people = 0
        self._letters = 0
        blobs = open_blobs(str(folder / "data" / "blobs"))
        self._files = []
        for name, size in (("notes.txt", 2_000), ("plan.pdf", 60_000), ("film.bin", 900_000)):
            content = chance.randbytes(size)
            self._files.append(
                Attachment(name, "application/octet-stream", size, blobs.put(content), inline=False)
            )

    def order(self, count: int) -> list[Copy]:
        """So many copies, in one transaction for each touchpoint."""
        made: list[Copy] = []
        while len(made) < count:
            made += self._touchpoint(min(self._chance.randint(1, 5), count - len(made)))
        return made

    def _touchpoint(self, people: int) -> list[Copy]:
        self._letters += 1
        mark = f"[T{self._letters:06d}]"
        now = datetime.now(UTC)
        text = f"Grüße von {mark}.\n\n.\n..\n" + "Wir beginnen am Montag.\n" * self._chance.randint(1, 200)
        html = f"<p>Grüße von {mark}.</p>" if self._chance.random() < 0.5 else ""
        files = self._chance.choices(self._files, (6, 3, 1)) if self._chance.random() < 0.3 else ()
        recipients = [self._person() for _ in range(people)]
        new = touchpoints.NewTouchpoint(
            account_key="acme",
            identity=f"typed:{secrets.token_hex(8)}",
            type="web meeting",
            flow="Adoption",
            subject=f"Rollout {mark}",
            date=now,
            way=None,
            author=NORA,
            filed_by=None,
            text=text,
            quoted="",
            comment=None,
            html=html,
            sender_trust="verified",
            machine=None,
            encrypted=False,
            participants=(NORA, *recipients),
        )
        with writing(self._engine) as conn:
            filed = touchpoints.create(conn, new, now)
            assert filed.touchpoint_id is not None
            root = thread_root(self._ring, DOMAIN, filed.touchpoint_id)
            threads.register(conn, filed.touchpoint_id, [root], sent=True)
            letter = copy_letter(
                filed.touchpoint_id,
                Said(new.subject, text, html, NORA, now, tuple(files)),
                account=AccountHead("Acme Rockets", "green", "48000"),
                kind=new.type,
                flow=new.flow,
                participants=new.participants,
                recipients=recipients,
                references=(root,),
            )
            new_entries = entries(outbox.COPY, recipients, DOMAIN)
            ids = outbox.enqueue(conn, letter, new_entries, now)
        return [
            Copy(entry_id, entry.message_id or "", entry.recipient, mark)
            for entry_id, entry in zip(ids, new_entries, strict=True)
        ]

    def _person(self) -> Participant:
        # A new one each time: nobody gets more mail within the hour than is allowed.
        self._people += 1
        if self._people % 3:
            return Participant(f"p{self._people}@partner.example", f"Jörg Nr. {self._people}", "external", "")
        return Participant(f"u{self._people}@lumenfold.example", f"User {self._people}", "internal", "user")


# -- what became of it -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Judgement:
    """What the relay got, held against what was ordered. `violations` are sentences."""

    lost: int
    duplicates: int
    explained: int
    altered: int
    unknown: int
    violations: tuple[str, ...]


def judge(
    copies: Iterable[Copy], arrivals: Iterable[Arrival], in_flight: Mapping[str, set[int]]
) -> Judgement:
    """Hold what arrived against what was ordered.

    `in_flight` are the kills that fell between a mail's dot and the commit of "sent", by message id: so often it may
    come once more.
    """
    violations = []
    by_id: dict[str, list[Arrival]] = {}
    for arrival in arrivals:
        by_id.setdefault(arrival.message_id, []).append(arrival)
    lost = duplicates = explained = altered = 0
    for copy in copies:
        came = by_id.pop(copy.message_id, [])
        if not any(each.answered_at for each in came):
            lost += 1
            violations.append(
                f"lost: entry {copy.entry} to {copy.recipient}, {len(came)} times without a 250"
            )
        more = max(len(came) - 1, 0)
        allowed = min(more, len(in_flight.get(copy.message_id, ())))
        duplicates += more
        explained += allowed
        if more > allowed:
            violations.append(
                f"twice without need: entry {copy.entry} came {1 + more} times, {allowed} explained"
            )
        wrong = _altered(copy, came)
        if wrong:
            altered += 1
            violations.append(f"altered: entry {copy.entry}: {wrong}")
    violations += [f"never ordered: {each or 'a mail without Message-ID'}" for each in by_id]
    return Judgement(lost, duplicates, explained, altered, len(by_id), tuple(violations))


def _altered(copy: Copy, came: Sequence[Arrival]) -> str:
    if len({each.digest for each in came}) > 1:
        return "it came with different contents"
    if len({each.return_path for each in came}) > 1 or any(not each.return_path for each in came):
        return "it came with different return paths, or none"
    if any(each.recipient != copy.recipient for each in came):
        return "it came for somebody else"
    if any(copy.mark.encode() not in each.head for each in came):
        return "it came with the content of another"
    return ""


@dataclass(frozen=True, slots=True)
class Period:
    """From a start of a sender to the kill that ended it, or to the end. Times of `time.monotonic`."""

    port: int
    begun: float
    ended: float


@dataclass(frozen=True, slots=True)
class BrokenOff:
    """A mail at which a sender was killed between dot and commit, and when the next one was started."""

    message_id: str
    restarted: float


@dataclass(frozen=True, slots=True)
class Report:
    """What was asked and measured, a line each, and what is wrong."""

    seed: int
    kills: int
    lines: tuple[tuple[str, str, str], ...]
    violations: tuple[str, ...]


# -- the torture -----------------------------------------------------------------------------------------------


class Torture:
    """One run of it."""

    def __init__(self, folder: Path, kills: int, mails: int, seed: int, relay: RecordingRelay) -> None:
        self._kills = kills
        self._mails = mails
        self._seed = seed
        self._relay = relay
        self._chance = random.Random(seed)
        self.victim = Victim(folder, relay.open_port())
        self.victim.run("directory", "import", str(SAMPLE))
        self._engine = open_engine(folder / "data" / "gateway.db")
        ring = ensure_keys(folder / "data" / "thread-keys.json", datetime.now(UTC)).ring()
        self._writer = Writer(folder, self._engine, ring, self._chance)
        self._copies: list[Copy] = []
        self._in_flight: dict[str, set[int]] = {}
        self._broken_off: list[BrokenOff] = []
        self._periods: list[Period] = []
        self._orphaned: dict[int, int] = {}
        self._handed_over = 0
        self._done: Counter[str] = Counter()
        self._stages: Counter[str] = Counter()
        self._wrong: list[str] = []

    def run(self, progress: Callable[[int, int], None]) -> Report:
        """All of it. `progress` is told kills and mails sent."""
        stages, victims = _deck(self._chance, STAGES), _deck(self._chance, VICTIMS)
        begun = self._restart()
        for number in range(1, self._kills + 1):
            victim, stage = next(victims), next(stages)
            trigger = self._arm(number, stage, victim)
            self._share_out(number, whole=True)
            assert trigger.fired.wait(SECONDS), f"kill {number}: the relay saw no {stage}: {self._tail()}"
            self._periods.append(Period(self.victim.relay_port, begun, monotonic()))
            port = self.victim.relay_port
            hit: list[str] = []
            if victim != SENDING:
                self.victim.bury()
            if victim in (DAEMON, SILENCE):
                self._orphaned[port] = number
            else:
                self._relay.wait_closed(port)
                hit = self._cut(number)
            self._done[victim] += 1
            self._stages[stage] += 1
            if victim == SENDING:
                begun = monotonic()
                self.victim.resume()
            else:
                self._share_out(number, whole=False)
                begun = self._restart()
            self._broken_off += [BrokenOff(each, begun) for each in hit]
            progress(number, len(self._copies))
        drained = self._drain(begun)
        self._periods.append(Period(self.victim.relay_port, begun, monotonic()))
        return self._report(drained)

    def order(self, count: int) -> None:
        """Order copies."""
        self._copies += self._writer.order(count)

    def close(self) -> None:
        """Leave nothing running."""
        self.victim.end()
        self._engine.dispose()

    def _restart(self) -> float:
        port = self._relay.open_port()
        begun = monotonic()
        self.victim.begin(port)
        return begun

    def _arm(self, number: int, stage: str, victim: str) -> Trigger:
        """Choose the moment: anywhere among what must be sent before the next kill."""
        to_send = len(self._waiting()) + self._share(number) - SPARE
        # A sender opens one connection at least.
        count = 1 if stage in ("connection", "EHLO") else self._chance.randint(1, max(1, to_send))
        lag = self._chance.choice((0.0, self._chance.uniform(0, LAG_SECONDS)))
        port = self.victim.relay_port

        def strike() -> bool:
            if victim == SILENCE:
                self._relay.fall_silent(port)
            return self.victim.strike(victim)

        trigger = Trigger(port, stage, count, lag, strike)
        self._relay.arm(trigger)
        return trigger

    def _share(self, number: int) -> int:
        """Mails that are due to be ordered before the kill of this number."""
        return max(0, self._mails * number // self._kills - len(self._copies))

    def _share_out(self, number: int, *, whole: bool) -> None:
        """While it runs, the rest of the share of a kill; while it is dead, a part of that of the next."""
        share = self._share(number if whole else min(number + 1, self._kills))
        self.order(share if whole else share // 2)

    def _cut(self, number: int) -> list[str]:
        """The mails that a kill hit between dot and commit: the last of its connections, if they still wait."""
        waiting = self._waiting()
        hit = []
        for session in self._relay.sessions:
            if session.port == self.victim.relay_port and not session.judged:
                session.judged = True
                if session.last is not None and session.last.message_id in waiting:
                    hit.append(session.last.message_id)
        for message_id in hit:
            self._in_flight.setdefault(message_id, set()).add(number)
        return hit

    def _waiting(self) -> set[str]:
        query = select(tables.outbox.c.message_id).where(tables.outbox.c.state == outbox.WAITING)
        with reading(self._engine) as conn:
            return set(conn.execute(query).scalars())

    def _left(self) -> str:
        """What still waits, and who holds it until when."""
        columns = tables.outbox.c
        query = select(
            *(columns.id, columns.attempts, columns.lease_owner, columns.not_before, columns.last_error)
        ).where(columns.state == outbox.WAITING)
        with reading(self._engine) as conn:
            return "; ".join(str(tuple(map(str, row))) for row in conn.execute(query.limit(10)))

    def _drain(self, begun: float) -> float:
        """Wait until nothing waits any more; seconds since the last start."""
        try:
            while self._waiting():
                self.victim.event(COPIED)
        except AssertionError:
            self._wrong.append(f"not drained, and nothing is sent: {self._left()}; the log: {self._tail()}")
        drained = monotonic() - begun
        code = self.victim.stop()
        if code != 0:
            self._wrong.append(f"the last daemon ended with {code}")
        for port in {each.port for each in self._relay.sessions}:
            self._relay.wait_closed(port)
        self._look_at_orphans()
        return drained

    def _look_at_orphans(self) -> None:
        """What the sender of a killed daemon had to break off may come again, too: once it has let go."""
        for session in self._relay.sessions:
            number = self._orphaned.get(session.port)
            last = session.last
            if number is None or last is None or session.said_quit or session.judged:
                continue
            later = [each.at for each in self._arrivals_of(last.message_id) if each.at > last.at]
            if later and min(later) >= session.closed_at:
                self._in_flight.setdefault(last.message_id, set()).add(number)
                self._handed_over += 1

    def _report(self, drained: float) -> Report:
        found = judge(self._copies, self._relay.arrivals, self._in_flight)
        wrong = [*found.violations, *self._wrong]
        with reading(self._engine) as conn:
            states = Counter(conn.execute(select(tables.outbox.c.state)).scalars())
            intact = [row[0] for row in conn.exec_driver_sql("PRAGMA integrity_check")]
            dangling = conn.exec_driver_sql("PRAGMA foreign_key_check").all()
        if states != {outbox.SENT: self._mails}:
            wrong.append(f"the outbox holds {dict(states)}")
        if intact != ["ok"] or dangling:
            wrong.append(f"the database is damaged: {intact[:5]} {dangling[:5]}")
        errors = [entry for entry in self.victim.log() if entry.get("level") == "error" or _is_crash(entry)]
        wrong += [f"in the log: {entry}" for entry in errors[:10]]
        first, again = self._first_deliveries(), self._sent_again()
        if again and max(again) > AGAIN_SECONDS:
            wrong.append(f"sent again only {max(again):.1f} s after the restart")
        unanswered = sum(not each.answered_at for each in self._relay.arrivals)
        kinds = "\n".join(f"{self._done[each]} {each}" for each in dict.fromkeys(VICTIMS))
        moments = "\n".join(f"{self._stages[each]} {each}" for each in STAGES)
        lines = (
            ("kills", str(self._kills), str(self._done.total())),
            ("  of", "", kinds),
            ("  after", "", moments),
            ("copies ordered", str(self._mails), str(len(self._copies))),
            ("mails at the relay", f"≥ {self._mails}", str(len(self._relay.arrivals))),
            ("broken off before the dot", "", str(self._relay.cut_off)),
            ("dots whose 250 was not written", "", str(unanswered)),
            ("mails between dot and commit at a kill", "", str(sum(map(len, self._in_flight.values())))),
            ("  handed over by an orphan", "", str(self._handed_over)),
            ("lost", "0", str(found.lost)),
            ("duplicates", "", str(found.duplicates)),
            ("  not explained by a kill", "0", str(found.duplicates - found.explained)),
            ("altered", "0", str(found.altered)),
            ("never ordered", "0", str(found.unknown)),
            ("outbox", f"{self._mails} sent", ", ".join(f"{n} {state}" for state, n in states.items())),
            ("PRAGMA integrity_check", "ok", ", ".join(intact[:3])),
            ("errors in the log", "0", str(len(errors))),
            ("restart to first delivery, median", "", _seconds(first, statistics.median)),
            ("restart to first delivery, longest", "", _seconds(first, max)),
            ("restart to sent again, median*", "", _seconds(again, statistics.median)),
            ("restart to sent again, longest*", f"≤ {AGAIN_SECONDS:.0f} s", _seconds(again, max)),
            ("drained after the last restart", "", f"{drained:.2f} s"),
        )
        return Report(self._seed, self._done.total(), lines, tuple(wrong))

    def _first_deliveries(self) -> list[float]:
        """Seconds from each start to the first 250 after it; none where a kill came before."""
        found = []
        for period in self._periods:
            times = [
                each.answered_at
                for each in self._relay.arrivals
                if each.session.port == period.port and period.begun < each.answered_at <= period.ended
            ]
            if times:
                found.append(min(times) - period.begun)
        return found

    def _sent_again(self) -> list[float]:
        """Seconds from the restart to the next dot of each mail that was broken off."""
        return [
            min(
                (
                    each.at - broken.restarted
                    for each in self._arrivals_of(broken.message_id)
                    if each.at > broken.restarted
                ),
                default=float("inf"),
            )
            for broken in self._broken_off
        ]

    def _arrivals_of(self, message_id: str) -> list[Arrival]:
        return [each for each in self._relay.arrivals if each.message_id == message_id]

    def _tail(self) -> str:
        return "\n".join(str(entry) for entry in self.victim.log()[-10:])


def _is_crash(entry: Mapping[str, Any]) -> bool:
    return str(entry.get("line", "")).startswith("Traceback")


def _deck(chance: random.Random, cards: Sequence[str]) -> Iterator[str]:
    """The cards in a random order, and again in another: each comes as often as the others."""
    while True:
        yield from chance.sample(cards, len(cards))


def _seconds(times: list[float], of: Callable[[list[float]], float]) -> str:
    return f"{of(times):.2f} s" if times and of(times) < float("inf") else "never"


def torture(
    folder: Path, kills: int, mails: int, seed: int, progress: Callable[[int, int], None] = lambda *_: None
) -> Report:
    """Kill a daemon in a folder so often while it sends so many mails."""
    with ExitStack() as stack:
        relay = stack.enter_context(RecordingRelay(random.Random(seed + 1)))
        run = Torture(folder, kills, mails, seed, relay)
        stack.callback(run.close)
        return run.run(progress)


def _run(torment: Torment) -> Outcome:
    kills, mails = (6, 120) if torment.quick else (100, 2000)
    report = torture(
        torment.folder, kills, mails, torment.seed, lambda done, _mails: torment.say("kills", done, kills)
    )
    measured = "; ".join(f"{what}: {figure}" for what, _, figure in report.lines)
    return Outcome(measured, report.violations)


ROW = Row(
    name="outgoing",
    test="kill -9 while copies are sent",
    asked="100 kills, 2,000 copies: 0 lost, 0 altered, duplicates only where a kill fell before the commit",
    run=_run,
)
