"""Tell the service manager how the daemon is (sd_notify(3)): a datagram to the socket it named.

Without $NOTIFY_SOCKET nothing is sent.
"""

import os
import socket


def ready(status: str = "") -> None:
    """The daemon takes mail."""
    _send("READY=1", status)


def still_starting(status: str, seconds: int) -> None:
    """The daemon does not take mail yet, and is at something that may take so long from now on."""
    _send(f"EXTEND_TIMEOUT_USEC={seconds * 1_000_000}", status)


def stopping(status: str = "") -> None:
    """The daemon is on its way down."""
    _send("STOPPING=1", status)


def watchdog() -> None:
    """The daemon is alive. Call it at least every `watchdog_seconds`."""
    _send("WATCHDOG=1", "")


def watchdog_seconds() -> float | None:
    """How often `watchdog` is to be called: half of what the service manager waits, or None when it does not.

    $WATCHDOG_PID names the process that is watched (sd_watchdog_enabled(3)); another one is left alone.
    """
    waits, pid = os.environ.get("WATCHDOG_USEC", ""), os.environ.get("WATCHDOG_PID", "")
    if not waits.isdigit() or int(waits) == 0 or (pid and pid != str(os.getpid())):
        return None
    return int(waits) / 2_000_000


def _send(state: str, status: str) -> None:
    address = os.environ.get("NOTIFY_SOCKET", "")
    if not address:
        return
    lines = [state]
    if status:
        lines.append(f"STATUS={' '.join(status.split())}")
    if address.startswith("@"):  # the abstract name space of unix(7)
        address = f"\0{address[1:]}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as channel:
        try:
            channel.sendto("\n".join(lines).encode(), address)
        except OSError:  # a service manager that went away is no reason to stop taking mail
            return
