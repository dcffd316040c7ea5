"""Room on the disks that mail is kept on."""

import asyncio
import os
from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass, field
from pathlib import Path

import structlog

from gateway import metrics
from gateway.config.settings import Settings
from storage.gauges import database_sizes

LOOK_SECONDS = 0.25
"""How often the disk is asked, in a thread. smtp.limits.total_message_bytes bounds what may come in between."""

log = structlog.get_logger("gateway.watch")


def free_bytes(folder: Path) -> int:
    """Bytes that this user may still write where the folder is, or will be. Raises OSError."""
    existing = next(place for place in (folder, *folder.parents) if place.exists())
    found = os.statvfs(existing)
    return found.f_bavail * found.f_frsize


def folders(settings: Settings) -> dict[str, Path]:
    """Where mail is kept on disks of this machine, by what is there: `data` and, if they are files, `blobs`."""
    file = settings.database_file
    places = {"data": file.parent if file is not None else settings.data_dir.absolute()}
    if "://" not in settings.blobs_place:
        places["blobs"] = Path(settings.blobs_place)
    return places


@dataclass(frozen=True, slots=True)
class Room:
    """Bytes, as last seen: free by place, of the database file, of its write-ahead log. No place that cannot be
    asked."""

    free: Mapping[str, int] = field(default_factory=dict)
    database: int = 0
    wal: int = 0


class Disk:
    """The room below `places`, by name, as `look` found it. `floor`: with less than that, no mail is taken.

    Sessions and probes are told what was seen last, and none of them asks: a disk that hangs hangs who asks it.
    """

    def __init__(
        self,
        places: Mapping[str, Path],
        floor: int,
        database: Path | None = None,
        *,
        free: Callable[[Path], int] = free_bytes,
    ) -> None:
        self._places = dict(places)
        self._database = database
        self.floor = floor
        self._free = free
        self.look()

    @classmethod
    def of(cls, settings: Settings) -> "Disk":
        """The disks that the settings name."""
        return cls(folders(settings), int(settings.storage.free_floor), settings.database_file)

    def look(self) -> None:
        """Ask the disks. Takes as long as they do."""
        free = {}
        for name, place in self._places.items():
            try:
                free[name] = self._free(place)
            except OSError as error:
                log.debug("disk not asked", place=name, why=str(error))
        database, wal = database_sizes(self._database)
        self.room = Room(free, database, wal)

    @property
    def least(self) -> int | None:
        """Bytes free on the fullest of them; None when one cannot be told."""
        free = self.room.free
        return min(free.values()) if len(free) == len(self._places) else None

    def has_room(self) -> bool:
        """Whether a mail may be taken. A disk that cannot be asked is left to who writes on it."""
        least = self.least
        if least is None or least >= self.floor:
            return True
        metrics.limit_hit(metrics.FLOOR)
        return False


async def watch_disk(disk: Disk, threads: Executor) -> None:
    """Look again and again, in a thread. Runs until cancelled."""
    loop = asyncio.get_running_loop()
    while True:
        await asyncio.sleep(LOOK_SECONDS)
        await loop.run_in_executor(threads, disk.look)
