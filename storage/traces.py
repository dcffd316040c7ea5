"""Where a person stands in the database: every row with their address, and what hangs together with those."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import (
    JSON,
    ColumnElement,
    Connection,
    LargeBinary,
    String,
    Table,
    cast,
    false,
    func,
    or_,
    select,
    true,
)

from rules.addresses import address_key
from rules.erasure import Person, texts
from storage.blobs import Blobs
from storage.chunks import chunks
from storage.errors import BlobDamaged, BlobMissing
from storage.inbound import raw
from storage.outbox import COPY
from storage.queue import WAITING
from storage.tables import (
    METADATA,
    contacts,
    followers,
    letters,
    mails,
    message_ids,
    outbox,
    participants,
    searched,
    tombstones,
    touchpoints,
    user_addresses,
    users,
)

FOLLOWED = (
    touchpoints,
    participants,
    mails,
    letters,
    outbox,
)
"""Tables of which every row with the address has a place of its own in a trace. Rows of all others are counted
`elsewhere`, those of a table that is forgotten here, too."""

Holds = Callable[[bytes], bool]
"""Whether bytes hold the person in any form that is looked for."""


ROWS = 500
"""Rows fetched at once where a whole table is looked through."""


@dataclass(frozen=True, slots=True)
class Near:
    """A touchpoint the person has to do with. `own`: they wrote it. `quoting`: its thread holds words of theirs."""

    own: bool
    quoting: bool


@dataclass(slots=True)
class Trace:
    """Where a person stands. Of mails and letters the value says whether they are the person's own.

    `waiting` are mails of others that still wait, for a worker or for a person, `quoting_mails` those that stand in a
    thread with words of the person's.
    """

    touchpoints: dict[int, Near] = field(default_factory=dict)
    mails: dict[int, bool] = field(default_factory=dict)
    letters: dict[int, bool] = field(default_factory=dict)
    outbox: set[int] = field(default_factory=set)
    contacts: set[int] = field(default_factory=set)
    users: set[int] = field(default_factory=set)
    followers: int = 0
    elsewhere: dict[str, int] = field(default_factory=dict)
    waiting: set[int] = field(default_factory=set)
    quoting_mails: set[int] = field(default_factory=set)

    def __bool__(self) -> bool:
        """Whether they stand anywhere."""
        places = (self.touchpoints, self.mails, self.letters, self.outbox, self.contacts, self.users)
        return any(places) or bool(self.followers or self.elsewhere)


def names_of(conn: Connection, person: Person) -> set[str]:
    """How the person is called, wherever a name stands with the address."""
    keys = sorted(person.keys)
    found: set[str] = set()
    for table in (participants, contacts, followers, users):
        found |= set(conn.execute(select(table.c.name).where(table.c.address_key.in_(keys))).scalars())
    found |= set(
        conn.execute(select(outbox.c.recipient_name).where(outbox.c.recipient_key.in_(keys))).scalars()
    )
    owner = select(user_addresses.c.user_id).where(user_addresses.c.address_key.in_(keys))
    found |= set(conn.execute(select(users.c.name).where(users.c.id.in_(owner))).scalars())
    for table in (touchpoints, mails, letters):
        for row in mentions(conn, table, person):
            found |= set(_called(dict(row._mapping), person))
            if table is touchpoints and person.has(row.author_email):
                found.add(row.author_name or "")
    return found - {""}


def keys_of_user(conn: Connection, person: Person) -> set[str]:
    """Every address key of the Totango users that have one of the person's addresses."""
    owner = select(user_addresses.c.user_id).where(user_addresses.c.address_key.in_(sorted(person.keys)))
    query = select(user_addresses.c.address_key).where(user_addresses.c.user_id.in_(owner))
    return set(conn.execute(query).scalars())


def trace(conn: Connection, person: Person, in_raw: Mapping[int, bool]) -> Trace:
    """Where the person stands. `in_raw` are the mails whose raw form holds them, and whether it is from them."""
    keys = sorted(person.keys)
    found = Trace()
    own = _author_of(conn, person, found, in_raw, keys)
    _threads(conn, found, own)
    _their_mails(conn, found)
    _outgoing(conn, person, found, keys)
    people = select(contacts.c.id).where(contacts.c.address_key.in_(keys))
    found.contacts = set(conn.execute(people).scalars())
    logins = select(user_addresses.c.user_id).where(user_addresses.c.address_key.in_(keys))
    found.users = set(conn.execute(logins).scalars())
    found.followers = len(
        conn.execute(select(followers.c.touchpoint_id).where(followers.c.address_key.in_(keys))).all()
    )
    counted: dict[Table, tuple[str, Collection[Any]]] = {
        contacts: ("id", found.contacts),
        users: ("id", found.users),
        user_addresses: ("user_id", found.users),
        followers: ("address_key", keys),
    }
    for table in METADATA.sorted_tables:
        if table in FOLLOWED:
            continue
        column, known = counted.get(table, ("", ()))
        rows = mentions(conn, table, person)
        if number := sum(1 for row in rows if not (column and row._mapping[column] in known)):
            found.elsewhere[table.name] = number
    return found


def mails_with_raw(conn: Connection, after: int = 0, limit: int = 200) -> list[int]:
    """The ids of a page of mails that have a raw form, above `after`."""
    has = mails.c.raw.is_not(None) | mails.c.raw_blob.is_not(None)
    query = select(mails.c.id).where(mails.c.id > after, has).order_by(mails.c.id).limit(limit)
    return list(conn.execute(query).scalars())


def count_with_raw(conn: Connection) -> int:
    """How many mails have a raw form."""
    has = mails.c.raw.is_not(None) | mails.c.raw_blob.is_not(None)
    return conn.execute(select(func.count()).select_from(mails).where(has)).scalar_one()


def raw_of(conn: Connection, blobs: Blobs, mail_id: int) -> bytes:
    """The raw form of a mail, empty where there is none, or none that can be had."""
    try:
        return raw(conn, blobs, mail_id) or b""
    except (BlobMissing, BlobDamaged):
        return b""


def mentions(conn: Connection, table: Table, person: Person) -> Iterator[Any]:
    """The rows of a table with an address of the person in any of their texts."""
    columns = text_columns(table)
    for row in _candidates(conn, table, person):
        if any(person.mentioned(row._mapping[column.name]) for column in columns):
            yield row


def _candidates(conn: Connection, table: Table, person: Person) -> Iterator[Any]:
    columns = text_columns(table)
    if columns:
        some = or_(false(), *(_like(column, person) for column in columns))
        wanted = [column for column in table.c if not isinstance(column.type, LargeBinary)]
        yield from conn.execute(select(*wanted).where(some).execution_options(yield_per=ROWS))


def text_columns(table: Table) -> list[Any]:
    """The columns in which people write, or others about them."""
    if table in (
        tombstones,
        searched,
    ):  # what is searched is made of texts that are looked through where they stand
        return []
    return [c for c in table.c if isinstance(c.type, JSON) or _is_text(c)]


def every_text(conn: Connection) -> Iterator[str]:
    """Every text in the database, raw mail apart."""
    for table in METADATA.sorted_tables:
        columns = text_columns(table)
        if columns:
            for row in conn.execute(select(*columns).execution_options(yield_per=ROWS)):
                for value in row:
                    yield from texts(value)


def _is_text(column: Any) -> bool:
    kind = getattr(column.type, "impl_instance", column.type)
    return isinstance(kind, String)


def _like(column: Any, person: Person) -> ColumnElement[bool]:
    """What the database can tell cheaply: more rows than are meant, never fewer."""
    locals_ = person.locals
    if not all(local.isascii() for local in locals_):
        return true()  # back ends fold other letters differently, and JSON writes them as escapes
    # Without the quotes of a quoted local part, and as JSON writes what is in them.
    text = cast(column, String) if isinstance(column.type, JSON) else column
    return or_(false(), *(text.icontains(local, autoescape=True) for local in sorted(locals_)))


def _called(value: Any, person: Person) -> Iterator[str]:
    """The names that stand beside an address of the person in a JSON value."""
    match value:
        case dict():
            if person.has(value.get("email")) and isinstance(value.get("name"), str):
                yield value["name"]
            for each in value.values():
                yield from _called(each, person)
        case list() | tuple():
            for each in value:
                yield from _called(each, person)


def _author_of(
    conn: Connection, person: Person, found: Trace, in_raw: Mapping[int, bool], keys: Collection[str]
) -> set[int]:
    """Find the mails and touchpoints that name the person; returns the touchpoints they wrote."""
    near: dict[int, bool] = {}
    for row in mentions(conn, touchpoints, person):
        near[row.id] = person.has(row.author_email)
    for table in (participants, followers):
        query = select(table.c.touchpoint_id).where(table.c.address_key.in_(keys))
        for touchpoint_id in conn.execute(query).scalars():
            near.setdefault(touchpoint_id, False)
    for row in mentions(conn, participants, person):
        near.setdefault(row.touchpoint_id, False)
    for row in mentions(conn, message_ids, person):
        near.setdefault(row.touchpoint_id, False)
    for row in mentions(conn, mails, person):
        author = (row.decision or {}).get("author") or {}
        by = author.get("email")
        # Until it is decided, or where nobody could be told to be the author: who sent it, or says so in From.
        found.mails[row.id] = person.has(by) if by else person.has(row.mail_from) or in_raw.get(row.id, False)
    for mail_id, own in in_raw.items():
        found.mails.setdefault(mail_id, own)
    for some in chunks(sorted(found.mails)):
        query = select(touchpoints.c.id).where(touchpoints.c.mail_id.in_(some))
        for touchpoint_id in conn.execute(query).scalars():
            near.setdefault(touchpoint_id, False)
    found.touchpoints = {touchpoint_id: Near(own, own) for touchpoint_id, own in near.items()}
    return {touchpoint_id for touchpoint_id, own in near.items() if own}


def _threads(conn: Connection, found: Trace, own: set[int]) -> None:
    """The whole threads: answers greet and quote people who do not stand in them."""
    thread = touchpoints.c.thread_id
    roots: set[int] = set()
    quoting: set[int] = set()
    for some in chunks(sorted(found.touchpoints)):
        for row in conn.execute(select(touchpoints.c.id, thread).where(touchpoints.c.id.in_(some))):
            roots.add(row.thread_id or row.id)
            if row.id in own:
                quoting.add(row.thread_id or row.id)
    for some in chunks(sorted(roots)):
        members = select(touchpoints.c.id, thread).where(touchpoints.c.id.in_(some) | thread.in_(some))
        for row in conn.execute(members):
            found.touchpoints[row.id] = Near(row.id in own, (row.thread_id or row.id) in quoting)


def _their_mails(conn: Connection, found: Trace) -> None:
    """The mails that these touchpoints came by, second deliveries too, and those that still wait."""
    own = {touchpoint_id for touchpoint_id, near in found.touchpoints.items() if near.own}
    for some in chunks(sorted(found.touchpoints)):
        came = select(mails.c.id, touchpoints.c.id.label("touchpoint")).join(
            touchpoints, or_(touchpoints.c.mail_id == mails.c.id, mails.c.touchpoint_id == touchpoints.c.id)
        )
        for row in conn.execute(came.where(touchpoints.c.id.in_(some))):
            found.mails[row.id] = found.mails.get(row.id, False) or row.touchpoint in own
            if found.touchpoints[row.touchpoint].quoting:
                found.quoting_mails.add(row.id)
    for some in chunks(sorted(found.mails)):
        query = select(mails.c.id).where(mails.c.id.in_(some), mails.c.state.in_(("received", *WAITING)))
        found.waiting |= {mail_id for mail_id in conn.execute(query).scalars() if not found.mails[mail_id]}


def _outgoing(conn: Connection, person: Person, found: Trace, keys: Collection[str]) -> None:
    own = {touchpoint_id for touchpoint_id, near in found.touchpoints.items() if near.own}

    def is_own(row: Any) -> bool:
        author = row.content.get("author") or {}
        return (
            person.has(author.get("email"))
            or (row.kind == COPY and row.touchpoint_id in own)
            or bool(found.mails.get(row.content.get("mail")))
        )

    columns = (letters.c.id, letters.c.kind, letters.c.touchpoint_id, letters.c.content)
    for row in mentions(conn, letters, person):
        found.letters[row.id] = is_own(row)
    for some in chunks(sorted(found.touchpoints)):
        for row in conn.execute(select(*columns).where(letters.c.touchpoint_id.in_(some))):
            found.letters[row.id] = is_own(row)
    for some in chunks(sorted(found.mails)):
        sent = select(outbox.c.letter_id).where(outbox.c.mail_id.in_(some))
        for row in conn.execute(select(*columns).where(letters.c.id.in_(sent))):
            found.letters[row.id] = is_own(row)
    found.outbox = {row.id for row in mentions(conn, outbox, person)}
    found.outbox |= set(
        conn.execute(select(outbox.c.id).where(outbox.c.recipient_key.in_(list(keys)))).scalars()
    )


def addresses_of(conn: Connection) -> Iterable[str]:
    """The address keys of everybody the directory and the outbox know."""
    for table in (participants, contacts, followers, user_addresses):
        yield from conn.execute(select(table.c.address_key).distinct()).scalars()
    for email in conn.execute(select(outbox.c.recipient).distinct()).scalars():
        yield address_key(email)


def rows_with(conn: Connection, person: Person) -> Iterator[tuple[str, int, int, int]]:
    """Of every table how many rows hold the person's address, how many may hold it, and how many there are."""
    for table in METADATA.sorted_tables:
        total = conn.execute(select(func.count()).select_from(table)).scalar_one()
        sure = unsure = 0
        for row in _candidates(conn, table, person):
            values = [row._mapping[column.name] for column in text_columns(table)]
            sure += any(map(person.mentioned, values))
            unsure += any(map(person.perhaps, values))
        yield table.name, sure, unsure, total
