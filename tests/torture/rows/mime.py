"""Hostile mails without number: read, decided and shown in this process, and sent to the real daemon.

Three kinds. Hypothesis builds mails that are broken at every level (`tests/mail/hostile_mails.py`). Some go to a real
daemon, whose event loop is watched from outside the while (`tests/torture/loop_lag.py`). And by the million, small
mails are mutated (`tests/torture/guided.py`): by atheris, which follows what code each reaches, for as long as
it may take; the rest by chance, from the mails that it found worth keeping. Without atheris all of them by chance,
and the row says so.

A violation: a fault of `tests/mail/taken.py`, among them a mail that only the backstop of `gateway.mail.read` caught;
a mail that was answered 250 and is `failed`, still `received`, gone, or was struck; a loop that stood still.
"""

import base64
import json
import multiprocessing
import os
import queue
import re
import smtplib
import sqlite3
import subprocess
import sys
import threading
import zlib
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from time import monotonic, sleep

from hypothesis import HealthCheck, Phase, Verbosity, given, seed, settings

from gateway.mail import UNREAD
from tests.daemon import LOG, ROOT, SECONDS, Daemon, daemon
from tests.torture.bench import Outcome, Row, Torment
from tests.torture.guided import reports, seed_corpus

LOOP_SECONDS = 0.1
"""The longest that the daemon's loop may stand still."""

GUIDED_SECONDS = 20 * 60.0
"""How long coverage guides the mutations. By chance they are three times as fast."""

MIB = 1024 * 1024
HEADER = 245 * 1024
"""Bytes of the largest headers sent: some less than the 256 KiB that are taken."""

FILLERS = (
    (b"To", b"someone@k.example, "),
    (b"To", b"("),
    (b"Cc", b'"\\'),
    (b"From", b"<a@b"),
    (b"To", b","),
    (b"Subject", b"=?utf-8?q?x?= "),
    (b"References", b"<"),
    (b"X-Long", b"Received: x "),
)

NEVER_LOG = "never.example"
"""Somebody must be kept out, or nobody looks for people between the dot and the reply (`gateway.smtp.glance`)."""

PIECE = 250
SENDERS = 4
PROCESSES = 2

_LINE_END = re.compile(rb"\r\n|\r|\n")


# -- Hypothesis ------------------------------------------------------------------------------------------------


def hostile(count: int, number: int) -> list[bytes]:
    """That many mails, made by Hypothesis; the same ones for the same number."""
    from tests.mail.hostile_mails import hostile_mails

    mails: list[bytes] = []

    @seed(number)
    @settings(
        max_examples=count,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        verbosity=Verbosity.quiet,
        suppress_health_check=list(HealthCheck),
    )
    @given(hostile_mails())
    def make(raw: bytes) -> None:
        mails.append(raw)

    make()
    return mails


def _share(number: int) -> tuple[int, list[str]]:
    from tests.mail.taken import faults

    mails = hostile(PIECE, number)
    return len(mails), [_told(fault, raw) for raw in mails for fault in faults(raw)]


def _in_process(torment: Torment, count: int) -> tuple[int, list[str]]:
    done, wrong = 0, []
    first = torment.seed * 1_000_003
    with multiprocessing.get_context("spawn").Pool(PROCESSES) as pool:
        # Hypothesis sometimes makes fewer than it is asked for: pieces enough for that, and no more than needed.
        pieces = iter(range(first, first + 2 * -(-count // PIECE)))
        while done < count and (
            some := [number for number, _ in zip(pieces, range(PROCESSES), strict=False)]
        ):
            for made, found in pool.map(_share, some):
                done += made
                wrong += found
            torment.say("mails built and read", min(done, count), count)
    return done, wrong


# -- the daemon --------------------------------------------------------------------------------------------------


@dataclass
class Sent:
    """What the daemon answered."""

    accepted: set[int] = field(default_factory=set)
    answers: int = 0
    refused: Counter[int] = field(default_factory=Counter)
    strange: list[str] = field(default_factory=list)


def _for_the_wire(raw: bytes, number: int) -> bytes:
    """From people of the sample directory; one in ten keeps its line ends, and is refused for them."""
    raw = raw.replace(b"anna.keller@vendor.example", b"nora.feld@lumenfold.example")
    raw = raw.replace(b"peter.braun@kunde.example", b"ada.marsh@acme.example")
    return raw if number % 10 == 0 else _LINE_END.sub(b"\r\n", raw)


def large(quick: bool) -> list[bytes]:
    """Mails whose size alone is what they are sent for: the longest headers that are taken, and many MiB of body."""
    sizes = (HEADER,) if quick else (64 * 1024, HEADER)
    mails = [
        b"Subject: large header %d\r\n%b\r\n\r\ntext\r\n" % (number, _folded(name, filler, size))
        for number, (name, filler, size) in enumerate(
            (name, filler, size) for size in sizes for name, filler in FILLERS
        )
    ]
    line = b"So many words that a line of them is as long as lines of a mail are by custom.\r\n"
    for size in (12 * MIB,) if quick else (4 * MIB, 12 * MIB, 24 * MIB):
        for text in (line, b"\r\n", b".\r\n" * 8, b"x" * 998 + b"\r\n"):
            mails.append(b"Subject: large %d\r\n\r\n" % len(mails) + text * (size // len(text)))
    return [b"From: nora.feld@lumenfold.example\r\nCc: ada.marsh@acme.example\r\n" + mail for mail in mails]


def _folded(name: bytes, filler: bytes, size: int) -> bytes:
    whole = filler * (size // len(filler))
    return name + b": " + b"\r\n ".join(whole[at : at + 900] for at in range(0, len(whole), 900))


def _send(port: int, work: "queue.Queue[bytes]", sent: Sent, lock: threading.Lock) -> None:
    server: smtplib.SMTP | None = None
    while True:
        try:
            raw = work.get_nowait()
        except queue.Empty:
            break
        for _ in range(5):
            try:
                if server is None:
                    server = smtplib.SMTP("127.0.0.1", port, timeout=SECONDS)
                    server.ehlo("client.example")
                server.mail("nora.feld@lumenfold.example")
                server.rcpt(LOG)
                code, text = server.data(raw)
            except (smtplib.SMTPException, OSError):  # too many errors in one session: another
                server = None
                continue
            with lock:
                _note(sent, code, text)
            if code // 100 != 4:
                break
            sleep(0.05)
    if server is not None:
        server.close()


def _note(sent: Sent, code: int, text: bytes) -> None:
    if code == 250 and (named := re.search(rb"(\d+)\D*\Z", text)):
        sent.answers += 1
        sent.accepted.add(int(named[1]))
    elif code // 100 == 5:
        sent.refused[code] += 1
    else:
        sent.strange.append(f"{code} {text.decode(errors='replace')}")


def _through_the_daemon(torment: Torment, count: int) -> tuple[str, list[str]]:
    mails = _unlike(torment, count)
    heavy = large(torment.quick)
    step = len(mails) // len(heavy)
    for number, mail in enumerate(heavy):
        mails.insert(number * (step + 1) + 1, mail)  # at no tenth place
    sent, lock = Sent(), threading.Lock()
    house = torment.folder / "house"
    house.mkdir()
    with daemon(house, GATEWAY_NEVER_LOG=NEVER_LOG) as gateway:
        assert gateway.process is not None
        watch = subprocess.Popen(
            (sys.executable, "-m", "tests.torture.loop_lag", str(gateway.port), str(gateway.process.pid)),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=ROOT,
        )
        work: queue.Queue[bytes] = queue.Queue()
        for number, raw in enumerate(mails):
            work.put(_for_the_wire(raw, number))
        threads = [
            threading.Thread(target=_send, args=(gateway.port, work, sent, lock)) for _ in range(SENDERS)
        ]
        for thread in threads:
            thread.start()
        states = _settled(gateway, torment, len(mails), threads)
        out, _ = watch.communicate(b"", timeout=SECONDS)
        lag = json.loads(out)
        code = gateway.stop()
        wrong = [*sent.strange[:5], *_kept(gateway, sent)]
        if code != 0:
            wrong.append(f"the daemon ended with {code}")
    if lag["worst"] > LOOP_SECONDS:
        wrong.append(f"the loop stood still for {lag['worst'] * 1000:.0f} ms")
    if lag["rounds"] < 50:
        wrong.append(f"the loop was watched in {lag['rounds']} rounds only")
    told = ", ".join(f"{number:,} {state}" for state, number in sorted(states.items()))
    text = (
        f"{sent.answers:,} accepted by the daemon, {len(heavy)} large among them ({told}; "
        f"{sum(sent.refused.values()):,} refused for bare line ends and the like), loop blocked at most "
        f"{lag['worst'] * 1000:.0f} ms in {lag['rounds']:,} rounds"
    )
    return text, wrong


def _unlike(torment: Torment, count: int) -> list[bytes]:
    """Enough mails, no two the same: the daemon would keep those once."""
    found: dict[bytes, None] = {}
    number = torment.seed * 7_000_003
    wanted = count + count // 6  # for those that are refused
    while len(found) < wanted:
        found |= dict.fromkeys(hostile(PIECE, number))
        number += 1
        torment.say("mails built for the daemon", len(found), wanted)
    return list(found)[:wanted]


def _settled(
    gateway: Daemon, torment: Torment, total: int, threads: list[threading.Thread]
) -> dict[str, int]:
    """Wait until everything is sent and nothing is `received` any more; how many mails are in each state."""
    until = monotonic() + 60 + total / 2
    while True:
        sending = any(thread.is_alive() for thread in threads)
        with closing(sqlite3.connect(gateway.folder / "data" / "gateway.db", timeout=SECONDS)) as conn:
            states = dict(conn.execute("SELECT state, count(*) FROM mails GROUP BY state").fetchall())
        torment.say("mails filed by the daemon", sum(states.values()) - states.get("received", 0), total)
        if (not sending and "received" not in states) or monotonic() > until:
            return states
        sleep(0.2)


def _kept(gateway: Daemon, sent: Sent) -> Iterator[str]:
    """What is wrong with the database."""
    with closing(sqlite3.connect(gateway.folder / "data" / "gateway.db", timeout=SECONDS)) as conn:
        there = dict(conn.execute("SELECT id, state FROM mails").fetchall())
        if lost := sent.accepted - there.keys():
            yield f"{len(lost)} mails answered 250 are not there"
        for state in ("received", "failed"):
            if found := [mail for mail, each in there.items() if each == state]:
                yield f"{len(found)} mails are {state}: {found[:5]}"
        for mail, error in conn.execute("SELECT id, error FROM mails WHERE strikes > 0 LIMIT 5"):
            yield f"mail {mail} was struck: {error}"
        for (mail,) in conn.execute("SELECT id FROM mails WHERE instr(decision, ?) LIMIT 5", (UNREAD,)):
            yield f"mail {mail} could not be read"
        for (answer,) in conn.execute("PRAGMA integrity_check"):
            if answer != "ok":
                yield f"integrity_check: {answer}"


# -- mutations by the million ------------------------------------------------------------------------------------


class Mutations:
    """Shares of the work in processes of their own; one that dies has met a mail that kills, and another goes on."""

    def __init__(self, torment: Torment, count: int, seconds: float) -> None:
        self._torment = torment
        self._count = count
        self._seconds = seconds
        self._corpus = torment.folder / "corpus"
        self.guided = 0
        self.by_chance = 0
        self.kept = 0
        self.wrong: list[str] = []

    def run(self) -> None:
        """All of them."""
        seed_corpus(self._corpus)
        if find_spec("atheris") is not None:
            self.guided = self._shares(self._count, plain=False)
        self.by_chance = self._shares(self._count - self.guided, plain=True)
        self.kept = len(list(self._corpus.iterdir()))

    def _shares(self, count: int, *, plain: bool) -> int:
        done, turn, began = 0, 0, monotonic()
        while (
            done < count and turn < 20
        ):  # processes that die at once, again and again, are a fault of their own
            left = self._seconds - (monotonic() - began)
            if not plain and left < 5:
                break
            turn += 1
            started = [
                self._start(f"{'plain' if plain else 'guided'}-{turn}-{number}", share, left, plain=plain)
                for number, share in enumerate(_split(count - done))
            ]
            done += self._watched(started, done, plain=plain)
        return min(done, count)

    def _start(
        self, name: str, runs: int, seconds: float, *, plain: bool
    ) -> "tuple[subprocess.Popen[bytes], Path]":
        report = self._torment.folder / name / "report.jsonl"
        report.parent.mkdir()
        number = self._torment.seed * 1000 + zlib.crc32(name.encode()) % 1000
        command = [sys.executable, "-m", "tests.torture.guided", str(runs), "--seed", str(number)]
        command += ["--corpus", str(self._corpus), "--report", str(report), "--seconds", str(int(seconds))]
        with report.with_suffix(".log").open("wb") as log:
            process = subprocess.Popen(
                [*command, *(["--plain"] if plain else [])],
                stdout=log,
                stderr=log,
                cwd=ROOT,
                env={**os.environ, "PYTHONHASHSEED": "0"},
            )
        return process, report

    def _watched(
        self, started: "list[tuple[subprocess.Popen[bytes], Path]]", before: int, *, plain: bool
    ) -> int:
        while any(process.poll() is None for process, _ in started):
            sleep(0.5)
            done = before + sum(_counted(report) for _, report in started)
            self._torment.say(
                "mails mutated by chance" if plain else "mails mutated, guided", done, self._count
            )
        for process, report in started:
            for fault, mail in reports(report):
                self.wrong.append(_told(fault, report.with_name(f"{mail}.eml").read_bytes()))
            if process.returncode != 0:
                log = report.with_suffix(".log").read_text(errors="replace").strip().splitlines()
                killers = list(report.parent.glob("report-*"))
                said = f"a process ended with {process.returncode}: {' / '.join(log[-3:])}"
                self.wrong.append(_told(said, killers[0].read_bytes() if killers else b""))
        return sum(_counted(report) for _, report in started)


def _split(count: int) -> list[int]:
    return [share for share in (count // PROCESSES + count % PROCESSES, count // PROCESSES) if share]


def _counted(report: Path) -> int:
    try:
        return int(report.with_suffix(".count").read_text() or 0)
    except (FileNotFoundError, ValueError):
        return 0


def _told(fault: str, raw: bytes) -> str:
    """A fault with its mail, so that it can be looked at when the bench's folder is gone."""
    return f"{fault} [mail, zlib and base64: {base64.b64encode(zlib.compress(raw, 9)).decode()}]"


def _run(torment: Torment) -> Outcome:
    built, sent, mutated = (1000, 250, 2000) if torment.quick else (20_000, 2000, 1_000_000)
    done, wrong = _in_process(torment, built)
    through, wrong_there = _through_the_daemon(torment, sent)
    mutations = Mutations(torment, mutated, 8.0 if torment.quick else GUIDED_SECONDS)
    mutations.run()
    if done < built:
        wrong.append(f"only {done:,} mails were built")
    if mutations.guided + mutations.by_chance < mutated:
        wrong.append(f"only {mutations.guided + mutations.by_chance:,} mails were mutated")
    how = (
        f"{mutations.guided:,} guided by coverage, {mutations.by_chance:,} by chance from the {mutations.kept:,} kept"
        if find_spec("atheris") is not None
        else f"{mutations.by_chance:,} by chance: atheris is not installed"
    )
    found = [*wrong, *wrong_there, *mutations.wrong]
    measured = f"{done:,} built, {through}; mutated: {how}; {len(found):,} uncaught or lost"
    return Outcome(measured, tuple(dict.fromkeys(found)))


ROW = Row(
    name="mime",
    test="MIME fuzz: mails built by Hypothesis in process and through the daemon, mails mutated",
    asked="20,000, and 1,000,000 mutated: 0 uncaught, 0 lost, event loop never blocked > 100 ms",
    run=_run,
)
