"""From the bytes of the corpus to the message that the rules see."""

import email
import email.policy

from rules.message import Address, Message

try:
    from gateway.mail import read
except ImportError:
    read = None


def message_of(raw: bytes) -> Message | None:
    """The mail as read; without a reader only its plain text, and None where there is none."""
    if read is not None:
        return read(raw)
    mail = email.message_from_bytes(raw, policy=email.policy.default)
    part = mail.get_body(("plain",))
    if part is None:
        return None
    return reply(part.get_content())


def reply(text: str, *, subject: str = "Re: Contract 4711", sender: str = "Bob Ross") -> Message:
    """A reply with this text, as a client marks it in its headers."""
    return Message(
        from_=(Address("bob@vendor.example", sender),),
        subject=subject,
        in_reply_to=("<question-1@kunde.example>",),
        references=("<question-1@kunde.example>",),
        text=text.rstrip(),
        text_from="plain",
    )


def first_mail(text: str) -> Message:
    """A mail that answers nothing."""
    return Message(
        from_=(Address("bob@vendor.example", "Bob Ross"),),
        subject="News",
        text=text.rstrip(),
        text_from="plain",
    )
