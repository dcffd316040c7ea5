"""What was decided about a mail, and the form in which the outside reads it."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from rules.facts import Account
from rules.message import Attachment, CalendarEvent, DeliveryReport
from rules.people import Participant
from rules.replies import Reply
from rules.trail import Verdict

OUTCOMES = ("filed", "replied", "unresolved", "quarantined", "ignored", "passed-on", "refused")


@dataclass(frozen=True, slots=True)
class Candidate:
    """An account that could have been meant; `why` is one sentence."""

    key: str
    name: str
    why: str


@dataclass(frozen=True, slots=True)
class Decision:
    """The whole answer for one mail. `date` is aware UTC. `thread` is the id of a touchpoint.

    `reply` is what the client is told when `outcome` is refused. `erase` asks for the raw mail to be erased
    at once, `pass_on` for it to be sent to the administrator.
    """

    outcome: str
    reason: str
    way: str | None
    machine: str | None
    sender_trust: str
    account: Account | None
    candidates: tuple[Candidate, ...]
    thread: int | None
    author: Participant | None
    filed_by: Participant | None
    participants: tuple[Participant, ...]
    subject: str
    date: datetime
    type: str
    flow: str
    text: str
    quoted: str
    comment: str | None
    attachments: tuple[Attachment, ...]
    report: DeliveryReport | None
    calendar: tuple[CalendarEvent, ...]
    encrypted: bool
    notices: tuple[str, ...]
    rules: tuple[Verdict, ...]
    html: str = ""
    reply: Reply | None = None
    erase: bool = False
    pass_on: bool = False


def rfc3339(when: datetime) -> str:
    """A point in time in UTC, with whole seconds (RFC 3339)."""
    return when.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def as_json(decision: Decision) -> dict[str, Any]:
    """The decision as the object that `explain`, `queue show` and `timeline` print; every key always there."""
    author, filed_by = decision.author, decision.filed_by
    return {
        "outcome": decision.outcome,
        "reason": decision.reason,
        "way": decision.way,
        "machine": decision.machine,
        "sender_trust": decision.sender_trust,
        "account": {"key": decision.account.key, "name": decision.account.name} if decision.account else None,
        "candidates": [{"key": c.key, "name": c.name, "why": c.why} for c in decision.candidates],
        "thread": decision.thread,
        "author": {"email": author.email, "name": author.name, "side": author.side} if author else None,
        "filed_by": {"email": filed_by.email, "name": filed_by.name} if filed_by else None,
        "participants": [
            {"email": p.email, "name": p.name, "side": p.side, "known": p.known} for p in decision.participants
        ],
        "subject": decision.subject,
        "date": rfc3339(decision.date),
        "type": decision.type,
        "flow": decision.flow,
        "text": decision.text,
        "quoted": decision.quoted,
        "comment": decision.comment,
        "attachments": [
            {
                "filename": a.filename,
                "content_type": a.content_type,
                "size": a.size,
                "sha256": a.sha256,
                "inline": a.inline,
            }
            for a in decision.attachments
        ],
        "report": _report_json(decision.report),
        "calendar": [
            {
                "method": event.method,
                "summary": event.summary,
                "start": event.start,
                "end": event.end,
                "organizer": event.organizer,
                "attendees": list(event.attendees),
            }
            for event in decision.calendar
        ],
        "encrypted": decision.encrypted,
        "notices": list(decision.notices),
        "rules": [{"rule": v.rule, "hit": v.hit, "why": v.why} for v in decision.rules],
    }


def _report_json(report: DeliveryReport | None) -> dict[str, str] | None:
    if report is None:
        return None
    return {
        "recipient": report.recipient,
        "action": report.action,
        "status": report.status,
        "diagnostic": report.diagnostic,
    }
