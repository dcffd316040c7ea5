"""Who logs in to submit mail: a user of the directory, by a token of theirs."""

from datetime import datetime

from sqlalchemy import Connection

from gateway.api_tokens import digest_of
from gateway.smtp.handler import Login
from rules.addresses import address_key
from rules.permissions import Permission
from storage import api_tokens
from storage.directory import user_address_keys

NEEDED: Permission = "create"


def log_in(conn: Connection, user: str, password: str, now: datetime) -> Login | None:
    """The user with any of whose addresses `user` is written, when `password` is a good token of theirs.

    It must let its user create touchpoints, for that is what a mail does. The token is looked up whoever is named: an
    answer takes as long for nobody as for somebody.
    """
    token = api_tokens.find(conn, digest_of(password))
    if token is None or token.revoked_at is not None:
        return None
    if token.expires_at is not None and token.expires_at <= now:
        return None
    if token.permissions is not None and NEEDED not in token.permissions:
        return None
    addresses = user_address_keys(conn, token.user.email)
    return Login(token.user.email, addresses) if address_key(user) in addresses else None
