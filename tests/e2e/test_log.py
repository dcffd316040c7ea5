"""The log of a whole run at INFO: ids and domains, and no address, secret or token, whatever goes wrong."""

import asyncio
import http.client
import json
import os
import smtplib
import socket
from contextlib import closing
from pathlib import Path
from typing import Any

from tests.daemon import LOG, Daemon, daemon
from tests.e2e.mails import letter
from tests.outbound.relays import Recorder, relay

ODD = (
    '"quoted-zq1 local"@acme.example',
    '"quoted-zq2@at"@acme.example',
    "üñí-zq3@acme.example",
    "zq4=tag+x@bücher.example",
    "zq5.dots.and-dashes_x@sub.acme.example",
    "zq6/slash!bang@[192.0.2.7]",
    "zq7'quote@acme.example",
)
"""Addresses of all the forms that RFC 5321 and RFC 6531 allow; what stands before the @ is found by its number."""

FAULT = """
import sys
if 'gateway.filing.worker' in ' '.join(sys.orig_argv):
    from gateway.filing import worker
    really = worker.examine
    def examine(inbound, *rest):
        if b'FAULTY' in inbound.raw:
            raise ValueError(f'cannot read the mail of {inbound.mail_from} to {inbound.recipients}: {inbound.raw!r}')
        return really(inbound, *rest)
    worker.examine = examine
    sys.exit(worker.main())
"""
"""Our own fault, of the worst kind: it puts the mail into its words."""


def entries(house: Daemon) -> list[dict[str, Any]]:
    """Everything that was logged, once the daemon has ended."""
    while not house._events.empty():
        house.seen.append(house._events.get())
    return house.seen


def by_smtp(house: Daemon, *lines: str) -> None:
    """A session in which every line is said, whatever is answered."""
    with closing(socket.create_connection(("127.0.0.1", house.port), 30)) as client:
        client.sendall("".join(f"{line}\r\n" for line in lines).encode() + b"QUIT\r\n")
        while client.recv(65536):
            pass


def use(house: Daemon, server: Recorder) -> list[str]:
    """A day of the gateway; returns what the log must not hold."""
    secret = house.run("directory", "user-address", "nora.feld@lumenfold.example").stdout.strip()
    token = house.token("nora.feld@lumenfold.example")
    house.event("filed", mail=house.send(letter()))
    house.event("filed", mail=house.send(letter("By my own address"), secret))
    unresolved = letter("Whose?", to="zq8.nobody@orchard.example")
    house.event("unresolved", mail=house.send(unresolved))
    house.event("copied", kind="notice")
    server.answers["RCPT"] = (
        "550 5.1.1 <jonas.berg@lumenfold.example> no mailbox of jonas.berg@lumenfold.example"
    )
    house.send(letter("Again?", sender="jonas.berg@lumenfold.example", to="zq9.nobody@orchard.example"))
    house.event("bounced")
    server.answers["RCPT"] = (
        "451 4.2.0 greylisted: mei.tan@lumenfold.example from bounce-zq@lumenfold.example"
    )
    house.send(letter("And again?", sender="mei.tan@lumenfold.example", to="zq9.nobody@orchard.example"))
    house.event("relay did not take the mail")
    for number, address in enumerate(ODD):
        by_smtp(
            house,
            f"EHLO zqhelo{number}.example",
            f"MAIL FROM:<{address}> SMTPUTF8",
            f"MAIL FROM:<{address}>",
            f"RCPT TO:<{address}>",
            f"RCPT TO:<{address}",
            f"RCPT TO:<{secret.replace('me-', 'me-x')}>",
            f"VRFY {address}",
            f"{address} is no command",
            f"RCPT TO:<{LOG}>",
            "DATA",
            f"From: {address}",
            f"To: {address}",
            f"Subject: FAULTY {address}",
            "",
            f"Hello {address}",
            ".",
        )
    house.event("mail not settled")
    with smtplib.SMTP("127.0.0.1", house.port, timeout=30) as client:
        client.sendmail(
            "zq10.sender@acme.example", [LOG], letter("FAULTY again", sender="zq10.sender@acme.example")
        )
    house.event("failed")
    host, _, port = house.api.rpartition(":")
    for path in (
        "/accounts?q=zq11.asked@acme.example",
        "/touchpoints/zq12@acme.example",
        "/contacts?account=zq13@x.example",
    ):
        for bearer in (token, "tpg_zq14notatoken", "zq15@acme.example"):
            with closing(http.client.HTTPConnection(host, int(port), timeout=30)) as connection:
                connection.request("GET", f"/api/v1{path}", headers={"Authorization": f"Bearer {bearer}"})
                connection.getresponse().read()
    written = {
        "account": "acme",
        "type": "email",
        "subject": "Hi",
        "email": {"participants": True},
        "text": "x",
    }
    assert house.call("POST", "/touchpoints", token, written | {"participants": ["ada.marsh@acme.example"]})[
        0
    ] in (201, 422)
    assert house.stop() == 0
    local = secret.partition("@")[0]
    return [
        token,
        local,
        "tpg_",
        "zq",
        "reply-",
        "nora.feld",
        "ada.marsh",
        "jonas.berg",
        "mei.tan",
        *(
            line
            for line in (house.folder / "data" / "thread-keys.json").read_text().split('"')
            if len(line) > 30
        ),
    ]


async def test_the_log_of_a_whole_run_holds_no_address_no_secret_and_no_token(tmp_path: Path) -> None:
    fault = tmp_path / "fault"
    fault.mkdir()
    (fault / "sitecustomize.py").write_text(FAULT)
    path = f"{fault}{os.pathsep}{Path(__file__).parents[2]}"
    async with relay(Recorder()) as server:
        config = (
            f'[trust]\n"*" = "verified"\n[relay]\nhost = "127.0.0.1"\nport = {server.port}\ntls = "none"\n'
            "[smtp.limits]\nerrors = 100\n"
        )

        def run() -> tuple[list[str], list[dict[str, Any]]]:
            with daemon(tmp_path, config=config, PYTHONPATH=path) as house:
                return use(house, server), entries(house)

        secrets, seen = await asyncio.to_thread(run)
    assert len(seen) > 50
    assert any("Traceback" in str(entry.get("exception")) for entry in seen)
    for entry in seen:
        shown = json.dumps(entry, ensure_ascii=False)
        for secret in secrets:
            assert secret not in shown, f"{secret!r} in {shown}"
