"""JSON and letters as people read them: texts that hold nothing unseen, all characters Unicode."""

from collections.abc import Mapping
from typing import Any

from rules.shown import shown, shown_address, shown_text
from storage.columns import storable

_BODIES = frozenset({"text", "quoted", "html", "comment"})
"""What somebody wrote, told whole: a page keeps it in a frame of its own."""

_EXACT = frozenset({"key", "assigned_account", "next", "message_id", "thread_address"})
"""What is sent back to us as it is."""

_ONE_LINE = frozenset({"name", "subject", "filename", "summary", "title"})
_ADDRESSES = frozenset(
    {
        "email",
        "alternative_emails",
        "mail_from",
        "recipient",
        "recipients",
        "organizer",
        "attendees",
        "created_by",
    }
)


def clean(value: Any) -> Any:
    """The same with U+FFFD for what is no Unicode: JSON columns may hold lone surrogates out of broken mail."""
    match value:
        case str():
            return storable(value)
        case Mapping():
            return {clean(key): clean(each) for key, each in value.items()}
        case list() | tuple():
            return [clean(each) for each in value]
        case _:
            return value


def for_people(value: Any, name: str = "") -> Any:
    """The same as people read it: in every text but bodies, what cannot be seen is gone (`rules.shown`).

    `name` is the key under which it stands. Addresses and domains in ASCII stay as they were written.
    """
    match value:
        case str():
            return _told(storable(value), name)
        case Mapping():
            return {clean(key): for_people(each, key) for key, each in value.items()}
        case list() | tuple():
            return [for_people(each, name) for each in value]
        case _:
            return value


def _told(text: str, name: str) -> str:
    if (text.isascii() and text.isprintable()) or name in _BODIES or name in _EXACT:
        return text
    if name in _ADDRESSES:
        return shown_address(text)
    return shown(text) if name in _ONE_LINE else shown_text(text)
