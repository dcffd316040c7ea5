"""What is kept for a time only, incinerated when that is over: raw mail, the text of letters, blobs nobody needs.

Done in small steps, each a transaction of milliseconds, with pauses as long: intake never waits for it noticeably.
"""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from time import sleep

import structlog
from sqlalchemy import Engine

from gateway.config.settings import Settings
from storage import uploads
from storage.blob_uses import unused
from storage.blobs import Blobs
from storage.engine import giving_way, open_engine, reading
from storage.errors import DiskFailed, StorageError
from storage.retention import (
    count_due,
    count_letters_due,
    incinerate,
    incinerate_letters,
)

log = structlog.get_logger("gateway.retention")

STEP = 50
"""Mails in one transaction: a few milliseconds, the deletion of their blobs included."""

EVERY_SECONDS = 3600.0
"""How often the daemon looks. A day more or less does not matter to anybody; a burst of work at midnight would."""

GRACE = timedelta(days=1)
"""How long a blob that no row refers to is left alone: much longer than it takes from putting it to naming it."""

HALF_WRITTEN = timedelta(hours=2)
"""How long after its last octet a file is left alone that was begun; twice `smtp.limits.data_seconds` where that is
longer. A crash leaves such files, with what unacknowledged mail says."""


UPLOADS_KEPT = timedelta(days=1)
"""How long an upload waits to be used."""


def half_written(settings: Settings) -> timedelta:
    """How long a file that was begun is left alone."""
    return max(HALF_WRITTEN, timedelta(seconds=2 * settings.smtp.limits.data_seconds))


@dataclass(slots=True)
class Burnt:
    """What was incinerated: mails and their bytes, letters, uploads never used, blobs that nothing needed."""

    mails: int = 0
    size: int = 0
    letters: int = 0
    blobs: int = 0

    def __bool__(self) -> bool:
        """Whether it was anything."""
        return bool(self.mails or self.letters or self.blobs)


class Retention:
    """Incinerates what is due. `days` 0 keeps mail and letters for ever. `stopped` ends it between two steps."""

    def __init__(
        self,
        engine: Engine,
        blobs: Blobs,
        days: int,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        pause: Callable[[float], None] = sleep,
        stopped: Callable[[], bool] = lambda: False,
        half_written: timedelta = HALF_WRITTEN,
    ) -> None:
        self._engine = engine
        self._blobs = blobs
        self._days = days
        self._clock = clock
        self._pause = pause
        self._stopped = stopped
        self._half_written = half_written

    def due(self) -> Burnt:
        """What `run` would incinerate now; blobs that nothing needs are not counted."""
        if not self._days:
            return Burnt()
        with reading(self._engine) as conn:
            mails, size = count_due(conn, self._before())
            return Burnt(mails, size, count_letters_due(conn, self._before()))

    def run(self, advance: Callable[[int], None] = lambda _steps: None) -> Burnt:
        """Incinerate everything that is due; `advance` is told of each mail and letter. Raises StorageError."""
        burnt = Burnt()
        if self._days:
            self._mails(burnt, advance)
            self._letters(burnt, advance)
        self._strays(burnt)
        if burnt:
            log.info(
                "incinerated", mails=burnt.mails, size=burnt.size, letters=burnt.letters, blobs=burnt.blobs
            )
        return burnt

    def _mails(self, burnt: Burnt, advance: Callable[[int], None]) -> None:
        before = self._before()
        while not self._stopped():
            with giving_way(self._engine, self._pause) as conn:
                step = incinerate(conn, before, self._clock(), STEP)
                for digest in step.blobs:
                    # While we write nobody else does: who keeps the same bytes commits later, and looks for them.
                    self._blobs.delete(digest)
            burnt.mails, burnt.size = burnt.mails + step.mails, burnt.size + step.size
            burnt.blobs += len(step.blobs)
            advance(step.mails)
            if step.mails < STEP:
                return

    def _letters(self, burnt: Burnt, advance: Callable[[int], None]) -> None:
        before = self._before()
        while not self._stopped():
            with giving_way(self._engine, self._pause) as conn:
                letters = incinerate_letters(conn, before, STEP)
            burnt.letters += letters
            advance(letters)
            if letters < STEP:
                return

    def _strays(self, burnt: Burnt) -> None:
        """Blobs that no row refers to: of deleted touchpoints, of uploads never used, of a crash.

        Three guards keep a blob that somebody is about to refer to. It must be old, and whoever puts it again makes
        it young. It is looked for in the rows, and deleted, in one transaction, while nobody else can write. And
        whoever names a blob looks after that whether it is still there, and puts it back.
        """
        now = self._clock()
        with giving_way(self._engine, self._pause) as conn:
            for digest in uploads.sweep(conn, now - UPLOADS_KEPT):
                burnt.blobs += self._blobs.delete_old(digest, now - UPLOADS_KEPT)
        self._blobs.sweep_incoming(now - self._half_written)
        for some in _groups(self._blobs.old(now - GRACE), STEP * 4):
            if self._stopped():
                return
            with reading(self._engine) as conn:
                candidates = unused(conn, some)
            if candidates:
                with giving_way(self._engine, self._pause) as conn:
                    for digest in unused(conn, candidates):
                        burnt.blobs += self._blobs.delete_old(digest, now - GRACE)

    def _before(self) -> datetime:
        return self._clock() - timedelta(days=self._days)


@asynccontextmanager
async def kept_up(
    settings: Settings,
    blobs: Blobs,
    *,
    failed: Callable[[], None] = lambda: None,
    every: float = EVERY_SECONDS,
) -> AsyncIterator[None]:
    """Incinerate what is due now and then, in a thread, until left; `failed` says that the disk took no write."""
    stop, engine = threading.Event(), open_engine(settings.database_url)

    def pause(seconds: float) -> None:
        stop.wait(seconds)

    retention = Retention(
        engine,
        blobs,
        settings.retention.raw_mail_days,
        pause=pause,
        stopped=stop.is_set,
        half_written=half_written(settings),
    )

    async def work() -> None:
        while True:
            try:
                await asyncio.to_thread(retention.run)
            except DiskFailed as error:
                log.error("nothing incinerated", why=str(error))
                failed()
                return
            except StorageError as error:
                log.error("nothing incinerated", why=str(error))
            except Exception:  # mail is taken all the same
                log.exception("nothing incinerated")
            await asyncio.sleep(every)

    task = asyncio.create_task(work(), name="retention")
    try:
        yield
    finally:
        stop.set()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await asyncio.to_thread(engine.dispose)


def _groups(items: Iterator[str], size: int) -> Iterator[list[str]]:
    group: list[str] = []
    for item in items:
        group.append(item)
        if len(group) == size:
            yield group
            group = []
    if group:
        yield group
