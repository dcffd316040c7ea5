"""The mail itself is what is filed."""

from rules.case import Case
from rules.content.content import Content, outsiders, sent_at
from rules.newtext import split_text
from rules.trail import Verdict


def content(case: Case, trail: list[Verdict], notices: tuple[str, ...] = ()) -> Content:
    """Author is From, participants are everyone in From, To and Cc except the gateway."""
    message = case.message
    parts = split_text(message)
    trail.append(Verdict("new-text", bool(parts.quoted), parts.why))
    date, dated = sent_at(message.date, case.envelope.received_at)
    return Content(
        author=case.author,
        people=case.people,
        speakers=outsiders(case, case.people),
        subject=message.subject,
        date=date,
        text=parts.text,
        quoted=parts.quoted,
        attachments=message.attachments,
        calendar=message.calendar,
        html=message.html,
        encrypted=message.encrypted,
        notices=(*message.notices, *dated, *notices),
    )
