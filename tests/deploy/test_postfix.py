"""A real Postfix in front, set up as deploy/postfix says."""

import json
import smtplib
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path

import pytest

from tests.postfix import NEEDED, SECONDS, answers, free_port, postfix, until

ROOT = Path(__file__).parents[2]
DOMAIN = "touchpoints.lumenfold.example"
pytestmark = NEEDED


@dataclass(frozen=True)
class Gateway:
    """A daemon process that takes LMTP at `port`, and its command line."""

    port: int
    config: Path

    def lines(self, *arguments: str) -> list[dict[str, object]]:
        done = subprocess.run(
            [sys.executable, "-m", "gateway", "--config", str(self.config), *arguments],
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=True,
            cwd=ROOT,
        )
        return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.fixture
def gateway(tmp_path: Path) -> Iterator[Gateway]:
    pytest.importorskip("gateway.cli.serve")
    port = free_port()
    config = tmp_path / "config.toml"
    config.write_text(
        f'hostname = "gateway.lumenfold.example"\ndata_dir = "{tmp_path}/data"\n'
        f'[smtp]\nlisten = ["lmtp:127.0.0.1:{port}"]\n[sender_check]\ndns = false\n[http]\nlisten = ""\n'
    )
    command = [sys.executable, "-m", "gateway", "--config", str(config)]
    subprocess.run(
        [*command, "directory", "import", str(ROOT / "deploy/sample")], check=True, cwd=ROOT, timeout=60
    )
    log = tmp_path / "log"
    with (
        log.open("wb") as out,
        subprocess.Popen([*command, "serve"], cwd=ROOT, stdout=out, stderr=out) as daemon,
    ):
        try:
            until(lambda: answers(port), log.read_text)
            yield Gateway(port, config)
        finally:
            daemon.terminate()
            try:
                daemon.wait(SECONDS)
            except subprocess.TimeoutExpired:
                daemon.kill()


@pytest.fixture
def relaying(gateway: Gateway) -> Iterator[int]:
    """The port at which Postfix, set up with the very files of deploy/postfix, takes mail."""
    ours = {
        "touchpoints.example.com": DOMAIN,
        "/etc/postfix/transport": "{folder}/transport",
        "127.0.0.1:8024": f"127.0.0.1:{gateway.port}",
    }
    files = {}
    for name in ("main.cf", "transport"):
        text = (ROOT / "deploy/postfix" / name).read_text()
        for theirs, mine in ours.items():
            text = text.replace(theirs, mine)
        files[name] = text
    with postfix(files) as port:
        yield port


def letter() -> EmailMessage:
    mail = EmailMessage()
    mail["From"] = "Nora Feld <nora.feld@lumenfold.example>"
    mail["To"] = "Ada Marsh <ada.marsh@acme.example>"
    mail["Subject"] = "Handed over by Postfix"
    mail["Date"] = "Mon, 02 Mar 2026 09:30:00 +0100"
    mail["Message-ID"] = "<handed-over-1@lumenfold.example>"
    mail.set_content("Hello Ada,\n\nthe second site starts on Monday.\n\nNora\n")
    return mail


def test_a_mail_by_way_of_postfix_is_on_the_timeline(relaying: int, gateway: Gateway) -> None:
    with smtplib.SMTP("127.0.0.1", relaying, timeout=SECONDS) as server:
        server.send_message(letter(), "nora.feld@lumenfold.example", [f"log@{DOMAIN}"])
    found: list[dict[str, object]] = []

    def filed() -> bool:
        found[:] = gateway.lines("timeline", "acme", "--json")
        return bool(found)

    until(filed, lambda: f"nothing was filed; in the queue: {gateway.lines('queue', 'list', '--json')}")
    (touchpoint,) = found
    assert touchpoint["subject"] == "Handed over by Postfix"
    assert touchpoint["way"] == "bcc"
    assert "the second site starts on Monday." in str(touchpoint["text"])


def test_postfix_refuses_while_the_sender_waits_what_the_gateway_would_refuse(relaying: int) -> None:
    with smtplib.SMTP("127.0.0.1", relaying, timeout=SECONDS) as server:
        server.ehlo()
        server.mail("ada.marsh@acme.example")
        code, _ = server.rcpt(f"log+nobody@{DOMAIN}")
        # Postfix waits six seconds for the gateway's answer, then asks to try later.
        assert code in {450, 550}
        code, _ = server.rcpt(f"log@{DOMAIN}")
        assert code == 250
