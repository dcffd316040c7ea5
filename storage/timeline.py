"""Touchpoints read: the timeline of an account, newest first, in a constant number of queries."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, and_, or_, select

from rules.message import Attachment, CalendarEvent
from rules.people import Participant
from storage.chunks import chunks
from storage.errors import NotFound
from storage.tables import accounts, attachments, mails, participants, touchpoints


@dataclass(frozen=True, slots=True)
class TouchpointRow:
    """A touchpoint as it is stored.

    Attachments carry no content. `decision` is the JSON of the decision that made it, with its reason and
    rules.
    """

    id: int
    account_key: str
    account_name: str
    mail_id: int
    identity: str
    type: str
    flow: str
    subject: str
    date: datetime
    way: str | None
    author: Participant | None
    filed_by: Participant | None
    text: str
    quoted: str
    comment: str | None
    html: str
    sender_trust: str
    machine: str | None
    encrypted: bool
    calendar: tuple[CalendarEvent, ...]
    notices: tuple[str, ...]
    created_at: datetime
    changed_at: datetime
    participants: tuple[Participant, ...]
    attachments: tuple[Attachment, ...]
    decision: Mapping[str, Any] | None


def get(conn: Connection, touchpoint_id: int) -> TouchpointRow:
    """One touchpoint. Raises NotFound."""
    found = _rows(conn, _QUERY.where(touchpoints.c.id == touchpoint_id))
    if not found:
        raise NotFound(f"there is no touchpoint {touchpoint_id}")
    return found[0]


def timeline(
    conn: Connection, account_id: int, limit: int = 50, before: tuple[datetime, int] | None = None
) -> list[TouchpointRow]:
    """A page of an account's touchpoints, newest first; those of one instant by id, the last one first.

    `before` is date and id of the last row of the page before.
    """
    query = _QUERY.where(touchpoints.c.account_id == account_id)
    if before is not None:
        date, touchpoint_id = before
        same_date = and_(touchpoints.c.date == date, touchpoints.c.id < touchpoint_id)
        query = query.where(or_(touchpoints.c.date < date, same_date))
    return _rows(conn, query.order_by(touchpoints.c.date.desc(), touchpoints.c.id.desc()).limit(limit))


_QUERY = (
    select(
        touchpoints,
        accounts.c.key.label("account_key"),
        accounts.c.name.label("account_name"),
        mails.c.decision,
    )
    .join(accounts, accounts.c.id == touchpoints.c.account_id)
    .join(mails, mails.c.id == touchpoints.c.mail_id)
)


def _rows(conn: Connection, query: Select[Any]) -> list[TouchpointRow]:
    found = conn.execute(query).all()
    ids = [row.id for row in found]
    people: dict[int, list[Participant]] = {}
    parts: dict[int, list[Attachment]] = {}
    for some in chunks(ids):
        for row in _children(conn, participants, some):
            person = Participant(row.email, row.name, row.side, row.known)
            people.setdefault(row.touchpoint_id, []).append(person)
        for row in _children(conn, attachments, some):
            part = Attachment(
                row.filename, row.content_type, row.size, row.sha256, row.inline, row.content_id
            )
            parts.setdefault(row.touchpoint_id, []).append(part)
    return [_row(row, tuple(people.get(row.id, ())), tuple(parts.get(row.id, ()))) for row in found]


def _children(conn: Connection, table: Any, touchpoint_ids: Sequence[int]) -> Any:
    query = select(table).where(table.c.touchpoint_id.in_(touchpoint_ids))
    return conn.execute(query.order_by(table.c.touchpoint_id, table.c.position))


def _row(row: Any, people: tuple[Participant, ...], parts: tuple[Attachment, ...]) -> TouchpointRow:
    author = None
    if row.author_email is not None:
        author = Participant(row.author_email, row.author_name, row.author_side, row.author_known)
    return TouchpointRow(
        id=row.id,
        account_key=row.account_key,
        account_name=row.account_name,
        mail_id=row.mail_id,
        identity=row.identity,
        type=row.type,
        flow=row.flow,
        subject=row.subject,
        date=row.date,
        way=row.way,
        author=author,
        filed_by=Participant(**row.filed_by) if row.filed_by else None,
        text=row.text,
        quoted=row.quoted,
        comment=row.comment,
        html=row.html,
        sender_trust=row.sender_trust,
        machine=row.machine,
        encrypted=row.encrypted,
        calendar=tuple(
            CalendarEvent(**{**event, "attendees": tuple(event["attendees"])}) for event in row.calendar
        ),
        notices=tuple(row.notices),
        created_at=row.created_at,
        changed_at=row.changed_at,
        participants=people,
        attachments=parts,
        decision=row.decision,
    )
