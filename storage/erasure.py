"""A person taken out of the rows that `storage.traces` found, a row or a few a transaction.

Every step may be done again: one that was broken off by a crash is simply begun anew. What the person wrote is gone,
and its row stays empty, so that histories and counts stay right; what others wrote stays without the person.
"""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, false, or_, select, true, update

from rules.erasure import ERASED_EMAIL, ERASED_NAME, ERASED_SUBJECT, Person, html_text
from storage.blob_uses import unused
from storage.chunks import chunks
from storage.history import Event, append
from storage.inbound import erase_raw
from storage.outbox import WAITING
from storage.outgoing import cancel
from storage.queue import WAITING as FOR_A_PERSON
from storage.searching import rewrite
from storage.tables import (
    METADATA,
    accounts,
    assets,
    attachments,
    contacts,
    events,
    followers,
    letters,
    mails,
    message_ids,
    outbox,
    outbox_attempts,
    participants,
    touchpoints,
    uploads,
    user_addresses,
    users,
)
from storage.traces import Near, mentions, text_columns

_WHY = "somebody in it was erased"


def erase_letter(conn: Connection, letter_id: int, person: Person, now: datetime, *, own: bool) -> None:
    """Empty a letter of the person's words, and let it not go out; take them out of another's."""
    content = conn.execute(select(letters.c.content).where(letters.c.id == letter_id)).scalar_one_or_none()
    if not content:
        return
    if own:
        waiting = select(outbox.c.id).where(outbox.c.letter_id == letter_id, outbox.c.state == WAITING)
        for entry_id in list(conn.execute(waiting.order_by(outbox.c.id).with_for_update()).scalars()):
            cancel(conn, entry_id, now, _WHY)
        content = {}
    else:
        content = person.redacted(content)
    conn.execute(update(letters).where(letters.c.id == letter_id).values(content=content))


def erase_entry(conn: Connection, entry_id: int, person: Person, now: datetime) -> None:
    """Take the person out of an entry of the outbox; one that waits for them is not sent."""
    row = conn.execute(select(outbox).where(outbox.c.id == entry_id).with_for_update()).one_or_none()
    if row is None:
        return
    theirs = row.recipient_key in person.keys or person.has(row.recipient)
    if theirs and row.state == WAITING:
        cancel(conn, entry_id, now, _WHY)
        row = conn.execute(select(outbox).where(outbox.c.id == entry_id)).one()
    values = _redacted(outbox, row._mapping, person)
    if theirs:
        values |= {"recipient": ERASED_EMAIL, "recipient_key": ERASED_EMAIL, "recipient_name": ERASED_NAME}
    if values:
        conn.execute(update(outbox).where(outbox.c.id == entry_id).values(**values))
    _redact_rows(conn, outbox_attempts, outbox_attempts.c.outbox_id == entry_id, person)


def erase_mail(
    conn: Connection,
    mail_id: int,
    person: Person,
    now: datetime,
    *,
    own: bool,
    quoting: bool = False,
    rest: bytes | None = None,
) -> str | None:
    """Take the person out of a mail and its history; its raw form goes, and with it the chance to run it again.

    `own`: they wrote it; `quoting`: it stands in a thread with words of theirs. `rest` is what is left of the raw
    form of another's mail that still waits; a mail that waits and has nothing left is dropped. A worker that is at
    it this moment loses its lease, and files nothing. Returns the digest of a blob that nothing needs any more:
    delete it in the same transaction.
    """
    columns = [column for column in mails.c if column.name != "raw"]
    row = conn.execute(select(*columns).where(mails.c.id == mail_id).with_for_update()).one_or_none()
    if row is None:
        return None
    values = _redacted(mails, row._mapping, person)
    # A forwarder or a list writes its own into the envelope, and the person into that in a way of its own.
    if row.mail_from and (own or person.has(row.mail_from)):
        values["mail_from"] = ERASED_EMAIL
    if row.decision is not None:
        values["decision"] = _decision(row.decision, person, own=own, quoting=quoting)
    if own:
        values["peer"] = {}
    if row.state == "received":
        values |= {"lease_owner": None, "lease_until": None}
    waits = row.state in ("received", *FOR_A_PERSON)
    kept = rest is not None and waits and not own
    if waits and not kept:
        values |= {"state": "dropped", "processed_at": now, "error": None}
    orphan = erase_raw(conn, mail_id)
    if kept:
        values["raw"] = rest
    conn.execute(update(mails).where(mails.c.id == mail_id).values(**values))
    _redact_rows(conn, events, events.c.mail_id == mail_id, person)
    append(conn, [Event(mail_id, now, "redacted" if kept else "erased")])
    return orphan


def erase_touchpoint(
    conn: Connection, touchpoint_id: int, person: Person, near: Near, now: datetime
) -> list[str]:
    """Empty a touchpoint of the person's, or take them out of another's; returns blobs that nothing needs any more.

    Quoted history that names them, or stands in a thread of theirs, goes whole: it is their words. Attachments go
    with what the person wrote. Delete the blobs in the same transaction.
    """
    row = conn.execute(select(touchpoints).where(touchpoints.c.id == touchpoint_id)).one_or_none()
    if row is None:
        return []
    values = _redacted(touchpoints, row._mapping, person)
    if person.has(row.author_email):
        values |= {"author_email": ERASED_EMAIL, "author_name": ERASED_NAME}
    if near.own:
        values |= {"subject": ERASED_SUBJECT, "text": "", "quoted": "", "html": "", "calendar": []}
        values |= {"notices": ["Who wrote this was erased, and what they wrote with them."]}
    elif row.quoted and (near.quoting or person.named(row.quoted)):
        values |= {"quoted": "", "html": ""}
    if not near.own and _filed_by(row.filed_by, person):
        values["comment"] = None  # the words of who forwarded it
    if person.named(html_text(values.get("html", row.html))):
        values["html"] = ""  # between tags: ada<b>@</b>acme.example. The text is shown instead
    if values:
        values |= {"changed_at": now, "version": row.version + 1}
        conn.execute(update(touchpoints).where(touchpoints.c.id == touchpoint_id).values(**values))
    _erase_participants(conn, touchpoint_id, person)
    conn.execute(
        delete(followers).where(*_theirs(followers, person), followers.c.touchpoint_id == touchpoint_id)
    )
    here = attachments.c.touchpoint_id == touchpoint_id
    if not near.own:
        _redact_rows(conn, attachments, here, person)
        rewrite(conn, [touchpoint_id])
        return []
    digests = list(conn.execute(select(attachments.c.sha256).where(here)).scalars())
    conn.execute(delete(attachments).where(here))
    rewrite(conn, [touchpoint_id])
    return unused(conn, digests)


def erase_files(conn: Connection, digests: Collection[str]) -> list[str]:
    """Delete files wherever they are kept, attachments of others and assets too; returns blobs that nothing needs."""
    for some in chunks(sorted(digests)):
        query = select(attachments.c.touchpoint_id).where(attachments.c.sha256.in_(some))
        attached = list(conn.execute(query).scalars())
        for table in (attachments, assets, uploads):
            conn.execute(delete(table).where(table.c.sha256.in_(some)))
        rewrite(conn, attached)
    return unused(conn, sorted(digests))


def files_named(conn: Connection, digest: str) -> list[str]:
    """Where a file is kept, in words for a person."""
    attached = select(attachments.c.filename, attachments.c.touchpoint_id).where(
        attachments.c.sha256 == digest
    )
    kept = select(assets.c.filename, accounts.c.key).join(accounts).where(assets.c.sha256 == digest)
    sent = select(uploads.c.filename).where(uploads.c.sha256 == digest)
    return [
        *(f"{name!r} of touchpoint {touchpoint}" for name, touchpoint in conn.execute(attached)),
        *(f"{name!r}, an asset of account {key}" for name, key in conn.execute(kept)),
        *(f"{name!r}, an upload" for name in conn.execute(sent).scalars()),
    ]


def forget_message_ids(conn: Connection, ids: list[str], person: Person) -> None:
    """Forget the message ids of the person's own mails, and those that hold their address."""
    wanted = {*ids, *(row.message_id for row in mentions(conn, message_ids, person))}
    for identifier in sorted(wanted):
        one = message_ids.c.message_id == identifier
        conn.execute(
            delete(message_ids).where(
                one, or_(~message_ids.c.sent, true() if person.mentioned(identifier) else false())
            )
        )


def erase_people(conn: Connection, person: Person, *, users_too: bool) -> None:
    """Take the person out of the directory and from among those who follow; with `users_too`, their login as well,
    where every address of it is theirs, and only their address where not.

    Last of all steps: until then names are looked up here.
    """
    conn.execute(delete(followers).where(*_theirs(followers, person)))
    conn.execute(delete(contacts).where(*_theirs(contacts, person)))
    if users_too:
        theirs = user_addresses.c.address_key.in_(sorted(person.keys))
        owner = select(user_addresses.c.user_id).where(theirs)
        others = select(user_addresses.c.user_id).where(~theirs)
        conn.execute(delete(users).where(users.c.id.in_(owner), users.c.id.not_in(others)))
        conn.execute(delete(user_addresses).where(theirs))


def sweep(conn: Connection, person: Person) -> int:
    """Take the address out of every other text of the database; returns how many rows held it.

    An account's key stays as it is: mail is sent to it, and only its owner can change it.
    """
    swept = 0
    for table in METADATA.sorted_tables:
        if table in (users, user_addresses, message_ids):
            continue
        for row in list(mentions(conn, table, person)):
            values = _redacted(table, row._mapping, person, names=False)
            if table is accounts:
                values = {name: value for name, value in values.items() if name not in ("key", "key_folded")}
            if values:
                here = [column == row._mapping[column.name] for column in table.primary_key]
                conn.execute(update(table).where(*here).values(**values))
                swept += 1
                if table in (touchpoints, participants, attachments):
                    rewrite(conn, [row._mapping["id" if table is touchpoints else "touchpoint_id"]])
    return swept


def _erase_participants(conn: Connection, touchpoint_id: int, person: Person) -> None:
    here = participants.c.touchpoint_id == touchpoint_id
    values = {"email": ERASED_EMAIL, "address_key": ERASED_EMAIL, "name": ERASED_NAME, "known": "unknown"}
    conn.execute(update(participants).where(here, *_theirs(participants, person)).values(**values))
    _redact_rows(conn, participants, here, person)


def _theirs(table: Any, person: Person) -> tuple[Any, ...]:
    return (table.c.address_key.in_(sorted(person.keys)),)


def _redact_rows(conn: Connection, table: Any, here: Any, person: Person) -> None:
    columns = [*table.primary_key, *text_columns(table)]
    for row in conn.execute(select(*dict.fromkeys(columns)).where(here)).all():
        values = _redacted(table, row._mapping, person)
        if values:
            one = [column == row._mapping[column.name] for column in table.primary_key]
            conn.execute(update(table).where(*one).values(**values))


def _redacted(table: Any, row: Mapping[Any, Any], person: Person, *, names: bool = True) -> dict[str, Any]:
    """The columns of a row that hold the person, without them."""
    values = {}
    for column in text_columns(table):
        if column.primary_key or column.name not in row:
            continue
        before = row[column.name]
        after = person.redacted(before, names=names)
        if after != before:
            values[column.name] = after
    return values


def _filed_by(filed_by: Mapping[str, Any] | None, person: Person) -> bool:
    return person.has((filed_by or {}).get("email"))


def _decision(decision: Mapping[str, Any], person: Person, *, own: bool, quoting: bool) -> dict[str, Any]:
    """What was decided, with its trail, and without the person."""
    values: dict[str, Any] = person.redacted(dict(decision))
    if own:
        empty: dict[str, Any] = {"subject": ERASED_SUBJECT, "text": "", "quoted": "", "comment": None}
        empty |= {"attachments": [], "report": None, "calendar": [], "notices": []}
        values |= {key: value for key, value in empty.items() if key in values}
    elif quoting or person.named(decision.get("quoted")):
        values["quoted"] = ""
    if "comment" in values and _filed_by(decision.get("filed_by"), person):
        values["comment"] = None
    return values
