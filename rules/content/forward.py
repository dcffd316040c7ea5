"""The original of a forward is what is filed; the forwarder is recorded as the one who filed it."""

from dataclasses import replace

from rules.case import Case
from rules.content import mail
from rules.content.content import Content, outsiders, sent_at
from rules.machine.daemons import is_daemon
from rules.message import Attachment
from rules.newtext import split_lines
from rules.original import Original
from rules.people import people_of
from rules.trail import Verdict

NAME = "original"
UNREADABLE = "The forwarded mail could not be read with certainty: {why}."
FROM_A_MACHINE = "The forwarded mail is a report of a mail system ({sender}), which is no touchpoint."
INTERNAL_TALK = "Nobody external takes part in the forwarded mail."
NO_DATE = "The forwarded mail has no readable date; the date of the forward stands for it."
NO_RECIPIENTS = "The forwarded mail does not say to whom it went."


def content(case: Case, trail: list[Verdict]) -> Content:
    """The innermost original with an external sender, or a problem that makes the mail unresolved."""
    original, problem = _choose(case)
    trail.append(Verdict(NAME, original is not None, original.why if original else problem))
    if original is None:
        base = mail.content(case, trail)
        return replace(base, problem=problem)
    return _unpacked(case, original, trail)


def _choose(case: Case) -> tuple[Original | None, str]:
    for original in reversed(case.originals):
        if not original.certain or original.sender is None:
            return None, UNREADABLE.format(why=original.why)
        if is_daemon(original.sender):
            return None, FROM_A_MACHINE.format(sender=original.sender.email)
        if case.user(original.sender) is None:
            return original, ""
    # A colleague's own mail to a customer, forwarded from the sent folder, has its customer in To or Cc.
    for original in reversed(case.originals):
        if outsiders(case, case.without_own(original.to + original.cc)):
            return original, ""
    return None, INTERNAL_TALK


def _unpacked(case: Case, original: Original, trail: list[Verdict]) -> Content:
    message = case.message
    parts = split_lines(original.text)
    trail.append(Verdict("new-text", bool(parts.quoted), parts.why))
    notices = [*original.notices, *message.notices]
    written = original.date
    if written is None:
        notices.append(NO_DATE)
        written = message.date
    date, dated = sent_at(written, case.envelope.received_at)
    if not original.to and not original.cc:
        notices.append(NO_RECIPIENTS)
    assert original.sender is not None
    people = case.without_own(original.people())
    forwarder = case.author
    assert forwarder is not None
    return Content(
        author=original.sender,
        people=people_of((*people, forwarder), case.facts),
        speakers=outsiders(case, people_of(people, case.facts)),
        subject=original.subject,
        date=date,
        text=parts.text,
        quoted=_joined(parts.quoted, *_between(case, original)),
        comment=case.originals[0].comment or None,
        filed_by=forwarder,
        attachments=_attachments(case, original),
        calendar=original.calendar or message.calendar,
        html=original.html or message.html,
        encrypted=original.encrypted or message.encrypted,
        notices=tuple(dict.fromkeys((*notices, *dated))),
    )


def _between(case: Case, original: Original) -> tuple[str, ...]:
    """What the forwarders between wrote above: the full text is kept, folded away."""
    inner = case.originals.index(original)
    return tuple(passed_on.comment for passed_on in case.originals[1 : inner + 1] if passed_on.comment)


def _attachments(case: Case, original: Original) -> tuple[Attachment, ...]:
    outer = case.message.attachments
    if original.kind == "block":
        return outer or original.attachments
    # The unpacked mail is no attachment any more; what was attached beside it stays.
    beside = tuple(attachment for attachment in outer if attachment.content_type != "message/rfc822")
    return (*original.attachments, *beside)


def _joined(*texts: str) -> str:
    return "\n\n".join(text for text in texts if text)
