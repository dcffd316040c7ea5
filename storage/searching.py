"""Touchpoints and replies found by what they say: the words of each, written with it, and the search through them.

Whoever changes what is looked through (subject, text, people, files) calls `write_all` or `rewrite` in the same
transaction; rows that are deleted take their words along by themselves.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol

from sqlalchemy import Connection, delete, select

from rules.message import Attachment
from rules.people import Participant
from rules.search import Query, searched_words
from storage.chunks import LIMIT, chunks
from storage.dialects import find_places
from storage.inserts import Insert
from storage.tables import attachments, participants, searched, touchpoints
from storage.timeline import TouchpointRow, with_ids

ACCOUNT = "§"
"""In front of an account's id it is a word that no text has, so that the index finds the account as well."""

_ID_BITS, _SECOND_BITS = 30, 33
"""A place has the second, from 1970 to 2242 (earlier and later ones count as those), and below it the id: they are
given one by one, and a thousand million touchpoints are beyond both back ends."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Found(Protocol):
    """A touchpoint with its date, and the words it is found by (`rules.search.searched_words`)."""

    @property
    def date(self) -> datetime: ...
    @property
    def words(self) -> Sequence[str]: ...


def write_all(conn: Connection, made: Iterable[tuple[int, int, Found]]) -> None:
    """Let new touchpoints and replies be found, each given with its id and the id of its account."""
    rows = [_row(touchpoint_id, account_id, new.date, new.words) for touchpoint_id, account_id, new in made]
    if rows:
        _insert_rows(conn, rows)


def rewrite(conn: Connection, touchpoint_ids: Iterable[int]) -> None:
    """Let touchpoints and replies be found by what they say now; deleted ones not at all."""
    for some in chunks(sorted(set(touchpoint_ids))):
        query = select(touchpoints.c.id).where(touchpoints.c.id.in_(some)).order_by(touchpoints.c.id)
        # Held first: of two who change one touchpoint at once, the later one reads what both have written.
        conn.execute(query.with_for_update())
        conn.execute(delete(searched).where(searched.c.touchpoint_id.in_(some)))
        _insert(conn, some)


def fill(conn: Connection) -> None:
    """Let everything be found that is there, where nothing is yet; a page at a time."""
    last = 0
    while True:
        page = select(touchpoints.c.id).where(touchpoints.c.id > last).order_by(touchpoints.c.id).limit(LIMIT)
        ids = conn.execute(page).scalars().all()
        if not ids:
            return
        _insert(conn, ids)
        last = ids[-1]


def search(
    conn: Connection,
    query: Query,
    limit: int,
    before: tuple[datetime, int] | None = None,
    account_ids: Collection[int] | None = None,
) -> list[TouchpointRow]:
    """A page of the touchpoints and replies in which a query is found, in the order of `timeline.timeline`.

    `before` is date and id of the last row of the page before; `account_ids` None is every account.
    """
    if set(query.wanted) & set(query.without) or (account_ids is not None and not account_ids):
        return []  # to find that nothing is there would take the whole index
    accounts = None if account_ids is None else [f"{ACCOUNT}{each}" for each in sorted(account_ids)]
    found: list[int] = []
    above = (1 << (_ID_BITS + _SECOND_BITS)) - 1
    if before is not None:
        # The order within a second is not that of places: what is left of one is looked at whole.
        first = _first_of_second(place_of(*before))
        found = find_places(conn, query, accounts, first, first + (1 << _ID_BITS) - 1, None)
        above = first - 1
    older = find_places(conn, query, accounts, 0, above, limit)
    found += older
    if len(older) == limit:
        found += find_places(conn, query, accounts, _first_of_second(older[-1]), older[-1] - 1, None)
    dates = _dates(conn, found)
    rows = sorted(((date, touchpoint_id) for touchpoint_id, date in dates.items()), reverse=True)
    wanted = [
        touchpoint_id for date, touchpoint_id in rows if before is None or (date, touchpoint_id) < before
    ]
    return with_ids(conn, wanted[:limit])


def place_of(date: datetime, touchpoint_id: int) -> int:
    """Where a touchpoint stands among all of them: a larger number is later."""
    second = (date - _EPOCH) // timedelta(seconds=1)
    return min(max(second, 0), (1 << _SECOND_BITS) - 1) << _ID_BITS | touchpoint_id


def _first_of_second(place: int) -> int:
    return place >> _ID_BITS << _ID_BITS


def _dates(conn: Connection, places: Collection[int]) -> dict[int, datetime]:
    found: dict[int, datetime] = {}
    for some in chunks([place & ((1 << _ID_BITS) - 1) for place in places]):
        columns = (touchpoints.c.id, touchpoints.c.date)
        found.update((row[0], row[1]) for row in conn.execute(select(*columns).where(columns[0].in_(some))))
    return found


@dataclass(frozen=True, slots=True)
class _Stored:
    """As much of a stored touchpoint as is looked through."""

    subject: str
    text: str
    comment: str | None
    author: Participant | None
    filed_by: Participant | None
    participants: tuple[Participant, ...]
    attachments: tuple[Attachment, ...]


# Columns by name: a migration calls this, too, before later columns are there.
_QUERY = select(
    *(touchpoints.c.id, touchpoints.c.account_id, touchpoints.c.date, touchpoints.c.subject),
    *(touchpoints.c.text, touchpoints.c.comment, touchpoints.c.author_email, touchpoints.c.author_name),
    touchpoints.c.filed_by,
).where(touchpoints.c.deleted_at.is_(None))


def _insert(conn: Connection, touchpoint_ids: Sequence[int]) -> None:
    """Write the words of touchpoints, `LIMIT` at most, as they stand in their rows."""
    rows = conn.execute(_QUERY.where(touchpoints.c.id.in_(touchpoint_ids))).all()
    people: dict[int, list[Participant]] = {}
    files: dict[int, list[Attachment]] = {}
    here, place = participants.c.touchpoint_id, participants.c.position
    named = select(here, participants.c.email, participants.c.name).where(here.in_(touchpoint_ids))
    for touchpoint_id, email, name in conn.execute(named.order_by(here, place)):
        people.setdefault(touchpoint_id, []).append(Participant(email, name, "external", "unknown"))
    here, place = attachments.c.touchpoint_id, attachments.c.position
    kept = select(here, attachments.c.filename, attachments.c.inline).where(here.in_(touchpoint_ids))
    for touchpoint_id, filename, inline in conn.execute(kept.order_by(here, place)):
        files.setdefault(touchpoint_id, []).append(Attachment(filename, "", 0, "", inline))
    made = []
    for row in rows:
        author = filed_by = None
        if row.author_email is not None:
            author = Participant(row.author_email, row.author_name or "", "external", "unknown")
        if row.filed_by:
            filed_by = Participant(**row.filed_by)
        stored = _Stored(
            row.subject,
            row.text,
            row.comment,
            author,
            filed_by,
            tuple(people.get(row.id, ())),
            tuple(files.get(row.id, ())),
        )
        made.append(_row(row.id, row.account_id, row.date, searched_words(stored)))
    if made:
        _insert_rows(conn, made)


def _insert_rows(conn: Connection, rows: list[dict[str, int | str]]) -> None:
    # In the order of places: for one that is before the last one SQLite begins a new piece of its index.
    _WORDS(conn, sorted(rows, key=lambda each: int(each["place"])))


def _row(touchpoint_id: int, account_id: int, date: datetime, words: Sequence[str]) -> dict[str, int | str]:
    # Parted by line feeds: "ada.marsh@acme.example" is not to look like the name of an Ada Marsh who was erased.
    line = "\n".join((f"{ACCOUNT}{account_id}", *words))
    return {"place": place_of(date, touchpoint_id), "touchpoint_id": touchpoint_id, "words": line}


_WORDS = Insert(searched, ("place", "touchpoint_id", "words"))
