"""As many connections as the limit of open files lets in, and no crash beyond it."""

import resource
import socket
from contextlib import ExitStack
from pathlib import Path
from time import monotonic

from tests.daemon import SECONDS, daemon
from tests.watch.asking import get


def test_fewer_connections_than_configured_where_files_may_not_be_opened(tmp_path: Path) -> None:
    def as_a_poor_user() -> None:
        resource.setrlimit(resource.RLIMIT_NOFILE, (200, 600))

    config = (
        "[smtp.limits]\nconnections = 1000\nconnections_per_address = 1000\nconnections_per_minute = 10000\n"
    )
    with daemon(tmp_path, config=config, started=False) as house, ExitStack() as stack:
        house.start(preexec_fn=as_a_poor_user)
        (warning,) = [entry for entry in house.seen if "fewer connections" in str(entry.get("event"))]
        assert (warning["configured"], warning["connections"]) == (1000, 22)
        clients = [
            stack.enter_context(socket.create_connection(("127.0.0.1", house.port), SECONDS))
            for _ in range(60)
        ]
        said = [client.recv(100)[:3] for client in clients]
        assert said.count(b"220") == 22
        assert said.count(b"421") == 38


def greeting(client: socket.socket) -> bytes:
    """What a client hears, b"" when it is nothing, or the connection is closed."""
    client.settimeout(0.5)
    try:
        return client.recv(100)
    except (TimeoutError, ConnectionError):
        return b""


def test_daemon_that_may_open_no_more_files_goes_on_when_it_may(tmp_path: Path) -> None:
    """Accepting fails then (EMFILE): neither the listener nor the process may end by it."""
    config = "[smtp.limits]\nconnections_per_address = 500\nconnections_per_minute = 10000\n"
    with daemon(tmp_path, config=config) as house, ExitStack() as stack:
        assert house.process is not None
        pid = house.process.pid
        assert get(house.api, "/healthz")[0] == 200  # by now all is loaded that needs files
        before = resource.prlimit(pid, resource.RLIMIT_NOFILE)
        resource.prlimit(
            pid, resource.RLIMIT_NOFILE, (len(list(Path(f"/proc/{pid}/fd").iterdir())) + 10, before[1])
        )
        for _ in range(60):
            client = stack.enter_context(socket.create_connection(("127.0.0.1", house.port), SECONDS))
            if not (said := greeting(client)):
                break
        assert not said
        stack.close()
        resource.prlimit(pid, resource.RLIMIT_NOFILE, before)
        end = monotonic() + SECONDS
        while not said:  # what came while there were no files is still being turned away
            assert monotonic() < end
            with socket.create_connection(("127.0.0.1", house.port), SECONDS) as client:
                said = greeting(client)
        house.send(b"From: nora.feld@lumenfold.example\r\nSubject: after\r\n\r\nhello\r\n")
        assert house.stop() == 0
