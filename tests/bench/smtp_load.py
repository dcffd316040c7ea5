"""SMTP sessions that send as fast as they may: MAIL, RCPT and DATA in one write (PIPELINING, RFC 2920)."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from time import time

import uvloop

from tests.bench.servers import RECIPIENT, SENDER

SESSIONS = 4

_ENVELOPE = f"MAIL FROM:<{SENDER}>\r\nRCPT TO:<{RECIPIENT}>\r\nDATA\r\n".encode()

Wait = Callable[[int], Awaitable[bool]]
"""Given the number of the next mail, waits until it may go; false ends the session."""


class Sent:
    """What was answered 250: the number the gateway gave the mail → time of the answer, in seconds of time.time()."""

    def __init__(self) -> None:
        self.at: dict[int, float] = {}
        self.begun = 0

    @property
    def count(self) -> int:
        """Mails that are kept."""
        return len(self.at)


async def send(port: int, mails: Iterator[bytes], wait: Wait, sent: Sent, sessions: int = SESSIONS) -> None:
    """Send until `wait` says no. Raises RuntimeError for an answer that is not the one hoped for."""
    await asyncio.gather(*(_session(port, mails, wait, sent) for _ in range(sessions)))


async def _session(port: int, mails: Iterator[bytes], wait: Wait, sent: Sent) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)

    async def answered(code: bytes) -> bytes:
        while (answer := await reader.readline())[3:4] == b"-":
            pass
        if not answer.startswith(code):
            raise RuntimeError(f"answered {answer.decode(errors='replace').strip()!r}, not {code.decode()}")
        return answer

    await answered(b"220")
    writer.write(b"EHLO load.lumenfold.example\r\n")
    await answered(b"250")
    while True:
        number = sent.begun
        sent.begun += 1
        if not await wait(number):
            break
        writer.write(_ENVELOPE)
        for code in (b"250", b"250", b"354"):
            await answered(code)
        writer.write(next(mails) + b".\r\n")
        await writer.drain()
        answer = await answered(b"250")
        sent.at[int(answer.split()[-1])] = time()  # 250 2.6.0 Kept as 17
    writer.write(b"QUIT\r\n")
    writer.close()


def run(work: Awaitable[None]) -> None:
    """Run it on uvloop."""

    async def whole() -> None:
        await work

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(whole())
