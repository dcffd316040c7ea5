"""Mail that waits for a person: listed, shown, assigned, sent through the gateway again, dropped."""

from collections.abc import Collection
from typing import Any

from gateway.desk.actors import require
from gateway.desk.assigning import assign_apart
from gateway.desk.desk import Desk
from gateway.desk.directory import visible_account
from gateway.desk.paging import at_id, cursor
from gateway.mailbox import mail_json, summary_json
from gateway.people import for_people
from rules.permissions import Actor
from storage import queue
from storage.engine import reading, writing
from storage.history import history


def list_(
    desk: Desk, actor: Actor, limit: int, after: str = "", states: Collection[str] = ()
) -> tuple[list[dict[str, Any]], str | None]:
    """A page of stored mail, oldest first, and the cursor of the next one. Raises Problem."""
    require(actor, "queue")
    place = at_id(after) if after else 0
    with reading(desk.engine) as conn:
        chosen = queue.Selection(states=states or queue.WAITING)
        rows = queue.list_mails(conn, chosen, limit + 1, place)
    shown = rows[:limit]
    following = cursor(shown[-1].id) if len(rows) > limit else None
    return [for_people(summary_json(row)) for row in shown], following


def show(desk: Desk, actor: Actor, mail_id: int) -> dict[str, Any]:
    """One mail: what was decided, why, and everything that happened to it. Raises Problem, NotFound."""
    require(actor, "queue")
    with reading(desk.engine) as conn:
        value: dict[str, Any] = for_people(
            mail_json(queue.get_mail(conn, mail_id), history(conn, mail_id), desk.settings.site())
        )
    return value


def assign(desk: Desk, actor: Actor, mail_id: int, account: str, *, remember: bool = False) -> dict[str, Any]:
    """File a waiting mail on an account; `remember` makes its strangers contacts. Raises Problem, NotFound."""
    require(actor, "queue")
    with reading(desk.engine) as conn:
        queue.get_mail(conn, mail_id)
        key = visible_account(conn, actor, account).key
    touchpoint_id, created, contacts = assign_apart(desk.settings, mail_id, key, remember=remember)
    desk.wake()
    return {"mail": mail_id, "touchpoint": touchpoint_id, "created": created, "contacts": contacts}


def retry(desk: Desk, actor: Actor, mail_id: int) -> dict[str, Any]:
    """Send a mail through the gateway again. Raises Problem, NotFound, WrongState."""
    require(actor, "queue")
    with writing(desk.engine) as conn:
        queue.requeue(conn, mail_id, desk.clock())
        value: dict[str, Any] = for_people(summary_json(queue.get_mail(conn, mail_id)))
    return value


def drop(desk: Desk, actor: Actor, mail_id: int, reason: str = "") -> dict[str, Any]:
    """Take a mail out of the queue; it stays stored. Raises Problem, NotFound, WrongState."""
    require(actor, "queue")
    with writing(desk.engine) as conn:
        queue.drop(conn, mail_id, desk.clock(), reason)
        value: dict[str, Any] = for_people(summary_json(queue.get_mail(conn, mail_id)))
    return value
