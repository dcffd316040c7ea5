"""The directory listed, page by page, in the order of its keys; a page takes two queries."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from sqlalchemy import Column, ColumnElement, Connection, or_, select

from rules.addresses import address_key
from storage.chunks import chunks
from storage.directory import fold_key
from storage.tables import account_domains, accounts, contact_accounts, contacts, team, user_addresses, users

Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class AccountRow:
    """An account with everything the directory says of it. `domains` are A-labels."""

    key: str
    name: str
    domains: tuple[str, ...]
    status: str
    health: str | None
    contract_value: str | None
    contract_value_privileged: bool
    attributes: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class UserRow:
    """A Totango user; `alternative_emails` as the directory writes them."""

    email: str
    name: str
    alternative_emails: tuple[str, ...]
    role: str


@dataclass(frozen=True, slots=True)
class ContactRow:
    """A contact. `accounts` are (account key, title) in the order of the directory."""

    email: str
    name: str
    accounts: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class MemberRow:
    """Who is in the team of an account."""

    account: str
    user: str
    role: str


def list_accounts(
    conn: Connection,
    limit: int,
    offset: int = 0,
    *,
    keys: Collection[str] | None = None,
    after: str = "",
    text: str = "",
) -> list[AccountRow]:
    """A page of the accounts: of those with these `keys`, whose key is beyond `after`, with `text` in key or name."""
    query = select(accounts).order_by(accounts.c.key_folded).limit(limit).offset(offset)
    if keys is not None:
        query = query.where(accounts.c.key_folded.in_(sorted(fold_key(key) for key in keys)))
    if after:
        query = query.where(accounts.c.key_folded > fold_key(after))
    if text:
        query = query.where(_has(text, accounts.c.key, accounts.c.name))
    page = conn.execute(query).all()
    domains: dict[int, list[str]] = {}
    for ids in chunks([row.id for row in page]):
        query = select(account_domains.c.account_id, account_domains.c.domain)
        _gather(domains, conn.execute(query.where(account_domains.c.account_id.in_(ids))))
    return [
        AccountRow(
            key=row.key,
            name=row.name,
            domains=tuple(sorted(domains.get(row.id, ()))),
            status=row.status,
            health=row.health,
            contract_value=row.contract_value,
            contract_value_privileged=row.contract_value_privileged,
            attributes=row.attributes,
        )
        for row in page
    ]


def list_users(
    conn: Connection, limit: int, offset: int = 0, *, after: str = "", text: str = ""
) -> list[UserRow]:
    """A page of the users: of those whose address is beyond `after`, with `text` in address or name."""
    query = select(users).order_by(users.c.address_key).limit(limit).offset(offset)
    if after:
        query = query.where(users.c.address_key > address_key(after))
    if text:
        query = query.where(_has(text, users.c.email, users.c.name))
    page = conn.execute(query).all()
    main = {row.id: row.address_key for row in page}
    others: dict[int, list[str]] = {}
    for ids in chunks(list(main)):
        query = select(user_addresses).where(user_addresses.c.user_id.in_(ids))
        found = conn.execute(query.order_by(user_addresses.c.address_key))
        _gather(others, ((row.user_id, row.email) for row in found if row.address_key != main[row.user_id]))
    return [UserRow(row.email, row.name, tuple(others.get(row.id, ())), row.role) for row in page]


def list_contacts(
    conn: Connection,
    limit: int,
    offset: int = 0,
    *,
    account: str | None = None,
    after: str = "",
    text: str = "",
) -> list[ContactRow]:
    """A page of the contacts: those of an `account`, beyond the address `after`, with `text` in address or name."""
    query = select(contacts).order_by(contacts.c.address_key).limit(limit).offset(offset)
    if account is not None:
        links_of = (
            select(contact_accounts.c.contact_id)
            .join(accounts, accounts.c.id == contact_accounts.c.account_id)
            .where(accounts.c.key_folded == fold_key(account))
        )
        query = query.where(contacts.c.id.in_(links_of))
    if after:
        query = query.where(contacts.c.address_key > address_key(after))
    if text:
        query = query.where(_has(text, contacts.c.email, contacts.c.name))
    page = conn.execute(query).all()
    links: dict[int, list[tuple[str, str]]] = {}
    for ids in chunks([row.id for row in page]):
        query = (
            select(contact_accounts.c.contact_id, accounts.c.key, contact_accounts.c.title)
            .join(accounts, accounts.c.id == contact_accounts.c.account_id)
            .where(contact_accounts.c.contact_id.in_(ids))
            .order_by(contact_accounts.c.contact_id, contact_accounts.c.position)
        )
        _gather(links, ((row.contact_id, (row.key, row.title)) for row in conn.execute(query)))
    return [ContactRow(row.email, row.name, tuple(links.get(row.id, ()))) for row in page]


def list_team(conn: Connection, limit: int, offset: int = 0) -> list[MemberRow]:
    """A page of the team members, by account, then user."""
    query = (
        select(accounts.c.key, users.c.email, team.c.role)
        .join(accounts, accounts.c.id == team.c.account_id)
        .join(users, users.c.id == team.c.user_id)
        .order_by(accounts.c.key_folded, users.c.address_key)
    )
    return [MemberRow(*row) for row in conn.execute(query.limit(limit).offset(offset))]


def _has(text: str, *columns: Column[Any]) -> ColumnElement[bool]:
    return or_(*(column.icontains(text, autoescape=True) for column in columns))


def _gather(into: dict[int, list[Value]], pairs: Iterable[tuple[int, Value]]) -> None:
    for parent, value in pairs:
        into.setdefault(parent, []).append(value)
