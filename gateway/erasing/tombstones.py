"""The tombstones in a file beside the database: a backup that is brought back does not bring back who was erased.

`erased.jsonl` gets a line an erasure and nothing is ever taken out; `erased.key` is made once and never changes. Both
are for the owner alone. The digests tell nobody who they are of without the key.
"""

import contextlib
import json
import os
import secrets
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic

from rules.tombstones import NeverAgain, Tombstone, digest, key_name

SECRET_BYTES = 32
LOOK_SECONDS = 1.0
"""How often a running process looks whether the file changed."""


class TombstonesError(Exception):
    """The tombstones cannot be had. The text names the file, what is wrong and what to do."""


class TombstoneFile:
    """The file of tombstones at `path`, and the key beside it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.key_path = path.with_suffix(".key")

    def ensure_key(self) -> bytes:
        """The key, made when there is none; several processes may start at once. Raises TombstonesError.

        There is none made while there are tombstones: it could tell nobody who they are of.
        """
        if not self.key_path.exists():
            if self.read():
                raise TombstonesError(
                    f"{self.key_path} is not there, and {self.path} means nothing without it: restore the key from "
                    "the backup"
                )
            with contextlib.suppress(FileExistsError):  # another process was quicker: its key counts
                self._write_key()
        return self.secret()

    def secret(self) -> bytes:
        """The key. Raises TombstonesError."""
        try:
            secret = bytes.fromhex(self.key_path.read_text("ascii").strip())
        except (OSError, ValueError) as error:
            raise TombstonesError(
                f"{self.key_path} cannot be read ({error}): restore it from the backup"
            ) from error
        if len(secret) < SECRET_BYTES:
            raise TombstonesError(f"{self.key_path} is too short for a key: restore it from the backup")
        return secret

    def read(self) -> dict[str, Tombstone]:
        """Every tombstone by its id, oldest first; none when there is no file. Raises TombstonesError.

        A last line without an end is one that a crash broke off before its erasure began.
        """
        try:
            data = self.path.read_bytes()
        except FileNotFoundError:
            return {}
        except OSError as error:
            raise TombstonesError(f"{self.path} cannot be read: {error.strerror or error}") from error
        found = {}
        for number, line in enumerate(data.split(b"\n")[:-1], 1):
            try:
                entry = json.loads(line)
                stone = Tombstone(
                    str(entry["id"]),
                    datetime.fromisoformat(entry["at"]),
                    str(entry["key"]),
                    tuple(map(str, entry["digests"])),
                    bool(entry["never_again"]),
                    bool(entry.get("user", True)),
                    bool(entry.get("waiting", True)),
                )
            except (ValueError, KeyError, TypeError) as error:
                raise TombstonesError(
                    f"{self.path}, line {number}: this is no tombstone ({error}); restore the file from the backup"
                ) from error
            found[stone.id] = stone
        return found

    def append(self, stone: Tombstone) -> None:
        """Add a tombstone, on the disk when this returns. Raises TombstonesError."""
        entry = {
            "id": stone.id,
            "at": stone.at.astimezone(UTC).isoformat(timespec="seconds"),
            "key": stone.key,
            "digests": list(stone.digests),
            "never_again": stone.never_again,
            "user": stone.user,
            "waiting": stone.waiting,
        }
        try:
            descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
            try:
                size = os.fstat(descriptor).st_size
                broken_off = size > 0 and os.pread(descriptor, 1, size - 1) != b"\n"
                if broken_off:
                    whole = self.path.read_bytes().rpartition(b"\n")
                    os.ftruncate(descriptor, len(whole[0]) + len(whole[1]))
                os.write(descriptor, json.dumps(entry).encode() + b"\n")
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
            self._as_its_folder(self.path)
            _sync_folder(self.path.parent)
        except OSError as error:
            raise TombstonesError(f"{self.path} cannot be written: {error.strerror or error}") from error

    def new(
        self,
        keys: frozenset[str],
        now: datetime,
        *,
        never_again: bool,
        user: bool = True,
        waiting: bool = True,
    ) -> Tombstone:
        """A tombstone for somebody with these address keys; not in the file yet. Raises TombstonesError."""
        secret = self.ensure_key()
        digests = tuple(sorted(digest(secret, key) for key in keys))
        return Tombstone(secrets.token_hex(8), now, key_name(secret), digests, never_again, user, waiting)

    def _write_key(self) -> None:
        beside = self.key_path.with_name(f".{self.key_path.name}.{secrets.token_hex(4)}")
        try:
            descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "w", encoding="ascii") as file:
                file.write(secrets.token_hex(SECRET_BYTES) + "\n")
                file.flush()
                os.fsync(file.fileno())
            self._as_its_folder(beside)
            os.link(beside, self.key_path)
            _sync_folder(self.key_path.parent)
        except FileExistsError:
            raise
        except OSError as error:
            raise TombstonesError(f"{self.key_path} cannot be written: {error.strerror or error}") from error
        finally:
            beside.unlink(missing_ok=True)

    def _as_its_folder(self, path: Path) -> None:
        """Whoever writes it, root perhaps, the daemon must be able to read it: it has the owner of its folder."""
        folder = path.parent.stat()
        if os.geteuid() == 0 and path.stat().st_uid != folder.st_uid:
            os.chown(path, folder.st_uid, folder.st_gid)


class NeverAgainFile:
    """Who is kept out for good, as the file of tombstones says now. Safe to use from several threads."""

    def __init__(self, path: Path, clock: Callable[[], float] = monotonic) -> None:
        self._file = TombstoneFile(path)
        self._clock = clock
        self._stamp: tuple[int, int] | None = None
        self._looked = float("-inf")
        self._found = NeverAgain()

    def now(self) -> NeverAgain:
        """The people; nobody while there is no file. A file that cannot be read leaves the last ones in force."""
        now = self._clock()
        if now - self._looked >= LOOK_SECONDS:
            with contextlib.suppress(TombstonesError, OSError):
                there = self._file.path.stat()
                stamp = (there.st_mtime_ns, there.st_size)
                if stamp != self._stamp:
                    stones = self._file.read().values()
                    digests = frozenset(
                        each for stone in stones if stone.never_again for each in stone.digests
                    )
                    self._found = NeverAgain(self._file.secret(), digests) if digests else NeverAgain()
                    self._stamp = stamp
            # Last: a second thread that came meanwhile must not take the list for read while it is empty.
            self._looked = now
        return self._found


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
