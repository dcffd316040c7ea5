"""Who acts: the user behind a token of the API, with what the site lets them do."""

from gateway.api_tokens import PREFIX, digest_of
from gateway.desk.desk import Desk
from gateway.desk.problems import forbidden, unauthenticated
from rules.permissions import Actor, Permission, may
from storage.api_tokens import find
from storage.directory import team_accounts
from storage.engine import reading


def actor_of(desk: Desk, token: str) -> Actor:
    """Who sent a token. Raises Problem 401 for one that is unknown, expired or revoked."""
    if not token.startswith(PREFIX):
        raise unauthenticated("That is no token of this gateway.")
    with reading(desk.engine) as conn:
        found = find(conn, digest_of(token))
        if found is None:
            raise unauthenticated("The token is not known here.")
        if found.revoked_at is not None:
            raise unauthenticated("The token was revoked.")
        if found.expires_at is not None and found.expires_at <= desk.clock():
            raise unauthenticated("The token has expired.")
        permissions = desk.settings.permissions
        is_admin = found.user.role == "admin"
        granted = frozenset[str](permissions.admin if is_admin else permissions.user)
        if found.permissions is not None:
            granted &= frozenset(found.permissions)
        accounts = None
        if permissions.accounts == "team" and not is_admin:
            accounts = frozenset(team_accounts(conn, found.user.email))
    return Actor(found.user.email, found.user.name, found.user.role, granted, accounts)


def require(actor: Actor, permission: Permission) -> None:
    """Raises Problem 403 when the actor lacks a permission."""
    why = may(actor, permission)
    if why:
        raise forbidden(why)
