"""Room on the disks that mail is kept on."""

import os
from collections.abc import Callable, Iterable
from pathlib import Path
from time import monotonic

from gateway import metrics
from gateway.config.settings import Settings

LOOK_SECONDS = 1.0
"""How often the disk is asked. What may come in within a second is bounded by smtp.limits.total_message_bytes."""


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


class Disk:
    """The room below `places`, asked once a second at most. `floor`: with less than that, no mail is taken."""

    def __init__(
        self,
        places: Iterable[Path],
        floor: int,
        *,
        free: Callable[[Path], int] = free_bytes,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self._places = tuple(places)
        self.floor = floor
        self._free = free
        self._clock = clock
        self._looked = float("-inf")
        self._least: int | None = None

    def least(self) -> int | None:
        """Bytes free on the fullest of them; None when it cannot be told."""
        now = self._clock()
        if now - self._looked >= LOOK_SECONDS:
            self._looked = now
            try:
                self._least = min(self._free(place) for place in self._places)
            except OSError:
                self._least = None
        return self._least

    def has_room(self) -> bool:
        """Whether a mail may be taken. A disk that cannot be asked is left to who writes on it."""
        least = self.least()
        if least is None or least >= self.floor:
            return True
        metrics.LIMIT_HITS.labels("storage.free_floor").inc()
        return False
