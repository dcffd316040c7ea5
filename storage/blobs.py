"""Large content, kept once under its own digest: `<first two hex digits>/<sha256>`.

A local folder, or an S3-compatible store by URL, which the usual variables of the environment name and open
(AWS_ENDPOINT, AWS_ACCESS_KEY_ID, …). A local blob is on the disk, file and folders, when `put` returns. Safe to use
from several threads and processes.
"""

import contextlib
import hashlib
import os
import re
import time
import uuid
from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol, TypeVar

from storage.chunks import chunks
from storage.disk import fsync, sync, translated, write
from storage.errors import BlobDamaged, BlobMissing
from storage.incoming import Incoming, Stamp, stamp

_T = TypeVar("_T")

_INCOMING = "incoming"

_MOST_OPEN = 64
"""Files written together."""

_MOST_REMEMBERED = 4096
"""Blobs of which it is known that they are on the disk."""
_DIGEST = re.compile(r"[0-9a-f]{64}\Z")


class Store(Protocol):
    """Contents by their path, as `storage.remote.Remote` has them. Raises OSError, FileNotFoundError for what is not
    there.
    """

    def put(self, path: str, content: bytes) -> None:
        """Keep it."""

    def get(self, path: str) -> bytes:
        """The whole content."""

    def look(self, path: str) -> tuple[int, datetime]:
        """Its size in bytes, and when it was last put."""

    def delete(self, path: str) -> None:
        """Forget it."""

    def everything(self) -> Iterator[tuple[str, datetime]]:
        """Path, and when it was last put, of all that is there."""


class _Folder:
    """A Store in a folder of this machine. Syncs nothing."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def put(self, path: str, content: bytes) -> None:
        file = self._root / path
        file.parent.mkdir(mode=0o700, exist_ok=True)
        file.write_bytes(content)

    def get(self, path: str) -> bytes:
        return (self._root / path).read_bytes()

    def look(self, path: str) -> tuple[int, datetime]:
        return _told((self._root / path).stat())

    def delete(self, path: str) -> None:
        (self._root / path).unlink()

    def everything(self) -> Iterator[tuple[str, datetime]]:
        for folder in self._root.iterdir():
            if folder.is_dir():
                for file in folder.iterdir():
                    with contextlib.suppress(FileNotFoundError):  # deleted since
                        yield f"{folder.name}/{file.name}", _told(file.stat())[1]


def _told(found: os.stat_result) -> tuple[int, datetime]:
    return found.st_size, datetime.fromtimestamp(found.st_mtime, UTC)


class Blobs:
    """A store of immutable contents. `root` is its folder when it is a local one, whose writes we sync."""

    def __init__(self, store: Store, root: Path | None = None) -> None:
        self._store = store
        self._root = root
        self._has_folders = False
        # Digest → inode and time of the file as we left it on the disk.
        self._synced: dict[str, tuple[int, int]] = {}

    def incoming(self) -> Incoming:
        """A new one that comes piece by piece, for `keep`. Raises BlobsUnavailable."""
        if self._root is None:
            return Incoming()
        file = self._root / _INCOMING / uuid.uuid4().hex
        with translated():
            return self._with_folders(self._root, lambda: Incoming(file))

    def keep(self, incoming: Incoming) -> None:
        """Keep what has come durably. Raises BlobsUnavailable."""
        path = _path(incoming.sha256)
        with translated():
            if self._root is None:
                self._store.put(path, incoming.content())
                return
            incoming.sync()
            # In the place of one that is there already: whoever wrote that may not have synced it yet, and this one
            # is young, so that nobody takes it for one that is not needed before a row names it.
            place = self._root / path
            self._with_folders(self._root, lambda: incoming.move(place))
            sync(place.parent)

    def assure(self, incoming: Incoming) -> None:
        """Put it back if it was erased as somebody else's since `keep`. Raises BlobsUnavailable."""
        if self._root is None and self.exists(incoming.sha256):
            return
        if incoming.is_there():
            return
        with translated():
            if self._root is not None and self._is_there(self._root, incoming.sha256, incoming.size):
                return
        self.put(incoming.content(), incoming.sha256)

    def put(self, content: bytes, sha256: str = "") -> str:
        """Keep the content durably; returns its sha256 in hex. Who knows that gives it. Raises BlobsUnavailable."""
        sha256 = sha256 or hashlib.sha256(content).hexdigest()
        self.put_all({sha256: content})
        return sha256

    def put_all(self, contents: Mapping[str, bytes]) -> None:
        """Keep contents, given by their sha256 in hex, durably; a folder is synced once for all of them.

        Raises BlobsUnavailable; some of them may then be kept.
        """
        with translated():
            if self._root is None:
                for sha256, content in contents.items():
                    self._store.put(_path(sha256), content)
                return
            new = [each for each in contents if not self._is_there(self._root, each, len(contents[each]))]
            for some in chunks(new, _MOST_OPEN):
                self._put_local(self._root, {sha256: contents[sha256] for sha256 in some})

    def get(self, sha256: str) -> bytes:
        """The content. Raises BlobMissing, BlobDamaged when it is not what was put, BlobsUnavailable."""
        with translated():
            try:
                content = self._store.get(_path(sha256))
            except FileNotFoundError:
                raise BlobMissing(f"there is no blob {sha256}") from None
        if hashlib.sha256(content).hexdigest() != sha256:
            raise BlobDamaged(f"the blob {sha256} does not hold what was put there")
        return content

    def exists(self, sha256: str) -> bool:
        """Whether there is such a blob. Raises BlobsUnavailable."""
        with translated():
            return self._size(_path(sha256)) is not None

    def delete(self, sha256: str) -> None:
        """Forget the blob; nothing happens when there is none. Raises BlobsUnavailable."""
        with translated(), contextlib.suppress(FileNotFoundError):
            self._store.delete(_path(sha256))

    def delete_unchanged(self, sha256: str, stamps: Collection[Stamp]) -> None:
        """Forget a blob of a folder if it is a file of these stamps, put by nobody since. Raises BlobsUnavailable."""
        assert self._root is not None
        with translated(), contextlib.suppress(FileNotFoundError):
            place = self._root / _path(sha256)
            if stamp(place.stat()) in stamps:
                place.unlink()

    def probe(self) -> None:
        """Write a little durably and take it away again. Raises BlobsUnavailable."""
        path = f"{_INCOMING}/probe-{uuid.uuid4().hex}"
        with translated():
            self._store.put(path, b"probe")
            if self._root is not None:
                sync(self._root / path)
            self._store.delete(path)

    def delete_old(self, sha256: str, before: datetime) -> bool:
        """Forget the blob if it was last put before a time; returns whether it was there and old.

        Raises BlobsUnavailable.
        """
        path = _path(sha256)
        with translated():
            try:
                if self._store.look(path)[1] >= before:
                    return False
                self._store.delete(path)
            except FileNotFoundError:
                return False
        return True

    def old(self, before: datetime) -> Iterator[str]:
        """The digests of all blobs that were last put before a time. Raises BlobsUnavailable."""
        with translated():
            for path, put in self._store.everything():
                name = path.rpartition("/")[2]
                if put < before and _DIGEST.match(name):
                    yield name

    def sweep_incoming(self, before: datetime) -> int:
        """Forget what a crash left half-written before a time; returns how many there were."""
        if self._root is None:
            return 0
        swept = 0
        with translated():
            for file in (self._root / _INCOMING).glob("*"):
                with contextlib.suppress(FileNotFoundError):
                    if file.stat().st_mtime < before.timestamp():
                        file.unlink()
                        swept += 1
        return swept

    @property
    def folder(self) -> Path | None:
        """Where the blobs are files, or None for another kind of store."""
        return self._root

    def _size(self, path: str) -> int | None:
        try:
            return self._store.look(path)[0]
        except FileNotFoundError:
            return None

    def _is_there(self, root: Path, sha256: str, size: int) -> bool:
        """Whether a local blob is there, and on the disk; it then counts as put just now."""
        try:
            descriptor = os.open(f"{root}/{_path(sha256)}", os.O_RDONLY)
        except FileNotFoundError:
            return False
        try:
            there = os.fstat(descriptor)
            if there.st_size != size:
                return False
            # Young again, so that nobody takes it for one that is not needed before a row names it.
            now = time.time_ns()
            os.utime(descriptor, ns=(now, now))
            if not os.fstat(descriptor).st_nlink:  # erased since it was opened
                return False
            # Synced, for whoever wrote it may not have come to that yet; unless we did that ourselves: the logo that
            # stands under each mail of a company would cost more than all else in it.
            if self._synced.get(sha256) != (there.st_ino, there.st_mtime_ns):
                fsync(descriptor)
                sync(root / _path(sha256)[:2])
                sync(root)
        finally:
            os.close(descriptor)
        if len(self._synced) >= _MOST_REMEMBERED:
            self._synced.clear()
        self._synced[sha256] = there.st_ino, now
        return True

    def _put_local(self, root: Path, contents: Mapping[str, bytes]) -> None:
        self._with_folders(root, lambda: self._put_files(root, contents))

    def _with_folders(self, root: Path, act: Callable[[], _T]) -> _T:
        """Do what needs the folders, again if somebody has taken one away."""
        had_folders = self._has_folders
        self._make_folders(root)
        try:
            return act()
        except FileNotFoundError:
            if not had_folders:
                raise
            self._has_folders = False
            self._make_folders(root)
            return act()

    def _put_files(self, root: Path, contents: Mapping[str, bytes]) -> None:
        # Synced under another name first: after a crash no half-written file stands under a digest.
        incoming = root / _INCOMING
        left = {sha256: incoming / uuid.uuid4().hex for sha256 in contents}
        folders = set()
        try:
            # All are written before the first is synced: what the file system has to write for one sync is there
            # for the others as well.
            with contextlib.ExitStack() as stack:
                files = [stack.enter_context(left[each].open("xb", buffering=0)) for each in contents]
                for file, content in zip(files, contents.values(), strict=True):
                    write(file, content)
                for file in files:
                    fsync(file.fileno())
            for sha256 in contents:
                place = root / _path(sha256)
                left[sha256].rename(place)
                del left[sha256]
                folders.add(place.parent)
        except BaseException:
            for each in left.values():
                with contextlib.suppress(OSError):  # the first error counts
                    each.unlink(missing_ok=True)
            raise
        for folder in folders:
            sync(folder)

    def _make_folders(self, root: Path) -> None:
        """Make all that may be needed, once, so that afterwards no new folder has to be synced for a new blob."""
        if self._has_folders:
            return
        for name in (_INCOMING, *(f"{number:02x}" for number in range(256))):
            (root / name).mkdir(mode=0o700, exist_ok=True)
        sync(root)
        self._has_folders = True


def open_blobs(place: str | Path) -> Blobs:
    """The store at a folder (made when missing) or a URL such as `s3://bucket/prefix`.

    Raises BlobsUnavailable; a remote store is not asked before it is used.
    """
    text = str(place)
    with translated():
        if "://" in text and not text.startswith("file://"):
            from storage.remote import open_remote  # noqa: PLC0415 - 5 MB for those who need it

            return Blobs(open_remote(text))
        root = Path(text.removeprefix("file://")).absolute()
        root.mkdir(parents=True, exist_ok=True, mode=0o700)
        sync(root.parent)  # a blob is not on the disk while its folder is not
        return Blobs(_Folder(root), root)


def _path(sha256: str) -> str:
    if not _DIGEST.match(sha256):
        raise BlobMissing(f"{sha256!r} is no digest")
    return f"{sha256[:2]}/{sha256}"
