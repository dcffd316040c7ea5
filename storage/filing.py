"""What became of a mail, written: touchpoint or replies, the mail's state, its history; done or exactly undone."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, String, bindparam, delete, func, select, update
from sqlalchemy.exc import IntegrityError

from rules.people import Participant
from storage.asks import Ask
from storage.dialects import file_alone
from storage.directory import account_id_by_key
from storage.errors import AccountFixed, IdentityTaken, LeaseLost, NotFound, WrongState
from storage.history import Event, append
from storage.outbox import NewEntry, enqueue
from storage.searching import rewrite
from storage.tables import accounts, letters, mails, participants, touchpoints
from storage.threads import register
from storage.touchpoints import (
    Filed,
    NewTouchpoint,
    add_people,
    columns_of,
    delete_children,
    insert_children,
    insert_touchpoint,
    insert_touchpoints,
    is_answered,
    living,
    with_identity,
)
from storage.updates import Change


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


def file(conn: Connection, mail_id: int, filing: Filing, now: datetime) -> Filed:
    """Write what became of a mail: touchpoint, people, attachments, outbox, the mail's state, its history.

    Raises NotFound for an unknown mail or account, LeaseLost when `owner` no longer holds the mail, WrongState
    when it is no longer as `seen`, or is the touchpoint of an account other than the one `assigned`.
    """
    return file_all(conn, {mail_id: filing}, now)[mail_id]


def file_all(conn: Connection, filings: Mapping[int, Filing], now: datetime) -> dict[int, Filed]:
    """Write what became of several mails, by their ids: some ten statements, however many mails.

    Raises as `file` does, of the first mail of which there is something to raise: then nothing may be committed.
    """
    if not filings:
        return {}
    _check_hold(conn, filings)
    filed = dict.fromkeys(filings, Filed(None, False)) | _touchpoints(conn, filings, now)
    for mail_id, filing in filings.items():
        if filing.replies:
            filed[mail_id] = _reply(conn, mail_id, filing.replies, now)
    for mail_id, filing in filings.items():
        if filed[mail_id].created or filed[mail_id].touchpoint_id is None:
            enqueue(conn, None, filing.outbox, now, mail_id=mail_id)
    changes = [
        {
            "mail": mail_id,
            "now": now,
            "touchpoint": filed[mail_id].touchpoint_id,
            "state": filing.state,
            "decided": filing.decision,
            "believed": filing.trust,
            "assigned": filing.assigned or None,
        }
        for mail_id, filing in filings.items()
    ]
    _SETTLE(conn, changes)
    append(conn, (_event(mail_id, filing, filed[mail_id], now) for mail_id, filing in filings.items()))
    return filed


def _event(mail_id: int, filing: Filing, filed: Filed, now: datetime) -> Event:
    detail: dict[str, Any] = {"reason": filing.decision.get("reason", "")}
    if filed.touchpoint_id is not None:
        detail |= {"touchpoint": filed.touchpoint_id, "created": filed.created}
    return Event(mail_id, now, filing.state, detail)


def change(
    conn: Connection, touchpoint_id: int, new: NewTouchpoint, decision: Mapping[str, Any], now: datetime
) -> None:
    """Write a touchpoint anew after its mail was decided again; id, account and creation time stay.

    Raises NotFound, AccountFixed, IdentityTaken; WrongState when the raw form it was read from was erased meanwhile.
    """
    row = conn.execute(
        select(touchpoints.c.account_id, touchpoints.c.mail_id, _HAS_RAW)
        .join(mails, mails.c.id == touchpoints.c.mail_id)
        .where(touchpoints.c.id == touchpoint_id)
        .with_for_update()
    ).one_or_none()
    if row is None:
        raise NotFound(f"there is no touchpoint {touchpoint_id} that came by mail")
    if not row.has_raw:
        raise WrongState(f"the raw form of mail {row.mail_id} is gone by now")
    if account_id_by_key(conn, new.account_key) != row.account_id:
        raise AccountFixed(f"touchpoint {touchpoint_id} cannot move to account {new.account_key}")
    columns = columns_of(new)
    for typed in ("reasons", "template", "mentions"):
        del columns[typed]  # no mail says these: whoever set them meant them
    joined = conn.execute(
        select(participants.c.email, participants.c.name, participants.c.side, participants.c.known)
        .where(participants.c.touchpoint_id == touchpoint_id)
        .order_by(participants.c.position)
    ).all()
    try:
        with conn.begin_nested():  # after an error PostgreSQL goes on only behind a savepoint
            conn.execute(
                update(touchpoints)
                .where(touchpoints.c.id == touchpoint_id)
                .values(**columns, changed_at=now, version=touchpoints.c.version + 1)
            )
    except IntegrityError as error:
        raise IdentityTaken(f"another touchpoint is already what {touchpoint_id} would become") from error
    delete_children(conn, touchpoint_id)
    insert_children(conn, touchpoint_id, new)
    if is_answered(conn, touchpoint_id):  # people who came in with a reply stay
        add_people(
            conn, touchpoint_id, [Participant(*row) for row in joined], len(joined) + len(new.participants)
        )
    rewrite(conn, [touchpoint_id])
    register(conn, new.thread_id or touchpoint_id, new.message_ids, sent=False)
    conn.execute(
        update(mails).where(mails.c.id == row.mail_id).values(decision=decision, trust=new.sender_trust)
    )
    append(conn, [Event(row.mail_id, now, "changed", {"touchpoint": touchpoint_id})])


def withdraw(conn: Connection, touchpoint_id: int, now: datetime, reason: str = "") -> list[int]:
    """Delete a touchpoint; the mails that led to it are received again, their ids are returned.

    Raises NotFound; WrongState for one that has replies, or was e-mailed: people know it as it is.
    """
    # Held: who is about to reply waits, and finds that it is gone.
    conn.execute(select(touchpoints.c.id).where(touchpoints.c.id == touchpoint_id).with_for_update())
    mailed = select(letters.c.id).where(letters.c.touchpoint_id == touchpoint_id).limit(1)
    if is_answered(conn, touchpoint_id) or conn.execute(mailed).first():
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
    delete_children(conn, touchpoint_id)
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
        file_alone(conn, new.identity)
        there = with_identity(conn, new.identity)
        if there is None:
            living(conn, new.thread_id)
        reply_id = insert_touchpoint(conn, mail_id, new, now) if there is None else there
        filed.append((new.thread_id, reply_id, there is None))
    return Filed(filed[0][1], any(created for _, _, created in filed), tuple(filed))


def _touchpoints(conn: Connection, filings: Mapping[int, Filing], now: datetime) -> dict[int, Filed]:
    """Write the touchpoints of those mails that become one; the first mail of an identity makes it."""
    wanted = {mail_id: filing.touchpoint for mail_id, filing in filings.items() if filing.touchpoint}
    if not wanted:
        return {}
    identities = sorted({new.identity for new in wanted.values()})
    file_alone(conn, *identities)
    there: dict[str, tuple[int, str]] = {
        identity: (id_, key) for identity, id_, key in _THERE(conn, identities)
    }
    fresh: dict[str, tuple[int, NewTouchpoint]] = {}
    for mail_id, new in wanted.items():
        if new.identity not in there:
            fresh.setdefault(new.identity, (mail_id, new))
    made = insert_touchpoints(conn, list(fresh.values()), now)
    there |= {
        new.identity: (id_, new.account_key) for id_, (_, new) in zip(made, fresh.values(), strict=True)
    }
    filed: dict[int, Filed] = {}
    for mail_id, new in wanted.items():
        touchpoint_id, key = there[new.identity]
        created = new.identity in fresh and fresh[new.identity][0] == mail_id
        if not created and filings[mail_id].assigned and key != new.account_key:
            raise WrongState(
                f"mail {mail_id} is touchpoint {touchpoint_id} of account {key} already, by another delivery; the "
                "account of a touchpoint never changes"
            )
        filed[mail_id] = Filed(touchpoint_id, created)
    return filed


def _check_hold(conn: Connection, filings: Mapping[int, Filing]) -> None:
    rows = {mail_id: row for mail_id, *row in _HELD(conn, filings)}
    for mail_id, filing in filings.items():
        if mail_id not in rows:
            raise NotFound(f"there is no mail {mail_id}")
        owner, (state, lease_owner, has_raw) = filing.owner, rows[mail_id]
        if owner is None and filing.seen not in (None, state):
            raise WrongState(f"mail {mail_id} is {state} by now")
        if owner is None and not has_raw:
            # What was read of it must not come back: it was erased, perhaps, while it was read.
            raise WrongState(f"the raw form of mail {mail_id} is gone by now")
        if owner is not None and (state != "received" or lease_owner != owner):
            raise LeaseLost(f"mail {mail_id} is not held by {owner}: it is {state}")


_HAS_RAW = (mails.c.raw.is_not(None) | mails.c.raw_blob.is_not(None)).label("has_raw")

# Made once: to put a statement together takes longer than to run it.
_HELD = Ask(
    select(mails.c.id, mails.c.state, mails.c.lease_owner, _HAS_RAW).order_by(mails.c.id).with_for_update(),
    mails.c.id,
)
_THERE = Ask(
    select(touchpoints.c.identity, touchpoints.c.id, accounts.c.key).join(accounts), touchpoints.c.identity
)
_SETTLE = Change(
    update(mails)
    .where(mails.c.id == bindparam("mail"))
    .values(
        state=bindparam("state"),
        decision=bindparam("decided"),
        trust=bindparam("believed"),
        touchpoint_id=bindparam("touchpoint"),
        assigned_account=func.coalesce(bindparam("assigned", type_=String), mails.c.assigned_account),
        processed_at=bindparam("now"),
        error=None,
        not_before=None,
        lease_owner=None,
        lease_until=None,
    )
)
