"""A listener for tests: the real sockets and rules around an intake that keeps mail in a list."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from gateway.config.values import Kind, Listen
from gateway.intake.intake import IntakeUnavailable
from gateway.intake.spool import Spool, Spooled
from gateway.smtp.handler import Handler, Login
from gateway.smtp.options import Options
from gateway.smtp.server import Server
from gateway.smtp.tls import Certificate
from rules.recipients import Known, RecipientQuery
from rules.site import LoggingAddress, Site
from storage.blobs import Blobs
from storage.inbound import INLINE_LIMIT

TLS = Path(__file__).parent / "tls"
HOSTNAME = "mx.gateway.example"
SITE = Site(
    logging=(
        LoggingAddress("log@gateway.example", "Adoption"),
        LoggingAddress("start@gateway.example", "Onboarding"),
    ),
    never_log=frozenset({"lawyers.example", "anna@customer.example"}),
    hostname=HOSTNAME,
)
PASSWORD = "tpg_correct"
SECRET = "a2b3c4d5e6f7g2h3i4j5"


@dataclass(frozen=True)
class Mail:
    """What the intake was given."""

    raw: bytes
    mail_from: str
    recipients: tuple[str, ...]
    peer: Mapping[str, Any]


@dataclass
class ListIntake:
    """Keeps mails in a list. While `ready` is not set, everybody waits; `working` is set when somebody does."""

    kept: list[Mail] = field(default_factory=list)
    available: bool = True
    broken: bool = False
    ready: asyncio.Event = field(default_factory=asyncio.Event)
    working: asyncio.Event = field(default_factory=asyncio.Event)
    let_go: list[Callable[[], None]] = field(default_factory=list)
    blobs: Blobs = field(default_factory=lambda: Blobs(Objects()))

    def __post_init__(self) -> None:
        self.spool = Spool(self.blobs, INLINE_LIMIT)

    async def keep(
        self,
        content: bytes | Spooled,
        *,
        mail_from: str,
        recipients: Sequence[str],
        peer: Mapping[str, Any],
        let_go: Callable[[], None],
    ) -> int:
        """The mail's place in the list, from 1."""
        self.let_go.append(let_go)
        self.working.set()
        await self.ready.wait()
        let_go()
        if not self.available:
            raise IntakeUnavailable
        if self.broken:
            raise RuntimeError("secret inside")
        raw = content if isinstance(content, bytes) else await spooled(content, self.blobs)
        self.kept.append(Mail(raw, mail_from, tuple(recipients), peer))
        return len(self.kept)


async def spooled(content: Spooled, blobs: Blobs) -> bytes:
    """A large mail, from where it was written to."""
    try:
        digest = await content.put()
        return blobs.get(digest)
    finally:
        content.close(named=True)


class Objects:
    """A store of blobs in memory."""

    def __init__(self) -> None:
        self.all: dict[str, bytes] = {}

    def put(self, path: str, content: bytes) -> None:
        """Keep it."""
        self.all[path] = content

    def get(self, path: str) -> bytes:
        """The whole content. Raises FileNotFoundError."""
        if path not in self.all:
            raise FileNotFoundError(path)
        return self.all[path]

    def look(self, path: str) -> tuple[int, datetime]:
        """Its size, and any time. Raises FileNotFoundError."""
        return len(self.get(path)), datetime.now(UTC)

    def delete(self, path: str) -> None:
        """Forget it. Raises FileNotFoundError."""
        self.get(path)
        del self.all[path]

    def everything(self) -> Iterator[tuple[str, datetime]]:
        """All that is there."""
        return iter((path, datetime.now(UTC)) for path in self.all)


async def lookup(query: RecipientQuery) -> Known:
    """One account `Acme`, one user's secret; asked for the account `broken`, the directory fails."""
    if query.account_key == "broken":
        raise ConnectionResetError("database gone: password=hunter2")
    accounts = {"acme": "Acme"} if query.account_key == "acme" else {}
    secrets = {SECRET: "ann@vendor.example"} if query.secret == SECRET else {}
    return Known(accounts, secrets)


async def log_in(user: str, password: str) -> Login | None:
    """One user with two addresses and one password."""
    addresses = ("ann@vendor.example", "ann@vendor.test")
    known = user.lower() in addresses and password == PASSWORD
    return Login("ann@vendor.example", addresses) if known else None


@dataclass
class House:
    """A running server, its intake, and its port."""

    server: Server
    intake: ListIntake
    port: int
    tls_first: bool = False


@asynccontextmanager
async def open_house(
    options: Options | None = None, *, kind: Kind = "smtp", room: bool = True, blobs: Blobs | None = None
) -> AsyncIterator[House]:
    """A server on a free port of 127.0.0.1, drained at the end; `room` on its disk."""
    options = options or Options(HOSTNAME)
    intake = ListIntake(blobs=blobs) if blobs else ListIntake()
    intake.ready.set()
    server = Server(options, Handler(lambda: SITE, lookup, intake, options.limits, lambda: room, log_in))
    await server.start([Listen("127.0.0.1", 0, kind=kind)])
    try:
        yield House(server, intake, int(server.addresses[0].rpartition(":")[2]), kind == "submissions")
    finally:
        intake.ready.set()
        await server.drain(5)
        await intake.spool.stop()


def tls_options(**others: Any) -> Options:
    """Options with the test certificate."""
    return Options(HOSTNAME, tls=Certificate(TLS / "certificate.pem", TLS / "key.pem"), **others)
