"""Everything that the erasure of a person has to deal with, found without changing anything."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from sqlalchemy import Engine

from gateway.erasing.sought import Sought, redacted
from rules.erasure import Person
from storage.blobs import Blobs
from storage.engine import reading
from storage.queue import get_mail
from storage.traces import Trace, keys_of_user, mails_with_raw, names_of, raw_of, trace

Advance = Callable[[int], None]

_HEAD = 100 * 1024
_FOLD = re.compile(r"\r?\n(?=[ \t])")
_MESSAGE_ID = re.compile(r"^message-id:\s*(<[^<>\s]{1,996}>)", re.IGNORECASE | re.MULTILINE)
_FROM = re.compile(r"^from:(.*)$", re.IGNORECASE | re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Survey:
    """Where a person stands. `rests` are the raw forms of waiting mails of others, without the person.

    `stuck` are those of which no such rest can be made: they would be lost. `message_ids` are of the
    person's own mails.
    """

    person: Person
    trace: Trace
    raw: int
    rests: dict[int, bytes]
    stuck: tuple[int, ...]
    message_ids: tuple[str, ...]

    def __bool__(self) -> bool:
        """Whether there is anything to erase."""
        return bool(self.trace)

    @property
    def steps(self) -> int:
        """How many rows one pass of the erasure goes through."""
        found = self.trace
        return len(found.touchpoints) + len(found.mails) + len(found.letters) + len(found.outbox)

    def counts(self) -> dict[str, int]:
        """What would be done, in words, and to how many; nothing that is none."""
        found = self.trace
        own = sum(near.own for near in found.touchpoints.values())
        mails = sum(found.mails.values())
        letters = sum(found.letters.values())
        counts = {
            "touchpoints of theirs emptied": own,
            "touchpoints of others without them": len(found.touchpoints) - own,
            "mails of theirs emptied": mails,
            "mails of others without them": len(found.mails) - mails,
            "raw forms of mails with their address gone": self.raw,
            "waiting mails of others kept without them": len(self.rests),
            "letters emptied and not sent": letters,
            "letters of others without them": len(found.letters) - letters,
            "entries of the outbox without them": len(found.outbox),
            "contacts deleted": len(found.contacts),
            "users deleted": len(found.users),
            "threads followed no more": found.followers,
            **{f"rows of {table} without them": count for table, count in found.elsewhere.items()},
        }
        return {what: count for what, count in counts.items() if count}


def survey(
    engine: Engine,
    blobs: Blobs,
    person: Person,
    advance: Advance = lambda _steps: None,
    *,
    user: bool = False,
) -> Survey:
    """Look for a person in every row and every stored mail; `advance` is told of each mail that was read.

    `user`: all addresses of a Totango user are one person's.
    """
    with reading(engine) as conn:
        if user:
            person = Person(person.keys | keys_of_user(conn, person), person.names)
        person = person.called(names_of(conn, person))
    sought = Sought(person)
    in_raw: dict[int, bool] = {}
    for mail_id, content in stored(engine, blobs):
        if sought.holds(content):
            in_raw[mail_id] = _is_from(content, person)
        advance(1)
    with reading(engine) as conn:
        found = trace(conn, person, in_raw)
        rests: dict[int, bytes] = {}
        stuck: list[int] = []
        message_ids: list[str] = []
        for mail_id, own in found.mails.items():
            if not own and mail_id not in found.waiting:
                continue
            content = raw_of(conn, blobs, mail_id)
            if own:
                message_ids += _MESSAGE_ID.findall(_head(content))
            elif (rest := redacted(content, person, sought)) is None:
                stuck.append(mail_id)
            elif get_mail(conn, mail_id).has_raw:
                rests[mail_id] = rest
    return Survey(person, found, len(in_raw), rests, tuple(stuck), tuple(dict.fromkeys(message_ids)))


def stored(engine: Engine, blobs: Blobs) -> Iterator[tuple[int, bytes]]:
    """Every mail that has a raw form, and that form; no transaction is held open meanwhile."""
    last = 0
    while True:
        with reading(engine) as conn:
            ids = mails_with_raw(conn, last)
        for mail_id in ids:
            with reading(engine) as conn:
                content = raw_of(conn, blobs, mail_id)
            yield mail_id, content
        if not ids:
            return
        last = ids[-1]


def _head(content: bytes) -> str:
    head = content[:_HEAD].replace(b"\r\n", b"\n").partition(b"\n\n")[0]
    return _FOLD.sub("", head.decode("utf-8", "replace"))


def _is_from(content: bytes, person: Person) -> bool:
    return any(person.mentioned(value) for value in _FROM.findall(_head(content)))
