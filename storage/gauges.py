"""How the store stands, in a few small looks: what waits, since when, how large the files are."""

import contextlib
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection, func, select

from storage.outgoing import health
from storage.queue import WAITING
from storage.tables import events, mails

MOST = 100_000
"""Mails of one state that are counted: beyond, the number says no more and the look would take its time."""

_OLDEST = 100
"""Received mails among which the oldest is looked for: they come in order, but for those that were put off."""


@dataclass(frozen=True, slots=True)
class Backlog:
    """What waits. `queue` counts the mails of the states that wait, at most MOST of each.

    `oldest` is since when the oldest received mail waits to be filed; `outgoing` entries of the outbox wait, the
    oldest since `outgoing_oldest`, which `outgoing_failed` before.
    """

    queue: dict[str, int]
    oldest: datetime | None
    outgoing: int
    outgoing_oldest: datetime | None
    outgoing_failed: bool


def backlog(conn: Connection) -> Backlog:
    """What waits. Takes as long as what waits is long, whatever is stored besides."""
    queue = {state: _count(conn, state) for state in ("received", *WAITING)}
    waiting, oldest, error = health(conn)
    return Backlog(queue, _oldest(conn), waiting, oldest, error is not None)


def database_sizes(file: Path | None) -> tuple[int, int]:
    """Bytes of an SQLite file and of its write-ahead log; 0 for what is not there."""
    return (_size(file), _size(Path(f"{file}-wal"))) if file is not None else (0, 0)


def _count(conn: Connection, state: str) -> int:
    some = select(mails.c.id).where(mails.c.state == state).limit(MOST).subquery()
    return conn.execute(select(func.count()).select_from(some)).scalar_one()


def _oldest(conn: Connection) -> datetime | None:
    """Mail that was sent through again waits since then, however old it is."""
    first = (
        select(mails.c.id, mails.c.received_at)
        .where(mails.c.state == "received")
        .order_by(mails.c.id)
        .limit(_OLDEST)
        .subquery()
    )
    again = (
        select(func.max(events.c.at))
        .where(events.c.mail_id == first.c.id, events.c.event == "retried")
        .scalar_subquery()
    )
    since = [retried or received for received, retried in conn.execute(select(first.c.received_at, again))]
    return min(since, default=None)


def _size(file: Path) -> int:
    with contextlib.suppress(OSError):
        return file.stat().st_size
    return 0
