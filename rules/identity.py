"""When are two mails the same mail?

A Message-ID alone loses mail: different mails carry the same id, and anybody can use it first. The hash of the
raw bytes alone misses a redelivery, which has new Received fields. So both, over what a person would see.
"""

import hashlib

from rules.message import Message

TOUCHPOINT = "touchpoint"
"""The route of a mail that becomes a touchpoint of its own, by whichever of our addresses it came."""


def identity(message: Message, route: str) -> str:
    """The identity of a mail on one route, in hex: equal for every delivery that would be filed the same way.

    `route` is TOUCHPOINT, or "thread:<id>" for a reply: a mail is filed once in each thread, else once.
    """
    digest = hashlib.sha256()
    for field in (
        route,
        message.message_id,
        message.subject,
        message.date.isoformat() if message.date else "",
        *(address.email for address in message.from_),
        message.text,
        *(attachment.sha256 for attachment in message.attachments),
        # Nothing of a body that was not read tells two mails apart, save its octets.
        *((f"unread {message.unread}",) if message.unread else ()),
    ):
        data = field.encode("utf-8", "surrogatepass")
        digest.update(len(data).to_bytes(8, "big"))
        digest.update(data)
    return digest.hexdigest()
