"""What is kept for a time only: the raw form of settled mail, and the text of mail that went out."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, TextClause, func, or_, select, text, update

from storage.history import Event, append
from storage.inbound import erase_raw
from storage.tables import letters, mails, outbox

SETTLED = ("filed", "replied", "ignored", "passed-on", "dropped")
"""States whose raw form may go. Unresolved, quarantined, failed and received mail waits for somebody who needs it."""


@dataclass(frozen=True, slots=True)
class Incinerated:
    """One step: how many mails lost their raw form, the bytes of it, and the blobs that nothing needs any more."""

    mails: int
    size: int
    blobs: tuple[str, ...]


def incinerate(conn: Connection, before: datetime, now: datetime, limit: int) -> Incinerated:
    """Forget the raw form of up to `limit` mails that were settled before a time, oldest first.

    Decision, trail and touchpoint stay, and so do attachments. A mail that is still to be passed on waits. Delete the
    blobs in the same transaction, while nobody else can write.
    """
    rows = conn.execute(
        select(mails.c.id, mails.c.size)
        .where(*_due(before))
        .order_by(mails.c.processed_at, mails.c.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    ).all()
    blobs = [blob for row in rows if (blob := erase_raw(conn, row.id)) is not None]
    append(conn, (Event(row.id, now, "incinerated") for row in rows))
    return Incinerated(len(rows), sum(row.size for row in rows), tuple(blobs))


def count_due(conn: Connection, before: datetime) -> tuple[int, int]:
    """How many mails `incinerate` would take in all, and their bytes."""
    row = conn.execute(
        select(func.count(), func.coalesce(func.sum(mails.c.size), 0)).where(*_due(before))
    ).one()
    return row[0], row[1]


def incinerate_letters(conn: Connection, before: datetime, limit: int) -> int:
    """Forget the text of up to `limit` letters that went to everybody, or were given up, before a time.

    Who got them when, and the subject, stay. Returns how many there were.
    """
    found = conn.execute(
        select(letters.c.id, letters.c.content)
        .where(*_done(before))
        .order_by(letters.c.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    ).all()
    for row in found:
        conn.execute(update(letters).where(letters.c.id == row.id).values(content=_remainder(row.content)))
    return len(found)


def count_letters_due(conn: Connection, before: datetime) -> int:
    """How many letters `incinerate_letters` would take in all."""
    return conn.execute(select(func.count()).select_from(letters).where(*_done(before))).scalar_one()


def _remainder(content: dict[str, Any]) -> dict[str, Any]:
    kept = {key: content[key] for key in ("subject", "topic", "mail") if key in content}
    return kept | {"incinerated": True}


def _due(before: datetime) -> tuple[ColumnElement[bool] | TextClause, ...]:
    waiting = select(outbox.c.id).where(
        outbox.c.mail_id == mails.c.id, outbox.c.letter_id.is_(None), outbox.c.state == "waiting"
    )
    return (
        mails.c.processed_at < before,
        # To the letter as in the index of what still has a raw form, or SQLite does not use it.
        text("processed_at IS NOT NULL AND (raw IS NOT NULL OR raw_blob IS NOT NULL)"),
        # An expression, for which the index of states is no use: nearly all mail is in one of these.
        mails.c.state.concat("").in_(SETTLED),
        ~waiting.exists(),
    )


def _done(before: datetime) -> tuple[ColumnElement[bool], ...]:
    entry = select(outbox.c.id).where(outbox.c.letter_id == letters.c.id)
    late = or_(outbox.c.state == "waiting", outbox.c.done_at >= before)
    return (
        letters.c.created_at < before,
        letters.c.content["incinerated"].as_boolean().is_not(True),
        letters.c.content["subject"].as_string().is_not(None),  # an empty one was emptied with its touchpoint
        ~entry.where(late).exists(),
    )
