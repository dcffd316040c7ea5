"""The directory written in bulk: new rows inserted, known ones updated by key, what is not named left alone.

Plain SELECT, INSERT, UPDATE and DELETE instead of the dialects' upserts: it is as fast, the same on every
back end, and tells what is new from what has changed.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Table, bindparam, delete, insert, select, update

from rules.addresses import address_key
from storage.chunks import chunks
from storage.directory import fold_key
from storage.tables import (
    account_domains,
    accounts,
    contact_accounts,
    contacts,
    team,
    user_addresses,
    users,
)

Progress = Callable[[int, int, str], None]
"""Called as `progress(done, total, what)` now and then while rows are written."""

_BATCH = 5000


@dataclass(frozen=True, slots=True)
class NewAccount:
    """A line of accounts.csv. `domains` are A-labels and take the place of the domains before."""

    key: str
    name: str
    domains: tuple[str, ...] = ()
    status: str = "active"
    health: str | None = None
    contract_value: str | None = None
    contract_value_privileged: bool = False
    attributes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class NewUser:
    """A line of users.csv. `alternatives` take the place of the alternative addresses before."""

    email: str
    name: str
    alternatives: tuple[str, ...] = ()
    role: str = "user"


@dataclass(frozen=True, slots=True)
class NewContact:
    """A person of contacts.csv. `accounts` are (account key, title), and take the place of those before."""

    email: str
    name: str
    accounts: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class NewMember:
    """A line of team.csv: account key, address of the user, role in the team."""

    account: str
    user: str
    role: str = ""


@dataclass(frozen=True, slots=True)
class NewDirectory:
    """What to write. None leaves a noun as it is.

    Every key and every user's address is distinct, and every account and user referred to is here or known:
    the caller has checked that. The members of an account that is named in `team` take the place of those
    before.
    """

    accounts: Sequence[NewAccount] | None = None
    users: Sequence[NewUser] | None = None
    contacts: Sequence[NewContact] | None = None
    team: Sequence[NewMember] | None = None


@dataclass(frozen=True, slots=True)
class Count:
    """How many rows of a noun were new, had changed, or were as before."""

    new: int
    changed: int
    unchanged: int


def write_directory(conn: Connection, directory: NewDirectory, progress: Progress) -> dict[str, Count]:
    """Write the directory in the caller's transaction; the counts by noun, only those that were given."""
    counts: dict[str, Count] = {}
    if directory.accounts is not None:
        counts["accounts"] = _write_accounts(conn, directory.accounts, progress)
    if directory.users is not None:
        counts["users"] = _write_users(conn, directory.users, progress)
    if directory.contacts is not None:
        counts["contacts"] = _write_contacts(conn, directory.contacts, progress)
    if directory.team is not None:
        counts["team"] = _write_team(conn, directory.team, progress)
    return counts


def known_accounts(conn: Connection) -> dict[str, str]:
    """Every account: folded key → key as written."""
    return dict(conn.execute(select(accounts.c.key_folded, accounts.c.key)).all())


def known_users(conn: Connection) -> dict[str, str]:
    """Every address of every user: its key → the key of that user's main address."""
    query = select(user_addresses.c.address_key, users.c.address_key).join(users)
    return dict(conn.execute(query).all())


def _write_accounts(conn: Connection, new: Sequence[NewAccount], progress: Progress) -> Count:
    rows = [
        {
            "key": account.key,
            "key_folded": fold_key(account.key),
            "name": account.name,
            "status": account.status,
            "health": account.health,
            "contract_value": account.contract_value,
            "contract_value_privileged": account.contract_value_privileged,
            "attributes": dict(account.attributes),
        }
        for account in new
    ]
    ids, fresh, changed = _write(conn, accounts, "key_folded", rows, progress)
    domains = {ids[fold_key(account.key)]: {(domain,) for domain in account.domains} for account in new}
    moved = _replace(conn, account_domains, "account_id", ("domain",), domains)
    return _count(ids, fresh, changed, moved)


def _write_users(conn: Connection, new: Sequence[NewUser], progress: Progress) -> Count:
    rows = [
        {"email": user.email, "address_key": address_key(user.email), "name": user.name, "role": user.role}
        for user in new
    ]
    _rename(conn, new)
    ids, fresh, changed = _write(conn, users, "address_key", rows, progress)
    addresses = {
        ids[address_key(user.email)]: {(address_key(each), each) for each in (user.email, *user.alternatives)}
        for user in new
    }
    moved = _replace(conn, user_addresses, "user_id", ("address_key", "email"), addresses)
    return _count(ids, fresh, changed, moved)


def _rename(conn: Connection, new: Sequence[NewUser]) -> None:
    """Give known users their new main address: a new user with the old one as an alternative is that user."""
    mains = {address_key(user.email) for user in new}
    known = {key for (key,) in conn.execute(select(users.c.address_key))}
    gone = known - mains
    renamed = [
        {"before": address_key(other), "address_key": address_key(user.email)}
        for user in new
        if address_key(user.email) not in known
        for other in user.alternatives
        if address_key(other) in gone
    ]
    if renamed:
        conn.execute(update(users).where(users.c.address_key == bindparam("before")), renamed)


def _write_contacts(conn: Connection, new: Sequence[NewContact], progress: Progress) -> Count:
    keys = [address_key(contact.email) for contact in new]
    rows = [
        {"email": contact.email, "address_key": key, "name": contact.name}
        for key, contact in zip(keys, new, strict=True)
    ]
    ids, fresh, changed = _write(conn, contacts, "address_key", rows, progress)
    account_ids = _ids(conn, accounts, "key_folded")
    links = {
        ids[key]: {
            (account_ids[fold_key(account)], title, position)
            for position, (account, title) in enumerate(contact.accounts)
        }
        for key, contact in zip(keys, new, strict=True)
    }
    moved = _replace(conn, contact_accounts, "contact_id", ("account_id", "title", "position"), links)
    return _count(ids, fresh, changed, moved)


def _write_team(conn: Connection, new: Sequence[NewMember], progress: Progress) -> Count:
    account_ids = _ids(conn, accounts, "key_folded")
    owners = select(user_addresses.c.address_key, user_addresses.c.user_id)
    user_ids = dict(conn.execute(owners).all())
    wanted: dict[int, set[tuple[Any, ...]]] = {}
    for member in new:
        account_id = account_ids[fold_key(member.account)]
        wanted.setdefault(account_id, set()).add((user_ids[address_key(member.user)], member.role))
    members = select(team.c.account_id, team.c.user_id, team.c.role)
    before = {(account_id, user_id): role for account_id, user_id, role in conn.execute(members)}
    _replace(conn, team, "account_id", ("user_id", "role"), wanted)
    now = {(account_id, user_id): role for account_id, rows in wanted.items() for user_id, role in rows}
    fresh = len(now.keys() - before.keys())
    same = sum(before.get(pair) == role for pair, role in now.items())
    progress(len(now), len(now), "team")
    return Count(fresh, len(now) - fresh - same, same)


def _write(
    conn: Connection, table: Table, key: str, rows: Sequence[dict[str, Any]], progress: Progress
) -> tuple[dict[str, int], set[int], set[int]]:
    """Insert and update by key; the ids of all these rows by key, and of the new and of the changed ones."""
    names = list(rows[0]) if rows else []
    before = {
        row[1]: (row[0], row[2:])
        for row in conn.execute(select(table.c.id, table.c[key], *(table.c[name] for name in names)))
    }
    inserts: list[dict[str, Any]] = []
    updates: list[dict[str, Any]] = []
    for row in rows:
        there = before.get(row[key])
        if there is None:
            inserts.append(row)
        elif tuple(there[1]) != tuple(row.values()):
            updates.append({"row_id": there[0], **row})
    total = len(rows)
    done = total - len(inserts) - len(updates)
    for some in chunks(inserts, _BATCH):
        conn.execute(insert(table), some)
        done += len(some)
        progress(done, total, table.name)
    for some in chunks(updates, _BATCH):
        conn.execute(update(table).where(table.c.id == bindparam("row_id")), some)
        done += len(some)
        progress(done, total, table.name)
    progress(total, total, table.name)
    everything = _ids(conn, table, key)
    ids = {row[key]: everything[row[key]] for row in rows}
    return ids, {ids[row[key]] for row in inserts}, {row["row_id"] for row in updates}


def _replace(
    conn: Connection,
    table: Table,
    parent: str,
    names: Sequence[str],
    wanted: Mapping[int, Iterable[tuple[Any, ...]]],
) -> set[int]:
    """Make the rows below each parent exactly those that are wanted; returns the parents that had others."""
    before: dict[int, set[tuple[Any, ...]]] = {}
    for row in conn.execute(select(table.c[parent], *(table.c[name] for name in names))):
        if row[0] in wanted:
            before.setdefault(row[0], set()).add(tuple(row[1:]))
    differing = [parent_id for parent_id, rows in wanted.items() if before.get(parent_id, set()) != rows]
    # All deletions come first: an address or a domain may move from one parent to another.
    stale = [{"parent": parent_id} for parent_id in differing if parent_id in before]
    for some in chunks(stale, _BATCH):
        conn.execute(delete(table).where(table.c[parent] == bindparam("parent")), some)
    rows = [
        {parent: parent_id, **dict(zip(names, row, strict=True))}
        for parent_id in differing
        for row in wanted[parent_id]
    ]
    for batch in chunks(rows, _BATCH):
        conn.execute(insert(table), batch)
    return set(differing)


def _ids(conn: Connection, table: Table, key: str) -> dict[str, int]:
    return dict(conn.execute(select(table.c[key], table.c.id)).all())


def _count(ids: Mapping[str, int], fresh: set[int], changed: set[int], moved: set[int]) -> Count:
    touched = (changed | moved) - fresh
    return Count(len(fresh), len(touched), len(ids) - len(fresh) - len(touched))
