"""The loop's side of intake: a mail is handed on to be committed, and who brought it hears what became of it.

The commits are a process's (`gateway.intake.process`) or a thread's (`gateway.intake.thread`): the loop goes on
meanwhile. A session that is cancelled leaves no transaction behind, and its mail is kept all the same.
"""

import asyncio
import contextlib
import hashlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any, Protocol

import structlog
from tenacity import AsyncRetrying, RetryCallState, wait_fixed

from gateway import metrics
from gateway.events import RECEIVED
from gateway.intake.committer import Answer, Report, reason
from gateway.intake.spool import MOST, Spool, Spooled
from storage.blobs import Blobs
from storage.errors import DiskFailed, StorageError
from storage.inbound import INLINE_LIMIT, NewMail

log = structlog.get_logger(__name__)

PATIENCE_SECONDS = 60.0
"""How long a session waits for its commit. RFC 5321 4.5.3.2.6 gives the client ten minutes; a disk that needs
one is in trouble, and the mail is safer with its sender."""

WAITING_EACH = 10
"""Mails that may wait for their commits, for each session that there may be. One whose session gave up waits on:
clients that come again while the disk stands still would fill the memory with them, however small they are."""

AGAIN_SECONDS = 1.0
"""Between two tries to begin commits, should that fail."""

_NOBODY_COMMITS = "the commits have ended"


class IntakeUnavailable(Exception):  # noqa: N818 - a state of the house, the caller's answer is 451
    """The mail is not known to be kept. The reason is in the log; the sender must try again."""


class Commits(Protocol):
    """Commits mails in the order they come, many at once. Belongs to the loop."""

    def put(self, number: int, mail: NewMail) -> None:
        """Have a mail committed; a report will have an answer of that number."""

    async def stop(self) -> None:
        """Commit what is there, and end. No report comes after it."""


StartCommits = Callable[[Callable[[Report], None], Callable[[], None]], Awaitable[Commits]]
"""Starts commits which tell their reports, and when they have ended by themselves."""


@dataclass(frozen=True, slots=True)
class _Waiting:
    """What there is to tell of a mail that waits for its commit, in whose hands it is.

    `let_go` is called when that is over, whether anybody waits or not.
    """

    size: int
    recipients: int
    session: str
    kept: asyncio.Future[int]
    let_go: Callable[[], None]

    def fail(self, why: str) -> None:
        """It is not known to be kept."""
        self.let_go()
        if not self.kept.done():
            self.kept.set_exception(IntakeUnavailable(why))


class Intake:
    """Keeps mails. Belongs to one loop.

    `start_commits` starts what commits them, and tells it whom to report to, and whom when it ended without being
    told to. `wake` is called after each commit that brought new mail; `failed` once, when the disk did not take what
    was written: no mail is kept any more then, and the process is to leave. `clock` tells the time of receipt.
    `inline_limit` and `alone` are those of `gateway.intake.spool.Spool`. There are `sessions` at most: so many mails
    are spooled at once, and while WAITING_EACH times as many wait for their commits no other is kept.
    """

    def __init__(
        self,
        start_commits: StartCommits,
        blobs: Blobs,
        *,
        wake: Callable[[], None] = lambda: None,
        failed: Callable[[], None] = lambda: None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        inline_limit: int = INLINE_LIMIT,
        patience_seconds: float = PATIENCE_SECONDS,
        sessions: int = MOST,
        alone: bool = True,
    ) -> None:
        self._log = log.bind()
        self._loop = asyncio.get_running_loop()
        self._start_commits = start_commits
        self._commits: Commits | None = None
        self.spool = Spool(blobs, inline_limit, most=sessions, alone=alone, failed=self._disk_failed)
        self._wake = wake
        self._failed = failed
        self._clock = clock
        self._patience_seconds = patience_seconds
        self._most_waiting = WAITING_EACH * sessions
        self._told_full = False
        self._waiting: dict[int, _Waiting] = {}
        self._number = 0
        self._beginning: asyncio.Task[None] | None = None
        self._under_way: set[asyncio.Task[int]] = set()
        self._open = False
        self._broken = False

    async def start(self) -> None:
        """Begin to take mail. The database is opened with the first one, and again whenever that failed."""
        await self._begin()
        self._open = True

    async def _begin(self) -> None:
        self._commits = await self._start_commits(self._heard, self._lost)

    async def stop(self) -> None:
        """Take no more mail, commit what is under way, close the database."""
        self._open = False
        await asyncio.gather(*self._under_way, return_exceptions=True)
        if self._beginning is not None:
            self._beginning.cancel()
            await asyncio.wait([self._beginning])
        commits, self._commits = self._commits, None
        if commits is not None:
            await commits.stop()
        await self.spool.stop()

    async def keep(
        self,
        content: bytes | Spooled,
        *,
        mail_from: str,
        recipients: Sequence[str],
        peer: Mapping[str, Any],
        let_go: Callable[[], None] = lambda: None,
    ) -> int:
        """Keep a mail durably; returns its id. The same bytes to the same recipients are one mail.

        (A sender that missed our 250 sends again, RFC 5321 6.1.) `content` is all of it, or was begun by `spool`.
        `peer` is JSON. A cancelled caller does not stop the commit. `let_go` is called once the content is needed no
        more: after the commit, or its failure, even when the caller has long given up. Raises IntakeUnavailable.
        """
        if not self._open or self._broken or self._is_full():
            metrics.NOT_KEPT.inc()
            let_go()
            raise IntakeUnavailable
        loop = asyncio.get_running_loop()
        mail = partial(NewMail, mail_from=mail_from, recipients=tuple(recipients), peer=peer)
        if isinstance(content, bytes):
            sha256 = hashlib.sha256(content).hexdigest()
            new = mail(received_at=self._clock(), size=len(content), sha256=sha256, raw=content)
            kept = self._handed(new, let_go)
        else:
            try:
                put = content.put()
            except RuntimeError as error:  # no thread can be started
                metrics.NOT_KEPT.inc()
                let_go()
                raise IntakeUnavailable from error
            task = loop.create_task(self._keep_spooled(content, put, mail))
            self._under_way.add(task)
            task.add_done_callback(self._settled)
            task.add_done_callback(lambda _: let_go())
            kept = asyncio.shield(task)
        # Not asyncio.timeout, which costs more than the rest of this.
        patience = loop.call_later(self._patience_seconds, _lose_patience, kept)
        try:
            return await kept
        except Exception as error:
            metrics.NOT_KEPT.inc()
            raise IntakeUnavailable from error
        finally:
            patience.cancel()

    def _is_full(self) -> bool:
        if len(self._waiting) < self._most_waiting:
            self._told_full = False
            return False
        metrics.limit_hit("connections")
        if not self._told_full:
            self._told_full = True
            log.error("the disk stands still: no more mail is kept", waiting=len(self._waiting))
        return True

    def _settled(self, task: asyncio.Future[int]) -> None:
        self._under_way.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            if isinstance(error, DiskFailed):
                self._break(reason(error))
            if not isinstance(error, IntakeUnavailable):  # of which is told already
                log.error("mail not kept", why=reason(error))

    def _disk_failed(self, error: Exception) -> None:
        """From any thread."""
        with contextlib.suppress(RuntimeError):  # the loop has ended
            self._loop.call_soon_threadsafe(self._break, reason(error))

    def _break(self, why: str) -> None:
        """After a write or an fsync that failed nothing is kept until a new process has read the disk anew."""
        if self._broken:
            return
        self._broken = True
        if self.spool.strays is not None:
            self.spool.strays.spare()  # what was committed at last is not known
        log.critical("the disk failed: no more mail is kept, leaving", why=why)
        self._failed()

    async def _keep_spooled(self, spooled: Spooled, put: Awaitable[str], mail: Callable[..., NewMail]) -> int:
        try:
            digest = await put
            new = mail(received_at=self._clock(), size=spooled.size, sha256=digest, raw=None, raw_blob=digest)
            kept = await self._handed(new)
        except BaseException as error:
            if isinstance(error, asyncio.CancelledError) and self.spool.strays is not None:
                self.spool.strays.spare()  # the commit goes on
            if (closed := spooled.close(named=False)) is not None:
                with contextlib.suppress(StorageError):  # the first error counts
                    await closed
            raise
        if (closed := spooled.close(named=True)) is not None:
            await closed
        return kept

    def _handed(self, mail: NewMail, let_go: Callable[[], None] = lambda: None) -> asyncio.Future[int]:
        """Have the mail committed; the future has its id when it is, or the reason why not."""
        kept: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        waiting = _Waiting(mail.size, len(mail.recipients), mail.peer.get("session", ""), kept, let_go)
        if self._broken or self._commits is None:
            _give_up(waiting, "the disk failed" if self._broken else _NOBODY_COMMITS)
            return kept
        self._number += 1
        try:
            self._commits.put(self._number, mail)
        except Exception as error:  # noqa: BLE001 - the mail's own fault, say: it holds nothing any more
            _give_up(waiting, reason(error))
            return kept
        self._waiting[self._number] = waiting
        return kept

    # -- what is heard of the commits ----------------------------------------------------------------------

    def _heard(self, report: Report) -> None:
        if report.uncopied:
            log.error("the database's log was not copied", why=report.uncopied)
        if report.failed:
            self._break(report.failed)
        is_news = False
        for answer in report.answers:
            waiting = self._waiting.pop(answer.number, None)
            if waiting is None:
                continue  # given up when other commits were lost
            if answer.why:
                _give_up(waiting, answer.why)
            else:
                _settle(waiting, answer, self._log)
                is_news |= answer.new
        if report.seconds:
            metrics.COMMIT_SECONDS.observe(report.seconds)
            metrics.COMMIT_MAILS.observe(len(report.answers))
        if is_news:
            self._woken()

    def _lost(self) -> None:
        """The commits have ended: whether what waits for them was committed is not known. Begin anew."""
        if self._commits is None:  # told to
            return
        log.error("the commits have ended, others begin", waiting=len(self._waiting))
        self._commits = None
        if self.spool.strays is not None:
            self.spool.strays.spare()
        waiting, self._waiting = self._waiting, {}
        for each in waiting.values():
            each.fail(_NOBODY_COMMITS)
        self._beginning = asyncio.create_task(self._begin_anew(), name="commits")

    async def _begin_anew(self) -> None:
        """Until commits begin: without them no mail is taken."""
        async for attempt in AsyncRetrying(wait=wait_fixed(AGAIN_SECONDS), before_sleep=_not_begun):
            with attempt:
                await self._begin()

    def _woken(self) -> None:
        try:
            self._wake()
        except Exception:  # workers look by themselves too; the commits go on
            log.exception("waking the workers failed")


def _settle(waiting: _Waiting, answer: Answer, told: structlog.typing.FilteringBoundLogger) -> None:
    """Tell of a mail that is kept, and who waits for it."""
    metrics.received(waiting.size, new=answer.new)
    told.info(
        RECEIVED,
        mail=answer.mail_id,
        new=answer.new,
        size=waiting.size,
        recipients=waiting.recipients,
        session=waiting.session,
    )
    waiting.let_go()
    if not waiting.kept.done():  # its waiter was cancelled
        waiting.kept.set_result(answer.mail_id)


def _lose_patience(kept: asyncio.Future[int]) -> None:
    if not kept.done():
        kept.set_exception(TimeoutError())


def _give_up(waiting: _Waiting, why: str) -> None:
    log.error("mail not kept", why=why)
    waiting.fail(why)


def _not_begun(attempt: RetryCallState) -> None:
    error = attempt.outcome.exception() if attempt.outcome is not None else None
    log.error("commits not begun", why=reason(error) if error is not None else "")
