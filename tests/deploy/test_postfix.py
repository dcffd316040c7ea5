"""A real Postfix in front, set up as deploy/postfix says: private folders and high ports, nothing of the system's."""

import json
import os
import shutil
import smtplib
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOMAIN = "touchpoints.lumenfold.example"
SECONDS = 30
PAUSE = threading.Event()
"""Never set: other processes can only be asked again."""

pytestmark = [
    pytest.mark.skipif(shutil.which("postfix") is None, reason="no Postfix here: apt-get install postfix"),
    pytest.mark.skipif(os.geteuid() != 0, reason="Postfix starts as root alone"),
]

BASE = """\
compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/data
mail_owner = postfix
setgid_group = postdrop
maillog_file = {folder}/log
maillog_file_prefixes = {folder}
myhostname = mx.lumenfold.example
mydestination =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks = 192.0.2.0/24
smtpd_peername_lookup = no
address_verify_map =
alias_maps =
alias_database =
"""

SERVICES = """\
127.0.0.1:{port} inet n - n - - smtpd
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
proxymap unix - - n - - proxymap
anvil unix - - n - 1 anvil
lmtp unix - - n - - lmtp
error unix - - n - - error
retry unix - - n - - error
postlog unix-dgram n - n - 1 postlogd
"""


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


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def until(told: Callable[[], object], what: Callable[[], str]) -> None:
    """Ask again and again until the answer is yes; `what` says what went wrong when it never is."""
    end = time.monotonic() + SECONDS
    while not told():
        assert time.monotonic() < end, what()
        PAUSE.wait(0.05)


def answers(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), 1) as channel:
            return channel.recv(3) == b"220"
    except OSError:
        return False


@pytest.fixture
def gateway(tmp_path: Path) -> Iterator[Gateway]:
    pytest.importorskip("gateway.cli.serve")
    port = free_port()
    config = tmp_path / "config.toml"
    config.write_text(
        f'hostname = "gateway.lumenfold.example"\ndata_dir = "{tmp_path}/data"\n'
        f'[smtp]\nlisten = ["lmtp:127.0.0.1:{port}"]\n[sender_check]\ndns = false\n'
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
def postfix(gateway: Gateway) -> Iterator[int]:
    """The port at which Postfix takes mail. Its folder is no pytest one: Postfix must be able to look into it."""
    folder = Path(tempfile.mkdtemp(prefix="postfix-"))
    folder.chmod(0o755)
    port = free_port()
    for name in ("queue", "data"):
        (folder / name).mkdir()
    shutil.chown(folder / "data", "postfix")
    ours = {
        "touchpoints.example.com": DOMAIN,
        "/etc/postfix/transport": str(folder / "transport"),
        "127.0.0.1:8024": f"127.0.0.1:{gateway.port}",
    }
    for name in ("main.cf", "transport"):
        text = (ROOT / "deploy/postfix" / name).read_text()
        for theirs, mine in ours.items():
            text = text.replace(theirs, mine)
        (folder / name).write_text((BASE.format(folder=folder) if name == "main.cf" else "") + text)
    (folder / "master.cf").write_text(SERVICES.format(port=port))
    control = ["postfix", "-c", str(folder)]
    try:
        subprocess.run(
            ["postmap", "-c", str(folder), f"hash:{folder}/transport"], check=True, timeout=SECONDS
        )
        started = subprocess.run(
            [*control, "start"], capture_output=True, text=True, check=False, timeout=SECONDS
        )
        assert started.returncode == 0, started.stderr
        until(lambda: answers(port), (folder / "log").read_text)
        yield port
    finally:
        subprocess.run([*control, "stop"], capture_output=True, check=False, timeout=SECONDS)
        shutil.rmtree(folder, ignore_errors=True)


def letter() -> EmailMessage:
    mail = EmailMessage()
    mail["From"] = "Nora Feld <nora.feld@lumenfold.example>"
    mail["To"] = "Ada Marsh <ada.marsh@acme.example>"
    mail["Subject"] = "Handed over by Postfix"
    mail["Date"] = "Mon, 02 Mar 2026 09:30:00 +0100"
    mail["Message-ID"] = "<handed-over-1@lumenfold.example>"
    mail.set_content("Hello Ada,\n\nthe second site starts on Monday.\n\nNora\n")
    return mail


def test_a_mail_by_way_of_postfix_is_on_the_timeline(postfix: int, gateway: Gateway) -> None:
    with smtplib.SMTP("127.0.0.1", postfix, timeout=SECONDS) as server:
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


def test_postfix_refuses_while_the_sender_waits_what_the_gateway_would_refuse(postfix: int) -> None:
    with smtplib.SMTP("127.0.0.1", postfix, timeout=SECONDS) as server:
        server.ehlo()
        server.mail("ada.marsh@acme.example")
        code, _ = server.rcpt(f"log+nobody@{DOMAIN}")
        # Postfix waits six seconds for the gateway's answer, then asks to try later.
        assert code in {450, 550}
        code, _ = server.rcpt(f"log@{DOMAIN}")
        assert code == 250
