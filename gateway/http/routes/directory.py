"""Accounts, contacts, users, the catalogue, and who you are."""

from typing import Any

from fastapi import APIRouter

from gateway.desk import catalogue, directory
from gateway.http.given import AccountKey, AtDesk, By, Cursor, Limit, Text
from gateway.http.told import AccountTold, CatalogueTold, ContactTold, MeTold, Page, UserTold

router = APIRouter(tags=["directory"])


@router.get("/accounts", response_model=Page[AccountTold])
def list_accounts(
    desk: AtDesk, actor: By, q: Text = "", limit: Limit = 50, cursor: Cursor = ""
) -> dict[str, Any]:
    """List the accounts that you may see, in the order of their keys; `q` is looked for in key and name."""
    items, following = directory.accounts(desk, actor, limit, cursor, q)
    return {"items": items, "next": following}


@router.get("/accounts/{key}", response_model=AccountTold)
def read_account(desk: AtDesk, actor: By, key: AccountKey) -> dict[str, Any]:
    """Read an account."""
    return directory.account(desk, actor, key)


@router.get("/accounts/{key}/contacts", response_model=Page[ContactTold])
def list_contacts(
    desk: AtDesk, actor: By, key: AccountKey, q: Text = "", limit: Limit = 50, cursor: Cursor = ""
) -> dict[str, Any]:
    """List the contacts of an account, in the order of their addresses."""
    items, following = directory.contacts(desk, actor, key, limit, cursor, q)
    return {"items": items, "next": following}


@router.get("/users", response_model=Page[UserTold])
def list_users(
    desk: AtDesk,
    actor: By,  # noqa: ARG001 - who asks must be somebody
    q: Text = "",
    limit: Limit = 50,
    cursor: Cursor = "",
) -> dict[str, Any]:
    """List the Totango users, in the order of their addresses: who can be mentioned."""
    items, following = directory.users(desk, limit, cursor, q)
    return {"items": items, "next": following}


@router.get("/catalogue", response_model=CatalogueTold)
def read_catalogue(desk: AtDesk, actor: By) -> dict[str, Any]:  # noqa: ARG001
    """Read what can be chosen for a touchpoint: types, flows, reasons, templates, and the limits."""
    return catalogue.catalogue(desk)


@router.get("/me", response_model=MeTold)
def read_me(actor: By) -> dict[str, Any]:
    """Read who your token stands for, and what you may do."""
    return catalogue.me(actor)
