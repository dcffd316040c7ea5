"""Finds the mails that a mail forwards: attached ones, and those in header blocks of its text."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, tzinfo

from rules.addresses import address_key
from rules.forwards.attributions import Attribution, date_text, read_attribution
from rules.forwards.blocks import Block, read_block, read_run_on
from rules.forwards.dates import read_date
from rules.forwards.judgement import Head, Mark, is_forward
from rules.forwards.labels import read_label
from rules.forwards.lines import Line, dedented, head_lines, next_said, unquoted
from rules.forwards.mailboxes import read_mailboxes, read_name, read_sender
from rules.forwards.separators import Separator, read_separator
from rules.forwards.subjects import FORWARD, REPLY, kind_of, without_forward_prefix
from rules.forwards.words import folded
from rules.message import Address, Message, first
from rules.original import Original

MAX_DEPTH = 20
MAX_KEPT = 64 * 1024 * 1024
"""Characters of all originals together: each holds those inside it once more."""

SEVERAL = "The mail carries {count} attached mails; the first one was read."

_FEWEST_FIELDS = 3
_FEWEST_SAID_FIELDS = 2
_MOST_LINES_BETWEEN = 4
_SIGNATURE = "-- "


@dataclass(frozen=True, slots=True)
class _Found:
    """A place in the text where another mail begins. `start` is the line that the comment ends above."""

    start: int
    body: int
    depth: int
    separator: Separator | None
    block: Block | None = None
    wrote: Attribution | None = None
    introduced: bool = False


@dataclass(frozen=True, slots=True)
class _Mail:
    """A mail whose text is searched: the one received, or one already found inside it."""

    text: str
    head: Head
    zone: tzinfo
    sent: datetime | None
    wrapped: bool


def find_originals(message: Message) -> tuple[Original, ...]:
    """The chain of forwarded mails in a mail, outermost first; () when it forwards nothing. Never raises.

    An attached mail (message/rfc822, RFC 2046 5.2.1) or a header block in the text; each may forward another,
    to a depth of `MAX_DEPTH`. An original whose sender has no readable address comes with `certain` false.
    A reply with its history below is no forward; in doubt a mail is a reply. Only the first `MAX_HEAD`
    characters of a text are searched, in linear time.
    """
    return _chain(message, MAX_DEPTH)


def _chain(message: Message, depth: int) -> tuple[Original, ...]:
    if depth <= 0:
        return ()
    blocks = _blocks(_mail_of(message), depth)
    if blocks or not message.nested or _answers_with_attachment(message):
        return blocks
    inner = message.nested[0]
    return (_attached(message, inner), *_chain(inner, depth - 1))


def _answers_with_attachment(message: Message) -> bool:
    """A reply may bring another mail along; it forwards it no more than it does its other attachments."""
    return kind_of(message.subject) == REPLY and bool(message.in_reply_to or message.references)


def _attached(message: Message, inner: Message) -> Original:
    sender = first(inner.from_)
    notices = inner.notices
    if len(message.nested) > 1:
        notices = (*notices, SEVERAL.format(count=len(message.nested)))
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
        notices=notices,
    )


def _mail_of(message: Message) -> _Mail:
    addressed = (*message.to, *message.cc)
    author = first(message.from_)
    head = Head(
        subject=message.subject,
        author=address_key(author.email) if author else "",
        recipients=frozenset(address_key(address.email) for address in addressed),
        names=frozenset(folded(address.name) for address in addressed if address.name),
        answers=bool(message.in_reply_to or message.references),
    )
    zone = _zone(message)
    return _Mail(message.text, head, zone, _aware(message.date, zone), message.text_from != "html")


def _zone(message: Message) -> tzinfo:
    return (message.date.tzinfo if message.date else None) or UTC


def _aware(date: datetime | None, zone: tzinfo) -> datetime | None:
    return date.replace(tzinfo=zone) if date and date.tzinfo is None else date


def _blocks(mail: _Mail, depth: int) -> tuple[Original, ...]:
    found: list[Original] = []
    kept = 0
    while len(found) < depth and kept < MAX_KEPT:
        original = _block(mail)
        if original is None:
            break
        found.append(original)
        kept += len(original.text)
        if not original.certain:
            break
        mail = _inside(mail, original)
    return tuple(found)


def _inside(mail: _Mail, original: Original) -> _Mail:
    """The forwarded mail, to be searched in its turn. What it answers is not in its block."""
    people = (*original.to, *original.cc)
    head = Head(
        subject=original.subject,
        author=address_key(original.sender.email) if original.sender else "",
        recipients=frozenset(address_key(address.email) for address in people),
        names=frozenset(folded(address.name) for address in people if address.name),
        answers=None,
    )
    return replace(mail, text=original.text, head=head, sent=original.date or mail.sent)


def _block(mail: _Mail) -> Original | None:
    """The mail that this one forwards in its text, or None."""
    lines = head_lines(mail.text)
    found = _first_mark(lines, mail)
    if found is None or not is_forward(mail.head, _mark(found)):
        return None
    return _original(mail, lines, found)


def _first_mark(lines: list[Line], mail: _Mail) -> _Found | None:
    """The first place where another mail begins: a separator with a header, a header block, "… wrote:"."""
    at = 0
    introduced = False
    while at < len(lines):
        line = lines[at]
        if not line.said:
            at += 1
            continue
        found = _mark_at(lines, at, mail.wrapped)
        if found is not None and _counts(found, mail):
            return replace(found, introduced=introduced and found.depth > 0)
        if line.depth == 0:
            # "… wrote:" in whatever language, right above the quote.
            introduced = line.said.endswith((":", "："))
        at += 1
    return None


def _counts(found: _Found, mail: _Mail) -> bool:
    """True when the place decides the matter. People write "as Jane wrote:" above a forward, too."""
    wrote = found.wrote
    if wrote is None or wrote.quoted or wrote.author is not None:
        return True
    return kind_of(mail.head.subject) == REPLY


def _mark_at(lines: list[Line], at: int, wrapped: bool) -> _Found | None:
    separator = read_separator(lines[at])
    if separator is not None:
        return _below_separator(lines, at, separator, wrapped)
    if read_label(lines[at].said) is not None:
        block = read_block(lines, at, wrapped)
        if block is not None and block.fields >= _FEWEST_FIELDS:
            return _Found(at, block.body, block.depth, None, block)
        run_on = read_run_on(lines[at].said, lines, at + 1, lines[at].depth)
        if run_on is not None:
            return _Found(at, run_on.body, run_on.depth, None, run_on)
    wrote = read_attribution(lines, at)
    if wrote is not None:
        return _Found(at, wrote.body, wrote.depth, None, wrote=wrote)
    return None


def _below_separator(lines: list[Line], start: int, separator: Separator, wrapped: bool) -> _Found | None:
    """What a separator, or several in a row, sets off; None when nothing that could be a mail."""
    if separator.end:
        return None
    at = start + 1
    if separator.rest:
        run_on = read_run_on(separator.rest, lines, at, lines[start].depth)
        return _Found(start, run_on.body, run_on.depth, separator, run_on) if run_on else _unread(start, separator)
    while True:
        at = next_said(lines, at)
        another = read_separator(lines[at]) if at < len(lines) else None
        if another is None or another.rest or another.end:
            break
        if another.forward or not separator.phrase:
            separator = another if another.forward or not separator.forward else separator
        at += 1
    if at >= len(lines):
        return _unread(start, separator)
    block = read_block(lines, at, wrapped)
    least = _FEWEST_SAID_FIELDS if separator.forward or separator.phrase else _FEWEST_FIELDS
    if block is not None and block.fields >= least:
        return _Found(start, block.body, block.depth, separator, block)
    run_on = read_run_on(lines[at].said, lines, at + 1, lines[at].depth)
    if run_on is not None:
        return _Found(start, run_on.body, run_on.depth, separator, run_on)
    if not separator.forward:
        return None
    return _introduced(lines, start, at, separator)


def _introduced(lines: list[Line], start: int, at: int, separator: Separator) -> _Found:
    """Yandex's "03.03.2026, 14:05, Jane <jane@x>:" under the separator, after a header line or two."""
    for ahead in range(at, min(at + _MOST_LINES_BETWEEN, len(lines))):
        wrote = read_attribution(lines, ahead)
        if wrote is None and lines[ahead].said.endswith(":"):
            people = read_mailboxes(lines[ahead].said)
            if len(people) == 1:
                wrote = Attribution(
                    lines[ahead].said, people[0], frozenset(), ahead + 1, lines[ahead].depth, False
                )
        if wrote is not None and wrote.author is not None:
            return _Found(start, wrote.body, wrote.depth, separator, wrote=wrote)
    return replace(_unread(start, separator) or _Found(start, at, lines[start].depth, separator), body=at)


def _unread(start: int, separator: Separator) -> _Found | None:
    """A line says that a forward follows, and no header that could be read does."""
    return _Found(start, start + 1, 0, separator) if separator.forward else None
