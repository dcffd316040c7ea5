"""A touchpoint changed by a person: everything but its account, and never over somebody else's change."""

from typing import Any

from gateway.desk.bodies import body_of
from gateway.desk.checking import changed_touchpoint
from gateway.desk.desk import Desk
from gateway.desk.drafts import Draft
from gateway.desk.problems import conflict, invalid
from gateway.desk.shown import touchpoints_json
from gateway.desk.touchpoints import after_writing, require_change, visible
from rules.addresses import address_key
from rules.permissions import Actor
from rules.typed import Flaw
from storage.directory import fold_key
from storage.engine import writing
from storage.errors import Changed
from storage.timeline import get
from storage.touchpoints import edit as write_anew


def edit(desk: Desk, actor: Actor, touchpoint_id: int, draft: Draft, version: int) -> dict[str, Any]:
    """Change what the draft gives; the rest stays. `version` is the one that the change was made on.

    Copies go out as the draft's e-mail says: to everyone again, to those added, or to nobody. Raises Problem, and
    Changed when the touchpoint is not at `version` any more.
    """
    found: list[Flaw] = []
    body = body_of(draft, found)
    with writing(desk.engine) as conn:
        row = visible(conn, actor, touchpoint_id)
        require_change(conn, actor, row, "edit")
        if row.thread_id is not None:
            raise conflict(
                "is-reply",
                "A reply stays as it was written",
                f"{touchpoint_id} is a reply; it stays as its sender wrote it.",
                f"Edit touchpoint {row.thread_id}, which it answers.",
            )
        if row.version != version:
            raise Changed(f"touchpoint {touchpoint_id} was changed meanwhile: it is at version {row.version}")
        if draft.account is not None and fold_key(draft.account) != fold_key(row.account_key):
            raise conflict(
                "account-fixed",
                "The account never changes",
                "The account of a touchpoint never changes.",
                "Delete it, and write it on the other account.",
            )
        new = changed_touchpoint(conn, desk, actor, row, draft, body, found)
        if found:
            raise invalid(found)
        write_anew(conn, touchpoint_id, new, version, desk.clock())
        before = {address_key(person.email) for person in (*row.participants, *row.mentions)}
        ordered = after_writing(conn, desk, actor, get(conn, touchpoint_id), draft, before)
        value = touchpoints_json(conn, desk, [get(conn, touchpoint_id)], whole=True)[0]
    if ordered:
        desk.wake()
    return value
