"""The tokens of the API. A token itself is kept nowhere: only its digest, the sha256 of it in hex."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, insert, select, update

from rules.facts import User
from storage.directory import user_id
from storage.errors import NotFound, WrongState
from storage.tables import api_tokens, users


@dataclass(frozen=True, slots=True)
class Token:
    """A token as an operator sees it. `permissions` None: everything its user may do. `expires_at` None: never."""

    id: int
    user: User
    name: str
    permissions: tuple[str, ...] | None
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None


def create(
    conn: Connection,
    email: str,
    digest: str,
    name: str,
    permissions: Sequence[str] | None,
    now: datetime,
    expires_at: datetime | None,
) -> int:
    """Let a user, named by any of their addresses, use a token; returns its id. Raises NotFound."""
    values = {
        "user_id": user_id(conn, email),
        "digest": digest,
        "name": name,
        "permissions": None if permissions is None else list(permissions),
        "created_at": now,
        "expires_at": expires_at,
    }
    made = conn.execute(insert(api_tokens).values(values)).inserted_primary_key
    assert made is not None
    return int(made[0])


def find(conn: Connection, digest: str) -> Token | None:
    """The token with this digest, whether it is still good or not."""
    row = conn.execute(_QUERY.where(api_tokens.c.digest == digest)).one_or_none()
    return _token(row) if row else None


def list_tokens(conn: Connection) -> list[Token]:
    """Every token, in the order in which they were made."""
    return [_token(row) for row in conn.execute(_QUERY.order_by(api_tokens.c.id))]


def revoke(conn: Connection, token_id: int, now: datetime) -> None:
    """Let a token be good for nothing from now on. Raises NotFound; WrongState when it was revoked before."""
    found = conn.execute(select(api_tokens.c.revoked_at).where(api_tokens.c.id == token_id)).one_or_none()
    if found is None:
        raise NotFound(f"there is no token {token_id}")
    if found.revoked_at is not None:
        raise WrongState(f"token {token_id} was revoked already")
    conn.execute(update(api_tokens).where(api_tokens.c.id == token_id).values(revoked_at=now))


_QUERY = select(
    *(api_tokens.c.id, api_tokens.c.name, api_tokens.c.permissions),
    *(api_tokens.c.created_at, api_tokens.c.expires_at, api_tokens.c.revoked_at),
    *(users.c.email, users.c.name.label("user_name"), users.c.role),
).join(users, users.c.id == api_tokens.c.user_id)


def _token(row) -> Token:  # type: ignore[no-untyped-def]
    return Token(
        row.id,
        User(row.email, row.user_name, row.role),
        row.name,
        None if row.permissions is None else tuple(row.permissions),
        row.created_at,
        row.expires_at,
        row.revoked_at,
    )
