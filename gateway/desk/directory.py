"""Accounts, Totango users and contacts, as far as the actor may see them."""

from typing import Any

from sqlalchemy import Connection

from gateway.desk.desk import Desk
from gateway.desk.paging import at_key, cursor
from gateway.desk.problems import missing
from gateway.people import for_people
from rules.facts import Account
from rules.permissions import Actor, may_see
from storage.directory import account_by_key, fold_key
from storage.engine import reading
from storage.listing import AccountRow, list_accounts, list_contacts, list_users

Page = tuple[list[dict[str, Any]], str | None]
"""Rows, and the cursor of the next page."""


def accounts(desk: Desk, actor: Actor, limit: int, after: str = "", text: str = "") -> Page:
    """A page of the accounts the actor may see, those with `text` in key or name. Raises Problem."""
    place = at_key(after) if after else ""
    with reading(desk.engine) as conn:
        rows = list_accounts(conn, limit + 1, keys=actor.accounts, after=place, text=text)
    shown = rows[:limit]
    following = cursor(fold_key(shown[-1].key)) if len(rows) > limit else None
    return [account_json(row, actor) for row in shown], following


def account(desk: Desk, actor: Actor, key: str) -> dict[str, Any]:
    """One account. Raises Problem 404."""
    with reading(desk.engine) as conn:
        found = visible_account(conn, actor, key)
        return account_json(list_accounts(conn, 1, keys=[found.key])[0], actor)


def contacts(desk: Desk, actor: Actor, key: str, limit: int, after: str = "", text: str = "") -> Page:
    """A page of an account's contacts. Raises Problem."""
    place = at_key(after) if after else ""
    with reading(desk.engine) as conn:
        found = visible_account(conn, actor, key)
        rows = list_contacts(conn, limit + 1, account=found.key, after=place, text=text)
    shown = rows[:limit]
    values = [
        {
            "email": row.email,
            "name": row.name,
            "accounts": [
                {"key": name, "title": title} for name, title in row.accounts if may_see(actor, name)
            ],
        }
        for row in shown
    ]
    return for_people(values), cursor(shown[-1].email) if len(rows) > limit else None


def users(desk: Desk, limit: int, after: str = "", text: str = "") -> Page:
    """A page of the Totango users. Raises Problem."""
    place = at_key(after) if after else ""
    with reading(desk.engine) as conn:
        rows = list_users(conn, limit + 1, after=place, text=text)
    shown = rows[:limit]
    values = [
        {
            "email": row.email,
            "name": row.name,
            "alternative_emails": list(row.alternative_emails),
            "role": row.role,
        }
        for row in shown
    ]
    return for_people(values), cursor(shown[-1].email) if len(rows) > limit else None


def visible_account(conn: Connection, actor: Actor, key: str) -> Account:
    """The account with this key. Raises Problem 404, for one that the actor may not see, too."""
    found = account_by_key(conn, key)
    if found is None or not may_see(actor, found.key):
        raise missing(f"There is no account {key!r}.")
    return found


def account_json(row: AccountRow, actor: Actor) -> dict[str, Any]:
    """An account; health, contract value and attributes only for those who may see them."""
    details = "attributes" in actor.permissions
    value = details and (actor.is_admin or not row.contract_value_privileged)
    told: dict[str, Any] = for_people(
        {
            "key": row.key,
            "name": row.name,
            "domains": list(row.domains),
            "status": row.status,
            "health": (row.health or None) if details else None,
            "contract_value": (row.contract_value or None) if value else None,
            "attributes": dict(row.attributes) if details else None,
        }
    )
    return told
