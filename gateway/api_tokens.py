"""Tokens of the API, and of those who submit mail: what one looks like, and the form that is kept of it."""

import base64
import hashlib
import secrets

PREFIX = "tpg_"
"""What every token begins with, so that scanners for secrets find one in the wrong place."""

SECRET_BYTES = 32


def new_token() -> str:
    """A token: 256 random bits in lower-case base32 (RFC 4648 section 6) behind the prefix."""
    return PREFIX + base64.b32encode(secrets.token_bytes(SECRET_BYTES)).decode("ascii").rstrip("=").lower()


def digest_of(token: str) -> str:
    """The form in which a token is stored. Random as it is, it needs no salt."""
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()
