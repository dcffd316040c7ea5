"""The history of each mail: what happened to it, when, in the vocabulary of the events."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from storage.inserts import Insert
from storage.tables import events


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened to a mail. `detail` is JSON: ids, states and sentences, never bodies."""

    mail_id: int
    at: datetime
    event: str
    detail: Mapping[str, Any] = field(default_factory=dict)


_INSERTED = Insert(events, ("mail_id", "at", "event", "detail"))


def append(conn: Connection, happened: Iterable[Event]) -> None:
    """Add to the history, in order."""
    rows = [{"mail_id": e.mail_id, "at": e.at, "event": e.event, "detail": dict(e.detail)} for e in happened]
    if rows:
        _INSERTED(conn, rows)


GONE = {
    "incinerated": "was incinerated, as all mail is that was settled long ago",
    "erased": "was erased with a person in it",
}
"""Events after which a mail has no raw form any more, and how that is told."""


def why_gone(conn: Connection, mail_id: int) -> str:
    """What became of the raw form of a mail that has none, in words that follow "its raw form"."""
    columns = (events.c.event, events.c.at)
    query = select(*columns).where(events.c.mail_id == mail_id, events.c.event.in_(list(GONE)))
    row = conn.execute(query.order_by(events.c.id.desc()).limit(1)).one_or_none()
    if row is None:
        return "was erased at once, for somebody in it is on the never-log list"
    return f"{GONE[row.event]}, on {row.at:%Y-%m-%d}"


def history(conn: Connection, mail_id: int) -> list[Event]:
    """Everything that happened to a mail, oldest first."""
    columns = (events.c.mail_id, events.c.at, events.c.event, events.c.detail)
    found = conn.execute(select(*columns).where(events.c.mail_id == mail_id).order_by(events.c.id))
    return [Event(*row) for row in found]
