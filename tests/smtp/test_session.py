"""What a dialogue cannot show: facts about the peer, the log, memory, both event loops, shutting down."""

import asyncio
import contextlib
import logging
import socket
import tracemalloc
from base64 import b64encode
from collections.abc import Callable
from dataclasses import replace
from ipaddress import ip_network
from pathlib import Path

import pytest
import structlog
import uvloop
from aiosmtpd.smtp import SMTP

from gateway import metrics
from gateway.config.values import Kind
from gateway.events import REFUSED
from gateway.smtp.connection import REFUSALS_TOLD
from gateway.smtp.handler import Login
from gateway.smtp.limits import Limits
from gateway.smtp.options import Options
from gateway.smtp.wire import Wire
from tests.smtp import dialogue
from tests.smtp.house import HOSTNAME, SECRET, House, log_in, open_house, tls_options

LOOPS: dict[str, Callable[[], asyncio.AbstractEventLoop]] = {
    "asyncio": asyncio.new_event_loop,
    "uvloop": uvloop.new_event_loop,
}
LOGIN = "AUTH PLAIN " + b64encode(b"\0ann@vendor.example\0tpg_correct").decode()
DIALOGUES = Path(__file__).parent / "dialogues"


class Client:
    """Speaks and waits for the last line of each reply."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    @classmethod
    async def meet(cls, house: House) -> "Client":
        """Connect and take the greeting."""
        client = cls(*await asyncio.open_connection("127.0.0.1", house.port))
        await client.reply()
        return client

    async def reply(self) -> str:
        """The last line of the next reply."""
        while True:
            line = (await self.reader.readuntil(b"\r\n")).decode()
            if line[3] == " ":
                return line.strip()

    async def say(self, *lines: str) -> str:
        """Say each line, waiting for each answer; the last answer."""
        answer = ""
        for line in lines:
            self.writer.write(line.encode() + b"\r\n")
            answer = await self.reply()
        return answer

    async def mail(self, *recipients: str) -> str:
        """Send a small mail; the reply after the dot."""
        rcpts = [f"RCPT TO:<{recipient}>" for recipient in recipients or ("log@gateway.example",)]
        await self.say("MAIL FROM:<ann@vendor.example>", *rcpts, "DATA")
        return await self.say("Subject: x\r\n\r\nhello\r\n.")

    async def leave(self) -> None:
        """Close the connection."""
        self.writer.close()
        await self.writer.wait_closed()


async def test_peer_facts_behind_a_proxy() -> None:
    async with open_house(Options(HOSTNAME, trusted_proxies=(ip_network("127.0.0.1/32"),))) as house:
        client = Client(*await asyncio.open_connection("127.0.0.1", house.port))
        client.writer.write(b"PROXY TCP4 192.0.2.7 192.0.2.9 4000 25\r\n")
        await client.reply()
        await client.say("HELO mta.customer.example")
        assert await client.mail() == "250 2.6.0 Kept as 1"
        await client.leave()
    peer = house.intake.kept[0].peer
    assert len(peer["session"]) == 8
    assert peer == {
        "session": peer["session"],
        "address": "192.0.2.7",
        "proxy": "127.0.0.1",
        "helo": "mta.customer.example",
        "proto": "SMTP",
        "tls": "",
    }


async def test_a_proxy_speaks_before_the_handshake_of_its_client() -> None:
    options = tls_options(trusted_proxies=(ip_network("127.0.0.1/32"),))
    async with open_house(options, kind="submissions") as house:
        reader, writer = await asyncio.open_connection("127.0.0.1", house.port)
        writer.write(b"PROXY TCP4 192.0.2.7 192.0.2.9 4000 465\r\n")
        await writer.start_tls(dialogue.unverified())
        client = Client(reader, writer)
        assert (await client.reply()).startswith("220 ")
        await client.say("EHLO laptop", LOGIN)
        assert await client.mail() == "250 2.6.0 Kept as 1"
        await client.leave()
    peer = house.intake.kept[0].peer
    assert (peer["address"], peer["proxy"], peer["proto"]) == ("192.0.2.7", "127.0.0.1", "ESMTPSA")


async def test_a_directory_that_fails_costs_nobody_his_guesses() -> None:
    options = tls_options(limits=Limits(login_failures_per_hour=2))
    async with open_house(options, kind="submissions") as house:
        failing = True

        async def fails_at_first(user: str, password: str) -> Login | None:
            if failing:
                raise ConnectionResetError("database gone")
            return await log_in(user, password)

        house.server._handler._authenticate = fails_at_first
        context = dialogue.unverified()
        client = Client(*await asyncio.open_connection("127.0.0.1", house.port, ssl=context))
        await client.reply()
        await client.say("EHLO laptop")
        for _ in range(5):
            assert (await client.say(LOGIN)).startswith("451 4.3.0 ")
        failing = False
        assert (await client.say(LOGIN)).startswith("235 ")
        await client.leave()


async def test_refusals_without_number_fill_no_log() -> None:
    async with open_house(Options(HOSTNAME, Limits(recipients=1))) as house:
        client = await Client.meet(house)
        with structlog.testing.capture_logs() as logged:
            await client.say("HELO x", "MAIL FROM:<>", "RCPT TO:<log@gateway.example>")
            for _ in range(200):
                assert (await client.say("RCPT TO:<start@gateway.example>")).startswith("452 4.5.3 ")
        told = [entry for entry in logged if entry["event"] == REFUSED]
        assert len(told) == REFUSALS_TOLD
        assert told[-1]["more"] == "not logged"
        await client.leave()


async def test_peer_facts_over_tls() -> None:
    async with open_house(tls_options()) as house:
        client = await Client.meet(house)
        await client.say("EHLO a", "STARTTLS")
        await client.writer.start_tls(dialogue.unverified())
        await client.say("EHLO b")
        await client.mail()
        await client.leave()
    peer = house.intake.kept[0].peer
    assert (peer["proto"], peer["helo"], peer["address"]) == ("ESMTPS", "b", "127.0.0.1")
    assert peer["tls"].startswith("TLSv1.3 TLS_")


async def test_failed_handshake_ends_that_session_only() -> None:
    async with open_house(tls_options()) as house:
        client = await Client.meet(house)
        await client.say("EHLO a", "STARTTLS")
        client.writer.write(b"no handshake at all\r\n" * 100)
        try:
            await client.reader.read()
        except ConnectionResetError:
            pass
        client.writer.close()
        other = await Client.meet(house)
        await other.say("EHLO b")
        assert (await other.mail()).startswith("250")
        await other.leave()


async def test_handshake_that_does_not_come_is_waited_for_and_counted() -> None:
    before = (
        metrics.REGISTRY.get_sample_value("gateway_limit_hits_total", {"limit": "handshake_seconds"}) or 0
    )
    options = tls_options(limits=Limits(handshake_seconds=0.1))
    async with open_house(options) as house:
        client = await Client.meet(house)
        await client.say("EHLO a", "STARTTLS")
        async with asyncio.timeout(20):
            assert await client.reader.read() == b""
        await client.leave()
    after = metrics.REGISTRY.get_sample_value("gateway_limit_hits_total", {"limit": "handshake_seconds"})
    assert after == before + 1


@pytest.mark.parametrize("loop", LOOPS)
@pytest.mark.parametrize("begins", ["by STARTTLS", "with TLS"])
def test_client_that_leaves_in_a_handshake_is_forgotten(loop: str, begins: str) -> None:
    """Nothing else tells of it: such sessions would be kept for ever, and waited for when the daemon stops."""

    async def leave() -> None:
        kind: Kind = "smtp" if begins == "by STARTTLS" else "submissions"
        async with open_house(tls_options(), kind=kind) as house, asyncio.timeout(10):
            reader, writer = await asyncio.open_connection("127.0.0.1", house.port)
            if kind == "smtp":
                client = Client(reader, writer)
                await client.reply()
                await client.say("EHLO a", "STARTTLS")
            writer.write(b"\x16\x03\x01")
            while not house.server._sessions:
                await asyncio.sleep(0)
            (session,) = house.server._sessions
            writer.transport.abort()
            await session.ended
            assert not house.server._sessions

    with asyncio.Runner(loop_factory=LOOPS[loop]) as runner:
        runner.run(leave())


@pytest.mark.parametrize("loop", LOOPS)
def test_handshake_that_is_here_before_the_session_begins(loop: str) -> None:
    """A loop that is busy accepts late, and reads the client's first bytes before anything was said of TLS."""

    async def meet() -> None:
        async with open_house(tls_options(), kind="submissions") as house, asyncio.timeout(10):
            for _ in range(10):
                reader, writer = await asyncio.open_connection(
                    "127.0.0.1", house.port, ssl=dialogue.unverified()
                )
                assert (await reader.readline()).startswith(b"220 ")
                writer.close()

    with asyncio.Runner(loop_factory=LOOPS[loop]) as runner:
        runner.run(meet())


@pytest.mark.parametrize("loop", LOOPS)
def test_full_gate_answers_who_begins_with_tls_too(loop: str) -> None:
    """Before the handshake, so in the clear; and what the client sent for it must not make a reset of the close."""

    async def knock() -> None:
        limits = Limits(connections=1, linger_seconds=60)
        async with open_house(tls_options(limits=limits), kind="submissions") as house, asyncio.timeout(20):
            inside = await asyncio.open_connection("127.0.0.1", house.port, ssl=dialogue.unverified())
            assert (await inside[0].readline()).startswith(b"220 ")
            for _ in range(5):
                reader, writer = await asyncio.open_connection("127.0.0.1", house.port)
                writer.write(b"\x16\x03\x01" + b"hello" * 10_000)
                assert await reader.read() == b"421 4.4.5 Too many connections, please try again later\r\n"
                writer.close()
                await writer.wait_closed()
            while len(house.server._sessions) > 1:  # nobody is waited for who has gone
                await asyncio.sleep(0)
            inside[1].close()
            with contextlib.suppress(OSError):
                await inside[1].wait_closed()

    with asyncio.Runner(loop_factory=LOOPS[loop]) as runner:
        runner.run(knock())


async def test_half_closed_client_gets_its_answers() -> None:
    """`printf … | nc -N` sends everything and shuts down its side at once."""
    async with open_house() as house:
        client = await Client.meet(house)
        client.writer.write(
            b"HELO x\r\nMAIL FROM:<>\r\nRCPT TO:<log@gateway.example>\r\nDATA\r\nhello\r\n.\r\nQUIT\r\n"
        )
        client.writer.write_eof()
        said = (await client.reader.read()).decode().splitlines()
        assert [line[:3] for line in said] == ["250", "250", "250", "354", "250", "221"]
        await client.leave()


async def test_log_names_no_address_and_no_secret(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    async with open_house() as house:
        with structlog.testing.capture_logs() as entries:
            client = await Client.meet(house)
            await client.say("HELO x")
            await client.mail(f"me-{SECRET}@gateway.example")
            await client.say(
                "MAIL FROM:<>", "RCPT TO:<log+nokey@gateway.example>", "RCPT TO:<who@gateway.example>"
            )
            await client.leave()
    events = [entry["event"] for entry in entries if entry["log_level"] == "info"]
    assert events == ["connected", "refused", "refused"]
    shown = repr([entry for entry in entries if entry["log_level"] != "debug"]) + caplog.text
    for private in (SECRET, "nokey", "who@", "ann@", "@gateway.example"):
        assert private not in shown


async def test_incident_on_the_wire_is_the_one_in_the_log() -> None:
    async with open_house() as house:
        client = await Client.meet(house)
        with structlog.testing.capture_logs() as entries:
            answer = await client.say("HELO x", "MAIL FROM:<>", "RCPT TO:<log+broken@gateway.example>")
        await client.leave()
    (failure,) = [entry for entry in entries if entry["log_level"] == "error"]
    assert f"(incident {failure['incident']})" in answer
    assert failure["exc_info"]
    assert "hunter2" not in answer


async def test_message_that_cannot_be_read_to_its_end_ends_the_session(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What follows is still the message: read as commands, it could send mail in the client's name."""

    async def fails(*_: object) -> bytes:
        raise MemoryError

    monkeypatch.setattr(Wire, "data", fails)
    async with open_house() as house:
        client = await Client.meet(house)
        await client.say("HELO x", "MAIL FROM:<>", "RCPT TO:<log@gateway.example>", "DATA")
        assert (await client.say("RSET")).startswith("451 4.3.0 ")
        assert await client.reader.read() == b""
        await client.leave()


async def test_message_without_line_ends_is_not_held() -> None:
    limits = Limits(message_bytes=1 << 20)
    async with open_house(Options(HOSTNAME, limits)) as house:
        client = await Client.meet(house)
        await client.say("HELO x", "MAIL FROM:<>", "RCPT TO:<log@gateway.example>", "DATA")
        chunk = b"x" * 65_536
        tracemalloc.start()
        for _ in range(512):  # 32 MiB against a limit of one
            client.writer.write(chunk)
            await client.writer.drain()
        answer = await client.say("\r\n.")
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        await client.leave()
    assert answer.startswith("552 5.3.4")
    assert peak < 4 << 20


async def test_limits_of_one_session_do_not_reach_another() -> None:
    async with open_house() as house:
        before = dict(SMTP.command_size_limits)
        one, two = await Client.meet(house), await Client.meet(house)
        for client in (one, two):
            await client.say(*["EHLO x"] * 50)
            assert (
                await client.say(f"MAIL FROM:<{'a' * 2000}@b.example>") == "500 5.5.2 Command line too long"
            )
            await client.leave()
        assert before == SMTP.command_size_limits


async def test_session_ends_in_time_though_commands_never_stop() -> None:
    """What is here already is read without waiting, and no timer would be looked at."""
    async with open_house(Options(HOSTNAME, Limits(session_seconds=0.3))) as house, asyncio.timeout(20):
        client = await Client.meet(house)

        async def pour() -> None:
            with contextlib.suppress(ConnectionError):
                while True:
                    client.writer.write(b"NOOP\r\n" * 2000)
                    await client.writer.drain()

        pouring = asyncio.create_task(pour())
        last = b""
        with contextlib.suppress(ConnectionError):
            while said := await client.reader.read(65_536):
                last = (last + said)[-100:]
        pouring.cancel()
        assert last.endswith(b"421 4.4.2 Waited too long\r\n")
        client.writer.close()


@pytest.mark.parametrize(
    ("content", "answer"),
    [
        (b"Subject: x\r\n\r\nhello\r\n.\r\n", "250 2.6.0"),
        (b"Subject: x\n\r\nhello\r\n.\r\n", "550 5.6.11"),
        (b"Subject: " + b"x" * 300 + b"\r\n\r\nhello\r\n.\r\n", "552 5.3.4"),
        (b"Received: x\r\n" * 3 + b"\r\nhello\r\n.\r\n", "554 5.4.6"),
        (b"x" * 2000 + b"\r\n.\r\n", "552 5.3.4"),
        (b"x" * 900 + b"\r\n" + b"y" * 900 + b"\r\n.\r\n", "452 4.3.1"),
        (b"From: a@lawyers.example\r\n\r\nhello\r\n.\r\n", "550 5.7.1"),
        (b"only a beginning", "421 4.4.2"),
        (b"only a beginning", ""),
    ],
)
async def test_bytes_in_flight_are_given_back_whatever_becomes_of_the_mail(
    content: bytes, answer: str
) -> None:
    limits = Limits(
        header_bytes=200,
        received_lines=2,
        message_bytes=1900,
        total_message_bytes=1000 if answer[:3] == "452" else 10_000,
        data_grace_seconds=0.2 if answer[:3] == "421" else 30,
    )
    async with open_house(Options(HOSTNAME, limits)) as house, asyncio.timeout(20):
        client = await Client.meet(house)
        (session,) = house.server._sessions
        await client.say("HELO x", "MAIL FROM:<>", "RCPT TO:<log@gateway.example>", "DATA")
        client.writer.write(content)
        if answer:
            assert (await client.reply()).startswith(answer)
        else:
            while not house.server._gate._message_bytes:
                await asyncio.sleep(0)
        await client.leave()
        await session.ended
        assert house.server._gate._message_bytes == 0


async def test_other_peers_find_a_place_when_a_session_ends() -> None:
    limits = Limits(connections=2, connections_per_address=2)
    async with open_house(Options(HOSTNAME, limits)) as house:
        for _ in range(5):
            clients = [await Client.meet(house), await Client.meet(house)]
            for client in clients:
                await client.say("QUIT")
                assert await client.reader.read() == b""
                client.writer.close()


async def test_drain_waits_for_a_mail_that_is_being_kept() -> None:
    async with open_house() as house:
        house.intake.ready.clear()
        client = await Client.meet(house)
        await client.say("HELO x")
        mail = asyncio.create_task(client.mail())
        await house.intake.working.wait()
        drained = asyncio.create_task(house.server.drain(10))
        await asyncio.sleep(0)  # the task's first step closes the listener
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection("127.0.0.1", house.port)
        assert not drained.done()
        house.intake.ready.set()
        assert await mail == "250 2.6.0 Kept as 1"
        assert (await client.reply()).startswith("421 4.3.2")
        await client.leave()
        await drained


async def test_drain_drops_who_does_not_end_in_time() -> None:
    async with open_house() as house:
        client = await Client.meet(house)
        await client.say("HELO x", "MAIL FROM:<>", "RCPT TO:<log@gateway.example>", "DATA")
        await house.server.drain(0.01)
        with pytest.raises((ConnectionResetError, asyncio.IncompleteReadError)):
            await client.reply()
        client.writer.close()


async def test_drain_while_a_session_times_out() -> None:
    """Its timer has fired, its task has not run yet: drain must go on to the others."""
    async with open_house(Options(HOSTNAME, Limits(command_seconds=0.05))) as house:
        client = await Client.meet(house)
        (session,) = house.server._sessions
        async with asyncio.timeout(5):
            while session.wire._waiter is not None or not session._idle:
                await asyncio.sleep(0)
        await house.server.drain(5)
        assert (await client.reply()).startswith("421 ")
        await client.leave()


async def test_client_that_reads_nothing_is_dropped() -> None:
    limits = Limits(command_seconds=0.1, linger_seconds=0.1, errors=10**9)
    async with open_house(Options(HOSTNAME, limits)) as house:
        with socket.create_connection(("127.0.0.1", house.port)) as sock:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            sock.setblocking(False)
            endless = b"HELP\r\n" * 2_000_000
            with pytest.raises(ConnectionError):
                await asyncio.get_running_loop().sock_sendall(sock, endless)


@pytest.mark.parametrize("loop", LOOPS)
@pytest.mark.parametrize(
    "name",
    [
        "starttls",
        "submission",
        "submissions",
        "tls-required",
        "pipelining",
        "too-big",
        "drain",
        "proxy",
        "too-many-connections",
        "idle",
    ],
)
def test_both_event_loops(loop: str, name: str) -> None:
    script = (DIALOGUES / f"{name}.txt").read_text("utf-8")
    with asyncio.Runner(loop_factory=LOOPS[loop]) as runner:
        runner.run(dialogue.run(script))


def test_defaults_are_sane() -> None:
    limits = Limits()
    assert limits.connections_per_address < limits.connections
    assert limits.command_seconds >= 300  # RFC 5321 4.5.3.2.7
    assert limits.recipients >= 100  # RFC 5321 4.5.3.1.8
    assert limits.command_bytes >= 512  # RFC 5321 4.5.3.1.4
    assert limits.total_message_bytes >= 2 * limits.message_bytes
    assert replace(limits) == limits
