"""Reading mail: raw bytes to `rules.message.Message`."""

from gateway.mail.read import read

__all__ = ["read"]
