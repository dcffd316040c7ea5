"""The history of each mail: what happened to it, when, in the vocabulary of the events."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select

from storage.tables import events


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened to a mail. `detail` is JSON: ids, states and sentences, never bodies."""

    mail_id: int
    at: datetime
    event: str
    detail: Mapping[str, Any] = field(default_factory=dict)


def append(conn: Connection, happened: Iterable[Event]) -> None:
    """Add to the history, in order."""
    rows = [{"mail_id": e.mail_id, "at": e.at, "event": e.event, "detail": dict(e.detail)} for e in happened]
    if rows:
        conn.execute(insert(events), rows)


def history(conn: Connection, mail_id: int) -> list[Event]:
    """Everything that happened to a mail, oldest first."""
    columns = (events.c.mail_id, events.c.at, events.c.event, events.c.detail)
    found = conn.execute(select(*columns).where(events.c.mail_id == mail_id).order_by(events.c.id))
    return [Event(*row) for row in found]
