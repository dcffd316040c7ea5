"""Touchpoints and their threads: written, read, listed, deleted, followed, closed."""

import hashlib
import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from gateway.desk.actors import require
from gateway.desk.bodies import body_of
from gateway.desk.checking import new_touchpoint
from gateway.desk.desk import Desk
from gateway.desk.drafts import Draft
from gateway.desk.mailing import let_mentioned_follow, order_copies
from gateway.desk.paging import at_moment, cursor
from gateway.desk.problems import conflict, forbidden, invalid, missing
from gateway.desk.shown import replies_json, touchpoints_json
from rules.addresses import address_key
from rules.facts import Account
from rules.permissions import Actor, Permission, may, may_change, may_see
from rules.typed import Flaw
from storage.directory import account_by_key, account_id_by_key, look_up, team_accounts
from storage.engine import reading, writing
from storage.outgoing import forget
from storage.threads import close, follow, unfollow
from storage.timeline import Filter, TouchpointRow, get, list_replies, list_touchpoints, with_identity
from storage.touchpoints import create as write_new
from storage.touchpoints import remove


@dataclass(frozen=True, slots=True)
class Chosen:
    """Which touchpoints to list. `notes`: True for internal notes alone, False for none, None for all."""

    account: str = ""
    types: Collection[str] = ()
    flows: Collection[str] = ()
    notes: bool | None = None
    since: datetime | None = None
    until: datetime | None = None
    text: str = ""


def create(desk: Desk, actor: Actor, draft: Draft, key: str = "") -> tuple[dict[str, Any], bool]:
    """Write a touchpoint; returns it, and whether it is new.

    The same `key` of the same user is the same touchpoint, however often it is sent. Raises Problem.
    """
    require(actor, "create")
    identity = _identity(actor, key)
    found: list[Flaw] = []
    body = body_of(draft, found)
    with writing(desk.engine) as conn:
        there = with_identity(conn, identity)
        if there is not None:
            return _again(conn, desk, actor, *there), False
        account = _account(conn, actor, draft, found)
        new = new_touchpoint(conn, desk, actor, account, draft, body, found, identity)
        if found:
            raise invalid(found)
        filed = write_new(conn, new, desk.clock())
        assert filed.touchpoint_id is not None
        if not filed.created:  # the same key, sent twice at once: the other gateway was quicker
            there = with_identity(conn, identity)
            assert there is not None
            return _again(conn, desk, actor, *there), False
        ordered = after_writing(conn, desk, actor, get(conn, filed.touchpoint_id), draft)
        value = touchpoints_json(conn, desk, [get(conn, filed.touchpoint_id)], whole=True)[0]
    if ordered:
        desk.wake()
    return value, True


def read(desk: Desk, actor: Actor, touchpoint_id: int) -> dict[str, Any]:
    """One touchpoint, or reply, whole. Raises Problem 404."""
    with reading(desk.engine) as conn:
        row = visible(conn, actor, touchpoint_id)
        return touchpoints_json(conn, desk, [row], whole=True)[0]


def list_(
    desk: Desk, actor: Actor, chosen: Chosen, limit: int, after: str = ""
) -> tuple[list[dict[str, Any]], str | None]:
    """A page of touchpoints, newest first, and the cursor of the next one. Raises Problem."""
    before = at_moment(after) if after else None
    notes = desk.settings.catalogue().internal_notes
    types = frozenset(chosen.types) if chosen.types else None
    if chosen.notes:
        types = notes if types is None else types & notes
    with reading(desk.engine) as conn:
        wanted = Filter(
            account_ids=accounts_to_list(conn, actor, chosen.account),
            types=types,
            without_types=notes if chosen.notes is False else (),
            flows=frozenset(chosen.flows) if chosen.flows else None,
            since=chosen.since,
            until=chosen.until,
            text=chosen.text,
        )
        rows = list_touchpoints(conn, wanted, limit + 1, before)
        shown = rows[:limit]
        values = touchpoints_json(conn, desk, shown, whole=False)
    return values, _next(rows, shown)


def replies(
    desk: Desk, actor: Actor, touchpoint_id: int, limit: int, after: str = ""
) -> tuple[list[dict[str, Any]], str | None]:
    """A page of the replies in a thread, oldest first, and the cursor of the next one. Raises Problem."""
    place = at_moment(after) if after else None
    with reading(desk.engine) as conn:
        visible(conn, actor, touchpoint_id)
        rows = list_replies(conn, touchpoint_id, limit + 1, place)
    shown = rows[:limit]
    return replies_json(shown), _next(rows, shown)


def delete(desk: Desk, actor: Actor, touchpoint_id: int) -> None:
    """Delete a touchpoint with its replies, or one reply; what waits to be sent of it is not sent. Raises Problem."""
    now = desk.clock()
    with writing(desk.engine) as conn:
        row = visible(conn, actor, touchpoint_id)
        require_change(conn, actor, row, "delete")
        remove(conn, touchpoint_id, now)
        forget(conn, touchpoint_id, now, "its touchpoint was deleted")


def set_closed(desk: Desk, actor: Actor, touchpoint_id: int, *, closed: bool) -> dict[str, Any]:
    """Let a thread take no more replies, or take them again. Raises Problem."""
    with writing(desk.engine) as conn:
        row = _thread(conn, actor, touchpoint_id)
        require_change(conn, actor, row, "edit")
        if closed != (row.closed_at is not None):
            close(conn, touchpoint_id, desk.clock() if closed else None)
        return touchpoints_json(conn, desk, [get(conn, touchpoint_id)], whole=True)[0]


def set_following(desk: Desk, actor: Actor, touchpoint_id: int, *, following: bool) -> None:
    """Let the actor get the replies of a thread, or no more, whoever copies or mentions them. Raises Problem."""
    now = desk.clock()
    with writing(desk.engine) as conn:
        _thread(conn, actor, touchpoint_id)
        if following:
            follow(conn, touchpoint_id, [(actor.email, actor.name)], "asked", now)
        else:
            unfollow(conn, touchpoint_id, actor.email, actor.name, now)


def visible(conn: Connection, actor: Actor, touchpoint_id: int) -> TouchpointRow:
    """The touchpoint, or reply. Raises NotFound or Problem 404 for one that the actor may not see."""
    row = get(conn, touchpoint_id)
    if not may_see(actor, row.account_key):
        raise missing(f"There is no touchpoint {touchpoint_id}.")
    return row


def accounts_to_list(conn: Connection, actor: Actor, key: str) -> Collection[int] | None:
    """The ids of the accounts to list from, as far as the actor may see them; None for all of them.

    `key` is the account that is asked for, "" for any. Raises Problem 404.
    """
    if key:
        account = account_by_key(conn, key)
        account_id = account_id_by_key(conn, key)
        if account is None or account_id is None or not may_see(actor, account.key):
            raise missing(f"There is no account {key!r}.")
        return (account_id,)
    if actor.accounts is None:
        return None
    return [each for name, each in team_accounts(conn, actor.email).items() if name in actor.accounts]


def require_change(conn: Connection, actor: Actor, row: TouchpointRow, permission: Permission) -> None:
    """Raises Problem 403 when the actor may not edit or delete a touchpoint."""
    owners = [
        person.email
        for person in (row.author, row.filed_by)
        if person is not None and person.side == "internal"
    ]
    users = look_up(conn, {address_key(owner) for owner in owners}).users
    # Under whichever of their addresses they wrote.
    mains = [user.email for user in users.values()]
    why = may_change(actor, permission, [*owners, *mains])
    if why:
        remedy = "" if may(actor, permission) else "Ask its author or a global admin."
        raise forbidden(why, remedy)


def after_writing(
    conn: Connection,
    desk: Desk,
    actor: Actor,
    row: TouchpointRow,
    draft: Draft,
    before: Collection[str] = (),
) -> int:
    """What follows from a touchpoint that was written; returns how many copies were ordered. Raises Problem."""
    if row.mentions and draft.mentions is not None:
        let_mentioned_follow(conn, desk, row)
    return order_copies(conn, desk, actor, row, draft.email, before) if draft.email else 0


def _identity(actor: Actor, key: str) -> str:
    digest = hashlib.sha256(key.encode("utf-8", "replace")).hexdigest() if key else secrets.token_hex(32)
    return f"typed:{address_key(actor.email)}:{digest}"


def _again(conn: Connection, desk: Desk, actor: Actor, touchpoint_id: int, deleted: bool) -> dict[str, Any]:
    if deleted:
        raise conflict(
            "key-used",
            "Deleted meanwhile",
            "The touchpoint written with this Idempotency-Key was deleted.",
            "Use a new key to write another one.",
        )
    return touchpoints_json(conn, desk, [visible(conn, actor, touchpoint_id)], whole=True)[0]


def _account(conn: Connection, actor: Actor, draft: Draft, found: list[Flaw]) -> Account:
    account = account_by_key(conn, draft.account or "")
    if account is not None and may_see(actor, account.key):
        return account
    found.append(Flaw("account", f"There is no account {draft.account or ''!r}; name it by its key."))
    return Account(draft.account or "", draft.account or "")


def _thread(conn: Connection, actor: Actor, touchpoint_id: int) -> TouchpointRow:
    row = visible(conn, actor, touchpoint_id)
    if row.thread_id is not None:
        raise conflict(
            "is-reply",
            "A reply has no thread of its own",
            f"{touchpoint_id} is a reply in the thread of touchpoint {row.thread_id}.",
            f"Ask this of touchpoint {row.thread_id}.",
        )
    return row


def _next(rows: list[TouchpointRow], shown: list[TouchpointRow]) -> str | None:
    return cursor(shown[-1].date, shown[-1].id) if len(rows) > len(shown) else None
