"""Finds the mails that a mail forwards: attached ones, and those written into its text."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, tzinfo

from rules.addresses import address_key
from rules.forwards.dates import read_date
from rules.forwards.judgement import Below, Head, is_forward
from rules.forwards.lines import Line, dedented, head_lines, is_quoted, next_said, unquoted
from rules.forwards.mailboxes import read_mailboxes, read_name, read_sender
from rules.forwards.marks import Mark, first_mark
from rules.forwards.separators import read_end, read_separator
from rules.forwards.subjects import REPLY, kind_of, without_forward_prefix
from rules.forwards.words import folded
from rules.message import Address, Message, first
from rules.original import Original

MAX_DEPTH = 20
MAX_KEPT = 64 * 1024 * 1024
"""Characters of all originals together: each holds those inside it once more."""

SEVERAL = "the mail carries {count} attached mails, and which one is meant cannot be told"

_SIGNATURE = "-- "
_BLANK_OR_MARK = " \t\u00a0>＞"


@dataclass(frozen=True, slots=True)
class _Mail:
    """A mail whose text is searched: the one received, or one that was found inside it."""

    text: str
    head: Head
    zone: tzinfo
    sent: datetime | None
    wrapped: bool


def find_originals(message: Message) -> tuple[Original, ...]:
    """The chain of forwarded mails in a mail, outermost first; () when it forwards nothing. Never raises.

    An original is an attached mail (message/rfc822, RFC 2046 5.2.1) or stands in the text below a header
    block; each may forward another, to a depth of `MAX_DEPTH`. One whose sender has no readable address comes
    with `certain` false and ends the chain. A reply with its history below is no forward; in doubt a mail is
    a reply. The work is linear in the text, of which only the head is searched for the beginning of a mail.
    """
    return _chain(message, MAX_DEPTH)


def _chain(message: Message, depth: int) -> tuple[Original, ...]:
    if depth <= 0:
        return ()
    written = _written(_mail_of(message), depth)
    if written or not message.nested or _answers(message):
        return written
    inner = message.nested[0]
    if len(message.nested) > 1:
        return (
            replace(_attached(message, inner), certain=False, why=SEVERAL.format(count=len(message.nested))),
        )
    return (_attached(message, inner), *_chain(inner, depth - 1))


def _answers(message: Message) -> bool:
    """A reply may bring another mail along; that is an attachment like others."""
    return kind_of(message.subject) == REPLY and bool(message.in_reply_to or message.references)


def _attached(message: Message, inner: Message) -> Original:
    sender = first(inner.from_)
    return Original(
        kind="attached",
        sender=sender,
        to=inner.to,
        cc=inner.cc,
        date=_aware(inner.date, _zone(message)),
        subject=inner.subject,
        text=inner.text,
        comment=_comment(message.text),
        certain=sender is not None,
        why=f"the attached mail is from {sender.email}" if sender else "the attached mail names no sender",
        attachments=inner.attachments,
        calendar=inner.calendar,
        html=inner.html,
        encrypted=inner.encrypted,
        notices=inner.notices,
    )


def _mail_of(message: Message) -> _Mail:
    author = first(message.from_)
    head = _head(message.subject, author, (*message.to, *message.cc))
    answers = bool(message.in_reply_to or message.references)
    zone = _zone(message)
    sent = _aware(message.date, zone)
    return _Mail(message.text, replace(head, answers=answers), zone, sent, message.text_from != "html")


def _head(subject: str, author: Address | None, addressed: tuple[Address, ...]) -> Head:
    return Head(
        subject=subject,
        author=address_key(author.email) if author else "",
        recipients=frozenset(address_key(address.email) for address in addressed),
        names=frozenset(folded(address.name) for address in addressed if address.name),
        answers=None,
    )


def _zone(message: Message) -> tzinfo:
    return (message.date.tzinfo if message.date else None) or UTC


def _aware(date: datetime | None, zone: tzinfo) -> datetime | None:
    return date.replace(tzinfo=zone) if date and date.tzinfo is None else date


def _written(mail: _Mail, depth: int) -> tuple[Original, ...]:
    """The originals in a text, each inside the one before."""
    found: list[Original] = []
    kept = 0
    while len(found) < depth and kept < MAX_KEPT:
        original = _next_inside(mail)
        if original is None:
            break
        found.append(original)
        if not original.certain:
            break
        kept += len(original.text)
        head = _head(original.subject, original.sender, (*original.to, *original.cc))
        mail = replace(mail, text=original.text, head=head, sent=original.date or mail.sent)
    return tuple(found)


def _next_inside(mail: _Mail) -> Original | None:
    lines = head_lines(mail.text)
    mark = first_mark(lines, mail.wrapped, replying=kind_of(mail.head.subject) == REPLY)
    if mark is None:
        return None
    original = _original(mail, lines, mark)
    return original if is_forward(mail.head, _below(mark, original)) else None


def _original(mail: _Mail, lines: list[Line], mark: Mark) -> Original:
    values = mark.values
    sender = mark.author or read_sender(values.get("from", ""))
    text, behind = _body(mail.text, lines, mark)
    above = _comment(mail.text[: lines[mark.start].start])
    subject = values.get("subject")
    return Original(
        kind="block",
        sender=sender,
        to=read_mailboxes(values.get("to", "")),
        cc=read_mailboxes(values.get("cc", "")),
        date=read_date(values.get("date", ""), mark.languages, mail.zone, mail.sent),
        subject=without_forward_prefix(mail.head.subject, mark.languages) if subject is None else subject,
        text=text,
        comment="\n\n".join(part for part in (above, _comment(behind)) if part),
        certain=sender is not None,
        why=_why(mark, sender),
    )


def _below(mark: Mark, original: Original) -> Below:
    return Below(
        explicit=mark.explicit,
        wrote=mark.wrote,
        quoted=mark.quoted,
        languages=mark.languages,
        sender=address_key(original.sender.email) if original.sender else "",
        name=folded(read_name(mark.values.get("from", ""))),
        recipients=frozenset(address_key(address.email) for address in (*original.to, *original.cc)),
        subject=mark.values.get("subject"),
    )


def _body(text: str, lines: list[Line], mark: Mark) -> tuple[str, str]:
    """The text of the original, and what the forwarder wrote behind it."""
    first_line = mark.body
    if mark.values and first_line < len(lines):
        first_line = _behind_closing(lines, first_line, mark)
    rest = text[lines[first_line].start :] if first_line < len(lines) else text[lines[-1].end :]
    body, behind = unquoted(rest, mark.depth or int(is_quoted(rest)))
    if mark.explicit:
        body, after = read_end(body)
        behind = f"{after}\n{behind}"
    return dedented(body).strip(), behind


def _behind_closing(lines: list[Line], at: int, mark: Mark) -> int:
    """The place behind the rule, or the separator once more, that SquirrelMail and Zoho draw below a header."""
    closing = next_said(lines, at)
    separator = read_separator(lines[closing].said) if closing < len(lines) else None
    if separator is None or separator.rest or separator.phrase not in ("", mark.separator):
        return at
    if closing == at:
        return at + 1
    # Below blank lines a rule is text, and the separator opens the next mail when a header follows.
    below = next_said(lines, closing + 1)
    opens = below < len(lines) and lines[below].labelled is not None
    return at if opens or not separator.phrase else closing + 1


def _comment(text: str) -> str:
    """What a forwarder wrote, without the signature that "-- " sets off (RFC 3676 4.3)."""
    lines = text.rstrip("\r\n").split("\n")
    if _SIGNATURE in lines:
        lines = lines[: lines.index(_SIGNATURE)]
    while lines and not lines[-1].strip(_BLANK_OR_MARK):
        lines.pop()  # quote marks above a quoted header block say nothing
    return "\n".join(lines).strip()


def _why(mark: Mark, sender: Address | None) -> str:
    place = f"below “{mark.separator}”" if mark.separator else "in the text"
    if sender is not None:
        return f"the mail {place} is from {sender.email}"
    name = read_name(mark.values.get("from", ""))
    if name:
        return f"the mail {place} is from “{name}”, and no address of theirs stands there"
    return f"the header of the mail {place} could not be read"
