"""Intake: a mail is committed durably, many sessions in one commit, before anybody says 250.

One thread owns the connection that writes: a batch is one call to it, and the loop goes on meanwhile. A session that
is cancelled leaves no transaction behind, and its mail is kept all the same.
"""

import asyncio
import contextlib
import hashlib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from time import perf_counter
from typing import Any

import structlog
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError

from gateway import metrics
from gateway.events import RECEIVED
from storage.blobs import Blobs
from storage.engine import begin_soon, checkpoint, leave_the_log, storage_error
from storage.errors import DiskFailed
from storage.inbound import INLINE_LIMIT, Kept, NewMail, keep, prepare

log = structlog.get_logger(__name__)

BATCH = 256
"""Mails in one commit: beyond some fifty a commit's fsync no longer counts, and memory and waiting grow."""

LOG_BYTES = 4 * 1024 * 1024
"""Mail after which the database's log is copied into the database: as often as SQLite would by itself."""

LOG_MOST = 64 * 1024 * 1024
"""Bytes of the log beyond which commits wait for that. Under an unbroken stream of mail it would never end."""

PATIENCE_SECONDS = 60.0
"""How long a session waits for its commit. RFC 5321 4.5.3.2.6 gives the client ten minutes; a disk that needs
one is in trouble, and the mail is safer with its sender."""


class IntakeUnavailable(Exception):  # noqa: N818 - a state of the house, the caller's answer is 451
    """The mail is not known to be kept. The reason is in the log; the sender must try again."""


@dataclass(frozen=True, slots=True)
class _Waiting:
    """A mail that waits for its commit. `let_go` is called when that is over, whether anybody waits or not."""

    mail: NewMail
    kept: asyncio.Future[Kept]
    let_go: Callable[[], None]


class Intake:
    """Keeps mails. `start` and `stop` belong to the loop that calls `keep`.

    `engine` is the daemon's writing engine; it is disposed of by `stop`. `wake` is called after each commit that
    brought new mail; `failed` once, when the disk did not take what was written: no mail is kept any more then, and
    the process is to leave. `clock` tells the time of receipt. `alone`: no other gateway keeps mail in these blobs,
    so that one which no commit took over can be deleted at once; else it is left to `gateway.retention`.
    """

    def __init__(
        self,
        engine: Engine,
        blobs: Blobs,
        *,
        wake: Callable[[], None] = lambda: None,
        failed: Callable[[], None] = lambda: None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        inline_limit: int = INLINE_LIMIT,
        patience_seconds: float = PATIENCE_SECONDS,
        alone: bool = True,
    ) -> None:
        self._log = log.bind()
        self._engine = engine
        self._blobs = blobs
        self._strays = _Strays(blobs) if alone else None
        self._wake = wake
        self._failed = failed
        self._clock = clock
        self._inline_limit = inline_limit
        self._patience_seconds = patience_seconds
        self._waiting: list[_Waiting] = []
        self._news = asyncio.Event()
        self._under_way: set[asyncio.Task[Kept]] = set()
        self._writer: asyncio.Task[None] | None = None
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="intake")
        self._connection: Connection | None = None  # the thread's
        self._copier = ThreadPoolExecutor(1, thread_name_prefix="checkpoint")
        self._copying: asyncio.Future[int] | None = None
        self._uncopied = 0
        self._open = False
        self._finished = False
        self._broken = False

    async def start(self) -> None:
        """Begin to take mail. The database is opened with the first one, and again whenever that failed."""
        self._open = True
        self._writer = asyncio.create_task(self._write(), name="intake")

    async def stop(self) -> None:
        """Take no more mail, commit what is under way, close the database."""
        self._open = False
        await asyncio.gather(*self._under_way, return_exceptions=True)
        writer, self._writer = self._writer, None
        if writer is None:
            return
        self._finished = True
        self._news.set()
        await writer
        if self._copying is not None:
            await asyncio.wait([self._copying])
        await asyncio.get_running_loop().run_in_executor(self._thread, self._disposed)
        self._thread.shutdown()
        self._copier.shutdown()

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
        loop = asyncio.get_running_loop()
        kept: asyncio.Future[Kept]
        if len(raw) <= self._inline_limit:
            kept = self._handed(self._prepared(raw, mail_from, recipients, peer), let_go)
        else:
            task = loop.create_task(self._keep_blob(raw, mail_from, recipients, peer))
            self._under_way.add(task)
            task.add_done_callback(self._settled)
            task.add_done_callback(lambda _: let_go())
            kept = asyncio.shield(task)
        # Not asyncio.timeout, which costs more than the rest of this.
        patience = loop.call_later(self._patience_seconds, _lose_patience, kept)
        try:
            return (await kept).mail_id
        except Exception as error:
            metrics.NOT_KEPT.inc()
            raise IntakeUnavailable from error
        finally:
            patience.cancel()

    def _settled(self, task: asyncio.Future[Kept]) -> None:
        self._under_way.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            self._look_at(error)
            if not isinstance(error, IntakeUnavailable):  # of which the writer has told
                log.error("mail not kept", why=_reason(error))

    def _look_at(self, error: BaseException) -> None:
        """After a write or an fsync that failed nothing is kept until a new process has read the disk anew."""
        if self._broken or not _is_failed_disk(error):
            return
        self._broken = True
        log.critical("the disk failed: no more mail is kept, leaving", why=_reason(error))
        self._failed()

    def _prepared(
        self, raw: bytes, mail_from: str, recipients: Sequence[str], peer: Mapping[str, Any], sha256: str = ""
    ) -> NewMail:
        return prepare(
            raw,
            mail_from=mail_from,
            recipients=recipients,
            peer=peer,
            received_at=self._clock(),
            blobs=self._blobs,
            inline_limit=self._inline_limit,
            sha256=sha256,
        )

    async def _keep_blob(
        self, raw: bytes, mail_from: str, recipients: Sequence[str], peer: Mapping[str, Any]
    ) -> Kept:
        # Its digest and its blob take a disk's time: in a thread.
        digest, there = await asyncio.to_thread(self._look, raw)
        watched = self._strays.watched(digest, there=there) if self._strays else contextlib.nullcontext()
        with watched:
            mail = await asyncio.to_thread(self._prepared, raw, mail_from, recipients, peer, digest)
            kept = await self._handed(mail)
            await asyncio.to_thread(self._assure, raw, digest)
        return kept

    def _assure(self, raw: bytes, digest: str) -> None:
        """Put the blob back if it was erased as another mail's between our look and our commit."""
        if not self._blobs.exists(digest):
            self._blobs.put(raw, digest)

    def _look(self, raw: bytes) -> tuple[str, bool]:
        digest = hashlib.sha256(raw).hexdigest()
        return digest, self._blobs.exists(digest)

    def _handed(self, mail: NewMail, let_go: Callable[[], None] = lambda: None) -> asyncio.Future[Kept]:
        """Give the mail to the writer; the future is done when it is committed, or cannot be."""
        waiting = _Waiting(mail, asyncio.get_running_loop().create_future(), let_go)
        self._waiting.append(waiting)
        self._news.set()
        return waiting.kept

    # -- the writer ----------------------------------------------------------------------------------------

    async def _write(self) -> None:
        while not self._finished or self._waiting:
            await self._news.wait()
            self._news.clear()
            while batch := self._waiting[:BATCH]:
                del self._waiting[:BATCH]
                await self._answer(batch)
                await self._copy_log(sum(waiting.mail.size for waiting in batch))

    async def _answer(self, batch: list[_Waiting]) -> None:
        """Commit the batch and tell everybody. A mail that the database refuses must not hurt the others."""
        if self._broken:
            for waiting in batch:
                _give_up(waiting, "the disk failed")
            return
        begun = perf_counter()
        try:
            answers = await asyncio.get_running_loop().run_in_executor(
                self._thread, self._commit, [waiting.mail for waiting in batch]
            )
        except Exception as error:  # noqa: BLE001 - whatever it is, the writer lives and the callers learn it
            self._look_at(error)
            if len(batch) > 1 and not _is_the_database(error):
                for waiting in batch:
                    await self._answer([waiting])
                return
            for waiting in batch:
                _give_up(waiting, _reason(error))
            return
        took = perf_counter() - begun
        for waiting, kept in zip(batch, answers, strict=True):
            _settle(waiting, kept, self._log)
        metrics.COMMIT_SECONDS.observe(took)
        metrics.COMMIT_MAILS.observe(len(batch))
        if any(kept.new for kept in answers):
            self._woken()

    async def _copy_log(self, size: int) -> None:
        """Have the log copied now and then, `size` bytes of mail later, in a thread beside that of the commits."""
        self._uncopied += size
        if self._copying is not None and self._copying.done():
            copying, self._copying = self._copying, None
            if copying.exception() is None and copying.result() > LOG_MOST:
                self._copying = self._copy()
                await asyncio.wait([self._copying])
        elif self._copying is None and self._uncopied >= LOG_BYTES and not self._broken:
            self._copying = self._copy()

    def _copy(self) -> asyncio.Future[int]:
        self._uncopied = 0
        copying = asyncio.get_running_loop().run_in_executor(self._copier, checkpoint, self._engine)
        copying.add_done_callback(self._copied)
        return copying

    def _copied(self, copying: asyncio.Future[int]) -> None:
        if error := copying.exception():  # told at once: there may be no mail for long
            self._look_at(error)
            log.error("the database's log was not copied", why=_reason(error))

    def _woken(self) -> None:
        try:
            self._wake()
        except Exception:  # workers look by themselves too; the writer must live
            log.exception("waking the workers failed")

    # What follows is done in the writer's thread.

    def _commit(self, mails: list[NewMail]) -> list[Kept]:
        try:
            if self._connection is None:
                self._connection = self._engine.connect()
                leave_the_log(self._connection)
                begin_soon(self._connection)
            with self._connection.begin():
                return keep(self._connection, mails)
        except BaseException:
            self._close()
            raise

    def _close(self) -> None:
        """Drop the connection, whatever state it is in; the next batch opens another."""
        connection, self._connection = self._connection, None
        if connection is None:
            return
        with contextlib.suppress(Exception):  # it may be broken already, that is why it goes
            connection.invalidate()
        with contextlib.suppress(Exception):
            connection.close()

    def _disposed(self) -> None:
        self._close()
        self._engine.dispose()


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


def _settle(waiting: _Waiting, kept: Kept, told: structlog.typing.FilteringBoundLogger) -> None:
    """Tell of a mail that is kept, and who waits for it."""
    mail = waiting.mail
    metrics.received(mail.size, new=kept.new)
    told.info(
        RECEIVED,
        mail=kept.mail_id,
        new=kept.new,
        size=mail.size,
        recipients=len(mail.recipients),
        session=mail.peer.get("session"),
    )
    waiting.let_go()
    if not waiting.kept.done():  # its waiter was cancelled
        waiting.kept.set_result(kept)


def _lose_patience(kept: asyncio.Future[Kept]) -> None:
    if not kept.done():
        kept.set_exception(TimeoutError())


def _give_up(waiting: _Waiting, why: str) -> None:
    log.error("mail not kept", why=why)
    waiting.let_go()
    if not waiting.kept.done():
        waiting.kept.set_exception(IntakeUnavailable(why))
