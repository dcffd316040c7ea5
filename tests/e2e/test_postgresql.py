"""Several gateways on one PostgreSQL: one queue, one directory, one timeline."""

import os
import signal
import smtplib
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from gateway.config import load
from gateway.site import sites
from rules.recipients import thread_address
from tests import postgresql
from tests.daemon import SAMPLE, Daemon
from tests.postgresql import PostgreSQL

pytestmark = postgresql.NEEDED

MAIL = (
    "From: Nora Feld <nora.feld@lumenfold.example>\r\nTo: Ada Marsh <ada.marsh@acme.example>\r\n"
    "Subject: Rollout {number}\r\nMessage-ID: <rollout-{number}@lumenfold.example>\r\n"
    "Date: Mon, 2 Mar 2026 10:00:00 +0100\r\n\r\nHello Ada\r\n"
)


@pytest.fixture
def server() -> Iterator[PostgreSQL]:
    """A server of the test's own: it is restarted."""
    with postgresql.running() as server:
        yield server


class House:
    """Gateways that share a database and a folder of blobs; each has a folder of its own besides."""

    def __init__(self, folder: Path, database: str, stack: ExitStack) -> None:
        self._folder = folder
        self._database = database
        self._stack = stack

    def gateway(self, name: str, config: str = "") -> Daemon:
        """One that is not started yet."""
        folder = self._folder / name
        folder.mkdir()
        shared = (
            f'[storage]\ndatabase = "{self._database}"\nblobs = "{self._folder}/blobs"\n'
            f'[threads]\nkeys_file = "{self._folder}/keys.json"\n{config}'
        )
        made = Daemon(folder, config=shared)
        self._stack.callback(made.kill)
        return made


@pytest.fixture
def house(tmp_path: Path, server: PostgreSQL) -> Iterator[House]:
    with ExitStack() as stack:
        yield House(tmp_path, server.create(server.migrated()), stack)


def mail(number: int) -> bytes:
    return MAIL.format(number=number).encode()


def subjects(gateway: Daemon) -> list[str]:
    return sorted(line["subject"] for line in gateway.lines("timeline", "acme"))


def rest(gateway: Daemon) -> None:
    """Let the gateway take mail and file none."""
    assert gateway.process is not None
    gateway.event("http listening")  # its processes are all there
    children = Path(f"/proc/{gateway.process.pid}/task/{gateway.process.pid}/children").read_text().split()
    for child in children:
        os.kill(int(child), signal.SIGSTOP)


def test_mail_that_one_gateway_takes_another_one_files(house: House) -> None:
    one, two = house.gateway("one"), house.gateway("two")
    one.run("directory", "import", str(SAMPLE))
    one.start()
    rest(one)
    two.start()
    for number in range(3):
        one.send(mail(number))
        assert two.settled()["event"] == "filed"
    assert subjects(one) == [f"Rollout {number}" for number in range(3)]
    one.kill()  # with nothing of its own lost: there is nothing of its own


def test_an_answer_is_filed_in_its_thread_whichever_gateway_it_reaches(house: House) -> None:
    one, two = house.gateway("one"), house.gateway("two")
    one.run("directory", "import", str(SAMPLE))
    one.start()
    one.send(mail(1))
    touchpoint = one.settled()["touchpoint"]
    assert one.stop() == 0
    two.start()
    site = sites(load(two.config))()
    two.send(
        b"From: Ada Marsh <ada.marsh@acme.example>\r\nSubject: Re: Rollout 1\r\n"
        b"Message-ID: <answer@acme.example>\r\n\r\nGladly\r\n",
        thread_address.address(site, touchpoint),
        sender="ada.marsh@acme.example",
    )
    entry = two.settled()
    assert (entry["event"], entry["way"]) == ("replied", "thread")
    assert two.stop() == 0


def test_a_server_that_is_restarted_loses_nothing_and_nobody(house: House, server: PostgreSQL) -> None:
    gateway = house.gateway("one")
    gateway.run("directory", "import", str(SAMPLE))
    gateway.start()
    gateway.send(mail(1))
    assert gateway.settled()["event"] == "filed"
    server.stop("immediate")
    with pytest.raises(smtplib.SMTPDataError, match="451"):
        gateway.send(mail(2))
    server.start()
    gateway.event("other gateways are heard again")
    gateway.send(mail(2))
    assert gateway.settled()["event"] == "filed"
    assert subjects(gateway) == ["Rollout 1", "Rollout 2"]
    assert gateway.stop() == 0
