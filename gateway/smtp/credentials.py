"""What a client says of itself to log in (SASL PLAIN, RFC 4616, and the older LOGIN)."""

from base64 import b64decode

MECHANISMS = ("PLAIN", "LOGIN")
"""Both send the password as it is: they are offered inside TLS alone (RFC 4954 section 4)."""


class BadCredentialsError(Exception):
    """The client's answer is no base64, or not what the mechanism asks for, or it gave up."""


def read_text(answer: str) -> str:
    """An answer in base64 as text. Raises BadCredentialsError."""
    try:
        return b64decode(answer, validate=True).decode()
    except ValueError:  # no base64, no ASCII, or no UTF-8 inside
        raise BadCredentialsError from None


def read_plain(answer: str) -> tuple[str, str]:
    """User and password of a PLAIN answer. Raises BadCredentialsError; nobody acts for somebody else (authzid)."""
    match read_text(answer).split("\0"):
        case [acts_for, user, password] if user and password and acts_for in ("", user):
            return user, password
    raise BadCredentialsError
