"""The gate: how many sessions there may be, of one address and in all, and how much they hold in memory."""

from collections import Counter
from ipaddress import IPv6Address, ip_address

from gateway import metrics
from gateway.smtp.limits import Limits
from rules import replies
from rules.replies import Reply


class Gate:
    """Counts sessions and message bytes over all listeners of the process."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._sessions = 0
        self._lingering = 0
        self._message_bytes = 0
        self._networks: Counter[str] = Counter()

    def enter(self) -> Reply | None:
        """Count one session, for `leave` to end; or the reply that says why there is no place for it."""
        if self._sessions >= self._limits.connections:
            return replies.TOO_BUSY
        self._sessions += 1
        return None

    def leave(self) -> None:
        """One session has ended."""
        self._sessions -= 1

    def enter_from(self, network: str) -> Reply | None:
        """Count one session of a network (`network_of`), for `leave_from` to end; or the reply against it."""
        if self._networks[network] >= self._limits.connections_per_address:
            return replies.TOO_MANY_FROM_YOU
        self._networks[network] += 1
        return None

    def leave_from(self, network: str) -> None:
        """One session of the network has ended."""
        self._networks[network] -= 1
        if not self._networks[network]:
            del self._networks[network]  # peers without number must not leave memory behind

    def linger(self) -> bool:
        """Whether one more refused client may be waited for, until `lingered`. Bounded as sessions are."""
        allowed = self._lingering < self._limits.connections
        self._lingering += allowed
        return allowed

    def lingered(self) -> None:
        """A refused client has gone, or was waited for long enough."""
        self._lingering -= 1

    def take(self, size: int) -> bool:
        """Leave to hold so many message bytes more; False, and nothing taken, when there is no room."""
        if self._message_bytes + size > self._limits.total_message_bytes:
            return False
        self._message_bytes += size
        metrics.IN_FLIGHT.inc(size)
        return True

    def give_back(self, size: int) -> None:
        """So many message bytes are no longer held."""
        self._message_bytes -= size
        metrics.IN_FLIGHT.dec(size)


def network_of(peer: str) -> str:
    """What counts as one peer: an IPv4 address, or the /64 of an IPv6 address, which is one customer's line.

    "" for a peer without an IP address.
    """
    try:
        address = ip_address(peer.partition("%")[0])
    except ValueError:
        return ""
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is None:
            return f"{IPv6Address(int(address) >> 64 << 64)}/64"
        address = address.ipv4_mapped
    return str(address)
