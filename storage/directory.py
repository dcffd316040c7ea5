"""The directory asked: who are these people, whose domains are these, which account is meant."""

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime

from sqlalchemy import Connection, select, update
from sqlalchemy import insert as sql_insert

from rules.addresses import address_key
from rules.facts import Account, Contact, Facts, User
from storage.asks import Ask
from storage.chunks import chunks
from storage.dialects import import_alone
from storage.errors import Ambiguous, NotFound
from storage.tables import (
    account_domains,
    accounts,
    contact_accounts,
    contacts,
    team,
    user_addresses,
    user_secrets,
    users,
)

_MENTIONED = 5


def fold_key(key: str) -> str:
    """An account key as it is compared: letter case and outer blanks do not count."""
    return key.strip().casefold()


def look_up(
    conn: Connection,
    addresses: Collection[str],
    domains: Collection[str] = (),
    account_keys: Collection[str] = (),
) -> Facts:
    """Everything the directory knows about a mail, in four queries for each 500 values.

    `addresses` are address keys, `domains` A-labels (parents included by the caller), `account_keys` as
    somebody wrote them. Every account that a contact or a domain leads to is among `Facts.accounts`.
    """
    found: dict[str, Account] = {}
    return Facts(
        users=_users(conn, addresses),
        contacts=_contacts(conn, addresses, found),
        domains=_domains(conn, domains, found),
        accounts=_accounts(conn, account_keys, found),
    )


def account_id_by_key(conn: Connection, key: str) -> int | None:
    """The id of the account with this key, or None."""
    query = select(accounts.c.id).where(accounts.c.key_folded == fold_key(key))
    return conn.execute(query).scalar_one_or_none()


def account_ids(conn: Connection, keys: Collection[str]) -> dict[str, int]:
    """The ids of the accounts with these keys, by the folded key (`fold_key`); unknown ones are missing."""
    return dict(_ACCOUNT_IDS(conn, {fold_key(key) for key in keys}))


def account_by_key(conn: Connection, key: str) -> Account | None:
    """The account with this key, letter case ignored, or None."""
    row = conn.execute(select(*_ACCOUNT).where(accounts.c.key_folded == fold_key(key))).one_or_none()
    return Account(row.key, row.name, row.status == "active") if row else None


def find_account(conn: Connection, text: str) -> tuple[int, Account]:
    """Id and account that a person means: by key, else by name, else by the only key or name that starts so.

    Letter case is ignored. Raises NotFound; Ambiguous, naming some of the accounts that fit.
    """
    wanted = fold_key(text)
    exact = conn.execute(
        select(accounts.c.id, *_ACCOUNT).where(accounts.c.key_folded == wanted)
    ).one_or_none()
    if exact is not None:
        return exact.id, Account(exact.key, exact.name, exact.status == "active")
    # Names are folded here: what a back end takes for the same letter differs from one to the next.
    named, begun = [], []
    for row in conn.execute(select(accounts.c.id, *_ACCOUNT).order_by(accounts.c.key_folded)):
        name = row.name.strip().casefold()
        if name == wanted:
            named.append(row)
        elif wanted and (name.startswith(wanted) or fold_key(row.key).startswith(wanted)):
            begun.append(row)
    fitting = named or begun
    if not fitting:
        raise NotFound(f"there is no account {text!r}")
    if len(fitting) > 1:
        some = ", ".join(f"{row.key} ({row.name})" for row in fitting[:_MENTIONED])
        raise Ambiguous(
            f"{text!r} fits {len(fitting)} accounts: {some}{' …' if len(fitting) > _MENTIONED else ''}"
        )
    return fitting[0].id, Account(fitting[0].key, fitting[0].name, fitting[0].status == "active")


def account_rows(conn: Connection) -> Iterator[Account]:
    """Every account, in the order of the keys."""
    for row in conn.execute(select(*_ACCOUNT).order_by(accounts.c.key_folded)):
        yield Account(row.key, row.name, row.status == "active")


def user_id(conn: Connection, email: str) -> int:
    """The id of the user with this address, main or alternative. Raises NotFound."""
    query = select(user_addresses.c.user_id).where(user_addresses.c.address_key == address_key(email))
    found: int | None = conn.execute(query).scalar_one_or_none()
    if found is None:
        raise NotFound(f"there is no user {email}")
    return found


def team_accounts(conn: Connection, email: str) -> dict[str, int]:
    """The accounts in whose team a user is: id by key. Raises NotFound for an unknown user."""
    query = select(accounts.c.key, accounts.c.id).join(team, team.c.account_id == accounts.c.id)
    return {row.key: row.id for row in conn.execute(query.where(team.c.user_id == user_id(conn, email)))}


def contacts_among(conn: Connection, account_key: str, addresses: Collection[str]) -> set[str]:
    """Those of the address keys that are contacts of the account."""
    found: set[str] = set()
    for some in chunks(sorted(addresses)):
        query = (
            select(contacts.c.address_key)
            .join(contact_accounts, contact_accounts.c.contact_id == contacts.c.id)
            .join(accounts, accounts.c.id == contact_accounts.c.account_id)
            .where(accounts.c.key_folded == fold_key(account_key), contacts.c.address_key.in_(some))
        )
        found.update(conn.execute(query).scalars())
    return found


def user_by_secret(conn: Connection, secret: str, *, revoked_too: bool = False) -> User | None:
    """The user whose per-user address carries this secret, or None; a revoked one only if asked for."""
    query = (
        select(users.c.email, users.c.name, users.c.role)
        .join(user_secrets, user_secrets.c.user_id == users.c.id)
        .where(user_secrets.c.secret == secret)
    )
    if not revoked_too:
        query = query.where(user_secrets.c.revoked_at.is_(None))
    row = conn.execute(query).one_or_none()
    return User(*row) if row else None


def user_secret(conn: Connection, email: str) -> str | None:
    """The secret of a user's current per-user address, or None. Raises NotFound for an unknown user."""
    query = select(user_secrets.c.secret).where(
        user_secrets.c.user_id == user_id(conn, email), user_secrets.c.revoked_at.is_(None)
    )
    return conn.execute(query.order_by(user_secrets.c.id.desc()).limit(1)).scalar_one_or_none()


def rotate_user_secret(conn: Connection, email: str, now: datetime, secret: str) -> None:
    """Give a user a new secret and revoke the ones before. Raises NotFound for an unknown user."""
    owner = user_id(conn, email)
    current = user_secrets.c.user_id == owner, user_secrets.c.revoked_at.is_(None)
    conn.execute(update(user_secrets).where(*current).values(revoked_at=now))
    conn.execute(sql_insert(user_secrets).values(user_id=owner, secret=secret, created_at=now))


def remember_contacts(conn: Connection, account_key: str, people: Collection[tuple[str, str]]) -> int:
    """Add people, given as (email, name), as contacts of an account; returns how many are new to it.

    Who is a user, or is a contact there already, is left alone. Raises NotFound for an unknown account.
    """
    import_alone(conn)
    account_id = account_id_by_key(conn, account_key)
    if account_id is None:
        raise NotFound(f"there is no account {account_key}")
    wanted = {address_key(email): (email, name) for email, name in people}
    colleagues = _users(conn, wanted)
    added = 0
    for key, (email, name) in wanted.items():
        if key in colleagues:
            continue
        contact_id = conn.execute(
            select(contacts.c.id).where(contacts.c.address_key == key)
        ).scalar_one_or_none()
        if contact_id is None:
            made = conn.execute(sql_insert(contacts).values(email=email, address_key=key, name=name))
            assert made.inserted_primary_key is not None
            contact_id = made.inserted_primary_key[0]
        links = select(contact_accounts.c.account_id).where(contact_accounts.c.contact_id == contact_id)
        there = conn.execute(links).scalars().all()
        if account_id not in there:
            link = {"contact_id": contact_id, "account_id": account_id, "title": "", "position": len(there)}
            conn.execute(sql_insert(contact_accounts).values(link))
            added += 1
    return added


def user_address_keys(conn: Connection, email: str) -> tuple[str, ...]:
    """The keys (`rules.addresses.address_key`) of all addresses of a user, named by any of them. Raises NotFound."""
    query = select(user_addresses.c.address_key).where(user_addresses.c.user_id == user_id(conn, email))
    return tuple(conn.execute(query.order_by(user_addresses.c.address_key)).scalars())


_ACCOUNT = (accounts.c.key, accounts.c.name, accounts.c.status)

_ACCOUNT_IDS = Ask(select(accounts.c.key_folded, accounts.c.id), accounts.c.key_folded)
_USERS = Ask(
    select(user_addresses.c.address_key, users.c.email, users.c.name, users.c.role).join(
        users, users.c.id == user_addresses.c.user_id
    ),
    user_addresses.c.address_key,
)
_CONTACTS = Ask(
    select(contacts.c.address_key, contacts.c.email, contacts.c.name, *_ACCOUNT)
    .join(contact_accounts, contact_accounts.c.contact_id == contacts.c.id, isouter=True)
    .join(accounts, accounts.c.id == contact_accounts.c.account_id, isouter=True)
    .order_by(contacts.c.id, contact_accounts.c.position, accounts.c.id),
    contacts.c.address_key,
)
_DOMAINS = Ask(
    select(account_domains.c.domain, *_ACCOUNT)
    .join(accounts, accounts.c.id == account_domains.c.account_id)
    .order_by(account_domains.c.domain, accounts.c.id),
    account_domains.c.domain,
)
_ACCOUNTS = Ask(select(*_ACCOUNT), accounts.c.key_folded)


def _users(conn: Connection, addresses: Collection[str]) -> dict[str, User]:
    return {key: User(email, name, role) for key, email, name, role in _USERS(conn, addresses)}


def _contacts(conn: Connection, addresses: Collection[str], found: dict[str, Account]) -> dict[str, Contact]:
    people: dict[str, tuple[str, str, list[str]]] = {}
    for address, email, person, *account in _CONTACTS(conn, addresses):
        keys = people.setdefault(address, (email, person, []))[2]
        if account[0] is not None:
            keys.append(_noted(account, found))
    return {key: Contact(email, name, tuple(keys)) for key, (email, name, keys) in people.items()}


def _domains(
    conn: Connection, domains: Collection[str], found: dict[str, Account]
) -> dict[str, tuple[str, ...]]:
    listed: dict[str, list[str]] = {}
    for domain, *account in _DOMAINS(conn, domains):
        listed.setdefault(domain, []).append(_noted(account, found))
    return {domain: tuple(keys) for domain, keys in listed.items()}


def _accounts(conn: Connection, keys: Collection[str], found: dict[str, Account]) -> dict[str, Account]:
    for account in _ACCOUNTS(conn, {fold_key(key) for key in keys}):
        _noted(account, found)
    return found


def _noted(account: Sequence[str], found: dict[str, Account]) -> str:
    """The key of an account, which is among those found from now on."""
    key, name, status = account
    if key not in found:
        found[key] = Account(key, name, status == "active")
    return key
