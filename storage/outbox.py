"""The outbox: what is to be sent, until it is sent or given up, and what became of it.

Life of an entry: waiting → sent | undelivered | failed | cancelled; sent → undelivered when a report comes back.
An entry is claimed by moving its `not_before` ahead: one whose sender died is due again when that time comes, or as
soon as the sender is known to be gone, so everything is sent at least once.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, func, insert, select, update

from rules.addresses import address_key
from rules.erasure import ERASED_EMAIL
from rules.retry import after_a_death
from storage.dialects import call
from storage.history import Event, append
from storage.postgresql import OUTBOX
from storage.tables import letters, mails, outbox, outbox_attempts, touchpoints, user_addresses
from storage.threads import register

PASS_ON, COPY, REPLY, NOTICE = "pass-on", "copy", "reply", "notice"
"""Kinds: a stored mail for the administrator, a touchpoint e-mailed, a reply passed on, a question to a sender."""

WAITING, SENT, UNDELIVERED, FAILED, CANCELLED = "waiting", "sent", "undelivered", "failed", "cancelled"
"""States. UNDELIVERED: refused for good, or reported back; FAILED: given up by us."""

STATES = (WAITING, SENT, UNDELIVERED, FAILED, CANCELLED)


@dataclass(frozen=True, slots=True)
class NewLetter:
    """What several entries send: `kind`, the touchpoint it is about, and its content as JSON (`gateway.outbound`)."""

    kind: str
    touchpoint_id: int | None
    content: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class NewEntry:
    """One mail to one recipient. `side` is internal, external or ""; `message_id` stays the same at every attempt."""

    kind: str
    recipient: str
    name: str = ""
    side: str = ""
    message_id: str | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """Something to be sent. `attempts` counts the one that the claim is for.

    `mail_id` is the mail it comes from, or None; `received_at`, `mail_from` and `peer` are that mail's. `content` is
    the letter's, None for a mail that is passed on as it came. `touchpoint_deleted`: it is about one that is gone.
    """

    id: int
    mail_id: int | None
    kind: str
    recipient: str
    recipient_name: str
    recipient_key: str
    side: str
    message_id: str | None
    touchpoint_id: int | None
    attempts: int
    created_at: datetime
    received_at: datetime | None
    mail_from: str | None
    peer: Mapping[str, Any] | None
    content: Mapping[str, Any] | None
    touchpoint_deleted: bool


def enqueue(
    conn: Connection,
    letter: NewLetter | None,
    entries: Sequence[NewEntry],
    now: datetime,
    *,
    mail_id: int | None = None,
) -> list[int]:
    """Write entries in the caller's transaction, due at once; returns their ids, in order.

    Their message ids are remembered as those of the touchpoint's thread, and so is the first of their References,
    which names the thread itself: a relay may give the mails other ids.
    """
    if not entries:
        return []
    letter_id = touchpoint_id = None
    if letter is not None:
        touchpoint_id = letter.touchpoint_id
        values = {
            "kind": letter.kind,
            "touchpoint_id": touchpoint_id,
            "created_at": now,
            "content": dict(letter.content),
        }
        made = conn.execute(insert(letters).values(values)).inserted_primary_key
        assert made is not None
        letter_id = made[0]
    rows = [
        {
            "mail_id": mail_id,
            "letter_id": letter_id,
            "touchpoint_id": touchpoint_id,
            "kind": entry.kind,
            "recipient": entry.recipient,
            "recipient_key": address_key(entry.recipient),
            "recipient_name": entry.name,
            "side": entry.side,
            "message_id": entry.message_id,
            "state": WAITING,
            "attempts": 0,
            "not_before": now,
            "created_at": now,
        }
        for entry in entries
    ]
    ids = list(
        conn.execute(insert(outbox).returning(outbox.c.id, sort_by_parameter_order=True), rows).scalars()
    )
    call(conn, OUTBOX)
    if touchpoint_id is not None:
        named = [entry.message_id for entry in entries if entry.message_id]
        root = letter.content.get("references", ())[:1] if letter else ()
        register(conn, touchpoint_id, (*named, *root), sent=True)
    return ids


def claim(conn: Connection, owner: str, now: datetime, lease: timedelta) -> Entry | None:
    """The entry that has been due longest, nobody else's until the lease ends; None if none is due."""
    due = (outbox.c.state == WAITING) & (outbox.c.not_before <= now)
    first = select(outbox.c.id).where(due).order_by(outbox.c.not_before, outbox.c.id).limit(1)
    entry_id = conn.execute(first.with_for_update(skip_locked=True)).scalar_one_or_none()
    if entry_id is None:
        return None
    ahead = update(outbox).where(outbox.c.id == entry_id)
    conn.execute(ahead.values(not_before=now + lease, attempts=outbox.c.attempts + 1, lease_owner=owner))
    columns = (
        *(outbox.c.id, outbox.c.mail_id, outbox.c.kind, outbox.c.recipient, outbox.c.recipient_name),
        *(
            outbox.c.recipient_key,
            outbox.c.side,
            outbox.c.message_id,
            outbox.c.touchpoint_id,
            outbox.c.attempts,
        ),
        *(outbox.c.created_at, mails.c.received_at, mails.c.mail_from, mails.c.peer, letters.c.content),
        touchpoints.c.deleted_at.is_not(None),
    )
    found: Select[Any] = (
        select(*columns)
        .select_from(outbox)
        .join(mails, mails.c.id == outbox.c.mail_id, isouter=True)
        .join(letters, letters.c.id == outbox.c.letter_id, isouter=True)
        .join(touchpoints, touchpoints.c.id == outbox.c.touchpoint_id, isouter=True)
        .where(outbox.c.id == entry_id)
    )
    return Entry(*conn.execute(found).one())


def sent(conn: Connection, entry: Entry, now: datetime, answer: str, event: Event | None = None) -> None:
    """The entry was taken by the next server; `event` goes into the mail's history."""
    _settle(conn, entry, state=SENT, done_at=now, last_error=None, lease_owner=None)
    note(conn, entry.id, now, SENT, answer, event)


def refused(
    conn: Connection, entry: Entry, now: datetime, why: str, status: str, event: Event | None = None
) -> None:
    """The entry was refused for good: its recipient does not get it."""
    _settle(
        conn,
        entry,
        state=UNDELIVERED,
        done_at=now,
        last_error=why,
        status=status,
        diagnostic=why,
        lease_owner=None,
    )
    note(conn, entry.id, now, UNDELIVERED, why, event)


def failed(conn: Connection, entry: Entry, now: datetime, why: str, event: Event | None = None) -> None:
    """The entry will not be sent: given up, or impossible to write."""
    _settle(conn, entry, state=FAILED, done_at=now, last_error=why, diagnostic=why, lease_owner=None)
    note(conn, entry.id, now, FAILED, why, event)


def postponed(conn: Connection, entry: Entry, now: datetime, not_before: datetime, why: str) -> None:
    """The entry is to be tried again, not before a time."""
    _settle(conn, entry, not_before=not_before, last_error=why, lease_owner=None)
    note(conn, entry.id, now, "later", why)


def deferred(conn: Connection, entry: Entry, not_before: datetime, why: str) -> None:
    """The entry was not tried at all, for there is too much mail to its recipient: later."""
    _settle(conn, entry, not_before=not_before, last_error=why, lease_owner=None, attempts=entry.attempts - 1)


def bounced(conn: Connection, entry_id: int, now: datetime, status: str, diagnostic: str) -> bool:
    """A report says that a mail of ours was not delivered; returns whether that is news."""
    done = conn.execute(
        update(outbox)
        .where(
            outbox.c.id == entry_id,
            # One that waits and is nobody's was ordered anew: the report is about an attempt before.
            (outbox.c.state == SENT) | ((outbox.c.state == WAITING) & outbox.c.lease_owner.is_not(None)),
        )
        .values(
            state=UNDELIVERED,
            done_at=now,
            status=status or None,
            diagnostic=diagnostic or None,
            lease_owner=None,
        )
    )
    if done.rowcount:
        note(conn, entry_id, now, UNDELIVERED, f"reported back: {status} {diagnostic}".strip())
    return bool(done.rowcount)


def next_due(conn: Connection) -> datetime | None:
    """When the next entry is due; None when none waits."""
    first = (
        select(outbox.c.not_before).where(outbox.c.state == WAITING).order_by(outbox.c.not_before).limit(1)
    )
    return conn.execute(first).scalar_one_or_none()


def lease_owners(conn: Connection) -> list[str]:
    """Everybody who is at an entry."""
    held = select(outbox.c.lease_owner).where(outbox.c.state == WAITING, outbox.c.lease_owner.is_not(None))
    return list(conn.execute(held.distinct()).scalars())


def release_dead(conn: Connection, owner: str, now: datetime) -> int:
    """Make due again what an owner was at that is known to be gone; returns how many entries."""
    held = (outbox.c.state == WAITING) & (outbox.c.lease_owner == owner)
    found = conn.execute(select(outbox.c.id, outbox.c.attempts).where(held)).all()
    for row in found:
        due = after_a_death(row.attempts, now)
        free = update(outbox).where(outbox.c.id == row.id, held)
        conn.execute(free.values(lease_owner=None, not_before=due))
    return len(found)


# -- how much was sent -------------------------------------------------------------------------------------


def sent_to(conn: Connection, recipient_key: str, since: datetime) -> int:
    """Mails that went to a recipient after a time."""
    condition = (outbox.c.recipient_key == recipient_key) & (outbox.c.done_at > since)
    return _count(conn, condition & outbox.c.state.in_((SENT, UNDELIVERED)))


def passed_on_in(conn: Connection, touchpoint_id: int, since: datetime) -> int:
    """Replies of a thread that were passed on after a time: letters, not their copies."""
    letter = (
        (letters.c.kind == REPLY)
        & (letters.c.touchpoint_id == touchpoint_id)
        & (letters.c.created_at > since)
    )
    return conn.execute(select(func.count()).select_from(letters).where(letter)).scalar_one()


def noticed(conn: Connection, recipient: str, topic: str, since: datetime) -> bool:
    """Whether somebody got a notice on a topic after a time, at any of a user's addresses."""
    key = address_key(recipient)
    user = select(user_addresses.c.user_id).where(user_addresses.c.address_key == key).scalar_subquery()
    others = select(user_addresses.c.address_key).where(user_addresses.c.user_id == user)
    query = (
        select(letters.c.content)
        .join(outbox, outbox.c.letter_id == letters.c.id)
        .where(
            outbox.c.kind == NOTICE,
            (outbox.c.recipient_key == key) | outbox.c.recipient_key.in_(others),
            outbox.c.created_at > since,
        )
    )
    return any(content.get("topic") == topic for content in conn.execute(query).scalars())


def asked_about(conn: Connection, mail_id: int) -> bool:
    """Whether the sender of a mail was ever asked where it belongs."""
    return _count(conn, (outbox.c.kind == NOTICE) & (outbox.c.mail_id == mail_id)) > 0


def _settle(conn: Connection, entry: Entry, **values: Any) -> None:
    # Only what still waits: an entry whose lease ran out may have been sent by somebody else meanwhile.
    conn.execute(update(outbox).where(outbox.c.id == entry.id, outbox.c.state == WAITING).values(**values))


def note(
    conn: Connection, entry_id: int, now: datetime, outcome: str, answer: str, event: Event | None = None
) -> None:
    """Add to what happened to an entry, and the event to the history of the mail that caused it."""
    to = conn.execute(select(outbox.c.recipient).where(outbox.c.id == entry_id)).scalar_one_or_none()
    if to == ERASED_EMAIL:  # while it was being sent: what a server says names its recipient
        answer, event = "", None
    values = {"outbox_id": entry_id, "at": now, "outcome": outcome, "answer": answer}
    conn.execute(insert(outbox_attempts).values(values))
    if event is not None:
        append(conn, [event])


def _count(conn: Connection, condition: ColumnElement[bool]) -> int:
    return conn.execute(select(func.count()).select_from(outbox).where(condition)).scalar_one()
