"""What a mail costs a shared PostgreSQL: transactions, rows, bytes of its log, blobs; and what one listener accepts.

`tests.bench.plan` reckons with it.
"""

import tempfile
from contextlib import AbstractContextManager
from pathlib import Path

from sqlalchemy import Engine, text

from storage.engine import reading
from tests import postgresql
from tests.bench.accept import SECONDS as ACCEPTING
from tests.bench.accept import Load, Servers, accept
from tests.bench.filed import BACKLOG, Filed, flood, house
from tests.bench.mails import SIZES, numbered, pool
from tests.bench.section import Figure, Part, Say, median, plain, size
from tests.bench.servers import Server, family, gateway

SECONDS, WARM = 15.0, 4.0

LOAD = Load(SIZES[0], 10, True)

_COUNTS = """
SELECT pg_current_wal_lsn() - '0/0' AS wal, pg_database_size(current_database()) AS octets,
    xact_commit AS commits, tup_inserted AS inserted, tup_updated AS updated
FROM pg_stat_database WHERE datname = current_database()
"""


def _counts(engine: Engine) -> dict[str, float]:
    """What the server has counted; statistics of sessions that are still open may be a second old."""
    with reading(engine) as conn:
        return {name: float(value) for name, value in conn.execute(text(_COUNTS)).mappings().one().items()}


def _connections(engine: Engine) -> int:
    query = (
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    with reading(engine) as conn:
        return int(conn.execute(text(query)).scalar_one())


def _blobs(folder: Path) -> tuple[int, int]:
    """How many there are, and their bytes."""
    sizes = [file.stat().st_size for file in folder.rglob("*") if file.is_file()]
    return len(sizes), sum(sizes)


def _one(octets: int, folder: Path, url: str, seconds: float, warm: float, backlog: int) -> list[Figure]:
    blobs, letters = folder / "blobs", pool(octets)
    config = f'[storage]\ndatabase = "{url}"\nblobs = "{blobs}"\n'
    with house(folder / "house", config, url) as (server, filed):
        engine = filed.engine
        flood(server, Filed(engine), numbered(letters, 1), backlog, warm, 0.5)  # caches, plans, workers
        filed.look()
        first = len(filed.at)
        before, cpu, stored = _counts(engine), server.cpu_seconds(), _blobs(blobs)
        looks = filed.looks
        others = numbered(letters, 2, len(letters) // 2)
        rate, _ = flood(server, filed, others, backlog, seconds, 0.5, first)
        count = len(filed.at) - first
        looks = filed.looks - looks  # transactions of our own
        after, spent, more = _counts(engine), server.cpu_seconds() - cpu, _blobs(blobs)
        connections = _connections(engine)
        processes = len(family(server.root))

    def each(name: str) -> float:
        return (after[name] - before[name]) / count

    label, key = size(octets), f"postgresql.{octets}"
    rows: list[tuple[str, float, str, str]] = [
        ("filed while accepting", rate, "mails/s", "rate"),
        ("CPU of the gateway a mail", spent / count * 1000, "ms", "cpu"),
        ("transactions a mail", each("commits") - looks / count, "commits", "commits"),
        ("rows inserted a mail", each("inserted"), "rows", "inserted"),
        ("rows updated a mail", each("updated"), "rows", "updated"),
        ("write-ahead log a mail", each("wal") / 1000, "kB", "wal"),
        ("database a mail", each("octets") / 1000, "kB", "octets"),
        ("blobs a mail", (more[0] - stored[0]) / count, "blobs", "blobs"),
        ("bytes of blobs a mail", (more[1] - stored[1]) / count / 1000, "kB", "blob_octets"),
    ]
    found = [plain(f"{label}: {what}", value, unit, key=f"{key}.{end}") for what, value, unit, end in rows]
    if octets == SIZES[0]:
        detail = f"{processes} processes, one worker"
        found.append(
            plain("connections of one gateway", connections, "", detail=detail, key="postgresql.connections")
        )
    return found


def _accepting(folder: Path, server: postgresql.PostgreSQL, rounds: int, seconds: float, say: Say) -> Figure:
    """Durable accept as that section measures it, by a database for each round."""

    def listening(place: Path) -> AbstractContextManager[Server]:
        config = f'[storage]\ndatabase = "{server.create(server.migrated())}"\n'
        return gateway(place, filing=False, config=config)

    servers: dict[str, Servers] = {"gateway": listening}
    measured = accept(folder, (LOAD,), say, rounds, seconds, servers)[LOAD]["gateway"]
    detail = f"CPU of the gateway {median(measured.cpu):.2f} ms a message"
    return plain(
        f"{LOAD}: durable accept", measured.rate, "messages/s", detail=detail, key="postgresql.accept"
    )


def _shared(quick: bool, say: Say) -> list[Figure]:
    if postgresql.programs() is None:
        return [Figure("all of it", "", None, "", None, "no PostgreSQL here: apt-get install postgresql")]
    seconds, warm = (1.0, 1.0) if quick else (SECONDS, WARM)
    sizes = SIZES[:1] if quick else SIZES
    found: list[Figure] = []
    with tempfile.TemporaryDirectory(prefix="bench-") as place, postgresql.running(durable=True) as server:
        for number, octets in enumerate(sizes):
            say(size(octets), number, len(sizes))
            folder = Path(place) / f"{octets}"
            folder.mkdir()
            found += _one(octets, folder, server.create(server.migrated()), seconds, warm, BACKLOG[octets])
        rounds = 1 if quick else 3
        found.append(_accepting(Path(place), server, rounds, 0.5 if quick else ACCEPTING, say))
    say("done", len(sizes), len(sizes))
    return found


_HOW = f"""\
As the end-to-end section, {SECONDS:.0f} s a size, on a PostgreSQL of this machine that syncs (fsync, full page
writes) and shares its processors: the rate is what one small machine can do with everything on it. What counts here
is what a mail costs the database, by the server's own counters; docs/scaling.md reckons with it. Durable accept is
measured as above, the filing worker stopped."""

SECTIONS = [Part("postgresql", "On PostgreSQL", _HOW, _shared)]
