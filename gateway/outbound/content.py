"""What a letter of the outbox holds, as the JSON that is kept until it is sent.

Kept once for all recipients, and written out for each when it is sent (`gateway.outbound.writing`), so that an edit
of the touchpoint does not change what was ordered.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from rules.message import Attachment
from rules.people import Participant
from storage.outbox import COPY, NOTICE, REPLY, NewEntry, NewLetter


@dataclass(frozen=True, slots=True)
class AccountHead:
    """What a copy to Totango users begins with. None leaves a line out: absent, or privileged."""

    name: str
    health: str | None
    contract_value: str | None


@dataclass(frozen=True, slots=True)
class Said:
    """What a touchpoint or reply says. `html` is sanitised, or "" to write it from `text`."""

    subject: str
    text: str
    html: str
    author: Participant | None
    date: datetime
    attachments: tuple[Attachment, ...] = ()


def new_message_id(domain: str) -> str:
    """A message id that no other mail has (RFC 5322 3.6.4)."""
    return f"<{secrets.token_hex(12)}@{domain}>"


def copy_letter(
    touchpoint_id: int,
    said: Said,
    *,
    account: AccountHead,
    kind: str,
    flow: str,
    participants: Sequence[Participant],
    recipients: Sequence[Participant],
    references: Sequence[str],
    again: bool = False,
) -> NewLetter:
    """A touchpoint e-mailed. `kind` is its type; `references` are the ids of the thread; `again`: after an edit."""
    content = {
        **_said(said),
        "account": {"name": account.name, "health": account.health, "contract_value": account.contract_value},
        "type": kind,
        "flow": flow,
        "participants": [_person(person) for person in participants],
        "recipients": [_person(person) for person in recipients],
        "references": list(references),
        "in_reply_to": references[-1] if references else "",
        "again": again,
    }
    return NewLetter(COPY, touchpoint_id, content)


def reply_letter(
    touchpoint_id: int,
    said: Said,
    *,
    others: Sequence[Participant],
    references: Sequence[str],
    in_reply_to: str,
) -> NewLetter:
    """A reply passed on. `others` are the people outside whom an answer to all should reach."""
    content = {
        **_said(said),
        "others": [_person(person) for person in others],
        "references": list(references),
        "in_reply_to": in_reply_to,
    }
    return NewLetter(REPLY, touchpoint_id, content)


def notice_letter(
    mail_id: int,
    topic: str,
    *,
    subject: str,
    reason: str,
    candidates: Sequence[tuple[str, str]],
    in_reply_to: str,
) -> NewLetter:
    """A question to the sender of a mail that could not be filed. `candidates` are (key, name) of accounts."""
    content = {
        "subject": subject,
        "topic": topic,
        "reason": reason,
        "mail": mail_id,
        "candidates": [{"key": key, "name": name} for key, name in candidates],
        "in_reply_to": in_reply_to,
    }
    return NewLetter(NOTICE, None, content)


def entries(kind: str, people: Sequence[Participant], domain: str) -> list[NewEntry]:
    """One mail for each person, each with its own message id."""
    return [
        NewEntry(kind, person.email, person.name, person.side, new_message_id(domain)) for person in people
    ]


def _said(said: Said) -> dict[str, Any]:
    return {
        "subject": said.subject,
        "text": said.text,
        "html": said.html,
        "author": _person(said.author) if said.author else None,
        "date": said.date.isoformat(),
        "attachments": [
            {
                "filename": each.filename,
                "content_type": each.content_type,
                "size": each.size,
                "sha256": each.sha256,
                "inline": each.inline,
                "content_id": each.content_id,
            }
            for each in said.attachments
        ],
    }


def _person(person: Participant) -> dict[str, str]:
    return {"email": person.email, "name": person.name, "side": person.side, "known": person.known}
