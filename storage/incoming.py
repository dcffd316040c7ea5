"""A blob that comes piece by piece: under no digest before all of it is there, gone when nobody keeps it."""

import hashlib
import io
import os
from contextlib import suppress
from pathlib import Path

from storage.disk import begin_sync, fsync, translated, write

BEGUN_AT = 256 * 1024
"""Bytes that are worth a call of their own to have the disk begin to write them."""

Stamp = tuple[int, int, int]


def stamp(found: os.stat_result) -> Stamp:
    """Device, inode, and the time of its content in nanoseconds."""
    return found.st_dev, found.st_ino, found.st_mtime_ns


class Incoming:
    """In a new file, or in memory for a store that has none. For one thread at a time. Raises OSError.

    A file is open until `close`, so that what came can be read again even when it was erased under its name.
    """

    def __init__(self, file: Path | None = None) -> None:
        self.file = file
        self._content = io.BytesIO() if file is None else file.open("x+b", buffering=0)
        self._digest = hashlib.sha256()
        self._place: Path | None = None
        self.size = self._begun = 0

    def write(self, piece: bytes | bytearray | memoryview) -> None:
        """It goes on with this. Raises BlobsUnavailable."""
        self.size += len(piece)
        self._digest.update(piece)
        with translated():
            if isinstance(self._content, io.BytesIO):
                self._content.write(piece)
            else:
                write(self._content, piece)

    def begin_sync(self) -> None:
        """Have the disk begin to write what has come since: a megabyte then waits half as long for its fsync."""
        if not isinstance(self._content, io.BytesIO) and self.size - self._begun >= BEGUN_AT:
            begin_sync(self._content.fileno(), self._begun, self.size - self._begun)
            self._begun = self.size

    @property
    def sha256(self) -> str:
        """The digest, in hex, of all that has come."""
        return self._digest.hexdigest()

    def content(self) -> bytes:
        """All that has come. Raises BlobsUnavailable."""
        if isinstance(self._content, io.BytesIO):
            return self._content.getvalue()
        with translated():
            self._content.seek(0)
            return self._content.readall()

    def sync(self) -> None:
        """A file is on the disk after it, whatever its name is."""
        fsync(self._content.fileno())

    def move(self, place: Path) -> None:
        """Give the file its name, which another one may have had."""
        assert self.file is not None
        self.file.rename(place)
        self._place = place

    @property
    def stamp(self) -> Stamp:
        """What tells the file from any other, and from itself once somebody has put the same."""
        return stamp(os.fstat(self._content.fileno()))

    def is_there(self) -> bool:
        """Whether the file stands where it was moved to. Of a disk of this machine it is known without reading."""
        if self._place is None:
            return False
        try:
            return os.path.samestat(self._place.stat(), os.fstat(self._content.fileno()))
        except OSError:
            return False

    def close(self) -> None:
        """What was kept stays; a file that was not is gone."""
        with suppress(OSError):  # what counts was synced
            self._content.close()
        if self.file is not None and self._place is None:
            with suppress(OSError):  # swept later
                self.file.unlink(missing_ok=True)
