"""The mail servers of everybody but us."""

import asyncio
import queue
import threading
from collections.abc import Collection
from dataclasses import dataclass

from aiosmtpd.smtp import SMTP, Envelope, Session

from tests.daemon import SECONDS


@dataclass(frozen=True)
class Delivered:
    """A mail as it was handed over; `return_path` is "" for the null one."""

    return_path: str
    raw: bytes


class Mailboxes:
    """A server at `port` in a thread of its own. What arrives lies in a queue for each address, but for the gone."""

    def __init__(self, gone: Collection[str] = ()) -> None:
        self.port = 0
        self._gone = gone
        self._boxes: dict[str, queue.Queue[Delivered]] = {}
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._ready = threading.Event()

    def __enter__(self) -> "Mailboxes":
        self._thread.start()
        assert self._ready.wait(SECONDS)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(SECONDS)

    def next(self, address: str) -> Delivered:
        """The next mail to an address."""
        return self._box(address).get(timeout=SECONDS)

    def is_empty(self, address: str) -> bool:
        """Whether nothing lies there."""
        return self._box(address).empty()

    @property
    def used(self) -> set[str]:
        """The addresses that mail lies for."""
        return {address for address, box in self._boxes.items() if not box.empty()}

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address in self._gone:
            return "550 5.1.1 No such user"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        for address in envelope.rcpt_tos:
            self._box(address).put(Delivered(envelope.mail_from or "", envelope.original_content or b""))
        return "250 OK"

    def _box(self, address: str) -> "queue.Queue[Delivered]":
        return self._boxes.setdefault(address.lower(), queue.Queue())

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        server = self._loop.run_until_complete(
            self._loop.create_server(lambda: SMTP(self, enable_SMTPUTF8=True), "127.0.0.1", 0)
        )
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        self._loop.run_forever()
        server.close()
        self._loop.run_until_complete(_hung_up(asyncio.all_tasks(self._loop)))
        self._loop.close()


async def _hung_up(sessions: set[asyncio.Task[None]]) -> None:
    """Who keeps a connection for its next mail is cut off."""
    for session in sessions:
        session.cancel()
    await asyncio.gather(*sessions, return_exceptions=True)
    await asyncio.sleep(0)  # transports close in the next turn
