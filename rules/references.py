"""The messages that a mail names, nearest first (RFC 5322 3.6.4)."""

from collections.abc import Iterator

from rules.message import Message

MOST = 100
"""Ids that are looked up. Clients keep the first and the newest ones of a long thread."""

LONGEST = 998
"""Octets of an id: a line's length (RFC 5322 2.1.1)."""


def referenced_ids(message: Message) -> tuple[str, ...]:
    """What the mail answers, nearest first."""
    return tuple(dict.fromkeys(_ids(message)))[:MOST]


def returned_ids(message: Message) -> tuple[str, ...]:
    """The mails that a delivery report may be about: what it brings along, and what it refers to."""
    found: list[str] = []
    if message.returned is not None and message.returned.message_id:
        found.append(message.returned.message_id)
    found += [nested.message_id for nested in message.nested if nested.message_id]
    found += referenced_ids(message)
    return tuple(dict.fromkeys(found))[:MOST]


def message_ids(message: Message) -> tuple[str, ...]:
    """Every id that a rule may ask about."""
    return tuple(dict.fromkeys((*referenced_ids(message), *returned_ids(message))))


def _ids(message: Message) -> Iterator[str]:
    references = message.references
    nearest = (*message.in_reply_to[:10], *reversed(references[-MOST:]), *references[:10])
    # Its own id names nothing: the mail run again, or brought a second time, is no answer to itself.
    return (each for each in nearest if each and each != message.message_id and len(each) <= LONGEST)
