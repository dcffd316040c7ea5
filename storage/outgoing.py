"""Outgoing mail as people see it: listed, shown, tried again, cancelled, and what became of a touchpoint's copies."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, func, select, update

from rules.addresses import address_key
from rules.erasure import ERASED_EMAIL
from storage.chunks import chunks
from storage.errors import NotFound, WrongState
from storage.outbox import CANCELLED, COPY, SENT, WAITING, note
from storage.tables import letters, outbox, outbox_attempts, touchpoints


@dataclass(frozen=True, slots=True)
class Row:
    """An entry as an operator sees it."""

    id: int
    kind: str
    recipient: str
    side: str
    state: str
    attempts: int
    mail_id: int | None
    touchpoint_id: int | None
    message_id: str | None
    not_before: datetime | None
    last_error: str | None
    status: str | None
    diagnostic: str | None
    created_at: datetime
    done_at: datetime | None
    subject: str


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt at an entry, or something else that happened to it. `outcome` is the state it led to."""

    at: datetime
    outcome: str
    answer: str


@dataclass(frozen=True, slots=True)
class CopyState:
    """What became of the mail that took a touchpoint to one person."""

    id: int
    kind: str
    recipient: str
    recipient_key: str
    side: str
    state: str
    status: str | None
    diagnostic: str | None
    at: datetime


def list_entries(
    conn: Connection,
    states: Iterable[str] = (),
    *,
    touchpoint_id: int | None = None,
    recipient: str = "",
    limit: int = 50,
    before: int | None = None,
) -> list[Row]:
    """A page of the outbox, newest first, with an id below `before`."""
    conditions = _chosen(states, touchpoint_id, recipient)
    if before is not None:
        conditions.append(outbox.c.id < before)
    query = _ROWS.where(*conditions).order_by(outbox.c.id.desc()).limit(limit)
    return [_row(row) for row in conn.execute(query)]


def count_entries(
    conn: Connection, states: Iterable[str] = (), *, touchpoint_id: int | None = None, recipient: str = ""
) -> int:
    """How many entries are chosen."""
    conditions = _chosen(states, touchpoint_id, recipient)
    return conn.execute(select(func.count()).select_from(outbox).where(*conditions)).scalar_one()


def get_entry(conn: Connection, entry_id: int, *, hold: bool = False) -> tuple[Row, list[Attempt]]:
    """One entry and its attempts, oldest first; `hold` lets no sender take it until the commit. Raises NotFound."""
    query = _ROWS.where(outbox.c.id == entry_id)
    row = conn.execute(query.with_for_update(of=outbox) if hold else query).one_or_none()
    if row is None:
        raise NotFound(f"there is no outgoing mail {entry_id}")
    columns = (outbox_attempts.c.at, outbox_attempts.c.outcome, outbox_attempts.c.answer)
    made = conn.execute(
        select(*columns).where(outbox_attempts.c.outbox_id == entry_id).order_by(outbox_attempts.c.id)
    )
    return _row(row), [Attempt(*attempt) for attempt in made]


def retry(conn: Connection, entry_id: int, now: datetime) -> None:
    """Make an entry due now; one that was given up or refused begins anew. Raises NotFound, WrongState."""
    row, _ = get_entry(conn, entry_id, hold=True)
    if row.state == SENT:
        raise WrongState(f"outgoing mail {entry_id} was sent already")
    letter = select(letters.c.content).join(outbox, outbox.c.letter_id == letters.c.id)
    content = conn.execute(letter.where(outbox.c.id == entry_id)).scalar_one_or_none()
    if content == {}:
        raise WrongState(f"outgoing mail {entry_id} is about a touchpoint that was deleted")
    if content is not None and content.get("incinerated"):
        raise WrongState(f"the text of outgoing mail {entry_id} was incinerated; e-mail the touchpoint anew")
    if row.recipient == ERASED_EMAIL:
        raise WrongState(f"the recipient of outgoing mail {entry_id} was erased")
    busy = select(outbox.c.lease_owner).where(outbox.c.id == entry_id, outbox.c.not_before > now)
    if row.state == WAITING and conn.execute(busy).scalar_one_or_none() is not None:
        raise WrongState(f"outgoing mail {entry_id} is being sent this moment")
    values: dict[str, Any] = {
        "state": WAITING,
        "not_before": now,
        "lease_owner": None,
        "done_at": None,
        "attempts": 0,
    }
    if row.state != WAITING:
        # The five days count from the order to try again.
        values |= {"created_at": now, "status": None, "diagnostic": None}
    _change(conn, row, values)
    note(conn, entry_id, now, "retried", "an operator asked for it")


def cancel(conn: Connection, entry_id: int, now: datetime, why: str = "an operator asked for it") -> None:
    """Let a waiting entry never be sent; one under way this moment may still go. Raises NotFound, WrongState."""
    row, _ = get_entry(conn, entry_id, hold=True)
    if row.state != WAITING:
        raise WrongState(f"outgoing mail {entry_id} is {row.state}; only waiting mail can be cancelled")
    values = {"state": CANCELLED, "done_at": now, "last_error": why, "lease_owner": None}
    _change(conn, row, values)
    note(conn, entry_id, now, CANCELLED, why)


def forget(conn: Connection, touchpoint_id: int, now: datetime, why: str) -> int:
    """Cancel what waits of a touchpoint or reply that was deleted, and empty its letters; returns how many were.

    A reply is passed on under the number of its thread: it is told by the mail it came by.
    """
    found = select(touchpoints.c.thread_id, touchpoints.c.mail_id).where(touchpoints.c.id == touchpoint_id)
    row = conn.execute(found).one_or_none()
    if row is None or row.thread_id is None:
        about = outbox.c.touchpoint_id == touchpoint_id
    else:
        about = (outbox.c.touchpoint_id == row.thread_id) & (outbox.c.mail_id == row.mail_id)
    held = select(outbox.c.id, outbox.c.letter_id, outbox.c.state).where(about).order_by(outbox.c.id)
    entries = conn.execute(held.with_for_update()).all()
    waiting = [entry.id for entry in entries if entry.state == WAITING]
    for entry_id in waiting:
        cancel(conn, entry_id, now, why)
    for some in chunks(sorted({entry.letter_id for entry in entries if entry.letter_id is not None})):
        conn.execute(update(letters).where(letters.c.id.in_(some)).values(content={}))
    return len(waiting)


def copies_of(conn: Connection, touchpoint_ids: Iterable[int]) -> dict[int, list[CopyState]]:
    """What became of the copies of touchpoints, oldest first, by touchpoint."""
    columns = (
        *(outbox.c.touchpoint_id, outbox.c.id, outbox.c.kind, outbox.c.recipient, outbox.c.recipient_key),
        *(
            outbox.c.side,
            outbox.c.state,
            outbox.c.status,
            outbox.c.diagnostic,
            outbox.c.done_at,
            outbox.c.created_at,
        ),
    )
    ids = list(touchpoint_ids)
    query = (
        select(*columns).where(outbox.c.touchpoint_id.in_(ids), outbox.c.kind == COPY).order_by(outbox.c.id)
    )
    found: dict[int, list[CopyState]] = {}
    for row in conn.execute(query):
        values = dict(row._mapping)
        touchpoint_id, done_at, created_at = (
            values.pop(name) for name in ("touchpoint_id", "done_at", "created_at")
        )
        found.setdefault(touchpoint_id, []).append(CopyState(**values, at=done_at or created_at))
    return found


def health(conn: Connection) -> tuple[int, datetime | None, str | None]:
    """How many entries wait, since when the oldest of them does, and what its last attempt was answered."""
    waiting = count_entries(conn, (WAITING,))
    oldest = select(outbox.c.created_at, outbox.c.last_error).where(outbox.c.state == WAITING)
    row = conn.execute(oldest.order_by(outbox.c.created_at).limit(1)).one_or_none()
    return waiting, row.created_at if row else None, row.last_error if row else None


_ROWS = (
    select(
        *(outbox.c.id, outbox.c.kind, outbox.c.recipient, outbox.c.side, outbox.c.state, outbox.c.attempts),
        *(
            outbox.c.mail_id,
            outbox.c.touchpoint_id,
            outbox.c.message_id,
            outbox.c.not_before,
            outbox.c.last_error,
        ),
        *(outbox.c.status, outbox.c.diagnostic, outbox.c.created_at, outbox.c.done_at),
        letters.c.content,
    )
    .select_from(outbox)
    .join(letters, letters.c.id == outbox.c.letter_id, isouter=True)
)


def _row(row: Any) -> Row:
    values = dict(row._mapping)
    content = values.pop("content") or {}
    return Row(**values, subject=content.get("subject", ""))


def _chosen(states: Iterable[str], touchpoint_id: int | None, recipient: str) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if states := list(states):
        conditions.append(outbox.c.state.in_(states))
    if touchpoint_id is not None:
        conditions.append(outbox.c.touchpoint_id == touchpoint_id)
    if recipient:
        conditions.append(outbox.c.recipient_key == address_key(recipient))
    return conditions


def _change(conn: Connection, row: Row, values: dict[str, Any]) -> None:
    """Change an entry that is still in the state it was read in. Raises WrongState."""
    still = (outbox.c.id == row.id) & (outbox.c.state == row.state)
    if conn.execute(update(outbox).where(still).values(values)).rowcount == 0:
        raise WrongState(f"outgoing mail {row.id} is no longer {row.state}; look again")
