"""Readiness as a load balancer reads it: the real daemon, with a relay that is not there."""

import http.client
import json
from contextlib import closing
from pathlib import Path
from typing import Any

from tests.daemon import daemon
from tests.postfix import free_port


def ask(address: str, path: str) -> tuple[int, Any]:
    host, _, port = address.rpartition(":")
    with closing(http.client.HTTPConnection(host, int(port), timeout=30)) as connection:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())


def test_a_relay_that_is_down_makes_mail_wait_and_the_gateway_unready(tmp_path: Path) -> None:
    config = f'[trust]\n"*" = "verified"\n[relay]\nhost = "127.0.0.1"\nport = {free_port()}\ntls = "none"\n'
    with daemon(tmp_path, config=config) as house:
        assert ask(house.api, "/healthz") == (200, {"status": "ok"})
        assert ask(house.api, "/readyz")[0] == 200
        mail = (
            b"From: Nora Feld <nora.feld@lumenfold.example>\r\nTo: somebody@nowhere.example\r\nSubject: Who?\r\n"
            b"Message-ID: <who@lumenfold.example>\r\nDate: Mon, 02 Mar 2026 09:30:00 +0100\r\n\r\nHello\r\n"
        )
        house.event("unresolved", mail=house.send(mail))
        house.event("relay did not take the mail")
        status, told = ask(house.api, "/readyz")
        assert (status, told["ready"]) == (503, False)
        assert [name for name, check in told["checks"].items() if not check["ok"]] == ["outgoing"]
        assert "the relay does not take mail" in told["checks"]["outgoing"]["why"]
        assert "@" not in json.dumps(told)
        (waiting,) = house.lines("outbox", "list")
        assert (waiting["state"], waiting["kind"]) == ("waiting", "notice")
