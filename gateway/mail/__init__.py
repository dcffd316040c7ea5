"""Reading mail: raw bytes to `rules.message.Message`."""

from gateway.mail.reading import FAILED, UNREAD, minimal, read

__all__ = ["FAILED", "UNREAD", "minimal", "read"]
