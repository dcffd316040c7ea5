"""A person erased, step by step, beside the running daemon; done again after a restore.

The tombstone is written first: whatever ends this process, the next start goes on where it was broken off.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from time import sleep

import structlog
from sqlalchemy import Engine

from gateway.erasing.survey import Advance, Survey, survey
from gateway.erasing.tombstones import TombstoneFile
from rules.erasure import Person
from rules.tombstones import Tombstone
from storage.blobs import Blobs
from storage.chunks import chunks
from storage.engine import compact, giving_way, reading, writing
from storage.erasure import (
    erase_entry,
    erase_files,
    erase_letter,
    erase_mail,
    erase_people,
    erase_touchpoint,
    forget_message_ids,
    sweep,
)
from storage.tombstones import applied, mark_applied, mark_rewritten, to_rewrite

log = structlog.get_logger("gateway.erasing")

BATCH = 20
"""Rows in one transaction: some milliseconds, for which nobody else can write."""

PASSES = 5
"""Mail that came in, or was filed, while we were at it is found by the next pass; one after the other more than that
cannot be chance, and is reported."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What else belongs to an erasure: the `user`'s login, and mail of others that would be lost while it waits.

    `never_again`: mail with this person is kept out from now on.
    """

    user: bool = False
    waiting: bool = False
    never_again: bool = False


@dataclass(frozen=True, slots=True)
class Erased:
    """What became of it: the person as they were known at last, and where they still stand, None for nowhere."""

    person: Person
    left: Survey | None = None


class Eraser:
    """Erases people from one database and its blobs. `pause` is how long it leaves the database to others."""

    def __init__(
        self,
        engine: Engine,
        blobs: Blobs,
        tombstones: TombstoneFile,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        pause: Callable[[float], None] = sleep,
    ) -> None:
        self._engine = engine
        self._blobs = blobs
        self._tombstones = tombstones
        self._clock = clock
        self._pause = pause

    def erase(self, found: Survey, wish: Wish, advance: Advance = lambda _steps: None) -> Erased:
        """Erase who was surveyed. Raises StorageError, TombstonesError."""
        stone = self._tombstones.new(
            found.person.keys,
            self._clock(),
            never_again=wish.never_again,
            user=wish.user,
            waiting=wish.waiting,
        )
        self._tombstones.append(stone)
        done = self.apply([stone], found, wish, advance)
        if done.left is None:
            self._end_earlier(stone)
        self.rewrite()
        return done

    def apply(
        self, stones: Sequence[Tombstone], found: Survey, wish: Wish, advance: Advance = lambda _steps: None
    ) -> Erased:
        """Erase who was surveyed, whose tombstones are in the file already: one person, or several at once.

        It counts as done only when nothing is left; otherwise the next start goes on with it. `rewrite` afterwards.
        """
        person, before = found.person, None
        for _ in range(PASSES):
            self._pass(found, wish, advance)
            found = survey(self._engine, self._blobs, person)
            person = person.called(found.person.names)
            if not found or found.trace == before:
                break
            before = found.trace
        ids = [stone.id for stone in stones]
        if found:
            log.error(
                "an erasure is not finished: somebody still stands here",
                tombstones=ids,
                left=found.counts(),
                waiting=list(found.stuck),
            )
            return Erased(person, found)
        with writing(self._engine) as conn:
            for stone in stones:
                mark_applied(conn, stone)
        log.info("erased", tombstones=ids)
        return Erased(person)

    def rewrite(self) -> None:
        """Write the file of the database anew, so that nothing of the erased is left between its rows.

        Raises StorageError: without room for a copy, say. The rows are done all the same, and the next start tries
        again.
        """
        with reading(self._engine) as conn:
            ids = to_rewrite(conn)
        compact(self._engine)
        with writing(self._engine) as conn:
            mark_rewritten(conn, ids)

    def _end_earlier(self, stone: Tombstone) -> None:
        """Erasures of the same person that could not be finished are, with this one."""
        with writing(self._engine) as conn:
            known = applied(conn)
            for other in self._tombstones.read().values():
                same = other.key == stone.key and set(other.digests) <= set(stone.digests)
                if same and other.id not in known:
                    mark_applied(conn, other)

    def erase_files(self, digests: Collection[str]) -> None:
        """Delete files that hold the person, whoever attached them."""
        with giving_way(self._engine, self._pause) as conn:
            self._delete(erase_files(conn, digests))

    def _pass(self, found: Survey, wish: Wish, advance: Advance) -> None:
        """Once over everything that was found. What names are read from goes last."""
        person, now = found.person, self._clock()
        letters, mails, touchpoints = found.trace.letters, found.trace.mails, found.trace.touchpoints
        with giving_way(self._engine, self._pause) as conn:
            forget_message_ids(conn, list(found.message_ids), person)
        for some in chunks(sorted(letters), BATCH):
            with giving_way(self._engine, self._pause) as conn:
                for each in some:
                    erase_letter(conn, each, person, now, own=letters[each])
            advance(len(some))
        for entries in chunks(sorted(found.trace.outbox), BATCH):
            with giving_way(self._engine, self._pause) as conn:
                for each in entries:
                    erase_entry(conn, each, person, now)
            advance(len(entries))
        quoting = found.trace.quoting_mails
        for own in (False, True):
            for some in chunks(sorted(each for each in touchpoints if touchpoints[each].own == own), BATCH):
                with giving_way(self._engine, self._pause) as conn:
                    for each in some:
                        self._delete(erase_touchpoint(conn, each, person, touchpoints[each], now))
                advance(len(some))
            for some in chunks(sorted(each for each in mails if mails[each] == own), BATCH):
                with giving_way(self._engine, self._pause) as conn:
                    for each in some:
                        if each in found.stuck and not wish.waiting:
                            continue
                        orphan = erase_mail(
                            conn,
                            each,
                            person,
                            now,
                            own=own,
                            quoting=each in quoting,
                            rest=found.rests.get(each),
                        )
                        self._delete([orphan] if orphan else [])
                advance(len(some))
        with giving_way(self._engine, self._pause) as conn:
            erase_people(conn, person, users_too=wish.user)
        with giving_way(self._engine, self._pause) as conn:
            sweep(conn, person)

    def _delete(self, digests: Collection[str]) -> None:
        # While we write nobody else does: who keeps the same bytes commits later, and then looks for them.
        for digest in digests:
            self._blobs.delete(digest)
