"""The gate: how many sessions there may be, of one address and in all, how many begin, what they bring."""

import time
from collections import Counter
from collections.abc import Callable, Collection
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

from gateway import metrics
from gateway.smtp.buckets import Buckets
from gateway.smtp.limits import Limits
from rules import replies
from rules.replies import Reply

RESERVED = 20
"""Places beyond the limit for servers of our own: an MTA brings mail over some twenty connections (Postfix's default
for one destination), and a crowd of strangers must not shut it out."""


class Gate:
    """Counts sessions and message bytes over all listeners of the process. `clock` gives seconds."""

    def __init__(self, limits: Limits, clock: Callable[[], float] = time.monotonic) -> None:
        self._limits = limits
        self._begun = Buckets(limits.connections_per_minute, 60, clock)
        self._failures = Buckets(limits.login_failures_per_hour, 3600, clock)
        self._sessions = 0
        self._closed = False
        self._lingering = 0
        self._message_bytes = 0
        self._networks: Counter[str] = Counter()

    def close(self) -> None:
        """Let nobody in any more."""
        self._closed = True

    def enter(self, *, is_ours: bool = False) -> Reply | None:
        """Count one session, for `leave` to end; or the reply that says why there is no place for it.

        `is_ours`: of a server of our own, for which places are reserved.
        """
        if self._closed:
            return replies.SHUTTING_DOWN
        if self._sessions >= self._limits.connections + (RESERVED if is_ours else 0):
            metrics.limit_hit("connections")
            return replies.TOO_BUSY
        self._sessions += 1
        return None

    def leave(self) -> None:
        """One session has ended."""
        self._sessions -= 1

    def enter_from(self, network: str) -> Reply | None:
        """Count one session of a network (`network_of`), for `leave_from` to end; or the reply against it."""
        if not self._begun.take(network):
            metrics.limit_hit("connections_per_minute")
            return replies.TOO_OFTEN_FROM_YOU
        if self._networks[network] >= self._limits.connections_per_address:
            metrics.limit_hit("connections_per_address")
            return replies.TOO_MANY_FROM_YOU
        self._networks[network] += 1
        return None

    def leave_from(self, network: str) -> None:
        """One session of the network has ended."""
        self._networks[network] -= 1
        if not self._networks[network]:
            del self._networks[network]  # peers without number must not leave memory behind

    def begin_login(self, network: str) -> bool:
        """Whether the network has failed so seldom that it may try again; counted as a failure until `logged_in`.

        Counted beforehand: else all its sessions could try at once what is left for one. Who has no IP address
        comes by a Unix socket from this machine, and is no single peer.
        """
        return not network or self._failures.take(network)

    def logged_in(self, network: str) -> None:
        """The login that was begun has not failed."""
        if network:
            self._failures.put_back(network)

    def linger(self) -> bool:
        """Whether one more refused client may be waited for, until `lingered`."""
        allowed = self._lingering < self._limits.lingering
        if not allowed:
            metrics.limit_hit("lingering")
        self._lingering += allowed
        return allowed

    def lingered(self) -> None:
        """A refused client has gone, or was waited for long enough."""
        self._lingering -= 1

    def take(self, size: int) -> bool:
        """Leave to hold so many message bytes more; False, and nothing taken, when there is no room."""
        if self._message_bytes + size > self._limits.total_message_bytes:
            metrics.limit_hit("total_message_bytes")
            return False
        self._message_bytes += size
        metrics.IN_FLIGHT.inc(size)
        return True

    def give_back(self, size: int) -> None:
        """So many message bytes are no longer held."""
        self._message_bytes -= size
        metrics.IN_FLIGHT.dec(size)


class Share:
    """One message's part of the bytes that all may hold, from DATA until nobody needs the message any more.

    A client may leave while its mail is being kept. The mail is held until it is, and so must its part be:
    else whoever sends and leaves again and again fills the memory while the disk is slow.
    """

    def __init__(self, gate: Gate) -> None:
        self._gate = gate
        self._size = 0
        self._users = 1

    def grow(self, size: int) -> bool:
        """Leave to hold so many bytes more; False, and nothing taken, when there is no room."""
        taken = self._gate.take(size)
        self._size += size if taken else 0
        return taken

    def shrink(self, size: int = 0) -> None:
        """No more than `size` bytes are held now."""
        if self._size > size:
            self._gate.give_back(self._size - size)
            self._size = size

    def hold(self) -> None:
        """One more needs the message, until it says `release`."""
        self._users += 1

    def release(self) -> None:
        """One needs the message no more; the last gives the bytes back."""
        self._users -= 1
        if not self._users:
            self.shrink()


def network_of(peer: str) -> str:
    """What counts as one peer: an IPv4 address, or the /64 of an IPv6 address, which is one customer's line.

    "" for a peer without an IP address.
    """
    address = _address(peer)
    if isinstance(address, IPv6Address):
        return f"{IPv6Address(int(address) >> 64 << 64)}/64"
    return str(address or "")


def is_within(peer: str, networks: Collection[IPv4Network | IPv6Network]) -> bool:
    """Whether a peer's IP address lies in one of the networks. Never for a peer without one."""
    address = _address(peer) if networks else None
    return address is not None and any(
        address in network for network in networks if network.version == address.version
    )


@lru_cache(1024)
def _address(peer: str) -> IPv4Address | IPv6Address | None:
    """The IP address of a peer, that of IPv4 for one that is mapped (RFC 4291 2.5.5.2); None for no address."""
    try:
        address = ip_address(peer.partition("%")[0])
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address
