"""Inbound mail from the socket to a worker: kept before the 250, claimed with a lease, struck when it kills.

A mail is read whole at most WHOLE_TRIES times, then in its minimal form; a strike at that makes it `failed`:

    strikes 0 → whole → 1 → whole → 2 → minimal → 3 = failed

Life of a mail: received → filed | replied | unresolved | quarantined | ignored | passed-on | failed |
dropped.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, and_, or_, select, update

from storage.blob_uses import unused
from storage.blobs import Blobs
from storage.chunks import chunks
from storage.dialects import call, name_blobs
from storage.errors import LeaseLost, NotFound
from storage.history import Event, append
from storage.inserts import Insert, driver_bind
from storage.keeping import Row, keep_rows
from storage.postgresql import MAIL
from storage.sqlite import driven
from storage.tables import mails

INLINE_LIMIT = 64 * 1024
"""Bytes of raw mail that live in the row. Larger ones are faster, and cheaper to copy, as files."""

WHOLE_TRIES = 2
"""A mail whose worker died this often is no longer read whole: it got one second chance."""

STRIKES = WHOLE_TRIES + 1
"""A mail whose worker died this often is put aside: even its minimal form kills."""


@dataclass(frozen=True, slots=True)
class NewMail:
    """A mail as the socket brought it.

    `mail_from` is "" for the null sender; `recipients` are the envelope recipients as written. `peer` is
    JSON: address, helo, tls, proto. Exactly one of `raw` and `raw_blob` (a digest, already durable) is set.
    """

    received_at: datetime
    mail_from: str
    recipients: tuple[str, ...]
    peer: Mapping[str, Any]
    size: int
    sha256: str
    raw: bytes | None
    raw_blob: str | None = None


@dataclass(frozen=True, slots=True)
class Kept:
    """What became of a mail handed to `keep`: for a redelivery the id is the first one's and `new` false."""

    mail_id: int
    new: bool


@dataclass(frozen=True, slots=True)
class Claimed:
    """A mail that the claimer alone works on until its lease ends.

    `taken_from` names an owner that let its lease run out. `assigned_account` and `trust` are what an
    operator or an earlier check laid down, or None. `raw_blob` is the digest of raw mail that is not in the row.
    """

    id: int
    received_at: datetime
    mail_from: str
    recipients: tuple[str, ...]
    peer: Mapping[str, Any]
    size: int
    sha256: str
    strikes: int
    assigned_account: str | None
    trust: str | None
    raw_blob: str | None
    taken_from: str | None


def driver_row(mail: NewMail) -> Row:
    """The mail as the driver of SQLite writes it (`storage.keeping`)."""
    time, sender, _, peer = _BINDS
    # Most mail has one recipient, and they are few.
    digest, recipients = (_to_one if len(mail.recipients) == 1 else _to)(mail.recipients)
    return Row(
        time(mail.received_at),
        mail.size,
        mail.sha256,
        digest,
        sender(mail.mail_from),
        recipients,
        peer(dict(mail.peer)),
        mail.raw,
        mail.raw_blob,
    )


def _to(recipients: tuple[str, ...]) -> tuple[str, str]:
    """Their digest, and how they are written."""
    return recipients_hash(recipients), _BINDS[2](recipients)


_to_one = lru_cache(512)(_to)


def recipients_hash(recipients: Iterable[str]) -> str:
    """The digest of the envelope recipients: order, repetition and letter case do not count, tags do."""
    folded = sorted({recipient.strip().lower() for recipient in recipients})
    return hashlib.sha256("\n".join(folded).encode("utf-8", "surrogatepass")).hexdigest()


def keep(conn: Connection, batch: Sequence[NewMail]) -> list[Kept]:
    """Keep a batch in the caller's transaction. The answers stand in its order.

    The same bytes to the same recipients are kept once.
    """
    if conn.dialect.name == "sqlite":
        with driven(conn) as cursor:
            return [Kept(*each) for each in keep_rows(cursor, list(map(driver_row, batch)))]
    identities = [(recipients_hash(mail.recipients), mail.sha256) for mail in batch]
    new: dict[tuple[str, str], NewMail] = {}
    for identity, mail in zip(identities, batch, strict=True):
        new.setdefault(identity, mail)
    name_blobs(conn, [mail.raw_blob for mail in new.values() if mail.raw_blob])
    rows = [_row(mail, rcpts) for (rcpts, _), mail in new.items()]
    made = {(rcpts, sha256): mail_id for mail_id, rcpts, sha256 in _INSERTED(conn, rows)}
    if made:
        append(conn, (Event(made[each], new[each].received_at, "received") for each in new if each in made))
        call(conn, MAIL)
    known = dict(made)
    if len(made) < len(new):
        known |= _known(conn, {sha256 for identity in new.keys() - made.keys() for sha256 in identity[1:]})
    answers: list[Kept] = []
    for identity in identities:
        answers.append(Kept(known[identity], identity in made))
        made.pop(identity, None)
    return answers


def claim(conn: Connection, owner: str, now: datetime, lease_seconds: float, limit: int) -> list[Claimed]:
    """Claim up to `limit` received mails, oldest first, until `now + lease_seconds`.

    At most one of them has been struck, and it stands last: what may kill its worker again keeps no other mail
    waiting, and a stream of new mail keeps it waiting no longer than one batch. A mail is free when nobody holds it,
    or its holder let the lease run out. Two claimers never get the same mail: SQLite has one writer at a time, others
    skip the rows that somebody is claiming.
    """
    free = and_(
        mails.c.state == "received",
        or_(mails.c.lease_until.is_(None), mails.c.lease_until <= now),
        or_(mails.c.not_before.is_(None), mails.c.not_before <= now),
    )
    columns = (
        mails.c.id,
        mails.c.received_at,
        mails.c.mail_from,
        mails.c.recipients,
        mails.c.peer,
        mails.c.size,
        mails.c.sha256,
        mails.c.strikes,
        mails.c.assigned_account,
        mails.c.trust,
        mails.c.raw_blob,
        mails.c.lease_owner.label("taken_from"),
    )
    query = select(*columns).where(free).order_by(mails.c.id).with_for_update(skip_locked=True)
    oldest = conn.execute(query.limit(limit)).all()
    struck = [row for row in oldest if row.strikes]
    fresh = [row for row in oldest if not row.strikes]
    if len(struck) > 1:  # the places of the others are for mail that has done nothing yet
        fresh = list(conn.execute(query.where(mails.c.strikes == 0).limit(limit - 1)).all())
    found = [*fresh, *struck[:1]]
    for ids in chunks([row.id for row in found]):
        conn.execute(
            update(mails)
            .where(mails.c.id.in_(ids))
            .values(lease_owner=owner, lease_until=now + timedelta(seconds=lease_seconds))
        )
    return [Claimed(**{**row._mapping, "recipients": tuple(row.recipients)}) for row in found]


def release(
    conn: Connection,
    mail_ids: Sequence[int],
    owner: str,
    *,
    not_before: datetime | None = None,
    error: str = "",
) -> None:
    """Give claimed mails back undone, to be claimed again, `not_before` a time if one is given.

    For trouble that is not the mail's. What the owner no longer holds is left alone.
    """
    for ids in chunks(mail_ids):
        conn.execute(
            update(mails)
            .where(mails.c.id.in_(ids), mails.c.state == "received", mails.c.lease_owner == owner)
            .values(lease_owner=None, lease_until=None, not_before=not_before, error=error or None)
        )


def lease_owners(conn: Connection) -> list[str]:
    """Everybody who holds received mail, whether the lease has run out or not."""
    held = select(mails.c.lease_owner).where(mails.c.state == "received", mails.c.lease_owner.is_not(None))
    return list(conn.execute(held.distinct()).scalars())


def release_dead(conn: Connection, owner: str) -> int:
    """Give back everything an owner still holds, now that it is known to be gone; returns how many mails."""
    held = and_(mails.c.state == "received", mails.c.lease_owner == owner)
    return conn.execute(update(mails).where(held).values(lease_owner=None, lease_until=None)).rowcount


def strike(
    conn: Connection, mail_id: int, error: str, now: datetime, limit: int = STRIKES, owner: str | None = None
) -> str:
    """Note that a worker died of, or overran on, this mail; returns the mail's state after it.

    Below `limit` strikes the mail is free again at once, at the limit it is `failed`; its raw form stays. A mail that
    is already done is left alone. An `owner` is a worker that lives to tell: raises LeaseLost when it does not hold
    the mail any more, of which it may have read what was erased since.
    """
    row = conn.execute(
        select(mails.c.state, mails.c.strikes, mails.c.lease_owner)
        .where(mails.c.id == mail_id)
        .with_for_update()
    ).one_or_none()
    if row is None:
        raise NotFound(f"there is no mail {mail_id}")
    if row.state != "received":
        return str(row.state)
    if owner is not None and row.lease_owner != owner:
        raise LeaseLost(f"mail {mail_id} is not held by {owner} any more")
    strikes = row.strikes + 1
    state = "failed" if strikes >= limit else "received"
    values = {"strikes": strikes, "state": state, "error": error, "lease_owner": None, "lease_until": None}
    if state == "failed":
        values["processed_at"] = now
    event = "failed" if state == "failed" else "struck"
    append(conn, [Event(mail_id, now, event, {"error": error, "strikes": strikes})])
    conn.execute(update(mails).where(mails.c.id == mail_id).values(values))
    return state


def raw(conn: Connection, blobs: Blobs, mail_id: int) -> bytes | None:
    """The mail as it came, byte for byte; None once erased. Raises NotFound, BlobMissing, BlobDamaged."""
    row = conn.execute(select(mails.c.raw, mails.c.raw_blob).where(mails.c.id == mail_id)).one_or_none()
    if row is None:
        raise NotFound(f"there is no mail {mail_id}")
    if row.raw_blob is not None:
        return blobs.get(row.raw_blob)
    return None if row.raw is None else bytes(row.raw)


def raw_rows(conn: Connection, mail_ids: Sequence[int]) -> dict[int, bytes]:
    """The mails among these whose raw form lives in the row, byte for byte."""
    found: dict[int, bytes] = {}
    for some in chunks(mail_ids):
        query = select(mails.c.id, mails.c.raw).where(mails.c.id.in_(some), mails.c.raw.is_not(None))
        found.update({row.id: bytes(row.raw) for row in conn.execute(query)})
    return found


def erase_raw(conn: Connection, mail_id: int) -> str | None:
    """Forget the raw form of a mail. Returns the digest of a blob that nothing refers to any more, or None.

    Delete that blob before the commit, while nobody else can write: whoever keeps the same bytes then commits
    later and finds them missing (`gateway.intake`).
    """
    blob = conn.execute(select(mails.c.raw_blob).where(mails.c.id == mail_id)).scalar_one_or_none()
    conn.execute(update(mails).where(mails.c.id == mail_id).values(raw=None, raw_blob=None))
    if blob is None:
        return None
    return next(iter(unused(conn, [str(blob)])), None)


_IDENTITY = (mails.c.id, mails.c.recipients_hash, mails.c.sha256)

_INSERTED = Insert(
    mails,
    (
        *("received_at", "state", "size", "sha256", "recipients_hash", "mail_from", "recipients", "peer"),
        *("strikes", "raw", "raw_blob"),
    ),
    returning=("id", "recipients_hash", "sha256"),
    anew=False,
)


def _known(conn: Connection, digests: set[str]) -> dict[tuple[str, str], int]:
    known: dict[tuple[str, str], int] = {}
    for some in chunks(sorted(digests)):
        query = select(*_IDENTITY).where(mails.c.sha256.in_(some))
        known.update({(rcpts, sha256): mail_id for mail_id, rcpts, sha256 in conn.execute(query)})
    return known


_BINDS = [driver_bind(mails.c[name]) for name in ("received_at", "mail_from", "recipients", "peer")]


def _row(mail: NewMail, rcpts: str) -> dict[str, Any]:
    return {
        "received_at": mail.received_at,
        "state": "received",
        "size": mail.size,
        "sha256": mail.sha256,
        "recipients_hash": rcpts,
        "mail_from": mail.mail_from,
        "recipients": list(mail.recipients),
        "peer": dict(mail.peer),
        "strikes": 0,
        "raw": mail.raw,
        "raw_blob": mail.raw_blob,
    }
