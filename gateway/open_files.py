"""How many files this process may have open: a connection is one, and so is large mail until it is kept.

(getrlimit(2), RLIMIT_NOFILE)
"""

import resource

OTHERS = 512
"""Files beside connections of the listener: database, blobs, log, workers' pipes, connections to the HTTP API."""


def allow_connections(connections: int, lingering: int) -> tuple[int, int]:
    """Raise the soft limit so that so many connections, as many large mails, and so many connections that are being
    refused, fit under it.

    Returns how many of each do fit, or fewer than asked: only an administrator can raise the hard limit.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 2 * connections + lingering + OTHERS
    if soft != resource.RLIM_INFINITY and soft < wanted:
        soft = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    if soft == resource.RLIM_INFINITY:
        return connections, lingering
    room = max(2, soft - OTHERS)
    kept = min(lingering, room // 2)
    connections = min(connections, max(1, (room - kept) // 2))
    return connections, min(lingering, room - 2 * connections)
