"""Handing a mail to a relay, over a real SMTP conversation."""

import asyncio
import shutil
import socket
import ssl
import subprocess
from pathlib import Path

import pytest

from gateway.config.settings import Relay
from gateway.outbound.relay import Line, NeverError, NotNowError
from tests.outbound.relays import Recorder, relay

ADMIN = "postmaster@lumenfold.example"
RAW = (
    b"From: Dora <dora@acme.example>\r\nTo: postmaster@touchpoints.example\r\nSubject: =?utf-8?q?H=C3=A4?=\r\n"
    b"\r\n.a line that begins with a dot\r\nGr\xc3\xbc\xc3\x9fe\r\n" + b"x" * 900 + b"\r\n"
)


def at(port: int, **more: object) -> Relay:
    return Relay.model_validate({"host": "127.0.0.1", "port": port, "tls": "none", **more})


async def send(server: Recorder, *, to: str = ADMIN, raw: bytes = RAW, **more: object) -> str:
    return await Line(at(server.port, **more), "touchpoints.example", sleep=_no_wait).deliver(raw, to)


async def _no_wait(seconds: float) -> None:
    """Time is nobody's here."""


async def test_the_mail_arrives_byte_for_byte_with_a_null_return_path() -> None:
    async with relay(Recorder()) as server:
        answer = await send(server)
    (taken,) = server.taken
    assert taken.mail_from in ("", "<>")
    assert taken.rcpt_tos == [ADMIN]
    assert taken.original_content == RAW
    assert "queued as 4F2A" in answer
    assert server.greeted_as == ["touchpoints.example"]
    assert "BODY=8BITMIME" in taken.mail_options


async def test_an_international_recipient() -> None:
    async with relay(Recorder()) as server:
        await send(server, to="jörg@bücher.example")
    assert server.taken[0].rcpt_tos == ["jörg@bücher.example"]


@pytest.mark.parametrize(
    ("verb", "answer", "error"),
    [
        ("RCPT", "550 5.1.1 no such user", NeverError),
        ("RCPT", "452 4.2.2 mailbox full", NotNowError),
        ("RCPT", "451 4.7.1 greylisted", NotNowError),
        ("RCPT", "530 5.7.0 authentication required", NotNowError),
        ("MAIL", "553 5.1.8 sender refused", NeverError),
        ("MAIL", "421 4.3.2 shutting down", NotNowError),
        ("DATA", "554 5.7.1 spam", NeverError),
        ("DATA", "451 4.3.0 try later", NotNowError),
    ],
)
async def test_what_a_refusal_means(verb: str, answer: str, error: type[Exception]) -> None:
    async with relay(Recorder(answers={verb: answer})) as server:
        with pytest.raises(error, match=answer[4:9]):
            await send(server)
    assert not server.taken


async def test_logging_in() -> None:
    async with relay(Recorder()) as server:
        await send(server, username="touchpoints", password="s3cret")
    assert [login.login for login in server.logins] == [b"touchpoints"]
    assert len(server.taken) == 1


async def test_a_wrong_password_can_be_mended() -> None:
    async with relay(Recorder()) as server:
        with pytest.raises(NotNowError, match="535"):
            await send(server, username="touchpoints", password="wrong")


async def test_a_password_file_that_is_not_there_can_be_mended(tmp_path: Path) -> None:
    async with relay(Recorder()) as server:
        with pytest.raises(NotNowError):
            await send(server, username="touchpoints", password_file=str(tmp_path / "none"))


async def test_a_relay_without_starttls_gets_nothing_in_the_clear() -> None:
    async with relay(Recorder()) as server:
        with pytest.raises(NotNowError):
            await send(server, tls="starttls")
    assert not server.taken


async def test_a_closed_port_is_tried_three_times_and_then_later() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    pauses: list[float] = []

    async def wait(seconds: float) -> None:
        pauses.append(seconds)

    with pytest.raises(NotNowError):
        await Line(at(port), "touchpoints.example", sleep=wait).deliver(RAW, ADMIN)
    assert len(pauses) == 2


@pytest.mark.parametrize("recipient", ["a@b.example>\r\nRCPT TO:<c@d.example", "a b@c.example", "a@b\x00"])
async def test_no_command_can_be_slipped_in_with_the_recipient(recipient: str) -> None:
    async with relay(Recorder()) as server:
        with pytest.raises(NeverError):
            await send(server, to=recipient)
    assert not server.greeted_as


async def test_a_cancelled_delivery_lets_go_of_the_relay() -> None:
    async with relay(Recorder(hold=asyncio.Event())) as server:
        task = asyncio.create_task(send(server))
        await server.in_data.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed")
    folder = tmp_path_factory.mktemp("tls")
    cert, key = folder / "cert.pem", folder / "key.pem"
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=relay"),
            *("-addext", "subjectAltName=IP:127.0.0.1", "-out", str(cert), "-keyout", str(key)),
        ],
        check=True,
        capture_output=True,
        timeout=60,
    )
    return cert, key


@pytest.mark.parametrize("mode", ["starttls", "implicit"])
async def test_tls(certificate: tuple[Path, Path], mode: str) -> None:
    serving = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    serving.load_cert_chain(*certificate)
    trusting = ssl.create_default_context(cafile=str(certificate[0]))
    recorder = Recorder()
    running = relay(recorder, starttls=serving) if mode == "starttls" else relay(recorder, implicit=serving)
    async with running as server:
        line = Line(at(server.port, tls=mode), "touchpoints.example", tls=trusting)
        await line.deliver(RAW, ADMIN)
        await line.quit()
        assert server.encrypted == [True]
        # The system does not trust it: rather no mail than a mail in anybody's hands.
        with pytest.raises(NotNowError):
            await send(server, tls=mode)
    assert len(server.taken) == 1
