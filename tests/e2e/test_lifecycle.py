"""How the daemon starts and stops: sd_notify, sockets of systemd, an end within thirty seconds."""

import asyncio
import os
import select
import shutil
import signal
import smtplib
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from tests.daemon import LOG, ROOT, SECONDS, commits, daemon
from tests.e2e.mails import letter
from tests.outbound.relays import Recorder, relay
from tests.torture.strace import attached, threads_of

PROMISED_SECONDS = 30


def test_the_service_manager_is_told_when_it_is_ready_and_when_it_stops(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(tmp_path / "notify"))
        manager.settimeout(SECONDS)
        with daemon(tmp_path, NOTIFY_SOCKET=str(tmp_path / "notify"), WATCHDOG_USEC="200000") as house:
            told = [manager.recv(1000).decode() for _ in range(4)]
            assert any("READY=1" in message and "listening on" in message for message in told)
            assert "WATCHDOG=1" in told
            assert house.stop() == 0
            manager.settimeout(0)
            rest = []
            try:
                while True:
                    rest.append(manager.recv(1000).decode())
            except BlockingIOError:
                pass
            assert any("STOPPING=1" in message for message in rest)


@pytest.mark.skipif(
    not shutil.which("systemd-socket-activate"), reason="no systemd here: apt-get install systemd"
)
def test_sockets_of_systemd_take_the_place_of_the_configured_ones(tmp_path: Path) -> None:
    with daemon(tmp_path, started=False) as house, socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
        probe.close()
        lmtp = tmp_path / "lmtp.sock"
        command = [
            *("systemd-socket-activate", "-l", f"127.0.0.1:{port}", "-l", str(lmtp), "--fdname=smtp:lmtp"),
            *(sys.executable, "-m", "gateway", "--config", str(house.config), "serve"),
        ]
        process = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.DEVNULL)
        try:
            with patient(lambda: smtplib.SMTP("127.0.0.1", port, timeout=SECONDS)) as server:
                server.sendmail("nora.feld@lumenfold.example", [LOG], letter("By SMTP"))
            with smtplib.LMTP(str(lmtp)) as server:
                server.sendmail("nora.feld@lumenfold.example", [LOG], letter("By LMTP"))
            states = [
                mail["subject"]
                for mail in house.lines("queue", "list", "--state", "received", "--state", "filed")
            ]
            assert len(states) == 2
        finally:
            process.send_signal(signal.SIGTERM)
            assert process.wait(PROMISED_SECONDS) == 0


def patient(connect):
    """Try until the socket is there: another process opens it."""
    end = time.monotonic() + SECONDS
    while True:
        try:
            return connect()
        except ConnectionRefusedError:
            assert time.monotonic() < end
            os.sched_yield()


def test_the_process_ends_in_time_while_the_database_is_held(tmp_path: Path) -> None:
    with daemon(tmp_path) as house:
        lock = sqlite3.connect(tmp_path / "data" / "gateway.db", isolation_level=None)
        lock.execute("BEGIN EXCLUSIVE")
        answers: list[object] = []
        client = threading.Thread(target=_send, args=(house.port, answers))
        client.start()
        house.event("connected")
        begun = time.monotonic()
        assert house.process is not None
        house.process.send_signal(signal.SIGTERM)
        house.process.wait(PROMISED_SECONDS)
        assert time.monotonic() - begun < PROMISED_SECONDS
        client.join(SECONDS)
        lock.execute("ROLLBACK")
        lock.close()
        # Nobody was told 250 for a mail that is not there.
        kept = house.lines("queue", "list", "--state", "received", "--state", "filed")
        assert len(kept) >= answers.count(250)


def _send(port: int, answers: list[object]) -> None:
    try:
        with smtplib.SMTP("127.0.0.1", port, timeout=SECONDS) as server:
            server.ehlo()
            server.mail("nora.feld@lumenfold.example")
            server.rcpt(LOG)
            answers.append(server.data(letter())[0])
    except (smtplib.SMTPException, OSError) as error:
        answers.append(type(error).__name__)


async def test_mail_to_postmaster_is_passed_on_through_the_relay(tmp_path: Path) -> None:
    async with relay(Recorder()) as recorder:
        config = f'[relay]\nhost = "127.0.0.1"\nport = {recorder.port}\ntls = "none"\n'
        with daemon(tmp_path, config=config, GATEWAY_ADMINISTRATOR="admin@lumenfold.example") as house:
            await asyncio.to_thread(
                house.send, letter("Who runs this?"), "Postmaster@touchpoints.lumenfold.example"
            )
            async with asyncio.timeout(SECONDS):
                await recorder.in_data.wait()
                while not recorder.taken:
                    await asyncio.sleep(0.01)
    (passed_on,) = recorder.taken
    assert passed_on.rcpt_tos == ["admin@lumenfold.example"]
    assert passed_on.mail_from in ("", "<>")
    assert b"Subject: Who runs this?" in (passed_on.original_content or b"")
    assert b"X-Touchpoint-Loop: gateway.lumenfold.example" in (passed_on.original_content or b"")


@pytest.mark.skipif(not shutil.which("strace"), reason="no strace here: apt-get install strace")
@pytest.mark.parametrize(
    ("call", "fault"), [("fdatasync", "EIO"), ("pwrite64", "EIO"), ("fdatasync", "ENOSPC")]
)
def test_after_a_write_or_an_fsync_that_failed_the_sender_hears_451_and_the_daemon_leaves(
    tmp_path: Path, call: str, fault: str
) -> None:
    with daemon(tmp_path) as house:
        house.send(letter("Before"))
        assert house.process is not None
        threads = threads_of(house.process.pid)
        inject = f"-einject={call}:error={fault}:when=1"
        answers: list[object] = []
        with attached(tmp_path / "trace", threads, f"-etrace={call}", inject):
            _send(house.port, answers)
        assert answers[0] == 451  # and 421 to its QUIT, when the daemon was quicker
        assert house.process.wait(PROMISED_SECONDS) == os.EX_IOERR
        house.start()
        house.send(letter())


def test_mail_goes_on_when_the_process_that_commits_dies(tmp_path: Path) -> None:
    with daemon(tmp_path) as house:
        house.send(letter("Before"))
        assert house.process is not None
        (committing,) = commits(house.process.pid)
        assert Path(f"/proc/{committing}/comm").read_text() == "gateway-commits\n"
        os.kill(committing, signal.SIGKILL)
        assert house.event("the committing process died")["code"] == -signal.SIGKILL
        house.send(letter("After"))
        assert commits(house.process.pid) == []
        assert house.stop() == 0


def test_nothing_is_left_of_a_daemon_that_was_killed(tmp_path: Path) -> None:
    with daemon(tmp_path) as house:
        assert house.process is not None
        (committing,) = commits(house.process.pid)
        ended = os.pidfd_open(committing)
        house.process.kill()
        assert select.select([ended], [], [], SECONDS)[0]
        os.close(ended)
        house.process.wait(SECONDS)
        house.start()  # at once, with the same database
        house.send(letter())


def test_what_takes_mail_is_not_kept_waiting_for_the_modules_of_the_api() -> None:
    imports = "import sys, gateway.cli.serve, gateway.daemon; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", imports], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert not {"fastapi", "uvicorn", "gateway.outbound.sender"} & set(done.stdout.split())
