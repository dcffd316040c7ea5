"""What was decided about a mail, and the form in which the outside reads it."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol

from rules.facts import Account, Thread
from rules.message import Attachment, CalendarEvent, DeliveryReport
from rules.people import Participant
from rules.replies import Reply
from rules.trail import Verdict


@dataclass(frozen=True, slots=True)
class Candidate:
    """An account that could have been meant; `why` is one sentence."""

    key: str
    name: str
    why: str


@dataclass(frozen=True, slots=True)
class Decision:
    """The whole answer for one mail. `date` is aware UTC. `thread` is the id of a touchpoint.

    `strangers` are the external people nobody knows who speak for the account, colleagues without a login left
    out: whom a person may want to be remembered as contacts.
    `reply` is what the client is told when `outcome` is refused. `erase` asks for the raw mail to be erased
    at once, `pass_on` for it to be sent to the administrator.

    `threads` are the touchpoints a reply is filed under, `thread` being the first of them. `tell_followers` asks for
    it to be passed on to who follows them. `answers` is the mail that this one answers a question about, and the key
    of the account named. `bounced` is the number of the outgoing mail that a delivery report is about. `notice` is
    the topic of the notice that the sender is to get, or "".
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
    strangers: tuple[Participant, ...] = ()
    reply: Reply | None = None
    erase: bool = False
    pass_on: bool = False
    threads: tuple[Thread, ...] = ()
    tell_followers: bool = False
    answers: tuple[int, str] | None = None
    bounced: int | None = None
    notice: str = ""


def rfc3339(when: datetime) -> str:
    """A point in time in UTC, with whole seconds (RFC 3339)."""
    return when.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


class Substance(Protocol):
    """What a decision and a stored touchpoint have in common: what a person reads on the timeline."""

    @property
    def way(self) -> str | None: ...
    @property
    def machine(self) -> str | None: ...
    @property
    def sender_trust(self) -> str: ...
    @property
    def author(self) -> Participant | None: ...
    @property
    def filed_by(self) -> Participant | None: ...
    @property
    def participants(self) -> tuple[Participant, ...]: ...
    @property
    def subject(self) -> str: ...
    @property
    def date(self) -> datetime: ...
    @property
    def type(self) -> str: ...
    @property
    def flow(self) -> str: ...
    @property
    def text(self) -> str: ...
    @property
    def quoted(self) -> str: ...
    @property
    def comment(self) -> str | None: ...
    @property
    def attachments(self) -> tuple[Attachment, ...]: ...
    @property
    def calendar(self) -> tuple[CalendarEvent, ...]: ...
    @property
    def encrypted(self) -> bool: ...
    @property
    def notices(self) -> tuple[str, ...]: ...


def as_json(decision: Decision) -> dict[str, Any]:
    """The decision as the object that `explain`, `queue show` and `timeline` print, every key there."""
    substance = substance_json(decision)
    account = decision.account
    return {
        "outcome": decision.outcome,
        "reason": decision.reason,
        **_taken(substance, "way", "machine", "sender_trust"),
        "account": {"key": account.key, "name": account.name} if account else None,
        "candidates": [{"key": c.key, "name": c.name, "why": c.why} for c in decision.candidates],
        "thread": decision.thread,
        **_taken(substance, "author", "filed_by", "participants", "subject", "date", "type", "flow"),
        **_taken(substance, "text", "quoted", "comment", "attachments"),
        "report": _report_json(decision.report),
        **substance,
        "rules": [{"rule": v.rule, "hit": v.hit, "why": v.why} for v in decision.rules],
    }


def substance_json(shown: Substance) -> dict[str, Any]:
    """The keys that say what a touchpoint is; the others of `as_json` say how it came about."""
    author, filed_by = shown.author, shown.filed_by
    return {
        "way": shown.way,
        "machine": shown.machine,
        "sender_trust": shown.sender_trust,
        "author": {"email": author.email, "name": author.name, "side": author.side} if author else None,
        "filed_by": {"email": filed_by.email, "name": filed_by.name} if filed_by else None,
        "participants": [
            {"email": p.email, "name": p.name, "side": p.side, "known": p.known} for p in shown.participants
        ],
        "subject": shown.subject,
        "date": rfc3339(shown.date),
        "type": shown.type,
        "flow": shown.flow,
        "text": shown.text,
        "quoted": shown.quoted,
        "comment": shown.comment,
        "attachments": [_attachment_json(attachment) for attachment in shown.attachments],
        "calendar": [calendar_json(event) for event in shown.calendar],
        "encrypted": shown.encrypted,
        "notices": list(shown.notices),
    }


def calendar_json(event: CalendarEvent) -> dict[str, Any]:
    """An event of an invitation."""
    return {
        "method": event.method,
        "summary": event.summary,
        "start": event.start,
        "end": event.end,
        "organizer": event.organizer,
        "attendees": list(event.attendees),
    }


def _taken(values: dict[str, Any], *names: str) -> dict[str, Any]:
    """These keys, taken out: what is left keeps its order."""
    return {name: values.pop(name) for name in names}


def _attachment_json(attachment: Attachment) -> dict[str, Any]:
    return {
        "filename": attachment.filename,
        "content_type": attachment.content_type,
        "size": attachment.size,
        "sha256": attachment.sha256,
        "inline": attachment.inline,
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
