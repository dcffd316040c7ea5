"""Filing alone: mails a second of one worker, what each costs in CPU by process and phase, and look-ups in large
directories.

    python -m tests.bench.filing [--rounds N] [--size 2k] [--mails N] [--contacts N] [--touchpoints N] [--profile]
    python -m tests.bench.filing --scale [--size 2k]
    python -m tests.bench.filing --resolve

The mail is signed (DKIM, RSA-2048) by domains whose keys, SPF and DMARC records a name server on the loopback gives,
so that the sender check really verifies; all of it is put into the queue by `storage.inbound.keep`, and then filed by
the supervisor and the worker process of the daemon.
"""

import argparse
import asyncio
import cProfile
import pstats
import random
import resource
import statistics
import sys
import tempfile
import time
from base64 import encodebytes
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, func, insert, select

from gateway.config import Settings
from gateway.filing import worker as filing_worker
from gateway.filing.owners import Owner
from gateway.filing.supervisor import Supervisor
from gateway.filing.worker import Worker
from rules.addresses import address_key
from storage import tables
from storage.blobs import open_blobs
from storage.directory import look_up
from storage.engine import open_engine, reading, writing
from storage.inbound import NewMail, keep
from storage.migrations import migrate
from tests.believe.keys import rsa_key
from tests.believe.nameserver import name_server
from tests.believe.world import Zones, sign
from tests.bench.section import Figure, Part, Say, at_most, plain
from tests.daemon import LOG
from tests.storage.prepared import prepare

NOW = datetime(2026, 3, 4, 12, tzinfo=UTC)
OWN = "lumenfold.example"
SENDERS = (OWN, "lumenfold-services.example", "lumenfold-asia.example")
"""Domains of the users, each with a key of its own."""

PEER = {"address": "192.0.2.10", "helo": "mail.lumenfold.example"}
SIZES = {"2k": 2_000, "30k": 30_000, "1m": 1_000_000}
USERS = 30
CONTACTS_OF_AN_ACCOUNT = 10
_CHUNK = 20_000

_WORDS = """
    the rollout of second site begins on Monday and our team trains two new colleagues who asked for a plan
    with all dates thank you call today invoice seats agreed next quarter review renewal usage adoption report
"""


# -- the database --------------------------------------------------------------------------------------------


def settings_of(folder: Path, nameserver: str, **storage: str) -> Settings:
    """A gateway with one worker that checks senders, on an SQLite database in `folder` unless `storage` says else."""
    return Settings.model_validate(
        {
            "hostname": "gw1.lumenfold.example",
            "data_dir": str(folder / "data"),
            "own_domains": list(SENDERS),
            "sender_check": {"nameservers": [nameserver]},
            "filing": {"workers": 1},
            "log": {"format": "json"},
            "storage": storage,
        }
    )


def fill(engine: Engine, contacts: int, touchpoints: int) -> None:
    """A directory of so many contacts, ten to an account, and touchpoints that lie on all accounts alike."""
    accounts = max(contacts // CONTACTS_OF_AN_ACCOUNT, 1)
    _insert(
        engine,
        tables.accounts,
        accounts,
        lambda n: {
            **{
                "id": n + 1,
                "key": f"a{n}",
                "key_folded": f"a{n}",
                "name": f"Customer {n}",
                "status": "active",
            },
            **{"contract_value_privileged": False, "attributes": {}},
        },
    )
    _insert(engine, tables.account_domains, accounts, lambda n: {"account_id": n + 1, "domain": domain(n)})
    _insert(
        engine,
        tables.users,
        USERS,
        lambda n: {
            "id": n + 1,
            "email": user(n),
            "address_key": user(n),
            "name": f"User {n}",
            "role": "user",
        },
    )
    _insert(
        engine,
        tables.user_addresses,
        USERS,
        lambda n: {"address_key": user(n), "email": user(n), "user_id": n + 1},
    )
    _insert(
        engine,
        tables.contacts,
        contacts,
        lambda n: {
            "id": n + 1,
            "email": contact(n),
            "address_key": contact(n),
            "name": f"Contact {n}",
        },
    )
    _insert(
        engine,
        tables.contact_accounts,
        contacts,
        lambda n: {
            "contact_id": n + 1,
            "account_id": n // CONTACTS_OF_AN_ACCOUNT % accounts + 1,
            "title": "",
            "position": 0,
        },
    )
    _insert(
        engine,
        tables.mails,
        touchpoints,
        lambda n: {
            **{"id": n + 1, "received_at": NOW - timedelta(seconds=touchpoints - n), "state": "filed"},
            **{"size": 2000, "sha256": f"{n:064x}", "recipients_hash": f"{n:064x}", "mail_from": user(n)},
            **{"recipients": [LOG], "peer": {}, "strikes": 0, "processed_at": NOW, "touchpoint_id": n + 1},
            "decision": {},
        },
    )
    _insert(
        engine,
        tables.touchpoints,
        touchpoints,
        lambda n: {
            **{"id": n + 1, "account_id": n * 7919 % accounts + 1, "mail_id": n + 1},
            "identity": f"{n * 2654435761 % 2**64:064x}",  # as hashes are, in no order
            **{"type": "email", "flow": "Adoption", "subject": f"Touchpoint {n}", "way": "cc"},
            "date": NOW - timedelta(seconds=touchpoints - n),
            **{"sender_trust": "verified", "encrypted": False, "calendar": [], "notices": []},
            **{"created_at": NOW, "changed_at": NOW, "text": "Hello", "quoted": "", "html": ""},
        },
    )
    _insert(
        engine,
        tables.participants,
        touchpoints * 2,
        lambda n: {
            **{"touchpoint_id": n // 2 + 1, "position": n % 2, "name": "", "known": "contact"},
            **{"email": contact(n % contacts), "address_key": contact(n % contacts), "side": "external"},
        },
    )
    _insert(
        engine,
        tables.message_ids,
        touchpoints,
        lambda n: {
            "message_id": f"<{n * 2654435761 % 2**64:x}@mail.example>",
            "touchpoint_id": n + 1,
            "sent": False,
        },
    )
    _insert(
        engine,
        tables.events,
        touchpoints,
        lambda n: {"mail_id": n + 1, "at": NOW, "event": "filed", "detail": {"touchpoint": n + 1}},
    )


def _insert(engine: Engine, table: Any, count: int, row: Callable[[int], dict[str, Any]]) -> None:
    for begin in range(0, count, _CHUNK):
        with writing(engine) as conn:
            conn.execute(insert(table), [row(n) for n in range(begin, min(begin + _CHUNK, count))])


def domain(account: int) -> str:
    """The domain of an account."""
    return f"customer{account}.example"


def contact(number: int) -> str:
    """The address of a contact."""
    return f"person{number}@{domain(number // CONTACTS_OF_AN_ACCOUNT)}"


def user(number: int) -> str:
    """The address of a user."""
    return f"user{number % USERS}@{SENDERS[number % len(SENDERS)]}"


# -- the mail ------------------------------------------------------------------------------------------------


def internet() -> Zones:
    """What DNS says of the senders."""
    zones = Zones()
    for number, name in enumerate(SENDERS):
        zones.txt(f"s1._domainkey.{name}", rsa_key(2048, number + 1).record)
        zones.txt(f"_dmarc.{name}", "v=DMARC1; p=reject")
        zones.txt(name, "v=spf1 ip4:198.51.100.0/24 -all")  # the peer is another one: DKIM alone proves it
    return zones


def letter(number: int, size: int, contacts: int) -> bytes:
    """A user's mail to two contacts of one account, of about so many octets, signed."""
    chance = random.Random(f"{number}/{size}")
    account = chance.randrange(max(contacts // CONTACTS_OF_AN_ACCOUNT, 1)) * CONTACTS_OF_AN_ACCOUNT
    to = [f"Contact {account + n} <{contact(account + n)}>" for n in (0, 1)]
    head = [
        "Received: from client.lumenfold.example ([198.51.100.7]) by mail.lumenfold.example with ESMTPSA",
        "\tid 4a8f1c; Wed, 4 Mar 2026 11:58:03 +0000",
        f"From: User {number % USERS} <{user(number)}>",
        f"To: {to[0]}, {to[1]}",
        f"Cc: {LOG}",
        f"Subject: Rollout of site {number}: what we agreed",
        "Date: Wed, 4 Mar 2026 11:58:00 +0000",
        f"Message-ID: <{chance.getrandbits(64):016x}.{number}@{SENDERS[number % len(SENDERS)]}>",
        "MIME-Version: 1.0",
        "User-Agent: Mozilla Thunderbird",
        "X-Mailer-Trace: " + "x" * 60,
    ]
    words = {2_000: 70, 30_000: 350, 1_000_000: 350}[size]
    text = _text(chance, words)
    body = "\r\n".join(head) + "\r\n"
    if size <= 2_000:
        body += f'Content-Type: text/plain; charset="UTF-8"\r\n\r\n{text}\r\n'
    else:
        body += _multipart(chance, size, text)
    key = rsa_key(2048, number % len(SENDERS) + 1)
    return sign(body.encode(), key, SENDERS[number % len(SENDERS)])


def _text(chance: random.Random, words: int) -> str:
    lines, known = ["Hello,", ""], _WORDS.split()
    while words > 0:
        count = min(words, chance.randrange(8, 14))
        lines.append(" ".join(chance.choice(known) for _ in range(count)))
        words -= count
        if chance.random() < 0.2:
            lines.append("")
    return "\r\n".join((*lines, "", "Best regards", "-- ", "User of Lumenfold", "+49 30 1234567"))


def _multipart(chance: random.Random, size: int, text: str) -> str:
    paragraphs = "".join(
        f'<p class="MsoNormal" style="margin:0;font-family:Calibri"><span lang="EN">{line}</span></p>\r\n'
        for line in text.split("\r\n")
    )
    html = f'<html><head><style>p {{ margin: 0 }}</style></head><body>{paragraphs}<img src="cid:logo"></body></html>'
    logo = random.Random(1).randbytes(3_000)  # the same in each mail, as those of signatures are
    picture = b"\x89PNG\r\n\x1a\n" + chance.randbytes(8_000)
    parts = [
        f'Content-Type: multipart/alternative; boundary="inner"\r\n\r\n--inner\r\n'
        f'Content-Type: text/plain; charset="UTF-8"\r\n\r\n{text}\r\n--inner\r\n'
        f'Content-Type: text/html; charset="UTF-8"\r\n\r\n{html}\r\n--inner--\r\n',
        _file("image/png", "logo.png", b"\x89PNG\r\n\x1a\n" + logo, "Content-ID: <logo>\r\n"),
        _file("image/png", "screen.png", picture),
    ]
    if size > 30_000:
        parts.append(_file("application/pdf", "plan.pdf", b"%PDF-1.7\n" + chance.randbytes(700_000)))
    joined = "".join(f"--outer\r\n{part}" for part in parts)
    return f'Content-Type: multipart/mixed; boundary="outer"\r\n\r\n{joined}--outer--\r\n'


def _file(media: str, name: str, content: bytes, more: str = "") -> str:
    encoded = encodebytes(content).decode().replace("\n", "\r\n")
    return (
        f'Content-Type: {media}; name="{name}"\r\nContent-Transfer-Encoding: base64\r\n{more}'
        f'Content-Disposition: attachment; filename="{name}"\r\n\r\n{encoded}'
    )


def receive(settings: Settings, engine: Engine, size: int, numbers: Sequence[int], contacts: int) -> None:
    """Put mails into the queue."""
    blobs = open_blobs(settings.blobs_place)
    for begin in range(0, len(numbers), 50):
        batch: list[NewMail] = [
            prepare(
                letter(number, size, contacts),
                mail_from=user(number),
                recipients=[LOG],
                peer=PEER,
                received_at=datetime.now(UTC),
                blobs=blobs,
            )
            for number in numbers[begin : begin + 50]
        ]
        with writing(engine) as conn:
            keep(conn, batch)


@contextmanager
def place(contacts: int, touchpoints: int) -> Iterator[tuple[Settings, Engine]]:
    """A gateway with such a directory, and the name server that it asks."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder, name_server(internet()) as nameserver:
        settings = settings_of(Path(folder), nameserver)
        settings.data_dir.mkdir()
        engine = open_engine(settings.database_url)
        try:
            migrate(engine)
            fill(engine, contacts, touchpoints)
            yield settings, engine
        finally:
            engine.dispose()


# -- filing --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Rate:
    """One run: mails a second, and CPU milliseconds a mail of the worker and of the daemon that watches it."""

    rate: float
    worker: float
    daemon: float


def file_all(settings: Settings, engine: Engine, mails: int) -> Rate:
    """File what waits, by the supervisor and the worker process of the daemon; the start of the process apart.

    Raises RuntimeError unless all of it was filed, its senders verified.
    """
    rate = asyncio.run(_file_all(settings, engine, mails))
    with reading(engine) as conn:
        query = select(tables.mails.c.state, tables.mails.c.trust, func.count())
        fresh = query.where(tables.mails.c.id > _before(mails, conn)).group_by("state", "trust")
        found = {(state, trust): count for state, trust, count in conn.execute(fresh)}
    if found != {("filed", "verified"): mails}:
        raise RuntimeError(f"not all mail was filed: {found}")
    return rate


def _before(mails: int, conn: Any) -> int:
    return int(conn.execute(select(func.max(tables.mails.c.id))).scalar_one()) - mails


async def _file_all(settings: Settings, engine: Engine, mails: int) -> Rate:
    supervisor = Supervisor(settings)
    waits = select(func.count()).where(tables.mails.c.state == "received")

    def left() -> int:
        with reading(engine) as conn:
            return int(conn.execute(waits).scalar_one())

    supervisor.start()
    try:
        # What the process takes to start is not a mail's; the first batch also imports what is imported when needed.
        while (first := left()) > mails * 0.9:
            await asyncio.sleep(0.01)
        begun, (process,) = time.perf_counter(), supervisor.processes
        own, other = time.process_time(), _cpu(process.pid)
        while left() > 0:
            await asyncio.sleep(0.05)
        seconds = time.perf_counter() - begun
        own, other = time.process_time() - own, _cpu(process.pid) - other
    finally:
        await supervisor.stop(10)
    return Rate(first / seconds, other / first * 1000, own / first * 1000)


def _cpu(pid: int) -> float:
    """Seconds of CPU of a process, in nanosecond steps (proc(5), schedstat of its threads)."""
    tasks = Path(f"/proc/{pid}/task").iterdir()
    return sum(int((task / "schedstat").read_text().split()[0]) for task in tasks) / 1e9


# -- where the time goes -------------------------------------------------------------------------------------


@dataclass(slots=True)
class Phases:
    """CPU seconds by phase; what is called within another phase counts for its own alone."""

    spent: Counter[str] = field(default_factory=Counter)
    _open: list[float] = field(default_factory=list)

    def timed(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        """The function, its time counted under a name."""

        def call(*arguments: Any, **named: Any) -> Any:
            begun = time.process_time()
            self._open.append(0.0)
            try:
                return function(*arguments, **named)
            finally:
                took = time.process_time() - begun
                self.spent[name] += took - self._open.pop()
                if self._open:
                    self._open[-1] += took

        return call


PHASES = {
    "claim": ("gateway.filing.worker.claim",),
    "fetch": ("gateway.filing.worker.raw", "gateway.filing.worker.raws"),
    "read": ("gateway.filing.examine.read",),
    "believe": ("gateway.filing.belief.gather", "gateway.filing.belief.sender_trust"),
    "look up": ("gateway.filing.worker.StoredDirectory.facts", "gateway.filing.worker.StoredDirectory.known"),
    "decide": ("gateway.filing.examine.decide", "gateway.filing.examine.find_originals"),
    "blobs": ("storage.blobs.Blobs.put", "storage.blobs.Blobs.put_all", "storage.blobs.Blobs.exists"),
    "write": ("gateway.filing.worker.Shelf.settle", "gateway.filing.worker.Shelf.settle_all"),
}


def phases(settings: Settings, engine: Engine, mails: int, profile: Path | None = None) -> dict[str, float]:
    """File what waits in this process; CPU milliseconds a mail by phase."""
    found = Phases()
    undo: list[tuple[Any, str, Any]] = []
    for name, places in PHASES.items():
        for dotted in places:
            holder, attribute = _holder(dotted)
            if hasattr(holder, attribute):
                before = getattr(holder, attribute)
                undo.append((holder, attribute, before))
                setattr(holder, attribute, found.timed(name, before))
    worker = Worker(
        settings, str(Owner.first()), engine, open_blobs(settings.blobs_place), lambda *_, **__: None
    )
    profiler = cProfile.Profile(time.process_time) if profile else None
    try:
        worker.batch()  # imports what is imported when needed
        found.spent.clear()
        begun, done = time.process_time(), 0
        if profiler:
            profiler.enable()
        while count := worker.batch():
            done += count
        if profiler:
            profiler.disable()
        whole = time.process_time() - begun
    finally:
        for holder, attribute, before in undo:
            setattr(holder, attribute, before)
    if profiler and profile:
        profiler.dump_stats(profile)
        pstats.Stats(profiler).sort_stats("tottime").print_stats(45)
        pstats.Stats(profiler).sort_stats("cumulative").print_stats(110)
    rest = whole - sum(found.spent.values())
    return {name: seconds / done * 1000 for name, seconds in {**found.spent, "rest": rest}.items()}


def _holder(dotted: str) -> tuple[Any, str]:
    *path, attribute = dotted.split(".")
    for length in range(len(path), 0, -1):
        module = sys.modules.get(".".join(path[:length]))
        if module is not None:
            holder: Any = module
            for name in path[length:]:
                holder = getattr(holder, name)
            return holder, attribute
    raise LookupError(dotted)


# -- resolution ----------------------------------------------------------------------------------------------


def resolution(engine: Engine, contacts: int, times: int = 2000) -> tuple[float, float]:
    """Milliseconds that a look-up of a mail's people takes: the median and the 99th percentile.

    Each asks about a user, a contact, a stranger on an account's domain, and a stranger on nobody's.
    """
    chance = random.Random(3)
    took = []
    for _ in range(times):
        number = chance.randrange(contacts)
        emails = [user(number), contact(number), f"new@{domain(number // 10)}", f"x{number}@nobody.example"]
        keys = [address_key(email) for email in emails]
        domains = [email.partition("@")[2] for email in emails]
        begun = time.perf_counter()
        with reading(engine) as conn:
            found = look_up(conn, keys, domains)
        took.append((time.perf_counter() - begun) * 1000)
        if len(found.users) != 1 or len(found.contacts) != 1 or len(found.domains) != 1:
            raise RuntimeError(f"not resolved: {emails}")
    took.sort()
    return statistics.median(took), took[int(len(took) * 0.99)]


# -- the sections --------------------------------------------------------------------------------------------

COUNTS = {"2k": 1500, "30k": 800, "1m": 150}
"""Mails of a run."""

GRADES = ((10_000, 10_000), (1_000_000, 1_000_000))
"""Contacts and touchpoints that are there before."""


def _alone(quick: bool, say: Say) -> list[Figure]:
    """What a mail costs by size, in a small place."""
    found = []
    filing_worker.configure("json", "warning")
    with place(1_000, 0) as (settings, engine):
        number = 0
        for step, name in enumerate(SIZES):
            say(name, step, len(SIZES))
            rates = []
            for _ in range(1 if quick else 3):
                count = 30 if quick else COUNTS[name]
                receive(settings, engine, SIZES[name], range(number, number + count), 1_000)
                number += count
                rates.append(file_all(settings, engine, count))
            rate = sorted(rates, key=lambda each: each.rate)[len(rates) // 2]
            detail = f"CPU a mail: worker {rate.worker:.2f} ms, daemon {rate.daemon:.2f} ms"
            found.append(
                plain(
                    f"{name}: filed by one worker, nothing else at work", rate.rate, "mails/s", detail=detail
                )
            )
    say("done", len(SIZES), len(SIZES))
    return found


def _scale(quick: bool, say: Say) -> list[Figure]:
    """What a mail costs in a small place and in a large one, in turns."""
    filing_worker.configure("json", "warning")
    small, large = ((100, 100), (1_000, 1_000)) if quick else GRADES
    say("filling", 0, 4)
    with place(*small) as one, place(*large) as other:
        costs: dict[int, list[float]] = {0: [], 1: []}
        numbers = [0, 0]
        for turn in range(1 if quick else 3):
            say("filing", turn + 1, 4)
            for which, (settings, engine) in enumerate((one, other)):
                count = 30 if quick else COUNTS["2k"]
                contacts = (small, large)[which][0]
                receive(
                    settings, engine, SIZES["2k"], range(numbers[which], numbers[which] + count), contacts
                )
                numbers[which] += count
                rate = file_all(settings, engine, count)
                costs[which].append(rate.worker + rate.daemon)
    say("done", 4, 4)
    before, after = (statistics.median(each) for each in costs.values())
    detail = f"CPU a mail of 2 kB: {before:.2f} ms and {after:.2f} ms"
    what = f"cost per filed mail at {large[0]:,} contacts and touchpoints ÷ at {small[0]:,}"
    return [at_most(what, 1.3, after / before, "", detail=detail)]


def _resolved(quick: bool, say: Say) -> list[Figure]:
    """How long it takes to find whose a mail is."""
    sizes = (100, 1_000) if quick else (1_000, 100_000, 1_000_000)
    found = []
    for step, contacts in enumerate(sizes):
        say(f"{contacts:,} contacts", step, len(sizes))
        with place(contacts, 0) as (_, engine):
            half, most = resolution(engine, contacts, 100 if quick else 2000)
        what = f"{contacts:,} contacts: three people of a mail resolved, 99th percentile"
        found.append(plain(what, most, "ms", detail=f"median {half:.2f} ms"))
    say("done", len(sizes), len(sizes))
    return found


SECTIONS = [
    Part(
        "filing",
        "Filing alone",
        "The supervisor and one worker process over a queue that is full already; DKIM-signed mail, sender check on, "
        "keys from a name server on the loopback. Medians of three runs.",
        _alone,
    ),
    Part(
        "scale",
        "Filing in a large place",
        "The same in a small and a large database in turns; CPU of worker and daemon, medians of three runs.",
        _scale,
    ),
    Part(
        "resolution", "Finding the account", "A user, a contact and a domain looked up together.", _resolved
    ),
]

# -- the command ---------------------------------------------------------------------------------------------


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.filing")
    parser.add_argument("--size", choices=SIZES, action="append")
    parser.add_argument("--mails", type=int, default=0)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--contacts", type=int, default=1_000)
    parser.add_argument("--touchpoints", type=int, default=0)
    parser.add_argument("--profile", action="store_true", help="print a profile of a worker in this process")
    parser.add_argument("--scale", action="store_true", help="with 10 k and 1 M contacts and touchpoints")
    parser.add_argument("--resolve", action="store_true", help="look-ups at 1 k, 100 k and 1 M contacts")
    options = parser.parse_args()
    if options.resolve:
        for contacts in (1_000, 100_000, 1_000_000):
            with place(contacts, 0) as (_, engine):
                half, most = resolution(engine, contacts)
            print(f"{contacts:>9,} contacts: resolved in {half:.2f} ms, 99 % in {most:.2f} ms", flush=True)
        return 0
    filing_worker.configure("json", "warning")
    grades = GRADES if options.scale else ((options.contacts, options.touchpoints),)
    for contacts, touchpoints in grades:
        with place(contacts, touchpoints) as (settings, engine):
            print(f"{contacts:,} contacts, {touchpoints:,} touchpoints", flush=True)
            number = 0
            for name in options.size or SIZES:
                count = options.mails or COUNTS[name]
                for _ in range(options.rounds):
                    receive(settings, engine, SIZES[name], range(number, number + count), contacts)
                    number += count
                    rate = file_all(settings, engine, count)
                    print(
                        f"{name:>4}: {rate.rate:7.1f} mails/s; CPU ms a mail: worker {rate.worker:.2f}, "
                        f"daemon {rate.daemon:.2f}",
                        flush=True,
                    )
                receive(settings, engine, SIZES[name], range(number, number + count), contacts)
                number += count
                found = phases(settings, engine, count, settings.data_dir / "p" if options.profile else None)
                told = ", ".join(f"{phase} {spent:.2f}" for phase, spent in found.items())
                print(f"      {sum(found.values()):.2f} = {told}", flush=True)
    print(f"peak memory of this process: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024} MiB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
