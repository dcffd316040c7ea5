"""The header of a mail: who, when, what about, and the ids that hold a thread together (RFC 5322 3.6)."""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from itertools import islice

from mailparser.dates import parse_mail_date

from gateway.mail.addresses import read_addresses
from gateway.mail.dates import read_date
from gateway.mail.look import MAX_ADDRESSES
from gateway.mail.tree import Part
from gateway.mail.words import decode_words, one_line
from rules.message import Address, Message, first

MAX_IDS = 1000

_ID = re.compile(r"<[^<>]{1,998}>")


def read_header(part: Part) -> Message:
    """A mail of which only the header is filled in, from the root of its tree. Defects and notices are those of the header."""
    raw: dict[str, list[str]] = {}
    for name, value in part.raw_items():
        raw.setdefault(name.lower(), []).append(str(value))
    date = one_line(raw.get("date", [""])[0])
    instant, defects = _instant(date) if date else (None, ())
    notices: list[str] = []
    return Message(
        headers=tuple((name, one_line(decode_words(str(value)))) for name, value in part.raw_items()),
        from_=_people("From", raw, notices, bare_names=True),
        from_fields=len(raw.get("from", ())),
        sender=first(read_addresses(raw.get("sender", ()), bare_names=True)),
        reply_to=_people("Reply-To", raw, notices),
        to=_people("To", raw, notices),
        cc=_people("Cc", raw, notices),
        date=read_date(date, instant) if date else None,
        subject=one_line(decode_words(raw.get("subject", [""])[0])),
        message_id=next(_ids(raw.get("message-id", [""])[0]), ""),
        in_reply_to=_some_ids(raw.get("in-reply-to", ())),
        references=_some_ids(raw.get("references", ())),
        defects=defects,
        notices=tuple(notices),
    )


def _people(
    name: str, raw: Mapping[str, Sequence[str]], notices: list[str], *, bare_names: bool = False
) -> tuple[Address, ...]:
    """Everyone in one field; who is beyond the limit is missing with a notice."""
    everyone = read_addresses(raw.get(name.lower(), ()), bare_names=bare_names)
    people = tuple(islice(everyone, MAX_ADDRESSES))
    if first(everyone) is not None:
        notices.append(
            f"The header field {name} has more than {MAX_ADDRESSES:,} addresses; only the first were read."
        )
    return people


def _instant(value: str) -> tuple[datetime | None, tuple[str, ...]]:
    """mail-parser's reading of a date: the instant in UTC, and what is wrong with it."""
    try:
        read = parse_mail_date(value)
    except Exception:  # noqa: BLE001 - whatever the library makes of a hostile field, the mail is read without it
        return None, ("the date is unreadable",)
    return read.value, read.reasons


def _some_ids(values: list[str] | tuple[()]) -> tuple[str, ...]:
    found = [identifier for value in values for identifier in _ids(value)]
    return tuple(found[:MAX_IDS])


def _ids(value: str) -> Iterator[str]:
    """The message ids of a field, in brackets, blanks from folding taken out; bare words with "@" get brackets."""
    value = one_line(decode_words(value) if "=?" in value else value)
    bracketed = False
    for match in _ID.finditer(value):
        identifier = "".join(match[0].split())
        if len(identifier) > 2:
            bracketed = True
            yield identifier
    if not bracketed:
        yield from (f"<{word.strip('<>,;')}>" for word in value.split() if "@" in word.strip("<>@"))
