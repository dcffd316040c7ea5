"""A real Postfix in private folders and on high ports: nothing of the system's is touched."""

import os
import shutil
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

SECONDS = 30
PAUSE = threading.Event()
"""Never set: other processes can only be asked again."""

NEEDED = [
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
smtp unix - - n - - smtp
relay unix - - n - - smtp
error unix - - n - - error
retry unix - - n - - error
postlog unix-dgram n - n - 1 postlogd
"""


def free_port() -> int:
    """A port that nobody has this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def until(told: Callable[[], object], what: Callable[[], str], seconds: float = SECONDS) -> None:
    """Ask again and again until the answer is yes; `what` says what went wrong when it never is."""
    end = time.monotonic() + seconds
    while not told():
        assert time.monotonic() < end, what()
        PAUSE.wait(0.05)


def answers(port: int) -> bool:
    """Whether a mail server greets there."""
    try:
        with socket.create_connection(("127.0.0.1", port), 1) as channel:
            return channel.recv(3) == b"220"
    except OSError:
        return False


@dataclass(frozen=True)
class Running:
    """A Postfix that runs: its port, and the process id of its master."""

    port: int
    master: int


@contextmanager
def postfix(files: Mapping[str, str], networks: str = "192.0.2.0/24") -> Iterator[int]:
    """A Postfix whose main.cf and transport are `files`, "{folder}" in them being its folder; gives its port.

    `networks` may relay.
    """
    with running(files, networks) as there:
        yield there.port


@contextmanager
def running(files: Mapping[str, str], networks: str, services: str = "") -> Iterator[Running]:
    """The same, with more `services`. Its folder is no pytest one: Postfix must be able to look into it."""
    folder = Path(tempfile.mkdtemp(prefix="postfix-"))
    folder.chmod(0o755)
    port = free_port()
    for name in ("queue", "data"):
        (folder / name).mkdir()
    shutil.chown(folder / "data", "postfix")
    for name, text in files.items():
        base = f"{BASE}mynetworks = {networks}\n" if name == "main.cf" else ""
        (folder / name).write_text((base + text).replace("{folder}", str(folder)))
    (folder / "master.cf").write_text(SERVICES.format(port=port) + services)
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
        yield Running(port, int((folder / "queue" / "pid" / "master.pid").read_text()))
    finally:
        subprocess.run([*control, "stop"], capture_output=True, check=False, timeout=SECONDS)
        shutil.rmtree(folder, ignore_errors=True)
