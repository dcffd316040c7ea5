"""Forwarded originals: the mails that somebody passed on, as attachments or written into the text."""

from rules.forwards.originals import find_originals

__all__ = ["find_originals"]
