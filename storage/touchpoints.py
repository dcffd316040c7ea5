"""Touchpoints written: new ones, and what a person does to them, in the caller's one transaction."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from sqlalchemy import Connection, delete, func, select, update

from rules.addresses import address_key
from rules.decision import calendar_json
from rules.message import Attachment, CalendarEvent
from rules.people import Participant
from rules.search import searched_words
from storage.dialects import file_alone, name_blobs
from storage.directory import account_id_by_key, account_ids, fold_key, look_up
from storage.errors import AccountFixed, Changed, NotFound
from storage.inserts import Insert
from storage.searching import rewrite, write_all
from storage.tables import attachments, followers, participants, touchpoints
from storage.threads import register_all


@dataclass(frozen=True)
class NewTouchpoint:
    """A touchpoint to be written. `identity` is what makes a second delivery of the mail the same one.

    Of the attachments the content is not looked at: it is in the blob store before this is written. `thread_id` is
    the touchpoint that this one is a reply to. `message_ids` are what later mail may name it by.
    """

    account_key: str
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
    participants: tuple[Participant, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    calendar: tuple[CalendarEvent, ...] = ()
    notices: tuple[str, ...] = ()
    thread_id: int | None = None
    message_ids: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()
    template: str | None = None
    mentions: tuple[Participant, ...] = ()

    @cached_property  # which needs a __dict__: no slots
    def words(self) -> tuple[str, ...]:
        """The words it is found by. Best asked for before the transaction, which others wait for."""
        return tuple(searched_words(self))


@dataclass(frozen=True, slots=True)
class Filed:
    """`created` is false when the touchpoint was there already: nothing new was written or will be sent.

    `replies` are (thread, reply, created); the first one's id is `touchpoint_id`.
    """

    touchpoint_id: int | None
    created: bool
    replies: tuple[tuple[int, int, bool], ...] = ()


def create(conn: Connection, new: NewTouchpoint, now: datetime) -> Filed:
    """Write a touchpoint that a person typed; one with the same identity is the same one. Raises NotFound."""
    file_alone(conn, new.identity)
    there = with_identity(conn, new.identity)
    return Filed(there, False) if there is not None else Filed(insert_touchpoint(conn, None, new, now), True)


def edit(conn: Connection, touchpoint_id: int, new: NewTouchpoint, version: int, now: datetime) -> None:
    """Write anew what a person may change of a touchpoint; what it came by stays.

    Raises NotFound, AccountFixed, and Changed when it is not at `version` any more.
    """
    row = living(conn, touchpoint_id)
    if account_id_by_key(conn, new.account_key) != row.account_id:
        raise AccountFixed(
            "the account of a touchpoint never changes; delete it and write it on the other account"
        )
    if row.version != version:
        raise Changed(f"touchpoint {touchpoint_id} was changed meanwhile: it is at version {row.version}")
    typed = ("type", "flow", "subject", "date", "text", "html", "reasons", "template", "mentions")
    columns = columns_of(new)
    values = {name: columns[name] for name in typed}
    where = touchpoints.c.id == touchpoint_id
    conn.execute(update(touchpoints).where(where).values(**values, changed_at=now, version=version + 1))
    delete_children(conn, touchpoint_id)
    insert_children(conn, touchpoint_id, new)
    rewrite(conn, [touchpoint_id])


def remove(conn: Connection, touchpoint_id: int, now: datetime) -> None:
    """Delete a touchpoint and the replies in its thread: their words, people and attachments are gone.

    The rows stay empty, so that neither a second delivery nor a late reply brings them back. The mails that they came
    by stay, as every accepted mail does. Raises NotFound.
    """
    living(conn, touchpoint_id)
    ids = list(
        conn.execute(
            select(touchpoints.c.id).where(
                (touchpoints.c.id == touchpoint_id) | (touchpoints.c.thread_id == touchpoint_id)
            )
        ).scalars()
    )
    for each in ids:
        delete_children(conn, each)
    conn.execute(delete(followers).where(followers.c.touchpoint_id == touchpoint_id))
    empty: dict[str, Any] = {
        "subject": "",
        "text": "",
        "quoted": "",
        "html": "",
        "comment": None,
        "calendar": [],
        "notices": [],
    }
    people = {
        "author_email": None,
        "author_name": None,
        "author_side": None,
        "author_known": None,
        "filed_by": None,
    }
    conn.execute(
        update(touchpoints)
        .where((touchpoints.c.id == touchpoint_id) | (touchpoints.c.thread_id == touchpoint_id))
        .values(**empty, **people, mentions=[], reasons=[], deleted_at=now, changed_at=now)
    )
    rewrite(conn, ids)


def mark_emailed(conn: Connection, touchpoint_id: int) -> None:
    """Note that copies of the touchpoint went to people outside."""
    conn.execute(update(touchpoints).where(touchpoints.c.id == touchpoint_id).values(emailed_externally=True))


def add_people(conn: Connection, touchpoint_id: int, people: Sequence[Participant], most: int) -> None:
    """Add those who are not participants yet, up to `most` in all. A user is one person under every address."""
    there = select(participants.c.address_key).where(participants.c.touchpoint_id == touchpoint_id)
    keys = set(conn.execute(there).scalars())
    users = look_up(conn, keys | {address_key(person.email) for person in people}).users

    def main(key: str) -> str:
        return address_key(users[key].email) if key in users else key

    known = {main(key) for key in keys}
    room = most - len(keys)
    last = select(func.max(participants.c.position)).where(participants.c.touchpoint_id == touchpoint_id)
    position = conn.execute(last).scalar_one()
    position = -1 if position is None else position
    new: list[dict[str, Any]] = []
    for person in people:
        key = main(address_key(person.email))
        if key not in known and len(new) < room:
            known.add(key)
            position += 1
            new.append(_participant(touchpoint_id, position, person))
    if new:
        _INSERT_PEOPLE(conn, new)
        # Whoever is about to write what they read before would take these people off again.
        grown = update(touchpoints).where(touchpoints.c.id == touchpoint_id)
        conn.execute(grown.values(version=touchpoints.c.version + 1))
        rewrite(conn, [touchpoint_id])


def is_answered(conn: Connection, touchpoint_id: int) -> bool:
    """Whether a touchpoint has replies."""
    answered = select(touchpoints.c.id).where(touchpoints.c.thread_id == touchpoint_id).limit(1)
    return conn.execute(answered).first() is not None


def with_identity(conn: Connection, identity: str) -> int | None:
    """The touchpoint or reply that has this identity, deleted or not, or None."""
    query = select(touchpoints.c.id).where(touchpoints.c.identity == identity)
    return conn.execute(query).scalar_one_or_none()


def living(conn: Connection, touchpoint_id: int) -> Any:
    """Account id and version of a touchpoint that was not deleted, held until the commit. Raises NotFound."""
    columns = (touchpoints.c.account_id, touchpoints.c.version)
    query = select(*columns).where(touchpoints.c.id == touchpoint_id, touchpoints.c.deleted_at.is_(None))
    row = conn.execute(query.with_for_update()).one_or_none()
    if row is None:
        raise NotFound(f"there is no touchpoint {touchpoint_id}")
    return row


def insert_touchpoint(conn: Connection, mail_id: int | None, new: NewTouchpoint, now: datetime) -> int:
    """Write a new touchpoint with its people and attachments; returns its id. Raises NotFound for the account."""
    return insert_touchpoints(conn, [(mail_id, new)], now)[0]


def insert_touchpoints(
    conn: Connection, made: Sequence[tuple[int | None, NewTouchpoint]], now: datetime
) -> list[int]:
    """Write new touchpoints, each with the mail it came by; returns their ids, in order. Raises NotFound."""
    if not made:
        return []
    accounts = account_ids(conn, [new.account_key for _, new in made])
    rows = []
    for mail_id, new in made:
        account_id = accounts.get(fold_key(new.account_key))
        if account_id is None:
            raise NotFound(f"there is no account {new.account_key}")
        values = {"account_id": account_id, "mail_id": mail_id, "created_at": now, "changed_at": now}
        rows.append({**columns_of(new), **values})
    made_ids = {identity: id_ for id_, identity in _INSERT(conn, rows)}
    ids = [made_ids[new.identity] for _, new in made]
    touched = list(zip(ids, (new for _, new in made), strict=True))
    insert_children_of(conn, touched)
    write_all(conn, [(id_, row["account_id"], new) for row, (id_, new) in zip(rows, touched, strict=True)])
    register_all(conn, [(new.thread_id or id_, new.message_ids) for id_, new in touched], sent=False)
    return ids


def columns_of(new: NewTouchpoint) -> dict[str, Any]:
    """What stands in the row of a touchpoint itself."""
    author, filed_by = new.author, new.filed_by
    return {
        "identity": new.identity,
        "type": new.type,
        "flow": new.flow,
        "subject": new.subject,
        "date": new.date,
        "way": new.way,
        "author_email": author.email if author else None,
        "author_name": author.name if author else None,
        "author_side": author.side if author else None,
        "author_known": author.known if author else None,
        "filed_by": _person(filed_by) if filed_by else None,
        "sender_trust": new.sender_trust,
        "machine": new.machine,
        "encrypted": new.encrypted,
        "calendar": [calendar_json(event) for event in new.calendar],
        "notices": list(new.notices),
        "comment": new.comment,
        "text": new.text,
        "quoted": new.quoted,
        "html": new.html,
        "thread_id": new.thread_id,
        "reasons": list(new.reasons),
        "template": new.template,
        "mentions": [_person(person) for person in new.mentions],
    }


def insert_children(conn: Connection, touchpoint_id: int, new: NewTouchpoint) -> None:
    """Write people and attachments, in order."""
    insert_children_of(conn, [(touchpoint_id, new)])


def insert_children_of(conn: Connection, made: Iterable[tuple[int, NewTouchpoint]]) -> None:
    """Write people and attachments of several touchpoints, in order."""
    people, parts = [], []
    for touchpoint_id, new in made:
        people += [
            _participant(touchpoint_id, place, person) for place, person in enumerate(new.participants)
        ]
        parts += [_part(touchpoint_id, place, part) for place, part in enumerate(new.attachments)]
    if people:
        _INSERT_PEOPLE(conn, people)
    if parts:
        name_blobs(conn, {part["sha256"] for part in parts})
        _INSERT_PARTS(conn, parts)


def _part(touchpoint_id: int, position: int, part: Attachment) -> dict[str, Any]:
    return {
        "touchpoint_id": touchpoint_id,
        "position": position,
        "filename": part.filename,
        "content_type": part.content_type,
        "size": part.size,
        "sha256": part.sha256,
        "inline": part.inline,
        "content_id": part.content_id,
    }


def delete_children(conn: Connection, touchpoint_id: int) -> None:
    """Take people and attachments off."""
    for table in (participants, attachments):
        conn.execute(delete(table).where(table.c.touchpoint_id == touchpoint_id))


def _participant(touchpoint_id: int, position: int, person: Participant) -> dict[str, Any]:
    key = address_key(person.email)
    return {"touchpoint_id": touchpoint_id, "position": position, "address_key": key, **_person(person)}


def _person(person: Participant) -> dict[str, str]:
    return {"email": person.email, "name": person.name, "side": person.side, "known": person.known}


# Made once: to put a statement together takes longer than to run it.
_INSERT = Insert(
    touchpoints,
    (
        *("account_id", "mail_id", "thread_id", "identity", "type", "flow", "subject", "date", "way"),
        *("author_email", "author_name", "author_side", "author_known"),
        *("filed_by", "sender_trust", "machine"),
        *("encrypted", "calendar", "notices", "created_at", "changed_at", "reasons", "template", "mentions"),
        *("comment", "text", "quoted", "html"),
    ),
    returning=("id", "identity"),
)
_INSERT_PEOPLE = Insert(
    participants, ("touchpoint_id", "position", "email", "address_key", "name", "side", "known")
)
_INSERT_PARTS = Insert(
    attachments,
    ("touchpoint_id", "position", "filename", "content_type", "size", "sha256", "inline", "content_id"),
)
