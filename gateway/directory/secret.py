"""The secret in a per-user address."""

import base64
import secrets

from rules.recipients.user_address import SECRET_LENGTH


def new_secret() -> str:
    """A new secret: base32 letters (RFC 4648 6) in lower case, which survive every mail server."""
    return base64.b32encode(secrets.token_bytes(SECRET_LENGTH)).decode("ascii").lower()[:SECRET_LENGTH]
