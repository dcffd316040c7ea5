"""A colleague logs in to submit mail: their own From is proven by it, and nobody else's."""

import shutil
import smtplib
import sqlite3
import ssl
import subprocess
from base64 import b64encode
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from gateway.config.values import Listen
from gateway.health import listener
from tests.daemon import LOG, SECONDS, Daemon, daemon
from tests.e2e.test_certificate import make_certificate

NORA = "nora.feld@lumenfold.example"


@pytest.fixture
def house(tmp_path: Path) -> Iterator[Daemon]:
    make_certificate(tmp_path, "gateway.lumenfold.example")
    smtp = f'tls_certificate = "{tmp_path}/cert.pem"\ntls_key = "{tmp_path}/key.pem"\n'
    with daemon(tmp_path, listen="submission:127.0.0.1:0", smtp=smtp) as made:
        yield made


def whole_log(house: Daemon) -> str:
    """Everything the daemon said until it stopped."""
    assert house.stop() == 0
    seen = list(house.seen)
    while not house._events.empty():
        seen.append(house._events.get())
    return str(seen)


def mail(author: str) -> bytes:
    return (
        f"From: {author}\r\nTo: ada.marsh@acme.example\r\nSubject: Rollout\r\n"
        f"Message-ID: <{len(author)}@lumenfold.example>\r\n\r\nWe start on Monday.\r\n"
    ).encode()


def submit(house: Daemon, token: str, author: str, folder: Path) -> str:
    """How the author is believed."""
    context = ssl.create_default_context(cafile=folder / "cert.pem")
    context.check_hostname = False
    with smtplib.SMTP("127.0.0.1", house.port, timeout=SECONDS) as server:
        server.starttls(context=context)
        server.login(NORA, token)
        server.sendmail(NORA, [LOG], mail(author))
    settled = house.settled()
    (shown,) = house.lines("queue", "show", str(settled["mail"]))
    trust = shown["sender_trust"]
    assert isinstance(trust, str)
    return trust


def test_the_author_of_submitted_mail_is_verified(house: Daemon, tmp_path: Path) -> None:
    token = house.token(NORA)
    assert submit(house, token, f"Nora Feld <{NORA}>", tmp_path) == "verified"
    assert submit(house, token, "N. Feld <nfeld@lumenfold.example>", tmp_path) == "verified"
    assert submit(house, token, "Jonas <jonas.berg@lumenfold.example>", tmp_path) == "unverified"
    (shown,) = house.lines("queue", "show", "1")
    peer = shown["peer"]
    assert (peer["login"], peer["proto"]) == (NORA, "ESMTPSA")
    assert set(peer["login_addresses"]) >= {NORA, "nfeld@lumenfold.example"}
    log = whole_log(house)
    assert token not in log
    assert b64encode(f"\0{NORA}\0{token}".encode()).decode() not in log


def test_a_token_that_is_no_longer_good_or_somebody_elses_opens_nothing(
    house: Daemon, tmp_path: Path
) -> None:
    token, other = house.token(NORA), house.token("jonas.berg@lumenfold.example")
    house.run("token", "revoke", "1")
    expired = house.run("token", "create", NORA, "--days", "1").stdout.strip()
    with closing(sqlite3.connect(tmp_path / "data" / "gateway.db", timeout=SECONDS)) as database, database:
        database.execute(
            "UPDATE api_tokens SET expires_at = '2020-01-01 00:00:00' WHERE expires_at IS NOT NULL"
        )
    context = ssl.create_default_context(cafile=tmp_path / "cert.pem")
    context.check_hostname = False
    for wrong in (token, other, expired):
        with smtplib.SMTP("127.0.0.1", house.port, timeout=SECONDS) as server:
            server.starttls(context=context)
            with pytest.raises(smtplib.SMTPAuthenticationError, match="User or password is wrong"):
                server.login(NORA, wrong)
    log = whole_log(house)
    assert all(wrong not in log for wrong in (token, other, expired))


def test_a_token_that_only_creates_submits_by_tls_from_the_first_byte(tmp_path: Path) -> None:
    make_certificate(tmp_path, "gateway.lumenfold.example")
    smtp = f'tls_certificate = "{tmp_path}/cert.pem"\ntls_key = "{tmp_path}/key.pem"\n'
    context = ssl.create_default_context(cafile=tmp_path / "cert.pem")
    context.check_hostname = False
    with daemon(tmp_path, listen="submissions:127.0.0.1:0", smtp=smtp) as house:
        token = house.run("token", "create", NORA, "--permission", "create").stdout.strip()
        reads = house.run("token", "create", NORA, "--read-only").stdout.strip()
        with (
            smtplib.SMTP_SSL("127.0.0.1", house.port, timeout=SECONDS, context=context) as server,
            pytest.raises(smtplib.SMTPAuthenticationError, match="User or password is wrong"),
        ):
            server.login(NORA, reads)
        for way in ("PLAIN", "LOGIN"):
            with smtplib.SMTP_SSL("127.0.0.1", house.port, timeout=SECONDS, context=context) as server:
                server.ehlo()
                server.user, server.password = "NFeld@Lumenfold.example", token
                method = {"PLAIN": server.auth_plain, "LOGIN": server.auth_login}[way]
                assert server.auth(way, method)[0] == 235
                server.sendmail(NORA, [LOG], mail(f"Nora {way} <{NORA}>"))
            assert house.settled()["event"] == "filed"
        assert listener(Listen.parse(f"submissions:127.0.0.1:{house.port}"), running=True).state == "ok"
        sent = house.run("send-test", check=False)
        assert (sent.returncode, "Everybody logs in" in sent.stderr) == (64, True)


@pytest.mark.skipif(
    subprocess.run(("perl", "-MNet::SSLeay", "-e", "1"), check=False).returncode != 0
    or not shutil.which("swaks"),
    reason="no swaks with TLS here: apt-get install swaks libnet-ssleay-perl",
)
def test_swaks_submits_as_any_client_does(house: Daemon) -> None:
    token = house.token(NORA)
    command = (
        *("swaks", "--server", f"127.0.0.1:{house.port}", "--tls", "--auth", "PLAIN", "--auth-user", NORA),
        *("--auth-password", token, "--from", NORA, "--to", LOG, "--header", "Subject: Rollout"),
        *("--header", "To: ada.marsh@acme.example", "--body", "We start on Monday."),
    )
    ran = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=False)
    assert "235 2.7.0 Logged in" in ran.stdout
    assert house.settled()["event"] == "filed"
