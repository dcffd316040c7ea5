"""A decision made lasting: blobs first, then everything else in one transaction."""

from datetime import datetime

from sqlalchemy import Connection, Engine

from gateway.filing.examine import Examined
from rules.decision import as_json
from storage.blobs import Blobs
from storage.engine import writing
from storage.inbound import erase_raw
from storage.outbox import PASS_ON
from storage.timeline import get as get_touchpoint
from storage.touchpoints import Filed, Filing, NewOutbox, NewTouchpoint, change, file, withdraw


def settle(
    engine: Engine,
    blobs: Blobs,
    mail_id: int,
    examined: Examined,
    *,
    now: datetime,
    owner: str | None = None,
    administrator: str | None = None,
    assigned: str | None = None,
    replaces: int | None = None,
    seen: str | None = None,
) -> Filed:
    """Write what became of a mail, done or exactly undone.

    `owner` holds the lease; None is an operator, who has `seen` the mail in this state. `assigned` is the key of
    the account a person chose. `replaces`
    is the touchpoint that the mail is until now: it is changed in place, or withdrawn where the account is
    another one or nothing is filed any more, for the account of a touchpoint never changes.

    Raises what `storage.touchpoints.file` raises, DatabaseLocked, DatabaseUnavailable, BlobsUnavailable.
    """
    decision = examined.decision
    touchpoint = new_touchpoint(examined)
    if touchpoint is not None:
        for attachment in touchpoint.attachments:
            blobs.put(attachment.content)
    outbox = (NewOutbox(PASS_ON, administrator),) if decision.pass_on and administrator else ()
    filing = Filing(
        state=decision.outcome,
        decision=as_json(decision),
        trust=decision.sender_trust,
        touchpoint=touchpoint,
        outbox=outbox,
        owner=owner,
        assigned=assigned,
        seen=seen,
    )
    with writing(engine) as conn:
        if replaces is not None and touchpoint is not None and _stays(conn, replaces, touchpoint):
            change(conn, replaces, touchpoint, filing.decision, now)
            return Filed(replaces, created=False)
        if replaces is not None:
            withdraw(conn, replaces, now, decision.reason)
        filed = file(conn, mail_id, filing, now)
        orphan = erase_raw(conn, mail_id) if decision.erase else None
        if orphan is not None:
            # While we write nobody else does: who keeps the same bytes commits later, and then looks for them.
            blobs.delete(orphan)
    return filed


def _stays(conn: Connection, touchpoint_id: int, new: NewTouchpoint) -> bool:
    return get_touchpoint(conn, touchpoint_id).account_key == new.account_key


def new_touchpoint(examined: Examined) -> NewTouchpoint | None:
    """The touchpoint that a decision asks for, or None when it files nothing."""
    decision = examined.decision
    if decision.outcome != "filed" or decision.account is None:
        return None
    return NewTouchpoint(
        account_key=decision.account.key,
        identity=examined.identity,
        type=decision.type,
        flow=decision.flow,
        subject=decision.subject,
        date=decision.date,
        way=decision.way,
        author=decision.author,
        filed_by=decision.filed_by,
        text=decision.text,
        quoted=decision.quoted,
        comment=decision.comment,
        html=decision.html,
        sender_trust=decision.sender_trust,
        machine=decision.machine,
        encrypted=decision.encrypted,
        participants=decision.participants,
        attachments=decision.attachments,
        calendar=decision.calendar,
        notices=decision.notices,
    )
