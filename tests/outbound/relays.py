"""A real mail server that records what it takes and refuses what it is told to."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session


@dataclass
class Recorder:
    """`answers` are the replies to MAIL, RCPT and DATA in place of 250, by verb."""

    answers: dict[str, str] = field(default_factory=dict)
    taken: list[Envelope] = field(default_factory=list)
    greeted_as: list[str] = field(default_factory=list)
    logins: list[LoginPassword] = field(default_factory=list)
    encrypted: list[bool] = field(default_factory=list)
    in_data: asyncio.Event = field(default_factory=asyncio.Event)
    hold: asyncio.Event | None = None
    port: int = 0

    async def handle_MAIL(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        self.greeted_as.append(str(session.host_name))
        self.encrypted.append(server.transport.get_extra_info("cipher") is not None)
        envelope.mail_from, envelope.mail_options = address, options
        return self.answers.get("MAIL", "250 OK")

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        answer = self.answers.get("RCPT", "250 OK")
        if answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        self.in_data.set()
        if self.hold is not None:
            await self.hold.wait()
        answer = self.answers.get("DATA", "250 2.0.0 queued as 4F2A")
        if answer.startswith("250"):
            self.taken.append(envelope)
        return answer

    def login(self, server: SMTP, session: Session, envelope: Envelope, how: str, data: Any) -> AuthResult:
        self.logins.append(data)
        return AuthResult(success=data == LoginPassword(b"touchpoints", b"s3cret"), handled=False)


@asynccontextmanager
async def relay(
    recorder: Recorder, *, starttls: ssl.SSLContext | None = None, implicit: ssl.SSLContext | None = None
) -> AsyncIterator[Recorder]:
    """The server on a free port of the loopback."""

    def session() -> SMTP:
        return SMTP(
            recorder,
            hostname="relay.test",
            enable_SMTPUTF8=True,
            tls_context=starttls,
            authenticator=recorder.login,
            auth_require_tls=False,
        )

    listening = await asyncio.get_running_loop().create_server(session, "127.0.0.1", 0, ssl=implicit)
    recorder.port = listening.sockets[0].getsockname()[1]
    try:
        yield recorder
    finally:
        listening.close()
        if recorder.hold is not None:
            recorder.hold.set()
        await listening.wait_closed()
