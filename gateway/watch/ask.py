"""Asking a running daemon how it is, over the address that its settings name."""

import http.client
import json
import socket
from contextlib import closing
from typing import Any

from gateway.config.settings import Settings
from gateway.config.values import Listen

SECONDS = 5
ANYWHERE = {"": "127.0.0.1", "0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104


def watched(settings: Settings) -> Listen | None:
    """Where /healthz and /readyz are answered; None when they are nowhere, or at a port that is not known."""
    listen = settings.http.metrics_listen or settings.http.listen
    return listen if listen is not None and (listen.path or listen.port) else None


def ask(listen: Listen, path: str) -> tuple[int, Any]:
    """Status and JSON of an answer. Raises OSError when nobody answers, or in another way than ours."""
    try:
        with closing(_connection(listen)) as connection:
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read(1_000_000))
    except (http.client.HTTPException, ValueError) as error:
        raise OSError(f"no answer of a gateway: {type(error).__name__}") from error


def _connection(listen: Listen) -> http.client.HTTPConnection:
    connection = http.client.HTTPConnection(
        ANYWHERE.get(listen.host, listen.host), listen.port or None, timeout=SECONDS
    )
    if listen.path:
        connection.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        connection.sock.settimeout(SECONDS)
        connection.sock.connect(listen.path)
    return connection
