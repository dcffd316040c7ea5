"""What the transports of all sessions read into: one buffer at a time, which may be given away and comes back."""

from collections import deque

CHUNK = 524_288
"""Bytes read at a time, so that large mail does not come in small pieces."""

ROOM = 8
"""Bytes before what is read, for the few before it that are not decided yet."""

MOST = 12
"""Buffers there may be: those that files are written from, and the one that is read into."""


class Buffers:
    """Read into `current`, from `ROOM` on. What is there is dealt with, copied, or given away before more is read.

    Given away, a large piece of a message is written to a file from where it was read to: no copy, no fresh memory.
    """

    def __init__(self) -> None:
        self._spare: deque[bytearray] = deque()
        self._made = 0
        self._begin(self._new())

    def _new(self) -> bytearray:
        buffer = bytearray(ROOM + CHUNK)
        self._made += 1
        return buffer

    def _begin(self, buffer: bytearray) -> None:
        self.current = buffer
        self.place = memoryview(buffer)[ROOM:]

    def give_away(self) -> bool:
        """Read into another buffer from now on, until `back`; False when there are enough of them already."""
        if self._spare:
            self._begin(self._spare.pop())
        elif self._made < MOST:
            self._begin(self._new())
        else:
            return False
        return True

    def back(self, buffer: bytearray) -> None:
        """Nobody needs what stands in it any more. From any thread."""
        self._spare.append(buffer)


READ = Buffers()
"""Those of this process."""
