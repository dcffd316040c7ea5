"""Stored mails as an operator sees them: listed, chosen, sent through the gateway again, dropped."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, false, func, select, update

from storage.chunks import chunks
from storage.errors import NotFound, WrongState
from storage.history import Event, append, why_gone
from storage.tables import mails

STATES = (
    "received",
    "filed",
    "replied",
    "unresolved",
    "quarantined",
    "ignored",
    "passed-on",
    "failed",
    "dropped",
)

WAITING = ("unresolved", "quarantined", "failed")
"""The states in which a mail waits for a person."""

_PAGE = 1000


@dataclass(frozen=True, slots=True)
class MailRow:
    """A stored mail without its raw form. `decision` is what was last decided, as JSON, or None."""

    id: int
    received_at: datetime
    state: str
    size: int
    sha256: str
    mail_from: str
    recipients: tuple[str, ...]
    peer: Mapping[str, Any]
    strikes: int
    not_before: datetime | None
    error: str | None
    processed_at: datetime | None
    touchpoint_id: int | None
    assigned_account: str | None
    trust: str | None
    has_raw: bool
    decision: Mapping[str, Any] | None


@dataclass(frozen=True, slots=True)
class Selection:
    """Which mails. Every condition given must hold; none given means all mails.

    `since` counts in, `until` does not.
    """

    ids: Collection[int] | None = None
    states: Collection[str] | None = None
    since: datetime | None = None
    until: datetime | None = None


def get_mail(conn: Connection, mail_id: int, *, hold: bool = False) -> MailRow:
    """One mail; `hold` lets nobody else change it until the commit. Raises NotFound."""
    query = select(*_COLUMNS).where(mails.c.id == mail_id)
    row = conn.execute(query.with_for_update() if hold else query).one_or_none()
    if row is None:
        raise NotFound(f"there is no mail {mail_id}")
    return _mail_row(row)


def list_mails(conn: Connection, selection: Selection, limit: int = 50, after: int = 0) -> list[MailRow]:
    """A page of the chosen mails with an id above `after`, oldest first."""
    page = (
        select(*_COLUMNS).where(mails.c.id > after, *_conditions(selection)).order_by(mails.c.id).limit(limit)
    )
    return [_mail_row(row) for row in conn.execute(page)]


def count_mails(conn: Connection, selection: Selection) -> int:
    """How many mails are chosen."""
    return conn.execute(select(func.count()).select_from(mails).where(*_conditions(selection))).scalar_one()


def count_by_state(conn: Connection) -> dict[str, int]:
    """How many mails there are in each state that has any."""
    rows = conn.execute(select(mails.c.state, func.count().label("number")).group_by(mails.c.state))
    return {row.state: row.number for row in rows}


def select_ids(conn: Connection, selection: Selection) -> Iterator[int]:
    """The ids of the chosen mails, oldest first. Read in pages: they may change state while this goes on."""
    last = 0
    while True:
        page = select(mails.c.id).where(mails.c.id > last, *_conditions(selection))
        ids = conn.execute(page.order_by(mails.c.id).limit(_PAGE)).scalars().all()
        yield from ids
        if len(ids) < _PAGE:
            return
        last = ids[-1]


def requeue(conn: Connection, mail_id: int, now: datetime) -> None:
    """Send a mail through the gateway again, its strikes forgotten.

    Raises NotFound; WrongState for a mail that is on its way already, became a touchpoint, or has no raw form
    left to read.
    """
    mail = get_mail(conn, mail_id, hold=True)
    if mail.state == "received" or mail.touchpoint_id is not None:
        raise WrongState(f"mail {mail_id} is {mail.state}")
    if not mail.has_raw:
        raise WrongState(f"mail {mail_id} cannot be run again: its raw form {why_gone(conn, mail_id)}")
    values: dict[str, Any] = {
        "state": "received",
        "strikes": 0,
        "error": None,
        "not_before": None,
        "lease_owner": None,
        "lease_until": None,
        "processed_at": None,
    }
    conn.execute(update(mails).where(mails.c.id == mail_id).values(values))
    append(conn, [Event(mail_id, now, "retried", {"from": mail.state})])


def drop(conn: Connection, mail_id: int, now: datetime, reason: str = "") -> None:
    """Take a waiting mail out of the queue; it stays stored. Raises NotFound, WrongState."""
    mail = get_mail(conn, mail_id, hold=True)
    if mail.state not in WAITING:
        raise WrongState(f"mail {mail_id} is {mail.state}; only {', '.join(WAITING)} mail can be dropped")
    conn.execute(update(mails).where(mails.c.id == mail_id).values(state="dropped", processed_at=now))
    append(conn, [Event(mail_id, now, "dropped", {"from": mail.state, "reason": reason})])


_COLUMNS = (
    mails.c.id,
    mails.c.received_at,
    mails.c.state,
    mails.c.size,
    mails.c.sha256,
    mails.c.mail_from,
    mails.c.recipients,
    mails.c.peer,
    mails.c.strikes,
    mails.c.not_before,
    mails.c.error,
    mails.c.processed_at,
    mails.c.touchpoint_id,
    mails.c.assigned_account,
    mails.c.trust,
    (mails.c.raw.is_not(None) | mails.c.raw_blob.is_not(None)).label("has_raw"),
    mails.c.decision,
)


def _mail_row(row: Any) -> MailRow:
    return MailRow(**{**row._mapping, "recipients": tuple(row.recipients), "has_raw": bool(row.has_raw)})


def _conditions(selection: Selection) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if selection.ids is not None:
        conditions.append(_one_of(selection.ids))
    if selection.states is not None:
        conditions.append(mails.c.state.in_(sorted(selection.states)))
    if selection.since is not None:
        conditions.append(mails.c.received_at >= selection.since)
    if selection.until is not None:
        conditions.append(mails.c.received_at < selection.until)
    return conditions


def _one_of(ids: Collection[int]) -> ColumnElement[bool]:
    condition: ColumnElement[bool] = false()
    for some in chunks(sorted(ids)):
        condition |= mails.c.id.in_(some)
    return condition
