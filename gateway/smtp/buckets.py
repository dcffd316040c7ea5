"""How often something may happen, for each of many: token buckets in bounded memory."""

from collections import OrderedDict
from collections.abc import Callable

MOST = 50_000
"""Keys that are remembered, some 10 MB. Who comes from more addresses is not held up by any rate of one."""


class Buckets:
    """A bucket for each key: full it holds `most`, and it fills up evenly in `seconds`. `clock` gives seconds."""

    def __init__(self, most: int, seconds: float, clock: Callable[[], float]) -> None:
        self._most = most
        self._seconds = seconds
        self._clock = clock
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def __len__(self) -> int:
        """How many keys are remembered."""
        return len(self._left)

    def take(self, key: str) -> bool:
        """Take one out; False when nothing was left."""
        level = self._level(key)
        allowed = level >= 1
        self._left.pop(key, None)
        self._left[key] = (level - allowed, self._clock())
        # The one at the front was used longest ago, and one that is full again says nothing.
        oldest, (_, used) = next(iter(self._left.items()))
        if len(self._left) > MOST or self._clock() - used > self._seconds:
            del self._left[oldest]
        return allowed

    def put_back(self, key: str) -> None:
        """Put one back that was taken out."""
        if key in self._left:
            self._left[key] = (min(self._level(key) + 1, self._most), self._clock())
            self._left.move_to_end(key)

    def _level(self, key: str) -> float:
        level, used = self._left.get(key, (float(self._most), 0.0))
        return min(level + (self._clock() - used) / self._seconds * self._most, self._most)
