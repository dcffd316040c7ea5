"""Outgoing mail for those who look after it: listed, shown, sent again, cancelled."""

from collections.abc import Collection, Sequence
from typing import Any

from gateway.desk.actors import require
from gateway.desk.desk import Desk
from gateway.desk.paging import at_id, cursor
from gateway.people import for_people
from rules.decision import rfc3339
from rules.permissions import Actor
from storage import outgoing
from storage.engine import reading, writing


def list_(
    desk: Desk,
    actor: Actor,
    limit: int,
    after: str = "",
    *,
    states: Collection[str] = (),
    touchpoint_id: int | None = None,
    recipient: str = "",
) -> tuple[list[dict[str, Any]], str | None]:
    """A page of outgoing mail, newest first, and the cursor of the next one. Raises Problem."""
    require(actor, "outbox")
    before = at_id(after) if after else None
    with reading(desk.engine) as conn:
        rows = outgoing.list_entries(
            conn, states, touchpoint_id=touchpoint_id, recipient=recipient, limit=limit + 1, before=before
        )
    shown = rows[:limit]
    return [entry_json(row) for row in shown], cursor(shown[-1].id) if len(rows) > limit else None


def show(desk: Desk, actor: Actor, entry_id: int) -> dict[str, Any]:
    """One outgoing mail with its attempts. Raises Problem, NotFound."""
    require(actor, "outbox")
    with reading(desk.engine) as conn:
        return whole_entry_json(*outgoing.get_entry(conn, entry_id))


def retry(desk: Desk, actor: Actor, entry_id: int) -> dict[str, Any]:
    """Let a mail be tried now. Raises Problem, NotFound, WrongState."""
    require(actor, "outbox")
    with writing(desk.engine) as conn:
        outgoing.retry(conn, entry_id, desk.clock())
        value = whole_entry_json(*outgoing.get_entry(conn, entry_id))
    desk.wake()
    return value


def cancel(desk: Desk, actor: Actor, entry_id: int) -> dict[str, Any]:
    """Let a waiting mail never be sent. Raises Problem, NotFound, WrongState."""
    require(actor, "outbox")
    with writing(desk.engine) as conn:
        outgoing.cancel(conn, entry_id, desk.clock(), f"{actor.email} asked for it")
        return whole_entry_json(*outgoing.get_entry(conn, entry_id))


def entry_json(row: outgoing.Row) -> dict[str, Any]:
    """One line of the outbox."""
    value: dict[str, Any] = {
        "id": row.id,
        "kind": row.kind,
        "state": row.state,
        "recipient": row.recipient,
        "side": row.side or None,
        "subject": row.subject,
        "touchpoint": row.touchpoint_id,
        "mail": row.mail_id,
        "attempts": row.attempts,
        "not_before": rfc3339(row.not_before) if row.not_before else None,
        "status": row.status,
        "diagnostic": row.diagnostic,
        "last_error": row.last_error,
        "created_at": rfc3339(row.created_at),
        "done_at": rfc3339(row.done_at) if row.done_at else None,
    }
    told: dict[str, Any] = for_people(value)
    return told


def whole_entry_json(row: outgoing.Row, attempts: Sequence[outgoing.Attempt]) -> dict[str, Any]:
    """Everything about one outgoing mail: its line, then what happened to it, oldest first."""
    history = [
        {"at": rfc3339(each.at), "outcome": each.outcome, "answer": for_people(each.answer)}
        for each in attempts
    ]
    return {**entry_json(row), "message_id": row.message_id, "history": history}
