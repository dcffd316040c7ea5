"""The outbox: what is to be sent because of a mail, until it is sent or given up.

Life of an entry: waiting → sent | failed. It is claimed by moving its `not_before` ahead: an entry whose
sender died is due again when that time comes, so everything is sent at least once.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, select, update

from storage.history import Event, append
from storage.tables import mails, outbox

PASS_ON = "pass-on"  # noqa: S105 - no password
"""The kind of an entry that hands a stored mail to the administrator."""

WAITING, SENT, FAILED = "waiting", "sent", "failed"


@dataclass(frozen=True, slots=True)
class Entry:
    """Something to be sent. `attempts` counts the one that the claim is for.

    `received_at`, `mail_from` and `peer` are those of the mail it comes from.
    """

    id: int
    mail_id: int
    kind: str
    recipient: str
    attempts: int
    created_at: datetime
    received_at: datetime
    mail_from: str
    peer: Mapping[str, Any]


def claim(conn: Connection, kind: str, now: datetime, lease: timedelta) -> Entry | None:
    """The entry of a kind that has been due longest, nobody else's until the lease ends; None if none is."""
    due = (outbox.c.state == WAITING) & (outbox.c.kind == kind) & (outbox.c.not_before <= now)
    first = select(outbox.c.id).where(due).order_by(outbox.c.not_before, outbox.c.id).limit(1)
    entry_id = conn.execute(first.with_for_update(skip_locked=True)).scalar_one_or_none()
    if entry_id is None:
        return None
    ahead = update(outbox).where(outbox.c.id == entry_id)
    conn.execute(ahead.values(not_before=now + lease, attempts=outbox.c.attempts + 1))
    columns = (
        *(outbox.c.id, outbox.c.mail_id, outbox.c.kind, outbox.c.recipient, outbox.c.attempts),
        *(outbox.c.created_at, mails.c.received_at, mails.c.mail_from, mails.c.peer),
    )
    found = select(*columns).join(mails, mails.c.id == outbox.c.mail_id).where(outbox.c.id == entry_id)
    return Entry(*conn.execute(found).one())


def sent(conn: Connection, entry: Entry, now: datetime, event: Event) -> None:
    """The entry was taken by the next server; `event` goes into the mail's history."""
    _settle(conn, entry, state=SENT, done_at=now, last_error=None)
    append(conn, [event])


def failed(conn: Connection, entry: Entry, now: datetime, why: str, event: Event) -> None:
    """The entry will not be sent; `event` goes into the mail's history."""
    _settle(conn, entry, state=FAILED, done_at=now, last_error=why)
    append(conn, [event])


def postponed(conn: Connection, entry: Entry, not_before: datetime, why: str) -> None:
    """The entry is to be tried again, not before a time."""
    _settle(conn, entry, not_before=not_before, last_error=why)


def next_due(conn: Connection, kind: str) -> datetime | None:
    """When the next entry of a kind is due; None when none waits."""
    waiting = (outbox.c.state == WAITING) & (outbox.c.kind == kind)
    first = select(outbox.c.not_before).where(waiting).order_by(outbox.c.not_before).limit(1)
    return conn.execute(first).scalar_one_or_none()


def _settle(conn: Connection, entry: Entry, **values: Any) -> None:
    # Only what still waits: an entry whose lease ran out may have been sent by somebody else meanwhile.
    conn.execute(update(outbox).where(outbox.c.id == entry.id, outbox.c.state == WAITING).values(**values))
