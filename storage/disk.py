"""Writing so that it is on the disk, and what is told when the disk does not take it."""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from io import FileIO
from pathlib import Path

from storage.errors import BlobsFailed, BlobsUnavailable


class SyncFailedError(OSError):
    """An fsync failed, for whatever reason: what was written before it may be lost."""


@contextmanager
def translated() -> Iterator[None]:
    """OSError as BlobsUnavailable; as BlobsFailed when what was written may be lost."""
    try:
        yield
    except OSError as error:
        reason = str(error).partition("\n")[0]
        failed = isinstance(error, SyncFailedError) or getattr(error, "errno", None) == errno.EIO
        raise (BlobsFailed if failed else BlobsUnavailable)(
            f"the blob store cannot be used: {reason}"
        ) from error


def write(file: FileIO, content: bytes | bytearray | memoryview) -> None:
    """All of it."""
    left = memoryview(content)
    while left:
        left = left[file.write(left) :]


def begin_sync(descriptor: int, start: int, size: int) -> None:
    """Have the kernel begin to write what stands there to the disk, without waiting: an fsync has less to do later.

    It says nothing of what went wrong; the fsync does.
    """
    if hasattr(os, "posix_fadvise"):  # macOS has none
        # Pages on their way to the disk stay in memory, where the advice would drop those that are there already.
        with suppress(OSError):
            os.posix_fadvise(descriptor, start, size, os.POSIX_FADV_DONTNEED)


def sync(path: Path) -> None:
    """fsync(2) a file or a folder by its path."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        fsync(descriptor)
    finally:
        os.close(descriptor)


def fsync(descriptor: int) -> None:
    """fsync(2). Raises SyncFailedError."""
    try:
        os.fsync(descriptor)
    except OSError as error:
        raise SyncFailedError(*error.args) from error
