"""What the mails of many sessions have in common: one transaction, and the database's log.

Belongs to one thread, which takes what has come since the last commit and commits it together.
"""

import contextlib
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from time import perf_counter
from typing import NamedTuple

import structlog
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError

from storage.engine import begin_soon, checkpoint, leave_the_log, storage_error
from storage.errors import DiskFailed
from storage.inbound import Kept, NewMail, keep

log = structlog.get_logger("gateway.intake")

BATCH = 256
"""Mails in one commit: beyond some fifty a commit's fsync no longer counts, and memory and waiting grow."""

BATCH_BYTES = 4 * 1024 * 1024
"""Bytes of mail in rows after which no more is taken into a commit."""

LOG_BYTES = 4 * 1024 * 1024
"""Mail after which the database's log is copied into the database: as often as SQLite would by itself."""

LOG_MOST = 64 * 1024 * 1024
"""Bytes of the log beyond which commits wait for that. Under an unbroken stream of mail it would never end."""

Numbered = tuple[int, NewMail]
"""A mail, and the number by which its answer is known."""


class Answer(NamedTuple):
    """What became of the mail of that number: its id, and whether it is new; or `why` it is not kept, and no id."""

    number: int
    mail_id: int
    new: bool
    why: str = ""


class Report(NamedTuple):
    """What one commit did, in `seconds`. `failed` says what the disk did not take: then nothing is kept any more."""

    answers: Sequence[Answer] = ()
    seconds: float = 0.0
    failed: str = ""


class Committer:
    """Commits mails by one connection, which is opened with the first of them, and again whenever that failed.

    `tell` hears each report; it may be called by another thread than that of `commit`, and must not raise. After a
    write or an fsync that failed nothing is kept until a new process has read the disk anew.
    """

    def __init__(self, engine: Engine, tell: Callable[[Report], None]) -> None:
        self._engine = engine
        self._tell = tell
        self._connection: Connection | None = None
        self._copier = ThreadPoolExecutor(1, thread_name_prefix="checkpoint")
        self._copying: Future[int] | None = None
        self._uncopied = 0
        self._failed = ""

    def commit(self, batch: Sequence[Numbered]) -> None:
        """Commit the batch and tell what became of it. A mail that the database refuses does not hurt the others."""
        if self._failed:
            self._tell(Report([_lost(number, "the disk failed") for number, _ in batch]))
            return
        begun = perf_counter()
        try:
            kept = self._kept([mail for _, mail in batch])
        except Exception as error:  # noqa: BLE001 - whatever it is, who waits must learn of it
            self._look_at(error)
            if len(batch) > 1 and not _is_the_database(error):
                for each in batch:
                    self.commit([each])
                return
            self._tell(Report([_lost(number, reason(error)) for number, _ in batch], failed=self._failed))
            return
        answers = [Answer(number, *each) for (number, _), each in zip(batch, kept, strict=True)]
        self._tell(Report(answers, perf_counter() - begun))
        self._copy_log(sum(mail.size for _, mail in batch))

    def close(self) -> None:
        """Close the database, once the log is copied as far as that is under way."""
        self._copier.shutdown()
        self._drop()
        self._engine.dispose()

    def _kept(self, mails: Sequence[NewMail]) -> list[tuple[int, bool]]:
        try:
            if self._connection is None:
                self._connection = self._engine.connect()
                leave_the_log(self._connection)
                begin_soon(self._connection)
            with self._connection.begin():
                kept: list[Kept] = keep(self._connection, mails)
        except BaseException:
            self._drop()
            raise
        return [(each.mail_id, each.new) for each in kept]

    def _drop(self) -> None:
        """Drop the connection, whatever state it is in; the next batch opens another."""
        connection, self._connection = self._connection, None
        if connection is None:
            return
        with contextlib.suppress(Exception):  # it may be broken already, that is why it goes
            connection.invalidate()
        with contextlib.suppress(Exception):
            connection.close()

    def _copy_log(self, size: int) -> None:
        """Have the log copied now and then, `size` bytes of mail later, in a thread beside that of the commits."""
        self._uncopied += size
        if self._copying is not None and self._copying.done():
            copying, self._copying = self._copying, None
            if copying.exception() is None and copying.result() > LOG_MOST:
                self._copying = self._copy()
                self._copying.exception()  # waits for it
        elif self._copying is None and self._uncopied >= LOG_BYTES and not self._failed:
            self._copying = self._copy()

    def _copy(self) -> Future[int]:
        self._uncopied = 0
        copying = self._copier.submit(checkpoint, self._engine)
        copying.add_done_callback(self._copied)
        return copying

    def _copied(self, copying: Future[int]) -> None:
        if error := copying.exception():  # told at once: there may be no mail for long
            log.error("the database's log was not copied", why=reason(error))
            self._look_at(error)
            if self._failed:
                self._tell(Report(failed=self._failed))

    def _look_at(self, error: BaseException) -> None:
        if is_failed_disk(error):
            self._failed = self._failed or reason(error)


def is_failed_disk(error: BaseException) -> bool:
    """Whether a write or an fsync failed: it is not known then what is on the disk."""
    meaning = storage_error(error, "") if isinstance(error, DBAPIError) else error
    return isinstance(meaning, DiskFailed)


def reason(error: BaseException) -> str:
    """What went wrong, without the statement and its parameters: those are the mail."""
    cause = error.orig if isinstance(error, DBAPIError) else error
    return f"{type(cause).__name__}: {cause}"


def _is_the_database(error: Exception) -> bool:
    """Whether every other mail would fail the same way: locked, full, gone."""
    return isinstance(error, DBAPIError) and storage_error(error, "") is not None


def _lost(number: int, why: str) -> Answer:
    return Answer(number, 0, new=False, why=why)
