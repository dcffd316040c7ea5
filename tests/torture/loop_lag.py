"""How long the daemon's event loop stands still, told from outside.

    python -m tests.torture.loop_lag PORT PID

A session of its own says NOOP every 20 ms until standard input ends, and then prints the longest wait for an answer.
What the daemon's main thread, or this process, only waited for a processor is taken off (run_delay in
/proc/PID/schedstat, which counts the time a thread could have run and others did): on a crowded machine that is no
fault of the loop's.
"""

import json
import select
import socket
import sys
import threading
from pathlib import Path
from time import monotonic, sleep

EVERY_SECONDS = 0.02


PATIENCE = 60.0
"""Seconds after which an answer is waited for no longer; they count as any other wait."""


def main() -> None:
    """Watch, and say what was seen."""
    port, daemon = int(sys.argv[1]), Path(f"/proc/{sys.argv[2]}/task/{sys.argv[2]}/schedstat")
    own = Path(f"/proc/self/task/{threading.get_native_id()}/schedstat")
    worst, rounds = 0.0, 0
    line: socket.socket | None = None
    while not select.select([sys.stdin], [], [], 0)[0]:
        before = _waited(daemon) + _waited(own)
        begun = monotonic()
        answer = b""
        try:
            line = line or _connected(port)
            line.sendall(b"NOOP\r\n")
            answer = line.recv(512)
        except OSError:  # no answer in time, above all: that is a wait as well
            pass
        took = monotonic() - begun
        worst = max(worst, took - (_waited(daemon) + _waited(own) - before))
        if answer.startswith(b"250"):
            rounds += 1
        elif line is not None:  # a session may only say so much
            line.close()
            line = None
        sleep(EVERY_SECONDS)
    print(json.dumps({"worst": worst, "rounds": rounds}))


def _waited(schedstat: Path) -> float:
    """Seconds that a thread has waited for a processor; 0 where the kernel does not count them."""
    try:
        return int(schedstat.read_text().split()[1]) / 1e9
    except (OSError, IndexError, ValueError):
        return 0.0


def _connected(port: int) -> socket.socket:
    line = socket.create_connection(("127.0.0.1", port), PATIENCE)
    line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    line.recv(512)
    return line


if __name__ == "__main__":
    main()
