"""Touchpoints written: what became of a mail, or what a person typed, in the caller's one transaction."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from rules.addresses import address_key
from rules.decision import calendar_json
from rules.message import Attachment, CalendarEvent
from rules.people import Participant
from storage.directory import account_id_by_key, look_up
from storage.errors import AccountFixed, Changed, IdentityTaken, LeaseLost, NotFound, WrongState
from storage.history import Event, append
from storage.outbox import NewEntry, enqueue
from storage.tables import accounts, attachments, followers, letters, mails, participants, touchpoints
from storage.threads import register


@dataclass(frozen=True, slots=True)
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


@dataclass(frozen=True, slots=True)
class Filing:
    """What was decided about one mail, ready to be written.

    `state` is the mail's new state, `decision` its JSON. `owner` is who holds the lease, or None for an
    operator who needs none; `seen` is then the state the mail had when the operator decided. `assigned` is the
    key of the account a person chose. Without a `touchpoint` only the mail itself changes. `replies` are filed in
    threads, one in each. `outbox` is what is sent because of the mail, as it came.
    """

    state: str
    decision: Mapping[str, Any]
    trust: str
    touchpoint: NewTouchpoint | None = None
    replies: tuple[NewTouchpoint, ...] = ()
    outbox: tuple[NewEntry, ...] = ()
    owner: str | None = None
    assigned: str | None = None
    seen: str | None = None


@dataclass(frozen=True, slots=True)
class Filed:
    """`created` is false when the touchpoint was there already: nothing new was written or will be sent.

    `replies` are (thread, reply, created); the first one's id is `touchpoint_id`.
    """

    touchpoint_id: int | None
    created: bool
    replies: tuple[tuple[int, int, bool], ...] = ()


def file(conn: Connection, mail_id: int, filing: Filing, now: datetime) -> Filed:
    """Write what became of a mail: touchpoint, people, attachments, outbox, the mail's state, its history.

    Raises NotFound for an unknown mail or account, LeaseLost when `owner` no longer holds the mail, WrongState
    when it is no longer as `seen`, or is the touchpoint of an account other than the one `assigned`. Two
    machines that write the same identity at the same instant: one gets sqlalchemy's IntegrityError, and
    finds the touchpoint when it tries again.
    """
    _check_hold(conn, mail_id, filing)
    filed = Filed(None, False)
    if filing.touchpoint is not None:
        there = _already(conn, mail_id, filing.touchpoint, filing.assigned)
        filed = (
            Filed(_insert(conn, mail_id, filing.touchpoint, now), True)
            if there is None
            else Filed(there, False)
        )
    if filing.replies:
        filed = _reply(conn, mail_id, filing.replies, now)
    if filed.created or filed.touchpoint_id is None:
        enqueue(conn, None, filing.outbox, now, mail_id=mail_id)
    conn.execute(
        update(mails)
        .where(mails.c.id == mail_id)
        .values(
            state=filing.state,
            decision=filing.decision,
            trust=filing.trust,
            touchpoint_id=filed.touchpoint_id,
            assigned_account=filing.assigned or mails.c.assigned_account,
            processed_at=now,
            error=None,
            not_before=None,
            lease_owner=None,
            lease_until=None,
        )
    )
    detail: dict[str, Any] = {"reason": filing.decision.get("reason", "")}
    if filed.touchpoint_id is not None:
        detail |= {"touchpoint": filed.touchpoint_id, "created": filed.created}
    append(conn, [Event(mail_id, now, filing.state, detail)])
    return filed


def change(
    conn: Connection, touchpoint_id: int, new: NewTouchpoint, decision: Mapping[str, Any], now: datetime
) -> None:
    """Write a touchpoint anew after its mail was decided again; id, account and creation time stay.

    Raises NotFound, AccountFixed, IdentityTaken.
    """
    row = conn.execute(
        select(touchpoints.c.account_id, touchpoints.c.mail_id).where(touchpoints.c.id == touchpoint_id)
    ).one_or_none()
    if row is None or row.mail_id is None:
        raise NotFound(f"there is no touchpoint {touchpoint_id} that came by mail")
    if account_id_by_key(conn, new.account_key) != row.account_id:
        raise AccountFixed(f"touchpoint {touchpoint_id} cannot move to account {new.account_key}")
    columns = _columns(new)
    for typed in ("reasons", "template", "mentions"):
        del columns[typed]  # no mail says these: whoever set them meant them
    joined = conn.execute(
        select(participants.c.email, participants.c.name, participants.c.side, participants.c.known)
        .where(participants.c.touchpoint_id == touchpoint_id)
        .order_by(participants.c.position)
    ).all()
    try:
        conn.execute(
            update(touchpoints)
            .where(touchpoints.c.id == touchpoint_id)
            .values(**columns, changed_at=now, version=touchpoints.c.version + 1)
        )
    except IntegrityError as error:
        raise IdentityTaken(f"another touchpoint is already what {touchpoint_id} would become") from error
    _delete_children(conn, touchpoint_id)
    _insert_children(conn, touchpoint_id, new)
    if _is_answered(conn, touchpoint_id):  # people who came in with a reply stay
        add_people(
            conn, touchpoint_id, [Participant(*row) for row in joined], len(joined) + len(new.participants)
        )
    register(conn, new.thread_id or touchpoint_id, new.message_ids, sent=False)
    conn.execute(
        update(mails).where(mails.c.id == row.mail_id).values(decision=decision, trust=new.sender_trust)
    )
    append(conn, [Event(row.mail_id, now, "changed", {"touchpoint": touchpoint_id})])


def create(conn: Connection, new: NewTouchpoint, now: datetime) -> Filed:
    """Write a touchpoint that a person typed; one with the same identity is the same one. Raises NotFound."""
    there = _with_identity(conn, new.identity)
    return Filed(there, False) if there is not None else Filed(_insert(conn, None, new, now), True)


def edit(conn: Connection, touchpoint_id: int, new: NewTouchpoint, version: int, now: datetime) -> None:
    """Write anew what a person may change of a touchpoint; what it came by stays.

    Raises NotFound, AccountFixed, and Changed when it is not at `version` any more.
    """
    row = _living(conn, touchpoint_id)
    if account_id_by_key(conn, new.account_key) != row.account_id:
        raise AccountFixed(
            "the account of a touchpoint never changes; delete it and write it on the other account"
        )
    if row.version != version:
        raise Changed(f"touchpoint {touchpoint_id} was changed meanwhile: it is at version {row.version}")
    typed = ("type", "flow", "subject", "date", "text", "html", "reasons", "template", "mentions")
    columns = _columns(new)
    values = {name: columns[name] for name in typed}
    where = touchpoints.c.id == touchpoint_id
    conn.execute(update(touchpoints).where(where).values(**values, changed_at=now, version=version + 1))
    _delete_children(conn, touchpoint_id)
    _insert_children(conn, touchpoint_id, new)


def remove(conn: Connection, touchpoint_id: int, now: datetime) -> None:
    """Delete a touchpoint and the replies in its thread: their words, people and attachments are gone.

    The rows stay empty, so that neither a second delivery nor a late reply brings them back. Raises NotFound.
    """
    _living(conn, touchpoint_id)
    ids = conn.execute(
        select(touchpoints.c.id).where(
            (touchpoints.c.id == touchpoint_id) | (touchpoints.c.thread_id == touchpoint_id)
        )
    ).scalars()
    for each in list(ids):
        _delete_children(conn, each)
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
        conn.execute(insert(participants), new)
        # Whoever is about to write what they read before would take these people off again.
        grown = update(touchpoints).where(touchpoints.c.id == touchpoint_id)
        conn.execute(grown.values(version=touchpoints.c.version + 1))


def withdraw(conn: Connection, touchpoint_id: int, now: datetime, reason: str = "") -> list[int]:
    """Delete a touchpoint; the mails that led to it are received again, their ids are returned.

    Raises NotFound; WrongState for one that has replies, or was e-mailed: people know it as it is.
    """
    mailed = select(letters.c.id).where(letters.c.touchpoint_id == touchpoint_id).limit(1)
    if _is_answered(conn, touchpoint_id) or conn.execute(mailed).first():
        raise WrongState(f"touchpoint {touchpoint_id} has replies or was e-mailed; it stays as it is")
    mail_ids = list(
        conn.execute(
            select(mails.c.id).where(mails.c.touchpoint_id == touchpoint_id).order_by(mails.c.id)
        ).scalars()
    )
    conn.execute(
        update(mails)
        .where(mails.c.touchpoint_id == touchpoint_id)
        .values(touchpoint_id=None, state="received", processed_at=None)
    )
    _delete_children(conn, touchpoint_id)
    if conn.execute(delete(touchpoints).where(touchpoints.c.id == touchpoint_id)).rowcount == 0:
        raise NotFound(f"there is no touchpoint {touchpoint_id}")
    detail = {"touchpoint": touchpoint_id, "reason": reason}
    append(conn, [Event(mail_id, now, "withdrawn", detail) for mail_id in mail_ids])
    return mail_ids


def _reply(conn: Connection, mail_id: int, replies: Sequence[NewTouchpoint], now: datetime) -> Filed:
    """File a mail in each thread it answers; a thread that has it already gets nothing new.

    Raises NotFound for a thread that was deleted since the mail was decided.
    """
    filed: list[tuple[int, int, bool]] = []
    for new in replies:
        assert new.thread_id is not None
        there = _with_identity(conn, new.identity)
        if there is None:
            _living(conn, new.thread_id)
        reply_id = _insert(conn, mail_id, new, now) if there is None else there
        filed.append((new.thread_id, reply_id, there is None))
    return Filed(filed[0][1], any(created for _, _, created in filed), tuple(filed))


def _is_answered(conn: Connection, touchpoint_id: int) -> bool:
    answered = select(touchpoints.c.id).where(touchpoints.c.thread_id == touchpoint_id).limit(1)
    return conn.execute(answered).first() is not None


def _with_identity(conn: Connection, identity: str) -> int | None:
    query = select(touchpoints.c.id).where(touchpoints.c.identity == identity)
    return conn.execute(query).scalar_one_or_none()


def _living(conn: Connection, touchpoint_id: int) -> Any:
    columns = (touchpoints.c.account_id, touchpoints.c.version)
    query = select(*columns).where(touchpoints.c.id == touchpoint_id, touchpoints.c.deleted_at.is_(None))
    row = conn.execute(query.with_for_update()).one_or_none()
    if row is None:
        raise NotFound(f"there is no touchpoint {touchpoint_id}")
    return row


def _already(conn: Connection, mail_id: int, new: NewTouchpoint, assigned: str | None) -> int | None:
    """The touchpoint that has this identity, or None."""
    query = (
        select(touchpoints.c.id, accounts.c.key).join(accounts).where(touchpoints.c.identity == new.identity)
    )
    there = conn.execute(query).one_or_none()
    if there is None:
        return None
    if assigned and there.key != new.account_key:
        raise WrongState(
            f"mail {mail_id} is touchpoint {there.id} of account {there.key} already, by another delivery; the "
            "account of a touchpoint never changes"
        )
    return int(there.id)


def _check_hold(conn: Connection, mail_id: int, filing: Filing) -> None:
    columns = (mails.c.state, mails.c.lease_owner)
    row = conn.execute(select(*columns).where(mails.c.id == mail_id).with_for_update()).one_or_none()
    if row is None:
        raise NotFound(f"there is no mail {mail_id}")
    owner = filing.owner
    if owner is None and filing.seen not in (None, row.state):
        raise WrongState(f"mail {mail_id} is {row.state} by now")
    if owner is not None and (row.state != "received" or row.lease_owner != owner):
        raise LeaseLost(f"mail {mail_id} is not held by {owner}: it is {row.state}")


def _insert(conn: Connection, mail_id: int | None, new: NewTouchpoint, now: datetime) -> int:
    account_id = account_id_by_key(conn, new.account_key)
    if account_id is None:
        raise NotFound(f"there is no account {new.account_key}")
    values = {"account_id": account_id, "mail_id": mail_id, "created_at": now, "changed_at": now}
    made = conn.execute(insert(touchpoints).values(**_columns(new), **values)).inserted_primary_key
    assert made is not None
    touchpoint_id = int(made[0])
    _insert_children(conn, touchpoint_id, new)
    register(conn, new.thread_id or touchpoint_id, new.message_ids, sent=False)
    return touchpoint_id


def _columns(new: NewTouchpoint) -> dict[str, Any]:
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


def _insert_children(conn: Connection, touchpoint_id: int, new: NewTouchpoint) -> None:
    people = [
        _participant(touchpoint_id, position, person) for position, person in enumerate(new.participants)
    ]
    if people:
        conn.execute(insert(participants), people)
    parts = [
        {
            "touchpoint_id": touchpoint_id,
            "position": position,
            "filename": part.filename,
            "content_type": part.content_type,
            "size": part.size,
            "sha256": part.sha256,
            "inline": part.inline,
            "content_id": part.content_id,
        }
        for position, part in enumerate(new.attachments)
    ]
    if parts:
        conn.execute(insert(attachments), parts)


def _delete_children(conn: Connection, touchpoint_id: int) -> None:
    for table in (participants, attachments):
        conn.execute(delete(table).where(table.c.touchpoint_id == touchpoint_id))


def _participant(touchpoint_id: int, position: int, person: Participant) -> dict[str, Any]:
    key = address_key(person.email)
    return {"touchpoint_id": touchpoint_id, "position": position, "address_key": key, **_person(person)}


def _person(person: Participant) -> dict[str, str]:
    return {"email": person.email, "name": person.name, "side": person.side, "known": person.known}
