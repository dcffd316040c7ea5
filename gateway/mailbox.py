"""A stored mail in the form in which the outside reads it."""

from collections.abc import Sequence
from typing import Any

from rules.decision import rfc3339
from rules.site import Site
from storage.history import Event
from storage.queue import MailRow


def summary_json(row: MailRow) -> dict[str, Any]:
    """One line of the queue."""
    decision = row.decision or {}
    return {
        "id": row.id,
        "state": row.state,
        "received_at": rfc3339(row.received_at),
        "mail_from": row.mail_from,
        "recipients": list(row.recipients),
        "size": row.size,
        "subject": decision.get("subject", ""),
        "reason": row.error or decision.get("reason", ""),
        "candidates": decision.get("candidates", []),
        "touchpoint": row.touchpoint_id,
    }


def mail_json(row: MailRow, events: Sequence[Event], site: Site) -> dict[str, Any]:
    """Everything about a mail: the mail's own keys, then every key of `rules.decision.as_json`, then its history.

    A mail that is not decided yet, or could not be, has an empty decision.
    """
    return {
        "id": row.id,
        "state": row.state,
        "received_at": rfc3339(row.received_at),
        "mail_from": row.mail_from,
        "recipients": list(row.recipients),
        "peer": dict(row.peer),
        "size": row.size,
        "sha256": row.sha256,
        "has_raw": row.has_raw,
        "strikes": row.strikes,
        "error": row.error,
        "assigned_account": row.assigned_account,
        "touchpoint": row.touchpoint_id,
        **(row.decision or _undecided(row, site)),
        "history": [{"at": rfc3339(e.at), "event": e.event, **e.detail} for e in events],
    }


def _undecided(row: MailRow, site: Site) -> dict[str, Any]:
    from gateway.filing.preview import unreadable  # noqa: PLC0415 - all of reading and deciding, for a rare answer

    why = "The mail is not decided yet." if row.state == "received" else row.error or ""
    return unreadable(why, row.received_at, site)
