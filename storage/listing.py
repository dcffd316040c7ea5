"""The directory listed, page by page, in the order of its keys; a page takes two queries."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from sqlalchemy import Connection, select

from storage.chunks import chunks
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


def list_accounts(conn: Connection, limit: int, offset: int = 0) -> list[AccountRow]:
    """A page of the accounts."""
    page = conn.execute(select(accounts).order_by(accounts.c.key_folded).limit(limit).offset(offset)).all()
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


def list_users(conn: Connection, limit: int, offset: int = 0) -> list[UserRow]:
    """A page of the users."""
    page = conn.execute(select(users).order_by(users.c.address_key).limit(limit).offset(offset)).all()
    main = {row.id: row.address_key for row in page}
    others: dict[int, list[str]] = {}
    for ids in chunks(list(main)):
        query = select(user_addresses).where(user_addresses.c.user_id.in_(ids))
        found = conn.execute(query.order_by(user_addresses.c.address_key))
        _gather(others, ((row.user_id, row.email) for row in found if row.address_key != main[row.user_id]))
    return [UserRow(row.email, row.name, tuple(others.get(row.id, ())), row.role) for row in page]


def list_contacts(conn: Connection, limit: int, offset: int = 0) -> list[ContactRow]:
    """A page of the contacts."""
    page = conn.execute(select(contacts).order_by(contacts.c.address_key).limit(limit).offset(offset)).all()
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


def _gather(into: dict[int, list[Value]], pairs: Iterable[tuple[int, Value]]) -> None:
    for parent, value in pairs:
        into.setdefault(parent, []).append(value)
