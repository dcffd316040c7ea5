"""Threads looked up and kept together: what an answer names, who follows, and the message ids that lead back."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Connection, select, update

from rules.addresses import address_key
from rules.facts import Account, Copy, Facts, Question, Thread
from rules.wanted import Wanted
from storage.asks import Ask
from storage.chunks import chunks
from storage.dialects import inserted
from storage.directory import account_rows, look_up
from storage.errors import NotFound
from storage.inserts import Insert
from storage.tables import accounts, followers, mails, message_ids, outbox, participants, touchpoints


@dataclass(frozen=True, slots=True)
class Follower:
    """Who gets the replies of a thread, and why: mentioned, copied or asked."""

    email: str
    name: str
    why: str
    since: datetime


def facts(conn: Connection, wanted: Wanted) -> Facts:
    """Everything about the people, accounts and threads of one mail."""
    found = look_up(conn, wanted.addresses, wanted.domains, wanted.account_keys)
    copies = _copies(conn, wanted.copies)
    messages = _messages(conn, wanted.messages)
    numbers = set(wanted.threads)
    numbers |= {copy.thread for copy in copies.values() if copy.thread is not None}
    numbers |= {number for each in messages.values() for number in each}
    threads = threads_by_id(conn, numbers)
    known = {thread.account.key: thread.account for thread in threads.values()} | dict(found.accounts)
    named = _named(conn, wanted.names)
    known |= {account.key: account for each in named.values() for account in each}
    return replace(
        found,
        accounts=known,
        threads=threads,
        copies=copies,
        questions=_questions(conn, wanted.questions),
        messages=messages,
        sent=_sent(conn, wanted.messages),
        named=named,
    )


def threads_by_id(conn: Connection, numbers: Collection[int]) -> dict[int, Thread]:
    """The touchpoints with these ids that are no replies themselves, by id; of a deleted one only its account."""
    found: dict[int, Thread] = {}
    for some in chunks(sorted(numbers)):
        columns = (
            *(touchpoints.c.id, touchpoints.c.subject, touchpoints.c.flow, touchpoints.c.author_email),
            *(touchpoints.c.closed_at, touchpoints.c.deleted_at),
            *(accounts.c.key, accounts.c.name, accounts.c.status),
        )
        query = select(*columns).join(accounts, accounts.c.id == touchpoints.c.account_id)
        rows = conn.execute(query.where(touchpoints.c.id.in_(some), touchpoints.c.thread_id.is_(None))).all()
        people: dict[int, set[str]] = {row.id: set() for row in rows}
        keys = select(participants.c.touchpoint_id, participants.c.address_key)
        for touchpoint_id, key in conn.execute(keys.where(participants.c.touchpoint_id.in_(list(people)))):
            people[touchpoint_id].add(key)
        for row in rows:
            if row.author_email:
                people[row.id].add(address_key(row.author_email))
            state = "deleted" if row.deleted_at else "closed" if row.closed_at else "open"
            account = Account(row.key, row.name, row.status == "active")
            found[row.id] = Thread(row.id, account, row.subject, row.flow, frozenset(people[row.id]), state)
    return found


def hold_threads(conn: Connection, numbers: Collection[int]) -> None:
    """Let nobody else change these touchpoints until the commit."""
    for some in chunks(sorted(numbers)):
        query = select(touchpoints.c.id).where(touchpoints.c.id.in_(some)).order_by(touchpoints.c.id)
        conn.execute(query.with_for_update())


def register(conn: Connection, touchpoint_id: int, ids: Iterable[str], *, sent: bool) -> None:
    """Remember that these messages belong to the thread of a touchpoint; an id it has already stays as it is."""
    register_all(conn, [(touchpoint_id, ids)], sent=sent)


def register_all(conn: Connection, named: Iterable[tuple[int, Iterable[str]]], *, sent: bool) -> None:
    """The same for several touchpoints, each with its ids."""
    rows = [
        {"message_id": identifier, "touchpoint_id": touchpoint_id, "sent": sent}
        for touchpoint_id, ids in named
        for identifier in dict.fromkeys(ids)
        if identifier and len(identifier) <= 998
    ]
    if rows:
        _MESSAGE_IDS(conn, rows)


def follow(
    conn: Connection, touchpoint_id: int, people: Iterable[tuple[str, str]], why: str, now: datetime
) -> None:
    """Let people, given as (email, name), follow a thread. Who unfollowed it stays so, unless `why` is "asked"."""
    rows = [
        {
            "touchpoint_id": touchpoint_id,
            "address_key": address_key(email),
            "email": email,
            "name": name,
            "why": why,
            "since": now,
        }
        for email, name in people
    ]
    if not rows:
        return
    statement = inserted(conn)(followers)
    if why == "asked":
        again = {"unfollowed_at": None, "why": why, "since": now}
        key = [followers.c.touchpoint_id, followers.c.address_key]
        conn.execute(statement.on_conflict_do_update(index_elements=key, set_=again), rows)
    else:
        conn.execute(statement.on_conflict_do_nothing(), rows)


def unfollow(conn: Connection, touchpoint_id: int, email: str, name: str, now: datetime) -> None:
    """Send this person nothing more of a thread, whoever copies or mentions them later."""
    follow(conn, touchpoint_id, [(email, name)], "copied", now)
    conn.execute(
        update(followers)
        .where(followers.c.touchpoint_id == touchpoint_id, followers.c.address_key == address_key(email))
        .values(unfollowed_at=now)
    )


def followers_of(conn: Connection, touchpoint_id: int) -> list[Follower]:
    """Who follows a thread now, in the order in which they began to."""
    query = select(followers.c.email, followers.c.name, followers.c.why, followers.c.since).where(
        followers.c.touchpoint_id == touchpoint_id, followers.c.unfollowed_at.is_(None)
    )
    return [
        Follower(*row) for row in conn.execute(query.order_by(followers.c.since, followers.c.address_key))
    ]


def unfollowed(conn: Connection, touchpoint_id: int) -> set[str]:
    """The address keys of those who asked to get nothing more of a thread."""
    query = select(followers.c.address_key).where(
        followers.c.touchpoint_id == touchpoint_id, followers.c.unfollowed_at.is_not(None)
    )
    return set(conn.execute(query).scalars())


def close(conn: Connection, touchpoint_id: int, now: datetime | None) -> None:
    """Let a thread take no more replies, or take them again with None. Raises NotFound."""
    done = conn.execute(
        update(touchpoints)
        .where(touchpoints.c.id == touchpoint_id, touchpoints.c.deleted_at.is_(None))
        .values(closed_at=now)
    )
    if done.rowcount == 0:
        raise NotFound(f"there is no touchpoint {touchpoint_id}")


_SENT = Ask(
    select(outbox.c.message_id, outbox.c.id, outbox.c.touchpoint_id, outbox.c.recipient), outbox.c.message_id
)
_MESSAGES = Ask(
    select(message_ids.c.message_id, message_ids.c.touchpoint_id, message_ids.c.sent).order_by(
        message_ids.c.touchpoint_id
    ),
    message_ids.c.message_id,
)


def _copies(conn: Connection, numbers: Collection[int]) -> dict[int, Copy]:
    found: dict[int, Copy] = {}
    for some in chunks(sorted(numbers)):
        query = select(outbox.c.id, outbox.c.touchpoint_id, outbox.c.recipient).where(outbox.c.id.in_(some))
        found.update({row.id: Copy(*row) for row in conn.execute(query)})
    return found


def _sent(conn: Connection, ids: Collection[str]) -> dict[str, Copy]:
    found: dict[str, Copy] = {}
    for identifier, *copy in _SENT(conn, ids):
        found[identifier] = Copy(*copy)
    return found


def _messages(conn: Connection, ids: Collection[str]) -> dict[str, tuple[int, ...]]:
    """Message id → its threads. One that we sent ourselves leads to its own thread, whoever else uses the id."""
    ours: dict[str, list[int]] = {}
    others: dict[str, list[int]] = {}
    for identifier, touchpoint_id, sent in _MESSAGES(conn, ids):
        (ours if sent else others).setdefault(identifier, []).append(touchpoint_id)
    return {identifier: tuple(found) for identifier, found in {**others, **ours}.items()}


def _questions(conn: Connection, numbers: Collection[int]) -> dict[int, Question]:
    found: dict[int, Question] = {}
    for some in chunks(sorted(numbers)):
        letter = select(outbox.c.mail_id, outbox.c.recipient_key).where(
            outbox.c.kind == "notice", outbox.c.mail_id.in_(some)
        )
        asked = {row.mail_id: row.recipient_key for row in conn.execute(letter)}
        # Asked at whichever address the mail came from; the answer may come from another one.
        users = look_up(conn, set(asked.values())).users
        asked = {
            mail_id: address_key(users[key].email) if key in users else key for mail_id, key in asked.items()
        }
        columns = (mails.c.id, mails.c.state, mails.c.decision, mails.c.received_at)
        for row in conn.execute(select(*columns).where(mails.c.id.in_(list(asked)))):
            subject = (row.decision or {}).get("subject", "")
            found[row.id] = Question(row.id, asked[row.id], row.state, subject, row.received_at)
    return found


def _named(conn: Connection, names: Collection[str]) -> dict[str, tuple[Account, ...]]:
    """Folded text → the accounts whose key or name it is. Folded here: back ends differ in it."""
    if not names:
        return {}
    found: dict[str, dict[str, Account]] = {}
    for account in account_rows(conn):
        for text in {account.key.strip().casefold(), account.name.strip().casefold()} & set(names):
            found.setdefault(text, {})[account.key] = account
    return {text: tuple(each.values()) for text, each in found.items()}


_MESSAGE_IDS = Insert(message_ids, ("message_id", "touchpoint_id", "sent"), anew=False)
