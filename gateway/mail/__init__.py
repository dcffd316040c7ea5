"""Reading mail: raw bytes to `rules.message.Message`."""

from gateway.mail.reading import read

__all__ = ["read"]
