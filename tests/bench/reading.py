"""Reading: timeline pages and searches at 10,000, 100,000 and a million touchpoints, by the functions of the API.

The touchpoints are made up: words of a vocabulary in which a few stand in everything and most are rare (Zipf), some
150 to a touchpoint, accounts of which a few have most, one in twenty a reply in a thread.

    python -m tests.bench.reading [--database URL] SIZE...
"""

import itertools
import random
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

from sqlalchemy import Engine, insert, text

from gateway.config.settings import Settings
from gateway.desk import Desk, touchpoints
from gateway.desk.search import search
from rules.permissions import PERMISSIONS, Actor
from rules.tokens import KeyRing
from storage import tables
from storage.blobs import open_blobs
from storage.engine import open_engine, writing
from storage.imports import NewAccount, NewDirectory, write_directory
from storage.migrations import migrate
from storage.searching import rewrite
from tests.bench.section import Figure, Part, Say, at_most, plain

SIZES = (10_000, 100_000, 1_000_000)
ACCOUNTS, VOCABULARY, WORDS = 2_000, 20_000, 150
REPLIES = 0.05
ASKED = 300
"""Pages of timelines, and searches of each kind."""

_SEED = 20_260_302
_START = datetime(2024, 1, 1, tzinfo=UTC)
_BATCH = 1_000
_POOL = 1_000_000
_RING = KeyRing("bench", 1, {1: bytes(range(32))})
_WHO = Actor("nora@bench.example", "Nora", "admin", frozenset(PERMISSIONS))

Report = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Times:
    """How long one kind of question took, in milliseconds, and how many rows an answer had on average.

    `cpu99` is the 99th percentile of what it took of a processor, which says more on a machine with other work to do.
    """

    kind: str
    asked: int
    p50: float
    p99: float
    cpu99: float
    rows: float

    def __str__(self) -> str:
        """For a person."""
        times = f"p50 {self.p50:.1f} ms, p99 {self.p99:.1f} ms (of a processor {self.cpu99:.1f} ms)"
        return f"{self.kind}: {times}, {self.asked} asked, {self.rows:.0f} rows"


@dataclass(frozen=True, slots=True)
class Reading:
    """One database: its touchpoints, what making them took a piece, its size, and the times of each kind."""

    back_end: str
    touchpoints: int
    microseconds: float
    megabytes: float
    times: tuple[Times, ...]

    def of(self, kind: str) -> Times:
        """The times of one kind."""
        return next(each for each in self.times if each.kind == kind)


class Language:
    """A vocabulary from the most frequent word to the rarest, and a long text in it."""

    def __init__(self, chance: random.Random) -> None:
        letters = "etaoinshrdlucmfwypvbgkjqxz"
        weights = range(len(letters), 0, -1)
        made: dict[str, None] = {}
        while len(made) < VOCABULARY:
            made["".join(chance.choices(letters, weights, k=chance.randint(2, 10)))] = None
        self.words = sorted(
            made, key=lambda word: (len(word) // 3, chance.random())
        )  # short ones are frequent
        frequencies = list(itertools.accumulate(1 / (rank + 1) for rank in range(VOCABULARY)))
        self.text = chance.choices(self.words, cum_weights=frequencies, k=_POOL)

    def passage(self, chance: random.Random, length: int) -> list[str]:
        """So many words of it in a row."""
        start = chance.randrange(_POOL - length)
        return self.text[start : start + length]


def measure(
    sizes: Sequence[int], report: Report, folder: Path, database: Callable[[int], str] | None = None
) -> list[Reading]:
    """Make a database of each size and read in it.

    `database` gives the URL of an empty one for a size; without it they are files in `folder`.
    """
    found = []
    for size in sizes:
        url = database(size) if database else f"sqlite:///{folder}/reading-{size}.db"
        engine = open_engine(url)
        try:
            begun = perf_counter()
            build(engine, size, report)
            each = (perf_counter() - begun) / size * 1e6
            times = tuple(ask(desk_of(engine, url, folder), size, report))
            found.append(Reading(engine.dialect.name, size, each, _megabytes(engine), times))
        finally:
            engine.dispose()
    return found


def build(engine: Engine, size: int, report: Report) -> None:
    """Fill an empty database with so many touchpoints and replies, and let them be found."""
    chance = random.Random(_SEED)
    language = Language(chance)
    migrate(engine)
    accounts = [NewAccount(f"a{number}", f"Account {number}") for number in range(ACCOUNTS)]
    with writing(engine) as conn:
        write_directory(conn, NewDirectory(accounts, [], [], []), lambda *_: None)
    threads: list[tuple[int, int]] = []
    for first in range(1, size + 1, _BATCH):
        ids = range(first, min(first + _BATCH, size + 1))
        mails, rows, people = [], [], []
        for number in ids:
            reply = bool(threads) and chance.random() < REPLIES
            thread, account = chance.choice(threads[-_BATCH:]) if reply else (None, _account(chance))
            if thread is None:
                threads.append((number, account))
            mails.append(_mail(number))
            rows.append(_touchpoint(number, account, thread, language, chance))
            people += _people(number, account, chance)
        with writing(engine) as conn:
            conn.execute(insert(tables.mails), mails)
            conn.execute(insert(tables.touchpoints), rows)
            conn.execute(insert(tables.participants), people)
            rewrite(conn, ids)
        if ids[-1] % 50_000 == 0:
            report(f"{ids[-1]:,} touchpoints")
    if engine.dialect.name == "postgresql":
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as conn:
            conn.execute(text("VACUUM ANALYZE"))


def ask(desk: Desk, size: int, report: Report) -> Iterator[Times]:
    """Read timelines and search, each kind `ASKED` times, half of the pages of timelines not the first ones."""
    chance = random.Random(_SEED)
    words = Language(chance).words
    language = Language(random.Random(_SEED))

    def timeline() -> int:
        chosen = touchpoints.Chosen(account=f"a{_account(chance) - 1}")
        items, following = touchpoints.list_(desk, _WHO, chosen, 50)
        pages.append((chosen, following))
        return len(items)

    def further() -> int:
        chosen, following = pages.pop()
        return len(touchpoints.list_(desk, _WHO, chosen, 50, following or "")[0])

    def found(typed: Callable[[], str], account: Callable[[], str] = lambda: "") -> int:
        return len(search(desk, _WHO, typed(), account(), 50)[0])

    def rank(lowest: int, highest: int) -> str:
        return words[chance.randrange(lowest, highest)]

    def beginning() -> str:
        word = next(each for each in iter(partial(rank, 0, 5_000), "") if len(each) > 3)
        return word[: chance.randint(3, 5)] + "*"

    pages: list[tuple[touchpoints.Chosen, str | None]] = []
    kinds: dict[str, Callable[[], int]] = {
        "timeline": timeline,
        "timeline, second page": further,
        "rare word": partial(found, lambda: rank(VOCABULARY // 2, VOCABULARY)),
        "word in between": partial(found, lambda: rank(200, 2_000)),
        "common word": partial(found, lambda: rank(0, 50)),
        "two common words": partial(found, lambda: f"{rank(0, 50)} {rank(0, 50)}"),
        "two words": partial(found, lambda: f"{rank(0, 200)} {rank(200, 5_000)}"),
        "phrase": partial(found, lambda: '"' + " ".join(language.passage(chance, 2)) + '"'),
        "beginning": partial(found, beginning),
        "common word, without another": partial(found, lambda: f"{rank(0, 50)} -{rank(0, 50)}"),
        "word in an account": partial(found, lambda: rank(0, 2_000), lambda: f"a{_account(chance) - 1}"),
    }
    every: list[tuple[float, float, int]] = []
    for kind, once in kinds.items():
        timed = [_timed(once) for _ in range(ASKED)]
        if not kind.startswith("timeline"):
            every += timed
        yield _times(kind, timed)
        report(f"{size:,}: {_times(kind, timed)}")
    yield _times("search", every)
    report(f"{size:,}: {_times('search', every)}")


def desk_of(engine: Engine, url: str, folder: Path) -> Desk:
    """A desk over the database."""
    settings = Settings.model_validate({"data_dir": folder, "storage": {"database": url}})
    return Desk(settings, engine, open_blobs(settings.blobs_place), lambda: _RING, lambda: datetime.now(UTC))


def _timed(once: Callable[[], int]) -> tuple[float, float, int]:
    begun, used = perf_counter(), process_time()
    rows = once()
    return (perf_counter() - begun) * 1000, (process_time() - used) * 1000, rows


def _times(kind: str, timed: Sequence[tuple[float, float, int]]) -> Times:
    wall, cpu = sorted(each[0] for each in timed), sorted(each[1] for each in timed)
    at = int(len(timed) * 0.99)
    rows = sum(each[2] for each in timed) / len(timed)
    return Times(kind, len(timed), wall[len(wall) // 2], wall[at], cpu[at], rows)


def _account(chance: random.Random) -> int:
    """The id of an account: a few have most touchpoints."""
    return min(int(chance.paretovariate(0.6)), ACCOUNTS)


def _mail(number: int) -> dict[str, Any]:
    at = _START + timedelta(minutes=number)
    rules = [{"rule": f"rule-{each}", "hit": each == 3, "why": "nothing of that kind"} for each in range(6)]
    return {
        **{"id": number, "received_at": at, "state": "filed", "size": 2000, "sha256": f"{number:064x}"},
        **{"recipients_hash": "", "mail_from": "nora@bench.example", "recipients": [], "peer": {}},
        **{"processed_at": at, "touchpoint_id": number, "strikes": 0},
        "decision": {"outcome": "filed", "reason": "the contact is known", "rules": rules},
    }


def _touchpoint(
    number: int, account: int, thread: int | None, language: Language, chance: random.Random
) -> dict[str, Any]:
    at = _START + timedelta(minutes=number)
    body = language.passage(chance, chance.randint(WORDS - 50, WORDS + 50))
    return {
        **{"id": number, "account_id": account, "mail_id": number, "thread_id": thread, "type": "email"},
        **{"identity": f"bench:{number}", "flow": "Adoption", "way": "bcc", "machine": None},
        **{
            "subject": " ".join(language.passage(chance, 5)),
            "text": " ".join(body),
            "quoted": "",
            "html": "",
        },
        # Now and then a mail comes long after it was written.
        "date": at - timedelta(minutes=chance.randrange(100_000 if chance.random() < 0.02 else 30)),
        **{"author_email": "nora@bench.example", "author_name": "Nora Feld", "author_side": "internal"},
        **{"author_known": "user", "sender_trust": "verified", "encrypted": False, "calendar": []},
        **{"notices": [], "created_at": at, "changed_at": at},
    }


def _people(number: int, account: int, chance: random.Random) -> list[dict[str, Any]]:
    contact = chance.randrange(20)
    people = (
        ("nora@bench.example", "Nora Feld", "internal", "user"),
        (f"person{contact}@account{account}.example", f"Person {contact}", "external", "contact"),
    )
    return [
        {
            **{"touchpoint_id": number, "position": position, "email": email, "address_key": email},
            **{"name": name, "side": side, "known": known},
        }
        for position, (email, name, side, known) in enumerate(people)
    ]


def _megabytes(engine: Engine) -> float:
    """The size of the database in MB."""
    with engine.connect() as conn:
        if engine.dialect.name == "postgresql":
            size = conn.execute(text("SELECT pg_database_size(current_database())")).scalar_one()
        else:
            pages = conn.execute(text("PRAGMA page_count")).scalar_one()
            size = pages * conn.execute(text("PRAGMA page_size")).scalar_one()
    return float(size) / 1e6


def _figures(quick: bool, say: Say) -> list[Figure]:
    sizes = (300, 1_000) if quick else SIZES
    found: list[Figure] = []
    for step, size in enumerate(sizes):
        with tempfile.TemporaryDirectory(prefix="reading-") as folder:
            (read,) = measure([size], lambda told, at=step: say(told, at, len(sizes)), Path(folder))
        largest = size == sizes[-1] and not quick
        for kind, goal in (("timeline", 50), ("timeline, second page", 50), ("search", 150)):
            times = read.of(kind)
            what = f"{size:,} touchpoints: {kind}, 99th percentile"
            detail = f"median {times.p50:.1f} ms, {times.asked:,} asked"
            if largest:
                found.append(at_most(what, goal, times.p99, "ms", detail=detail))
            else:
                found.append(plain(what, times.p99, "ms", detail=detail))
        slowest = max((each for each in read.times if each.kind != "search"), key=lambda each: each.p99)
        detail = f"{slowest.kind}; database {read.megabytes:,.0f} MB"
        found.append(plain(f"{size:,} touchpoints: the slowest kind", slowest.p99, "ms", detail=detail))
    say("done", len(sizes), len(sizes))
    return found


SECTIONS = [
    Part(
        "reading",
        "Timeline and search",
        f"Pages of 50 rows by the functions behind the API, SQLite, {ASKED} questions of each of eleven kinds: "
        "timelines, rare and common words, two words, phrases, beginnings, without a word, in an account. "
        "Some 150 words a touchpoint from a vocabulary of 20,000, 5 % replies.",
        _figures,
    )
]


def main(arguments: Sequence[str]) -> None:
    """Measure, and print."""
    database: Callable[[int], str] | None = None
    if "--database" in arguments:
        at = arguments.index("--database")
        url = arguments[at + 1]
        database = lambda _size: url  # noqa: E731
        arguments = [*arguments[:at], *arguments[at + 2 :]]
    sizes = [int(each) for each in arguments] or SIZES
    with tempfile.TemporaryDirectory(prefix="reading-") as folder:
        for reading in measure(sizes, partial(print, flush=True), Path(folder), database):
            print(
                f"{reading.back_end}, {reading.touchpoints:,} touchpoints: {reading.megabytes:,.0f} MB, "
                f"made in {reading.microseconds:.0f} µs each"
            )


if __name__ == "__main__":
    main(sys.argv[1:])
