"""The keys of signed addresses, in a file of their own: made by the first start, rotated by an operator.

Read again when it changes, so that a running daemon signs with a new key at once, and several gateways may share one
file. It is JSON: `tenant`, `signing` (the id of the key that signs), `keys` (id → base64 secret, date).
"""

import base64
import contextlib
import json
import os
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic

from rules.tokens import KeyRing

SECRET_BYTES = 32
MOST_KEYS = 256
LOOK_SECONDS = 1.0
"""How often a running process looks whether the file changed."""


class KeysError(Exception):
    """The keys cannot be had. The text names the file, what is wrong and what to do."""


@dataclass(frozen=True, slots=True)
class Key:
    """One key: its id (0 to 255), its secret, and when it was made."""

    id: int
    secret: bytes
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Keys:
    """What the file holds. `signing` is the id of the key that signs; every key verifies."""

    tenant: str
    signing: int
    keys: tuple[Key, ...]

    def ring(self) -> KeyRing:
        """The keys as the rules take them."""
        return KeyRing(self.tenant, self.signing, {key.id: key.secret for key in self.keys})


class KeyFile:
    """The key ring of a file, as it is now. Safe to use from several threads."""

    def __init__(self, path: Path, clock: Callable[[], float] = monotonic) -> None:
        self._path = path
        self._clock = clock
        self._stamp: tuple[int, int, int] | None = None
        self._looked = float("-inf")
        self._ring = KeyRing()

    def ring(self) -> KeyRing:
        """The ring; an empty one while there is no file. A file that cannot be read leaves the last ring in force."""
        now = self._clock()
        if now - self._looked >= LOOK_SECONDS:
            with contextlib.suppress(KeysError, OSError):
                found = self._path.stat()
                stamp = (found.st_mtime_ns, found.st_size, found.st_ino)
                if stamp != self._stamp:
                    self._ring, self._stamp = read_keys(self._path).ring(), stamp
            # Last: a second thread that came meanwhile must not take the ring for read while it is empty.
            self._looked = now
        return self._ring


def read_keys(path: Path) -> Keys:
    """The keys in a file. Raises KeysError."""
    try:
        data = json.loads(path.read_text("utf-8"))
        keys = tuple(
            Key(
                int(key),
                base64.b64decode(entry["secret"], validate=True),
                datetime.fromisoformat(entry["created"]),
            )
            for key, entry in data["keys"].items()
        )
        found = Keys(str(data["tenant"]), int(data["signing"]), keys)
    except OSError as error:
        raise KeysError(f"{path} cannot be read: {error.strerror or error}") from error
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise KeysError(f"{path} is no file of keys ({error}); restore it from the backup") from error
    if not found.tenant or found.signing not in {key.id for key in keys}:
        raise KeysError(f"{path} names no key that signs; restore it from the backup")
    if any(len(key.secret) < SECRET_BYTES or not 0 <= key.id < MOST_KEYS for key in keys):
        raise KeysError(
            f"{path} holds a key that is too short or has no id from 0 to 255; restore it from the backup"
        )
    return found


def ensure_keys(path: Path, now: datetime) -> Keys:
    """The keys in a file, made when there is none; several processes may start at once. Raises KeysError."""
    if not path.exists():
        new = Keys(secrets.token_hex(8), 1, (Key(1, secrets.token_bytes(SECRET_BYTES), now),))
        with contextlib.suppress(FileExistsError):  # another process was quicker: its keys count
            _write(path, new, replace=False)
    return read_keys(path)


def rotate(path: Path, now: datetime) -> Keys:
    """A new key that signs from now on; the others still verify. Raises KeysError."""
    old = ensure_keys(path, now)
    used = {key.id for key in old.keys}
    free = next(
        (
            each % MOST_KEYS
            for each in range(old.signing + 1, old.signing + MOST_KEYS)
            if each % MOST_KEYS not in used
        ),
        None,
    )
    if free is None:
        raise KeysError("all 256 ids are in use: retire a key first (gateway keys retire ID)")
    new = Keys(old.tenant, free, (*old.keys, Key(free, secrets.token_bytes(SECRET_BYTES), now)))
    _write(path, new, replace=True)
    return new


def retire(path: Path, key_id: int) -> Keys:
    """Forget a key: whoever answers to an address that it signed is refused. Raises KeysError."""
    old = read_keys(path)
    if key_id not in {key.id for key in old.keys}:
        raise KeysError(f"there is no key {key_id}; gateway keys list shows them")
    if key_id == old.signing:
        raise KeysError(f"key {key_id} is the one that signs; rotate first (gateway keys rotate)")
    new = Keys(old.tenant, old.signing, tuple(key for key in old.keys if key.id != key_id))
    _write(path, new, replace=True)
    return new


def _write(path: Path, keys: Keys, *, replace: bool) -> None:
    """Put the file there whole, synced, for the owner alone."""
    data = {
        "tenant": keys.tenant,
        "signing": keys.signing,
        "keys": {
            str(key.id): {
                "secret": base64.b64encode(key.secret).decode("ascii"),
                "created": key.created_at.astimezone(UTC).isoformat(timespec="seconds"),
            }
            for key in keys.keys
        },
    }
    beside = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump(data, file, indent=2)
            file.flush()
            os.fsync(file.fileno())
        if replace:
            # Whoever rotates, root perhaps, the daemon must still be able to read it.
            there = path.stat()
            if (there.st_uid, there.st_gid) != (os.geteuid(), os.getegid()):
                os.chown(beside, there.st_uid, there.st_gid)
            beside.chmod(there.st_mode & 0o777)
            beside.replace(path)
        else:
            os.link(beside, path)
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    except FileExistsError:
        raise
    except OSError as error:
        raise KeysError(f"{path} cannot be written: {error.strerror or error}") from error
    finally:
        beside.unlink(missing_ok=True)
