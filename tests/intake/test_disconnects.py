"""Clients that leave at any point: the next mail is always kept, and no mail twice."""

import asyncio
import random
from pathlib import Path

from gateway.config.values import Listen
from gateway.smtp.handler import Handler
from gateway.smtp.limits import Limits
from gateway.smtp.options import Options
from gateway.smtp.server import Server
from tests.intake.shelf import Shelf, open_shelf
from tests.smtp.house import HOSTNAME, SITE, lookup

DIALOGUE = (
    b"EHLO x\r\nMAIL FROM:<ann@vendor.example>\r\nRCPT TO:<log@gateway.example>\r\nDATA\r\n"
    b"Subject: %d\r\n\r\nhello\r\n.\r\nQUIT\r\n"
)
CLIENTS = 400


async def _send(port: int, number: int, length: int, reset_after: bytes | None = None) -> bytes:
    """Send the first bytes of a session; reset it once a reply was seen, or wait for all answers."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write((DIALOGUE % number)[:length])
    if reset_after is not None:
        await reader.readuntil(reset_after)
        writer.transport.abort()
        return b""
    answers = await reader.read()
    writer.close()
    return answers


async def _storm(shelf: Shelf) -> None:
    options = Options(HOSTNAME, limits=Limits(connections_per_minute=10 * CLIENTS))
    server = Server(options, Handler(lambda: SITE, lookup, shelf.intake, options.limits))
    await server.start([Listen("127.0.0.1", 0)])
    port = int(server.addresses[0].rpartition(":")[2])
    dice = random.Random(5321)
    whole = len(DIALOGUE)
    for number in range(CLIENTS):
        if number % 2:
            await _send(port, number, dice.randrange(whole), reset_after=b"220 ")
        else:  # complete, while it is being kept
            await _send(port, number, whole + 10, reset_after=b"354 ")
        if number % 10 == 0:
            answers = await _send(port, CLIENTS + number, whole + 10)
            assert b"\r\n250 2.6.0 Kept as " in answers, (number, answers)
    await server.drain(10)


async def test_next_mail_is_always_kept(tmp_path: Path) -> None:
    async with open_shelf(tmp_path) as shelf:
        await _storm(shelf)
        raws = [row[2] for row in shelf.rows()]
        assert len(raws) == len(set(raws))
        expected = {b"Subject: %d\r\n\r\nhello\r\n" % (CLIENTS + number) for number in range(0, CLIENTS, 10)}
        assert expected <= set(raws)
        for raw in raws:  # whole or not at all
            assert raw.endswith(b"\r\n\r\nhello\r\n")
