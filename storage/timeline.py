"""Touchpoints read: timelines newest first, threads oldest first, in a constant number of queries."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, func, or_, select

from rules.message import Attachment, CalendarEvent
from rules.people import Participant
from storage.chunks import chunks
from storage.errors import NotFound
from storage.tables import accounts, attachments, followers, mails, participants, touchpoints


@dataclass(frozen=True, slots=True)
class TouchpointRow:
    """A touchpoint as it is stored.

    Attachments carry no content. `decision` is the JSON of the decision that made it, with its reason and
    rules; None, as `mail_id`, for one that a person typed. `thread_id` is the touchpoint this one replies to.
    """

    id: int
    account_key: str
    account_name: str
    mail_id: int | None
    thread_id: int | None
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
    version: int
    reasons: tuple[str, ...]
    template: str | None
    mentions: tuple[Participant, ...]
    emailed_externally: bool
    closed_at: datetime | None


@dataclass(frozen=True, slots=True)
class Filter:
    """Which touchpoints. Every condition given must hold.

    `account_ids` None is every account. `types` and `flows` are names, `without_types` those left out. `since`
    counts in, `until` does not. `text` is looked for in subject and text, letter case ignored.
    """

    account_ids: Collection[int] | None = None
    types: Collection[str] | None = None
    without_types: Collection[str] = ()
    flows: Collection[str] | None = None
    since: datetime | None = None
    until: datetime | None = None
    text: str = ""


def get(conn: Connection, touchpoint_id: int) -> TouchpointRow:
    """One touchpoint, or reply. Raises NotFound, for a deleted one too."""
    found = _rows(conn, _QUERY.where(touchpoints.c.id == touchpoint_id, touchpoints.c.deleted_at.is_(None)))
    if not found:
        raise NotFound(f"there is no touchpoint {touchpoint_id}")
    return found[0]


def timeline(
    conn: Connection, account_id: int, limit: int = 50, before: tuple[datetime, int] | None = None
) -> list[TouchpointRow]:
    """A page of an account's touchpoints, newest first; those of one instant by id, the last one first.

    `before` is date and id of the last row of the page before.
    """
    return list_touchpoints(conn, Filter(account_ids=(account_id,)), limit, before)


def list_touchpoints(
    conn: Connection, chosen: Filter, limit: int = 50, before: tuple[datetime, int] | None = None
) -> list[TouchpointRow]:
    """A page of the chosen touchpoints, without replies, newest first; `before` as in `timeline`."""
    query = _QUERY.where(
        touchpoints.c.thread_id.is_(None), touchpoints.c.deleted_at.is_(None), *_conditions(chosen)
    )
    if before is not None:
        date, touchpoint_id = before
        same_date = and_(touchpoints.c.date == date, touchpoints.c.id < touchpoint_id)
        query = query.where(or_(touchpoints.c.date < date, same_date))
    return _rows(conn, query.order_by(touchpoints.c.date.desc(), touchpoints.c.id.desc()).limit(limit))


def replies(
    conn: Connection, touchpoint_ids: Iterable[int], limit: int | None = None
) -> dict[int, list[TouchpointRow]]:
    """The replies in threads, in time order, by the touchpoint they belong to; at most `limit` in all, the first."""
    found: dict[int, list[TouchpointRow]] = {}
    for some in chunks(sorted(touchpoint_ids)):
        query = _QUERY.where(touchpoints.c.thread_id.in_(some), touchpoints.c.deleted_at.is_(None))
        for row in _rows(conn, query.order_by(touchpoints.c.date, touchpoints.c.id).limit(limit)):
            assert row.thread_id is not None
            found.setdefault(row.thread_id, []).append(row)
    return found


def list_replies(
    conn: Connection, touchpoint_id: int, limit: int, after: tuple[datetime, int] | None = None
) -> list[TouchpointRow]:
    """A page of the replies in a thread, in time order; `after` is date and id of the last row of the page before."""
    query = _QUERY.where(touchpoints.c.thread_id == touchpoint_id, touchpoints.c.deleted_at.is_(None))
    if after is not None:
        date, reply_id = after
        same_date = and_(touchpoints.c.date == date, touchpoints.c.id > reply_id)
        query = query.where(or_(touchpoints.c.date > date, same_date))
    return _rows(conn, query.order_by(touchpoints.c.date, touchpoints.c.id).limit(limit))


def with_ids(conn: Connection, touchpoint_ids: Sequence[int]) -> list[TouchpointRow]:
    """Touchpoints and replies in the order of their ids as given; deleted ones are left out."""
    found: dict[int, TouchpointRow] = {}
    for some in chunks(touchpoint_ids):
        rows = _rows(conn, _QUERY.where(touchpoints.c.id.in_(some), touchpoints.c.deleted_at.is_(None)))
        found.update((row.id, row) for row in rows)
    return [found[each] for each in touchpoint_ids if each in found]


def with_identity(conn: Connection, identity: str) -> tuple[int, bool] | None:
    """Id of the touchpoint that has this identity, and whether it was deleted since; None when there is none."""
    columns = (touchpoints.c.id, touchpoints.c.deleted_at)
    row = conn.execute(select(*columns).where(touchpoints.c.identity == identity)).one_or_none()
    return (row.id, row.deleted_at is not None) if row else None


def followed(conn: Connection, touchpoint_ids: Iterable[int]) -> dict[int, list[tuple[str, str, str]]]:
    """Who follows threads now, as (email, name, why), in the order in which they began to, by touchpoint."""
    found: dict[int, list[tuple[str, str, str]]] = {}
    columns = (followers.c.touchpoint_id, followers.c.email, followers.c.name, followers.c.why)
    for some in chunks(sorted(touchpoint_ids)):
        query = select(*columns).where(
            followers.c.touchpoint_id.in_(some), followers.c.unfollowed_at.is_(None)
        )
        for row in conn.execute(query.order_by(followers.c.since, followers.c.address_key)):
            found.setdefault(row[0], []).append((row[1], row[2], row[3]))
    return found


def count_replies(conn: Connection, touchpoint_ids: Iterable[int]) -> dict[int, int]:
    """How many replies each thread has that has any."""
    found: dict[int, int] = {}
    for some in chunks(sorted(touchpoint_ids)):
        query = select(touchpoints.c.thread_id, func.count()).where(
            touchpoints.c.thread_id.in_(some), touchpoints.c.deleted_at.is_(None)
        )
        found.update((row[0], row[1]) for row in conn.execute(query.group_by(touchpoints.c.thread_id)))
    return found


def of_mail(conn: Connection, mail_id: int) -> list[TouchpointRow]:
    """What a mail was filed as: one touchpoint, or a reply in each thread."""
    query = _QUERY.where(touchpoints.c.mail_id == mail_id, touchpoints.c.deleted_at.is_(None))
    return _rows(conn, query.order_by(touchpoints.c.id))


def _conditions(chosen: Filter) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if chosen.account_ids is not None:
        conditions.append(touchpoints.c.account_id.in_(sorted(chosen.account_ids)))
    if chosen.types is not None:
        conditions.append(touchpoints.c.type.in_(sorted(chosen.types)))
    if chosen.without_types:
        conditions.append(touchpoints.c.type.not_in(sorted(chosen.without_types)))
    if chosen.flows is not None:
        conditions.append(touchpoints.c.flow.in_(sorted(chosen.flows)))
    if chosen.since is not None:
        conditions.append(touchpoints.c.date >= chosen.since)
    if chosen.until is not None:
        conditions.append(touchpoints.c.date < chosen.until)
    if chosen.text:
        either = touchpoints.c.subject.icontains(chosen.text, autoescape=True)
        conditions.append(or_(either, touchpoints.c.text.icontains(chosen.text, autoescape=True)))
    return conditions


_QUERY = (
    select(
        touchpoints,
        accounts.c.key.label("account_key"),
        accounts.c.name.label("account_name"),
        mails.c.decision,
    )
    .join(accounts, accounts.c.id == touchpoints.c.account_id)
    .join(mails, mails.c.id == touchpoints.c.mail_id, isouter=True)
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
        thread_id=row.thread_id,
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
        version=row.version,
        reasons=tuple(row.reasons),
        template=row.template,
        mentions=tuple(Participant(**person) for person in row.mentions),
        emailed_externally=row.emailed_externally,
        closed_at=row.closed_at,
    )
