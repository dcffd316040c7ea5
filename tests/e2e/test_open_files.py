"""As many connections as the limit of open files lets in, and no crash beyond it."""

import resource
import socket
from contextlib import ExitStack
from pathlib import Path

from tests.daemon import SECONDS, daemon


def test_fewer_connections_than_configured_where_files_may_not_be_opened(tmp_path: Path) -> None:
    def as_a_poor_user() -> None:
        resource.setrlimit(resource.RLIMIT_NOFILE, (200, 600))

    config = (
        "[smtp.limits]\nconnections = 1000\nconnections_per_address = 1000\nconnections_per_minute = 10000\n"
    )
    with daemon(tmp_path, config=config, started=False) as house, ExitStack() as stack:
        house.start(preexec_fn=as_a_poor_user)
        (warning,) = [entry for entry in house.seen if "fewer connections" in str(entry.get("event"))]
        assert (warning["configured"], warning["connections"]) == (1000, 44)
        clients = [
            stack.enter_context(socket.create_connection(("127.0.0.1", house.port), SECONDS))
            for _ in range(60)
        ]
        said = [client.recv(100)[:3] for client in clients]
        assert said.count(b"220") == 44
        assert said.count(b"421") == 16
