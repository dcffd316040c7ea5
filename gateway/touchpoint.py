"""A stored touchpoint in the form in which the outside reads it: the keys of `explain`, and its own."""

from collections.abc import Sequence
from typing import Any

from rules.decision import substance_json
from storage.timeline import TouchpointRow


def touchpoint_json(row: TouchpointRow) -> dict[str, Any]:
    """The touchpoint as a JSON object: `id`, `mail`, then every key of `rules.decision.as_json`.

    How it came about (reason, candidates, rules) is what was last decided about its mail.
    """
    account = {"key": row.account_key, "name": row.account_name}
    return {
        "id": row.id,
        "mail": row.mail_id,
        **(row.decision or _typed(row)),
        "outcome": "filed" if row.thread_id is None else "replied",
        "account": account,
        "thread": row.thread_id,
        **substance_json(row),
    }


def thread_json(row: TouchpointRow, replies: Sequence[TouchpointRow]) -> dict[str, Any]:
    """The touchpoint with its replies, oldest first, under `replies`."""
    return {**touchpoint_json(row), "replies": [touchpoint_json(reply) for reply in replies]}


def _typed(row: TouchpointRow) -> dict[str, Any]:
    """What stands for a decision where no mail was decided."""
    who = row.author.name or row.author.email if row.author else "somebody"
    return {
        "outcome": "filed",
        "reason": f"Typed by {who}.",
        "way": None,
        "machine": None,
        "sender_trust": row.sender_trust,
        "account": None,
        "candidates": [],
        "thread": None,
        **dict.fromkeys(("author", "filed_by", "participants", "subject", "date", "type", "flow")),
        **dict.fromkeys(("text", "quoted", "comment", "attachments")),
        "report": None,
        **dict.fromkeys(("calendar", "encrypted", "notices")),
        "rules": [],
    }
