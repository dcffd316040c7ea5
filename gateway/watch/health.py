"""Whether mail goes in and out: the checks of `/readyz`, each measured at most once a second."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from time import perf_counter

from sqlalchemy.exc import SQLAlchemyError

from gateway.config.settings import Settings
from gateway.watch.disk import Disk
from gateway.watch.fresh import Fresh
from rules import watch
from rules.tokens import KeyRing
from rules.watch import Check
from storage.blobs import Blobs
from storage.engine import open_engine, probe, reading
from storage.errors import DatabaseLocked, StorageError
from storage.gauges import Backlog, backlog

PATIENCE = 2.0
"""How long a write may take, and who asks waits: less than who balances load waits for an answer."""

BLOBS_SECONDS = 10.0
"""How often the blob store is written to: where it is somebody's service, each time is paid for."""


@dataclass(frozen=True, slots=True)
class Processes:
    """How the processes beside the daemon fare. `deaths` are those in a row, of the worker that fares worst."""

    wanted: int
    running: int
    deaths: int
    sending_deaths: int
    workers: tuple[int, ...] = ()
    sending: int | None = None
    commits: int | None = None
    """Process ids of the filing workers, of the sending process, and of the one that commits."""


class Health:
    """Looks after one daemon. `processes` tells of the others; without it, as in a test of the API, none is checked.

    Belongs to one event loop; `close` when it ends.
    """

    def __init__(
        self,
        settings: Settings,
        keys: Callable[[], KeyRing],
        blobs: Blobs,
        *,
        disk: Disk | None = None,
        processes: Callable[[], Processes] | None = None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        patience: float = PATIENCE,
    ) -> None:
        self.settings = settings
        self.disk = disk or Disk.of(settings)
        self.processes = processes
        self.stopping = False
        self._keys = keys
        self._blobs = blobs
        self._clock = clock
        self._patience = patience
        self._engine = open_engine(settings.database_url)
        # Its own threads: a disk that hangs must not take those that carry mail.
        self.threads = ThreadPoolExecutor(5, thread_name_prefix="watch")
        hangs = f"a write takes longer than {patience:g} s"
        self._database = Fresh(
            self._write, watch.written("database", None, hangs), self.threads, patience=patience
        )
        self._stored = Fresh(
            self._store,
            watch.written("blobs", None, hangs),
            self.threads,
            patience=patience,
            seconds=BLOBS_SECONDS,
        )
        self._backlog: Fresh[Backlog | None] = Fresh(self._read, None, self.threads, patience=patience)

    async def checks(self) -> tuple[Check, ...]:
        """Everything looked at. Takes `patience` when a store hangs, and no session waits for it."""
        now = self._clock()
        database, stored, waits = await asyncio.gather(
            self._database.get(), self._stored.get(), self.backlog()
        )
        found = [
            database,
            stored,
            watch.room(self.disk.least, self.disk.floor),
            watch.keys(len(self._keys().keys)),
        ]
        processes = self.processes() if self.processes is not None else None
        if processes is not None:
            found.append(watch.workers(processes.wanted, processes.running, processes.deaths))
        if waits is None:
            unknown = "the database cannot be read"
            found += [Check("pending", False, unknown), Check("outgoing", False, unknown)]
        else:
            found.append(watch.pending(waits.oldest, now))
            found.append(
                watch.outgoing(
                    waits.outgoing,
                    waits.outgoing_oldest,
                    relay=bool(self.settings.relay.host),
                    failing=waits.outgoing_failed,
                    deaths=processes.sending_deaths if processes is not None else 0,
                    now=now,
                )
            )
        if self.stopping:
            found.append(watch.stopping())
        return tuple(found)

    async def backlog(self) -> Backlog | None:
        """What waits; None when the database cannot be read in time."""
        return await self._backlog.get()

    def now(self) -> datetime:
        """The time by its clock."""
        return self._clock()

    def close(self) -> None:
        """Ask nothing more. A thread that hangs is left to itself."""
        self.threads.shutdown(wait=False, cancel_futures=True)
        self._engine.dispose()

    # -- in a thread ---------------------------------------------------------------------------------------

    def _write(self) -> Check:
        begun = perf_counter()
        try:
            probe(self._engine, self._patience)
        except DatabaseLocked:
            return watch.written("database", None, f"another writer has held it for {self._patience:g} s")
        except (StorageError, SQLAlchemyError, OSError):
            return watch.written("database", None, "it takes no writes")
        return watch.written("database", perf_counter() - begun)

    def _store(self) -> Check:
        begun = perf_counter()
        try:
            self._blobs.probe()
        except (StorageError, OSError):
            return watch.written("blobs", None, "the store takes no writes")
        return watch.written("blobs", perf_counter() - begun)

    def _read(self) -> Backlog | None:
        try:
            with reading(self._engine) as conn:
                return backlog(conn)
        except (StorageError, SQLAlchemyError, OSError):
            return None
