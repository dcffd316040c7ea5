"""Answers of DNS kept across mails, each as long as its owner says, within limits of our own (RFC 2308, RFC 9520)."""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable

LONGEST = 3600.0
"""Seconds that records are kept at most, whatever their TTL: a key that was revoked is not believed for a week."""

LONGEST_NONE = 300.0
"""Seconds that the absence of records is kept at most: who forgot his DMARC record adds it and tries again."""

TROUBLE = 20.0
"""Seconds that trouble is kept: a hundred mails of a domain whose servers are gone wait for them once, not each.

Less than the time after which such mail is looked at again (`gateway.filing.worker`)."""

MAX_ENTRIES = 10_000
"""Questions that are kept: those of some two thousand senders."""

MAX_BYTES = 8 * 1024**2
"""Characters of all answers. One TXT answer may have 64 KiB, which ten thousand times would be all our memory."""

_OVERHEAD = 200

Known = tuple[str, ...] | str
"""Records, or what the trouble was."""


class Cache:
    """Least recently used answers leave first. Threads may share it. `clock` gives seconds."""

    def __init__(
        self,
        max_entries: int = MAX_ENTRIES,
        max_bytes: int = MAX_BYTES,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._max_entries = max_entries
        self._max_bytes = max_bytes
        self._clock = clock
        self._known: OrderedDict[tuple[str, str], tuple[float, int, Known]] = OrderedDict()
        self._bytes = 0
        self._lock = threading.Lock()

    def get(self, name: str, kind: str) -> Known | None:
        """What is known of a question, or None."""
        key = (name, kind)
        with self._lock:
            entry = self._known.get(key)
            if entry is None:
                return None
            until, _, known = entry
            if until <= self._clock():
                self._drop(key)
                return None
            self._known.move_to_end(key)
            return known

    def put(self, name: str, kind: str, known: Known, ttl: float = TROUBLE) -> None:
        """Keep an answer for `ttl` seconds at most."""
        key = (name, kind)
        longest = TROUBLE if isinstance(known, str) else LONGEST if known else LONGEST_NONE
        ttl = min(ttl, longest)
        size = _OVERHEAD + len(name) + sum(map(len, known))
        with self._lock:
            self._drop(key)
            if ttl <= 0 or size > self._max_bytes:
                return
            self._known[key] = (self._clock() + ttl, size, known)
            self._bytes += size
            while len(self._known) > self._max_entries or self._bytes > self._max_bytes:
                self._drop(next(iter(self._known)))

    def _drop(self, key: tuple[str, str]) -> None:
        entry = self._known.pop(key, None)
        if entry:
            self._bytes -= entry[1]
