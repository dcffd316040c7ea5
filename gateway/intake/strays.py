"""Blobs that are there only for mails under way: one that no commit took over is deleted again."""

from collections import Counter
from threading import Condition

from storage.blobs import Blobs


class Strays:
    """Who needs which blob. From any thread, and none waits long: what takes time is done outside of the lock.

    A mail enters before it looks whether its blob is there, and leaves when a row names it or none will. So of
    several mails of the same bytes the last one to leave knows whether any of them was kept.
    """

    def __init__(self, blobs: Blobs) -> None:
        self._blobs = blobs
        self._users: Counter[str] = Counter()
        self._new: set[str] = set()
        self._named: set[str] = set()
        self._going: set[str] = set()
        self._changed = Condition()

    def enter(self, digest: str) -> None:
        """A mail needs the blob from now on. Waits while it is being deleted: not in the loop."""
        with self._changed:
            self._changed.wait_for(lambda: digest not in self._going)
            self._users[digest] += 1

    def made(self, digest: str) -> None:
        """There was no such blob when the mail looked: it is about to be put."""
        with self._changed:
            self._new.add(digest)

    def leave(self, digest: str, *, named: bool) -> bool:
        """The mail that entered is done; `named`: a row names the blob now. Returns whether `delete` must follow."""
        with self._changed:
            if named:
                self._named.add(digest)
            self._users[digest] -= 1
            if self._users[digest]:
                return False
            del self._users[digest]
            is_stray = digest in self._new and digest not in self._named
            self._new.discard(digest)
            self._named.discard(digest)
            if is_stray:
                self._going.add(digest)
            return is_stray

    def delete(self, digest: str) -> None:
        """Delete the blob, as `leave` said. Raises BlobsUnavailable."""
        try:
            self._blobs.delete(digest)
        finally:
            with self._changed:
                self._going.discard(digest)
                self._changed.notify_all()

    def spare(self) -> None:
        """Delete none of those that are under way: a commit of which nothing is known may have taken them over."""
        with self._changed:
            self._new.clear()
