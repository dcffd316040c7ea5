"""How long a message may still take, by what has come of it so far."""

from gateway.smtp.limits import Limits


class Pace:
    """One message from 354 to its dot. Times are the loop's, in seconds; `ends` is when the session does.

    The rate is that of the whole message so far: what came fast may be followed by a pause, up to `data_seconds`.
    Mail servers that scan as they send do so.
    """

    def __init__(self, limits: Limits, begun: float, ends: float) -> None:
        self._rate = limits.data_bytes_per_second
        self._earned = begun + limits.data_grace_seconds
        self._last = min((begun + limits.data_seconds, "data_seconds"), (ends, "session_seconds"))

    @property
    def due(self) -> float:
        """When the next bytes must have come."""
        return min(self._earned, self._last[0]) if self._rate else self._last[0]

    @property
    def limit(self) -> str:
        """The limit (`gateway.smtp.limits`) that `due` is set by."""
        return "data_bytes_per_second" if self.due < self._last[0] else self._last[1]

    def heard(self, size: int) -> float:
        """So many bytes have come; `due` from now on."""
        if self._rate:
            self._earned += size / self._rate
        return self.due
