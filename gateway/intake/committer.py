"""What the mails of many sessions have in common: one transaction, and the database's log.

Belongs to one thread, which takes what has come since the last commit and commits it together. Nothing large is
imported here: the process that commits is to be small.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from time import perf_counter
from typing import Any, NamedTuple, Protocol

from storage.errors import DiskFailed, StorageError

BATCH = 256
"""Mails in one commit: beyond some fifty a commit's fsync no longer counts, and memory and waiting grow."""

BATCH_BYTES = 4 * 1024 * 1024
"""Bytes of mail in rows after which no more is taken into a commit."""

LOG_BYTES = 4 * 1024 * 1024
"""Mail after which the database's log is copied into the database: as often as SQLite would by itself."""

LOG_MOST = 64 * 1024 * 1024
"""Bytes of the log beyond which commits wait for that. Under an unbroken stream of mail it would never end."""

Numbered = tuple[int, Any]
"""A mail as the shelf takes it, with its `size` in bytes; before it the number by which its answer is known."""


class Answer(NamedTuple):
    """What became of the mail of that number: its id, and whether it is new; or `why` it is not kept, and no id."""

    number: int
    mail_id: int
    new: bool
    why: str = ""


class Report(NamedTuple):
    """What one commit did, in `seconds`.

    `failed` says what the disk did not take: then nothing is kept any more. `uncopied` says why the database's log
    was not copied.
    """

    answers: Sequence[Answer] = ()
    seconds: float = 0.0
    failed: str = ""
    uncopied: str = ""


class Shelf(Protocol):
    """Where mails are kept: `storage.keeping.DriverShelf` or `storage.shelf.EngineShelf`."""

    def keep(self, mails: Sequence[Any]) -> Sequence[tuple[int, bool]]:
        """Keep them durably; the id of each, and whether it is new."""

    def drop(self) -> None:
        """Begin anew with the next mail."""

    def copy_log(self) -> int:
        """Copy the database's log, beside `keep`; how many bytes it is long."""

    def meaning(self, error: BaseException) -> StorageError | None:
        """What an error means for every mail, or None for one that is the fault of the mails at hand."""

    def close(self) -> None:
        """Close the database."""


class Committer:
    """Commits mails on a shelf, and closes it.

    `tell` hears each report; it may be called by another thread than that of `commit`, and must not raise. After a
    write or an fsync that failed nothing is kept until a new process has read the disk anew.
    """

    def __init__(self, shelf: Shelf, tell: Callable[[Report], None]) -> None:
        self._shelf = shelf
        self._tell = tell
        self._copier = ThreadPoolExecutor(1, thread_name_prefix="checkpoint")
        self._copying: Future[int] | None = None
        self._uncopied = 0
        self._is_last = False
        self._failed = ""

    def commit(self, batch: Sequence[Numbered]) -> None:
        """Commit the batch and tell what became of it. A mail that the database refuses does not hurt the others."""
        if self._failed:
            self._tell(Report([_lost(number, "the disk failed") for number, _ in batch]))
            return
        begun = perf_counter()
        try:
            kept = self._shelf.keep([mail for _, mail in batch])
        except Exception as error:  # noqa: BLE001 - whatever it is, who waits must learn of it
            self._shelf.drop()
            meaning = self._shelf.meaning(error)
            self._look_at(meaning, error)
            answers = [_lost(number, reason(error)) for number, _ in batch]
            alone = meaning is None and len(batch) > 1
        else:
            answers = [Answer(number, *each) for (number, _), each in zip(batch, kept, strict=True)]
            self._tell(Report(answers, perf_counter() - begun))
            self._copy_log(sum(mail.size for _, mail in batch))
            return
        if alone:
            for each in batch:
                self.commit([each])
        else:
            self._tell(Report(answers, failed=self._failed))

    def close(self) -> None:
        """Close the shelf, once the log is copied as far as that is under way."""
        self._copier.shutdown()
        self._shelf.close()

    def _copy_log(self, size: int) -> None:
        """Have the log copied now and then, `size` bytes of mail later, in a thread beside that of the commits.

        One that is too long is copied twice more: beside the commits, and while they wait for what that has left.
        """
        self._uncopied += size
        if self._copying is not None and self._copying.done():
            copying, self._copying = self._copying, None
            if copying.exception() is not None or copying.result() <= LOG_MOST:
                self._is_last = False
                return
            self._copying = self._copy()
            if self._is_last:
                self._copying.exception()  # waits for it
            self._is_last = not self._is_last
        elif self._copying is None and self._uncopied >= LOG_BYTES and not self._failed:
            self._copying = self._copy()

    def _copy(self) -> Future[int]:
        self._uncopied = 0
        copying = self._copier.submit(self._shelf.copy_log)
        copying.add_done_callback(self._copied)
        return copying

    def _copied(self, copying: Future[int]) -> None:
        if error := copying.exception():  # told at once: there may be no mail for long
            self._look_at(self._shelf.meaning(error), error)
            self._tell(Report(failed=self._failed, uncopied=reason(error)))

    def _look_at(self, meaning: StorageError | None, error: BaseException) -> None:
        if isinstance(meaning, DiskFailed):
            self._failed = self._failed or reason(error)


def reason(error: BaseException) -> str:
    """What went wrong, without the statement and its parameters: those are the mail."""
    cause = getattr(error, "orig", error)  # of SQLAlchemy's DBAPIError
    return f"{type(cause).__name__}: {cause}"


def _lost(number: int, why: str) -> Answer:
    return Answer(number, 0, new=False, why=why)
