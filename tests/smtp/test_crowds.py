"""What many clients, and greedy ones, must not take from the others: their turn, their room, the memory."""

import asyncio
import gc
import socket
import struct
import tracemalloc
from pathlib import Path
from typing import Any

import pytest

from gateway.intake.spool import Spool
from gateway.smtp.connection import UNSENT_BYTES
from gateway.smtp.limits import Limits
from gateway.smtp.options import Options
from gateway.smtp.session import SmtpSession
from storage.blobs import open_blobs
from tests.smtp.dialogue import unverified
from tests.smtp.house import HOSTNAME, House, open_house, tls_options
from tests.smtp.test_session import Client

MANY = 10_000


@pytest.fixture
def noops(monkeypatch: pytest.MonkeyPatch) -> list[SmtpSession]:
    """The sessions that said NOOP, in the order of its answers."""
    answered: list[SmtpSession] = []
    answer = SmtpSession.smtp_NOOP

    async def noted(session: SmtpSession, argument: str) -> None:
        answered.append(session)
        await answer(session, argument)

    monkeypatch.setattr(SmtpSession, "smtp_NOOP", noted)
    return answered


async def test_pipelined_commands_leave_others_their_turn(
    noops: list[SmtpSession], monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_house() as house:
        greedy, other = await Client.meet(house), await Client.meet(house)
        answer = SmtpSession.smtp_NOOP

        async def first_wakes_the_other(session: SmtpSession, argument: str) -> None:
            if not noops:
                other.writer.write(b"NOOP\r\n")
            await answer(session, argument)

        monkeypatch.setattr(SmtpSession, "smtp_NOOP", first_wakes_the_other)
        greedy.writer.write(b"NOOP\r\n" * MANY)
        assert (await other.reply()).startswith("250 ")
        assert len(noops) < MANY / 10
        await greedy.reader.readexactly(len(b"250 2.0.0 OK\r\n") * MANY)
        await greedy.leave()
        await other.leave()


async def test_commands_that_are_here_already_do_not_outlast_the_session(
    noops: list[SmtpSession], monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_house() as house:
        client = await Client.meet(house)
        answer = SmtpSession.smtp_NOOP

        async def tenth_is_late(session: SmtpSession, argument: str) -> None:
            await answer(session, argument)
            if len(noops) == 10:
                session._ends = session.loop.time()

        monkeypatch.setattr(SmtpSession, "smtp_NOOP", tenth_is_late)
        client.writer.write(b"NOOP\r\n" * MANY)
        said = (await client.reader.read()).splitlines()
        assert len(said) == 11
        assert said[-1].startswith(b"421 4.4.2 ")
        await client.leave()


async def test_client_that_reads_no_replies_is_answered_no_more() -> None:
    async with open_house() as house:
        with socket.create_connection(("127.0.0.1", house.port)) as sock:
            sock.setblocking(False)
            loop = asyncio.get_running_loop()
            await loop.sock_recv(sock, 100)
            (session,) = house.server._sessions
            assert session.transport is not None
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            await loop.sock_sendall(sock, b"EHLO x\r\n" * 8000)  # a megabyte of answers
            while not session.transport.get_write_buffer_size():  # type: ignore[attr-defined]
                await asyncio.sleep(0)
            for _ in range(100):
                await asyncio.sleep(0)
            waiting = len(session._unsent) + session.transport.get_write_buffer_size()  # type: ignore[attr-defined]
            assert waiting < 200_000
            session.abort()


async def test_client_that_reads_no_replies_over_tls_is_answered_no_more() -> None:
    async with open_house(tls_options(limits=Limits(command_seconds=60))) as house:
        client = await Client.meet(house)
        await client.say("EHLO x", "STARTTLS")
        await client.writer.start_tls(unverified())
        await client.say("EHLO x")
        client.writer.transport.pause_reading()  # type: ignore[attr-defined]
        (session,) = house.server._sessions
        transport: Any = session.transport
        assert transport.get_write_buffer_limits()[1] == UNSENT_BYTES
        client.writer.write(b"EHLO x\r\n" * 8000)
        while transport.get_write_buffer_size() <= UNSENT_BYTES:
            await asyncio.sleep(0)
        for _ in range(100):
            await asyncio.sleep(0)
        assert len(session._unsent) + transport.get_write_buffer_size() < 200_000
        await _reset(house, client)


async def _sent_and_gone(house: House, size: int) -> None:
    """A mail that is being kept when its client resets the connection; its session is over afterwards."""
    client = await Client.meet(house)
    await client.say("HELO x", "MAIL FROM:<>", "RCPT TO:<log@gateway.example>", "DATA")
    client.writer.write(b"Subject: x\r\n\r\n" + b"x" * size + b"\r\n.\r\n")
    await house.intake.working.wait()
    await _reset(house, client)


async def _reset(house: House, client: Client) -> None:
    """Break the connection, and wait until the daemon's side is over."""
    sock = client.writer.get_extra_info("socket")
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    client.writer.transport.abort()
    while house.server._sessions:
        await asyncio.sleep(0)
    await asyncio.sleep(0)
    await asyncio.sleep(0)


async def test_mail_takes_its_room_until_it_is_kept_though_its_client_left() -> None:
    limits = Limits(message_bytes=50_000, total_message_bytes=60_000)
    async with open_house(Options(HOSTNAME, limits)) as house:
        house.intake.ready.clear()
        await _sent_and_gone(house, 40_000)
        house.intake.ready.set()
        client = await Client.meet(house)
        commands = ("MAIL FROM:<>", "RCPT TO:<log@gateway.example>", "DATA")
        assert (await client.say("HELO x", *commands, "x" * 30_000 + "\r\n.")).startswith("452 4.3.1")
        house.intake.let_go[0]()
        assert (await client.say(*commands, "x" * 30_000 + "\r\n.")).startswith("250 2.6.0")
        await client.leave()


async def test_large_mail_beyond_the_open_files_is_told_to_come_again() -> None:
    async with open_house() as house:
        house.intake.spool = Spool(house.intake.blobs, 1000, most=1)
        first, second = await Client.meet(house), await Client.meet(house)
        for client in (first, second):
            await client.say("HELO x", "MAIL FROM:<>", "RCPT TO:<log@gateway.example>", "DATA")
        first.writer.write(b"x" * 2000)
        await first.writer.drain()
        while not house.intake.spool._open:
            await asyncio.sleep(0)
        assert (await second.say("x" * 2000 + "\r\n.")).startswith("452 4.3.1")
        assert (await first.say("\r\n.")).startswith("250 2.6.0")
        while house.intake.spool._open:
            await asyncio.sleep(0)
        commands = ("MAIL FROM:<>", "RCPT TO:<log@gateway.example>", "DATA")
        assert (await second.say(*commands, "x" * 2000 + "\r\n.")).startswith("250 2.6.0")
        await first.leave()
        await second.leave()
        await house.intake.spool.stop()


@pytest.mark.parametrize("kept", [True, False], ids=["while it is kept", "before its end"])
async def test_message_of_a_client_that_left_is_not_held_until_the_collector_comes(
    kept: bool, tmp_path: Path
) -> None:
    size = 8 << 20
    async with open_house(blobs=open_blobs(tmp_path)) as house:
        await _sent_and_gone(house, size)  # what is read into stays: it was made for all
        house.intake.working.clear()
        house.intake.ready.clear()
        gc.collect()
        gc.disable()
        try:
            tracemalloc.start()
            if kept:
                await _sent_and_gone(house, size)
            else:
                client = await Client.meet(house)
                await client.say("HELO x", "MAIL FROM:<>", "RCPT TO:<log@gateway.example>", "DATA")
                client.writer.write(b"x" * size)
                await client.writer.drain()
                while house.server._gate._message_bytes < size - (1 << 20):
                    await asyncio.sleep(0)
                await _reset(house, client)
            await house.intake.spool.stop()
            held, _ = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
            gc.enable()
    assert held < 2 << 20
    assert not list((tmp_path / "incoming").iterdir())


async def test_message_that_doubles_when_it_is_mended_needs_the_room_for_it() -> None:
    limits = Limits(message_bytes=50_000, total_message_bytes=60_000)
    options = Options(HOSTNAME, limits, normalize_newlines=True)
    async with open_house(options) as house:
        client = await Client.meet(house)
        commands = ("MAIL FROM:<>", "RCPT TO:<log@gateway.example>", "DATA")
        assert (await client.say("HELO x", *commands, "\n" * 40_000 + "\r\n.")).startswith("452 4.3.1")
        assert (await client.say(*commands, "\n" * 15_000 + "\r\n.")).startswith("250 2.6.0")
        assert house.server._gate._message_bytes == 0
        await client.leave()
