"""Blobs that are there only for mails under way: one that no commit took over is deleted again."""

from collections import Counter
from threading import Condition

from storage.blobs import Blobs
from storage.incoming import Stamp


class Strays:
    """Who needs which blob. From any thread, and none waits long: what takes time is done outside of the lock.

    A mail enters before it looks whether its blob is there, and leaves when a row names it or none will. So of
    several mails of the same bytes the last one to leave knows whether any of them was kept.
    """

    def __init__(self, blobs: Blobs) -> None:
        self._blobs = blobs
        self._users: Counter[str] = Counter()
        self._new: dict[str, set[Stamp]] = {}
        self._named: set[str] = set()
        self._going: dict[str, set[Stamp]] = {}
        self._changed = Condition()

    def enter(self, digest: str) -> None:
        """A mail needs the blob from now on. Waits while it is being deleted: not in the loop."""
        with self._changed:
            self._changed.wait_for(lambda: digest not in self._going)
            self._users[digest] += 1

    def made(self, digest: str) -> None:
        """There was no such blob when the mail looked: it is about to be put."""
        with self._changed:
            self._new.setdefault(digest, set())

    def put(self, digest: str, stamp: Stamp) -> None:
        """The mail puts this file. Whoever else puts the same, for an attachment, say, leaves another stamp."""
        with self._changed:
            if digest in self._new:
                self._new[digest].add(stamp)

    def leave(self, digest: str, *, named: bool) -> bool:
        """The mail that entered is done; `named`: a row names the blob now. Returns whether `delete` must follow."""
        with self._changed:
            if named:
                self._named.add(digest)
            self._users[digest] -= 1
            if self._users[digest]:
                return False
            del self._users[digest]
            stamps = self._new.pop(digest, set())
            if digest in self._named:
                self._named.discard(digest)
                stamps = set()
            if stamps:
                self._going[digest] = stamps
            return bool(stamps)

    def delete(self, digest: str) -> None:
        """Delete the blob, as `leave` said, unless somebody else put it again. Raises BlobsUnavailable."""
        try:
            self._blobs.delete_unchanged(digest, self._going[digest])
        finally:
            with self._changed:
                del self._going[digest]
                self._changed.notify_all()

    def spare(self) -> None:
        """Delete none of those that are under way: a commit of which nothing is known may have named them."""
        with self._changed:
            self._named.update(self._users)
