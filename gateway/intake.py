"""Intake: a mail is committed durably, many sessions in one commit, before anybody says 250.

One task owns the connection that writes. Callers wait for its answer shielded: a session that is cancelled
leaves no transaction behind, and its mail is kept all the same.
"""

import asyncio
import contextlib
import hashlib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from time import perf_counter
from typing import Any

import structlog
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from gateway import metrics
from gateway.events import RECEIVED
from storage.blobs import Blobs
from storage.engine import storage_error
from storage.errors import DiskFailed
from storage.inbound import INLINE_LIMIT, Kept, NewMail, keep, prepare

log = structlog.get_logger(__name__)

BATCH = 256
"""Mails in one commit: beyond some fifty a commit's fsync no longer counts, and memory and waiting grow."""

PATIENCE_SECONDS = 60.0
"""How long a session waits for its commit. RFC 5321 4.5.3.2.6 gives the client ten minutes; a disk that needs
one is in trouble, and the mail is safer with its sender."""


class IntakeUnavailable(Exception):  # noqa: N818 - a state of the house, the caller's answer is 451
    """The mail is not known to be kept. The reason is in the log; the sender must try again."""


@dataclass(frozen=True, slots=True)
class _Waiting:
    mail: NewMail
    kept: asyncio.Future[Kept]


class Intake:
    """Keeps mails. `start` and `stop` belong to the loop that calls `keep`.

    `engine` is the daemon's writing engine; it is disposed of by `stop`. `wake` is called after each commit that
    brought new mail; `failed` once, when the disk did not take what was written: no mail is kept any more then, and
    the process is to leave. `clock` tells the time of receipt. `alone`: no other gateway keeps mail in these blobs,
    so that one which no commit took over can be deleted at once; else it is left to `gateway.retention`.
    """

    def __init__(
        self,
        engine: AsyncEngine,
        blobs: Blobs,
        *,
        wake: Callable[[], None] = lambda: None,
        failed: Callable[[], None] = lambda: None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        inline_limit: int = INLINE_LIMIT,
        patience_seconds: float = PATIENCE_SECONDS,
        alone: bool = True,
    ) -> None:
        self._engine = engine
        self._blobs = blobs
        self._strays = _Strays(blobs) if alone else None
        self._wake = wake
        self._failed = failed
        self._clock = clock
        self._inline_limit = inline_limit
        self._patience_seconds = patience_seconds
        self._queue: asyncio.Queue[_Waiting | None] = asyncio.Queue()
        self._under_way: set[asyncio.Task[Kept]] = set()
        self._writer: asyncio.Task[None] | None = None
        self._connection: AsyncConnection | None = None
        self._open = False
        self._broken = False

    async def start(self) -> None:
        """Begin to take mail. The database is opened with the first one, and again whenever that failed."""
        self._open = True
        self._writer = asyncio.create_task(self._write(), name="intake")

    async def stop(self) -> None:
        """Take no more mail, commit what is under way, close the database."""
        self._open = False
        await asyncio.gather(*self._under_way, return_exceptions=True)
        if self._writer is not None:
            self._queue.put_nowait(None)
            await self._writer
            self._writer = None
        await self._close()
        await self._engine.dispose()

    async def keep(
        self,
        raw: bytes,
        *,
        mail_from: str,
        recipients: Sequence[str],
        peer: Mapping[str, Any],
        let_go: Callable[[], None] = lambda: None,
    ) -> int:
        """Keep a mail durably; returns its id. The same bytes to the same recipients are one mail.

        (A sender that missed our 250 sends again, RFC 5321 6.1.) `peer` is JSON. A cancelled caller does not
        stop the commit. `let_go` is called once `raw` is needed no more: after the commit, or its failure, even
        when the caller has long given up. Raises IntakeUnavailable.
        """
        if not self._open or self._broken:
            metrics.NOT_KEPT.inc()
            let_go()
            raise IntakeUnavailable
        task = asyncio.create_task(self._keep(raw, mail_from, recipients, peer))
        self._under_way.add(task)
        task.add_done_callback(self._finished)
        task.add_done_callback(lambda _: let_go())
        try:
            async with asyncio.timeout(self._patience_seconds):
                kept = await asyncio.shield(task)
        except Exception as error:
            metrics.NOT_KEPT.inc()
            raise IntakeUnavailable from error
        return kept.mail_id

    def _finished(self, task: asyncio.Task[Kept]) -> None:
        self._under_way.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            self._look_at(error)
            log.error("mail not kept", why=_reason(error))

    def _look_at(self, error: BaseException) -> None:
        """After a write or an fsync that failed nothing is kept until a new process has read the disk anew."""
        if self._broken or not _is_failed_disk(error):
            return
        self._broken = True
        log.critical("the disk failed: no more mail is kept, leaving", why=_reason(error))
        self._failed()

    async def _keep(
        self, raw: bytes, mail_from: str, recipients: Sequence[str], peer: Mapping[str, Any]
    ) -> Kept:
        def prepared() -> NewMail:
            return prepare(
                raw,
                mail_from=mail_from,
                recipients=recipients,
                peer=peer,
                received_at=self._clock(),
                blobs=self._blobs,
                inline_limit=self._inline_limit,
            )

        if len(raw) <= self._inline_limit:
            kept = await self._committed(prepared())
        else:  # its digest and its blob take a disk's time: in a thread
            digest, there = await asyncio.to_thread(self._look, raw)
            watched = self._strays.watched(digest, there=there) if self._strays else contextlib.nullcontext()
            with watched:
                kept = await self._committed(await asyncio.to_thread(prepared))
                await asyncio.to_thread(self._assure, raw, digest)
        metrics.received(len(raw), new=kept.new)
        log.info(
            RECEIVED,
            mail=kept.mail_id,
            new=kept.new,
            size=len(raw),
            recipients=len(recipients),
            session=peer.get("session"),
        )
        return kept

    def _assure(self, raw: bytes, digest: str) -> None:
        """Put the blob back if it was erased as another mail's between our look and our commit."""
        if not self._blobs.exists(digest):
            self._blobs.put(raw)

    def _look(self, raw: bytes) -> tuple[str, bool]:
        digest = hashlib.sha256(raw).hexdigest()
        return digest, self._blobs.exists(digest)

    async def _committed(self, mail: NewMail) -> Kept:
        waiting = _Waiting(mail, asyncio.get_running_loop().create_future())
        self._queue.put_nowait(waiting)
        return await waiting.kept

    # -- the writer ----------------------------------------------------------------------------------------

    async def _write(self) -> None:
        while batch := await self._next_batch():
            await self._answer(batch)

    async def _next_batch(self) -> list[_Waiting]:
        """What waits for a commit, at least one; empty when there will be no more."""
        batch: list[_Waiting] = []
        waiting = await self._queue.get()
        while waiting is not None:
            batch.append(waiting)
            if self._queue.empty() or len(batch) == BATCH:
                break
            waiting = self._queue.get_nowait()
        return batch

    async def _answer(self, batch: list[_Waiting]) -> None:
        """Commit the batch and tell everybody. A mail that the database refuses must not hurt the others."""
        if self._broken:
            for waiting in batch:
                _settle(waiting.kept, IntakeUnavailable("the disk failed"))
            return
        begun = perf_counter()
        try:
            answers = await self._commit([waiting.mail for waiting in batch])
        except Exception as error:  # noqa: BLE001 - whatever it is, the writer lives and the callers learn it
            await self._close()
            self._look_at(error)
            if len(batch) > 1 and not _is_the_database(error):
                for waiting in batch:
                    await self._answer([waiting])
                return
            for waiting in batch:
                _settle(waiting.kept, IntakeUnavailable(_reason(error)))
            return
        took = perf_counter() - begun
        for waiting, kept in zip(batch, answers, strict=True):
            _settle(waiting.kept, kept)
        metrics.COMMIT_SECONDS.observe(took)
        metrics.COMMIT_MAILS.observe(len(batch))
        if any(kept.new for kept in answers):
            self._woken()

    def _woken(self) -> None:
        try:
            self._wake()
        except Exception:  # workers look by themselves too; the writer must live
            log.exception("waking the workers failed")

    async def _commit(self, mails: list[NewMail]) -> list[Kept]:
        if self._connection is None:
            self._connection = await self._engine.connect()
        return await self._connection.run_sync(_keep_batch, mails)

    async def _close(self) -> None:
        """Drop the connection, whatever state it is in; the next batch opens another."""
        connection, self._connection = self._connection, None
        if connection is None:
            return
        with contextlib.suppress(Exception):  # it may be broken already, that is why it goes
            await connection.invalidate()
        with contextlib.suppress(Exception):
            await connection.close()


class _Strays:
    """Blobs that are there only for mails under way. One that no commit took over is deleted again."""

    def __init__(self, blobs: Blobs) -> None:
        self._blobs = blobs
        self._users: Counter[str] = Counter()
        self._new: set[str] = set()

    @contextlib.contextmanager
    def watched(self, digest: str, *, there: bool) -> Iterator[None]:
        """While a mail needs the blob; left by an error when it was not committed.

        `there` says whether the blob was stored before.
        """
        self._users[digest] += 1
        if not there:
            self._new.add(digest)
        try:
            yield
            self._new.discard(digest)  # a row refers to it now
        finally:
            self._users[digest] -= 1
            if not self._users[digest]:
                del self._users[digest]
                if digest in self._new:
                    self._new.discard(digest)
                    # Not in a thread: between this decision and the deletion nobody may begin to rely on it.
                    self._blobs.delete(digest)


def _keep_batch(connection: Connection, mails: list[NewMail]) -> list[Kept]:
    with connection.begin():
        return keep(connection, mails)


def _is_the_database(error: Exception) -> bool:
    """Whether every other mail would fail the same way: locked, full, gone."""
    return isinstance(error, DBAPIError) and storage_error(error, "") is not None


def _is_failed_disk(error: BaseException) -> bool:
    meaning = storage_error(error, "") if isinstance(error, DBAPIError) else error
    return isinstance(meaning, DiskFailed)


def _reason(error: BaseException) -> str:
    """What went wrong, without the statement and its parameters: those are the mail."""
    cause = error.orig if isinstance(error, DBAPIError) else error
    return f"{type(cause).__name__}: {cause}"


def _settle(future: asyncio.Future[Kept], outcome: Kept | IntakeUnavailable) -> None:
    if future.done():  # its waiter was cancelled
        return
    if isinstance(outcome, IntakeUnavailable):
        future.set_exception(outcome)
    else:
        future.set_result(outcome)
