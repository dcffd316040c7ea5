"""One connection: gate, deadlines, command lines, replies, and a proper end (RFC 5321, RFC 2033).

The transport and the task of a session are aiosmtpd's. What is read, answered and
believed is decided here: the library makes a permanent 500 of an exception, bounds neither lines nor idle
peers, and offers AUTH where nobody can log in.
"""

import asyncio
import os
import re
import ssl
import traceback
from collections.abc import Callable, Sequence
from typing import Any, cast

import structlog
from aiosmtpd.smtp import SMTP, Envelope, Session

from gateway import metrics
from gateway.config.values import SUBMISSION, Kind
from gateway.events import CONNECTED, REFUSED
from gateway.smtp import proxy
from gateway.smtp.ear import Ear
from gateway.smtp.gate import Gate, is_within, network_of
from gateway.smtp.handler import Handler, Login
from gateway.smtp.options import Options
from gateway.smtp.wire import ClientLeft, UnterminatedError, Wire
from rules import replies
from rules.replies import Reply

log = structlog.get_logger(__name__)

BEFORE_TLS = frozenset({"EHLO", "LHLO", "NOOP", "QUIT", "STARTTLS"})
"""What a server that requires TLS answers without it (RFC 3207 section 4)."""

NOT_OFFERED = frozenset({"AUTH", "BDAT", "ETRN", "EXPN", "SAML", "SEND", "SOML", "TURN"})
"""Verbs we know and do not offer: 502, not 500 (RFC 5321 4.2.4)."""


REFUSALS_TOLD = 50
"""Refusals of one session that are logged one by one; all are counted. Beyond it the log is what is attacked: 452
to a recipient too many is no error, and a session may ask for it by the million."""

UNREAD_BYTES = 65_536
"""Ciphertext that waits for a session which reads nothing; more than the longest TLS record (RFC 8446 5.2)."""

UNSENT_BYTES = 16_384
"""Replies that wait for a client that still talks. Beyond it the client must read before it is answered again: a
chunk of EHLO alone would be answered by a megabyte."""

_CONTROL = re.compile(rb"[\x00-\x1f\x7f]")
"""What stands in no command but at its end."""

# What the base class makes for each connection and nobody here looks at.
_SESSION = Session(cast(asyncio.AbstractEventLoop, None))
_ENVELOPE = Envelope()

LINES_A_TURN = 4
"""Pipelined commands that one session may have answered before the others get their turn: those of one mail. Sixty
kilobytes of NOOP are ten thousand, and a crowd may send them."""


class Goodbye(Exception):  # noqa: N818 - it ends a session, and that is no error
    """The session ends with this reply."""

    def __init__(self, reply: Reply, why: str = "") -> None:
        super().__init__(why or reply.text)
        self.reply = reply


class Connection(SMTP):
    """One connection. `sessions` holds it while it lasts; `ended` is done when it does not."""

    def __init__(
        self,
        options: Options,
        handler: Handler,
        gate: Gate,
        sessions: set["Connection"],
        told: structlog.typing.FilteringBoundLogger,
        kind: Kind = "smtp",
    ) -> None:
        # Not the library's own: it looks its class through for log-ins, hooks and verbs, half a millisecond for each
        # connection, and keeps what it finds, a third of an idle session's memory. None of it is used here, nor are
        # its streams: `Wire` holds what comes, once.
        self.loop = asyncio.get_running_loop()
        asyncio.StreamReaderProtocol.__init__(self, None, None, self.loop)  # type: ignore[arg-type]
        self.wire = Wire(self.loop)
        self.ear = Ear(self)
        self.session = self.envelope = self.transport = None
        self._timeout_handle = self._original_transport = self._handler_coroutine = None
        self._options = options
        self._limits = options.limits
        self._handler = handler
        self._gate = gate
        self._sessions = sessions
        self._kind = kind
        self._lmtp = kind == "lmtp"
        self._submission = kind in SUBMISSION
        self._login: Login | None = None
        self._failures = 0
        self._id = os.urandom(4).hex()
        self._log = told.bind(session=self._id)
        self._address = ""
        self._proxy = ""
        self._helo = ""
        self._extended = False
        self._tls = ""
        self._sender: str | None = None
        self._recipients: list[str] = []
        # An MTA in front hands over what strangers addressed: their guesses are not its errors.
        self._is_ours = self._lmtp
        self._errors = 0
        self._refusals = 0
        self._unknown = 0
        self._turn = 0
        self._is_inside = False
        self._network = ""
        self._draining = False
        self._idle = self._takes_commands = False
        self._unsent = bytearray()
        self.ended: asyncio.Future[None] = self.loop.create_future()
        self._ends = self.loop.time() + self._limits.session_seconds

    # -- the life of a session -----------------------------------------------------------------------------

    def drain(self) -> None:
        """Say goodbye with 421 before the next command; at once when the session waits for one."""
        self._draining = True
        if self._idle:
            self.wire.hurry()

    def abort(self) -> None:
        """Drop the connection now."""
        if self.transport is not None:
            self.transport.abort()  # type: ignore[attr-defined]

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A client has connected."""
        self._sessions.add(self)
        metrics.connected(self._counted_as)
        if self._kind == "submissions":
            transport.pause_reading()  # type: ignore[attr-defined]  # the handshake is for TLS to read
        peername = transport.get_extra_info("peername")
        self._address = peername[0] if isinstance(peername, tuple) else ""
        transport.set_write_buffer_limits(UNSENT_BYTES)  # type: ignore[attr-defined]
        self.session = self._create_session()
        self._over(cast(asyncio.Transport, transport))
        self._reset_timeout()
        self._handler_coroutine = self.loop.create_task(self._handle_client())

    def _over(self, transport: asyncio.Transport) -> None:
        self.transport = self._link = transport
        self.wire.over(transport)

    def data_received(self, data: bytes) -> None:
        """The client has sent something."""
        if self._takes_commands and self.wire.is_idle() and not self._draining:
            data = self._answered(data)
        if data:
            self.wire.feed(data)

    def _answered(self, data: bytes) -> bytes:
        """Answer commands for which nothing has to be waited; what is left is for the session's task.

        Waking that for each command would cost as much as the command.
        """
        now = self.loop.time()
        if now >= self._ends or self._link.get_write_buffer_size() > UNSENT_BYTES:
            return data
        try:
            for _ in range(LINES_A_TURN):
                line, end, rest = data.partition(b"\r\n")
                if not end or len(line) + len(end) > self._limits.command_bytes:
                    break
                reply = self._at_once(*_command(line))
                if reply is None:
                    break
                self._say(reply)
                self.wire.postpone(min(now + self._limits.command_seconds, self._ends))
                data = rest
        except Goodbye as goodbye:
            self.wire.fail(goodbye)
            return b""
        if self._unsent and b"\n" not in data:
            self._link.write(bytes(self._unsent))
            self._unsent.clear()
        return data

    def _at_once(self, verb: str, argument: str) -> Reply | None:
        """The reply to a command that needs no waiting for anybody; None for any other."""
        if self._requires_tls and not self._tls:
            return None
        try:
            return self.quick(verb, argument)
        except Exception:  # noqa: BLE001 - whatever it is, the client hears 451
            return self._incident(verb)

    def quick(self, verb: str, argument: str) -> Reply | None:  # noqa: ARG002
        """As `_at_once`, for the verbs of a session."""
        return None

    def _create_session(self) -> Session:
        return _SESSION

    def _create_envelope(self) -> Envelope:
        return _ENVELOPE

    def connection_lost(self, error: Exception | None) -> None:
        """The connection is gone: the session's task is cancelled, a commit under way is not."""
        if self.ended.done():
            return
        self.wire.end()
        super().connection_lost(error)
        self._sessions.discard(self)
        metrics.disconnected(self._counted_as)
        self.ended.set_result(None)

    @property
    def _counted_as(self) -> str:
        return "submission" if self._submission else self._kind

    def eof_received(self) -> bool:
        """The client sends no more. It may still read, so the commands it sent are answered first."""
        self.wire.end()
        return not self._tls  # a TLS transport cannot stay half open

    def _reset_timeout(self, duration: float | None = None) -> None:  # noqa: ARG002 - one deadline only
        # The base class would close without a word, and never while commands keep coming. Our deadlines say
        # 421; this timer is the last resort for a peer that does not even read that.
        if self._timeout_handle is None:
            spare = self._limits.linger_seconds + self._limits.command_seconds
            self._timeout_handle = self.loop.call_at(self._ends + spare, self.abort)

    async def _handle_client(self) -> None:
        try:
            await self._enter()
            await self._converse()
        except Goodbye as goodbye:
            self._leave()  # its place is free while it reads the last reply
            _let_go(goodbye)
            await self._part(goodbye)
        except ClientLeft:
            self._log.debug("client left")
        except asyncio.CancelledError as error:
            _let_go(error)
            raise
        except Exception:  # noqa: BLE001 - a greeting that failed; commands are caught one by one
            self._leave()
            await self._part(Goodbye(self._incident("")))
        finally:
            self._leave()
            self._link.close()

    async def _enter(self) -> None:
        """Pass the gate and greet. Raises Goodbye."""
        self._refuse(
            self._gate.enter(is_ours=self._lmtp or is_within(self._address, self._options.upstreams))
        )
        self._is_inside = True
        if is_within(self._address, self._options.trusted_proxies):
            await self._find_client()
        self._is_ours = self._lmtp or is_within(self._address, self._options.upstreams)
        network = "" if self._is_ours else network_of(self._address)
        if network:
            self._refuse(self._gate.enter_from(network))
            self._network = network
        self._log.info(CONNECTED, peer=self._address, kind=self._kind)
        if self._kind == "submissions":
            assert self._options.tls is not None
            # uvloop reads before it can be told not to: what has come by now is the beginning of the handshake.
            await self._secure(self._options.tls.context, begun=self.wire.taken())
        greeting = replies.GREETING_LMTP if self._lmtp else replies.GREETING
        self._say(greeting.filled(hostname=self._options.hostname))

    def _leave(self) -> None:
        """Give back what `_enter` took of the gate; at once, and only once."""
        if self._network:
            self._gate.leave_from(self._network)
            self._network = ""
        if self._is_inside:
            self._gate.leave()
            self._is_inside = False

    async def _find_client(self) -> None:
        """Ask a trusted proxy who its client is. Raises Goodbye."""
        self._proxy = self._address
        try:
            async with asyncio.timeout(self._limits.proxy_seconds):
                if self._kind == "submissions":  # the header comes before the handshake, and is no part of it
                    self._link.resume_reading()
                client = await proxy.read_client(self.wire)
                if self._kind == "submissions":
                    self._link.pause_reading()
        except (proxy.BadHeaderError, TimeoutError) as error:
            if isinstance(error, TimeoutError):
                metrics.limit_hit("proxy_seconds")
            raise Goodbye(replies.BAD_PROXY_HEADER, str(error)) from None
        self._address = client or self._proxy

    async def _converse(self) -> None:
        while True:
            verb, argument = await self._command()
            method: Callable[[str], Any] | None = getattr(self, f"smtp_{verb}", None)
            try:
                if verb in NOT_OFFERED and not (verb == "AUTH" and self._submission):
                    self._say(replies.NOT_OFFERED)
                elif method is None:
                    self._say(replies.UNKNOWN_COMMAND)
                elif self._requires_tls and not self._tls and verb not in BEFORE_TLS:
                    self._say(replies.TLS_FIRST)
                else:
                    await method(argument)
            except (Goodbye, ClientLeft):
                raise
            except Exception:  # noqa: BLE001 - whatever it is, the client hears 451
                # The mail under way stays: forgotten, the recipients that pipelining has sent already would
                # hear 503, which is for ever (RFC 5321 4.2.1).
                self._say(self._incident(verb))

    @property
    def _requires_tls(self) -> bool:
        return self._options.require_starttls or self._submission

    async def _command(self) -> tuple[str, str]:
        """The next command's verb in upper case, and its argument. Answers lines that are none by itself."""
        while True:
            if not self.wire.has_line() or len(self._unsent) > UNSENT_BYTES:
                await self._flush()
            self._takes_commands = True  # and not, say, a password
            try:
                line = await self._line()
            finally:
                self._takes_commands = False
            if len(line) > self._limits.command_bytes:
                metrics.limit_hit("command_bytes")
                self._say(replies.COMMAND_TOO_LONG)
                continue
            text = line.removesuffix(b"\r\n")
            # A bare LF must end no command: what smuggles commands into a message relies on it.
            verb, argument = _command(text) if text != line else ("", "")
            if not verb:
                self._say(replies.BAD_LINE)
                continue
            return verb, argument

    async def _line(self) -> bytes:
        # What is here already is read without waiting: others must get their turn, and deadlines their due.
        self._turn = (self._turn + 1) % LINES_A_TURN if self.wire.has_line() else 0
        if not self._turn and self.wire.has_line():
            await asyncio.sleep(0)
        if self._draining:
            raise Goodbye(replies.SHUTTING_DOWN)
        if self.loop.time() >= self._ends:
            raise self._timed_out("the session took too long")
        self._idle = True
        try:
            return await self.wire.line(
                self._limits.unterminated_bytes, self._until(self._limits.command_seconds)
            )
        except TimeoutError:
            if self._draining:
                raise Goodbye(replies.SHUTTING_DOWN) from None
            raise self._timed_out("the client says nothing") from None
        except UnterminatedError:
            metrics.limit_hit("unterminated_bytes")
            raise Goodbye(replies.TOO_MANY_ERRORS, "no line end") from None
        finally:
            self._idle = False

    def _timed_out(self, why: str) -> Goodbye:
        metrics.limit_hit("session_seconds" if self.loop.time() >= self._ends else "command_seconds")
        return Goodbye(replies.TIMED_OUT, why)

    def _until(self, seconds: float) -> float:
        """The loop's time in so many seconds, or when the session ends."""
        return min(self.loop.time() + seconds, self._ends)

    def _forget_mail(self) -> None:
        """Drop the mail under way: its sender and its recipients."""
        self._sender = None
        self._recipients = []

    async def _start_tls(self, context: ssl.SSLContext) -> None:
        """Answer, shake hands, and forget everything said in the clear (RFC 3207 section 4.2)."""
        assert self.transport is not None
        await self._flush()
        self._link.write(f"{replies.START_TLS}\r\n".encode())
        # Nothing may be awaited until start_tls has the transport: the handshake would be read as commands.
        # What came before it is no part of it: plaintext must not pass for what came by TLS (RFC 3207 section 6).
        self.wire.taken()
        await self._secure(context)
        self._helo = ""
        self._forget_mail()

    async def _secure(self, context: ssl.SSLContext, begun: bytes = b"") -> None:
        """Shake hands; `begun` was read already. Raises ClientLeft when that fails."""
        plain: Any = self.transport
        handshake: Any = self.loop.start_tls(
            plain,
            self.ear,
            context,
            server_side=True,
            ssl_handshake_timeout=self._limits.handshake_seconds,
            # A peer that answers no close_notify would keep its descriptor for half a minute more.
            ssl_shutdown_timeout=self._limits.linger_seconds,
        )
        try:
            if begun:
                handshake = asyncio.ensure_future(handshake)
                # The transport has its new protocol in the next turn, and does not read for it yet.
                await asyncio.sleep(0)
                self.loop.call_soon(_hand_over, begun, plain.get_protocol())
            transport = await handshake
        except (ssl.SSLError, ConnectionError, TimeoutError) as error:
            if isinstance(error, ConnectionAbortedError | TimeoutError):  # as asyncio, or uvloop, calls it
                metrics.limit_hit("handshake_seconds")
            self._log.info(REFUSED, why="TLS handshake", error=type(error).__name__)
            # Who is gone before the end of the handshake is told of to nobody but the protocol of the handshake.
            plain.abort()
            self.loop.call_soon(self.connection_lost, None)
            raise ClientLeft from None
        if transport is None:
            raise ClientLeft
        transport.set_write_buffer_limits(UNSENT_BYTES)
        transport.set_read_buffer_limits(UNREAD_BYTES)
        self._over(transport)
        connection = transport.get_extra_info("ssl_object")
        self._tls = f"{connection.version()} {connection.cipher()[0]}"

    # -- replies -------------------------------------------------------------------------------------------

    def _say(self, reply: Reply, *, times: int = 1) -> None:
        """Answer. Replies are sent when the client waits for them, so that pipelining saves its packets."""
        self._unsent += f"{reply}\r\n".encode() * times
        if not reply.refuses:
            return
        metrics.refused(reply)
        self._refusals += 1
        if self._refusals <= REFUSALS_TOLD:
            last = {"more": "not logged"} if self._refusals == REFUSALS_TOLD else {}
            self._log.info(REFUSED, code=reply.code, status=reply.enhanced, **last)
        self._errors += reply.code >= 500
        if self._errors > self._limits.errors and not self._is_ours:
            metrics.limit_hit("errors")
            raise Goodbye(replies.TOO_MANY_ERRORS)

    def _say_lines(self, code: int, lines: Sequence[str]) -> None:
        """A reply of several lines (RFC 5321 4.2.1)."""
        *first, last = lines
        self._unsent += "".join(f"{code}-{line}\r\n" for line in first).encode()
        self._unsent += f"{code} {last}\r\n".encode()

    def _incident(self, verb: str) -> Reply:
        """The reply to our own failure, asked for while it is handled: try again, and nothing of our insides."""
        incident = os.urandom(4).hex()
        self._log.exception("command failed", verb=verb, incident=incident)
        return replies.OUR_FAULT.filled(incident=incident)

    def _refuse(self, reply: Reply | None) -> None:
        if reply is not None:
            raise Goodbye(reply)

    async def _flush(self) -> None:
        self._link.write(bytes(self._unsent))
        self._unsent.clear()
        if self._link.get_write_buffer_size() <= UNSENT_BYTES:
            return  # nobody is waited for, and a timer costs more than the reply
        try:
            async with asyncio.timeout_at(self._until(self._limits.command_seconds)):
                await self._drain_helper()  # type: ignore[attr-defined]  # of asyncio's flow control
        except TimeoutError:
            raise self._timed_out("the client reads no replies") from None
        except ConnectionError:
            raise ClientLeft from None

    async def _part(self, goodbye: Goodbye) -> None:
        """Say the last reply and let the client read it: closing over unread bytes would reset the connection."""
        reply = goodbye.reply
        if reply.refuses:
            metrics.refused(reply)
            self._log.info(
                REFUSED, code=reply.code, status=reply.enhanced, why=str(goodbye), peer=self._address
            )
        if self._kind == "submissions" and not self._tls:
            # Refused at the gate, before the handshake, which is what a crowd must not cost us: the reply is in the
            # clear. What the client has said for TLS is read all the same, or the close would be a reset.
            self.transport.resume_reading()  # type: ignore[union-attr]
        self._link.write(bytes(self._unsent) + f"{reply}\r\n".encode())
        try:
            async with asyncio.timeout(self._limits.linger_seconds):
                await self._drain_helper()  # type: ignore[attr-defined]
        except (TimeoutError, ConnectionError):
            self.abort()
            return
        if reply.refuses and self._gate.linger():
            try:
                if self._link.can_write_eof():
                    self._link.write_eof()
                await self.wire.left(self.loop.time() + self._limits.linger_seconds)
            except TimeoutError:
                pass
            finally:
                self._gate.lingered()


def _command(line: bytes) -> tuple[str, str]:
    """The verb of a line in upper case, and its argument; "" for a line that is no command."""
    if _CONTROL.search(line):
        return "", ""
    try:
        verb, _, argument = line.decode().partition(" ")
    except UnicodeDecodeError:
        return "", ""
    return verb.upper(), argument.strip(" ")


def _hand_over(data: bytes, protocol: asyncio.BufferedProtocol) -> None:
    """Give a protocol bytes as its transport would."""
    rest = memoryview(data)
    while rest:
        room = memoryview(protocol.get_buffer(len(rest)))
        size = min(len(room), len(rest))
        room[:size] = rest[:size]
        protocol.buffer_updated(size)
        rest = rest[size:]


def _let_go(error: BaseException | None) -> None:
    """Forget what the frames that an error came through hold: the message, above all.

    A session's objects refer to each other, the error of its task among them, and wait for the collector. It counts
    objects, not bytes: two hundred clients that left after 25 MiB were two gigabytes.
    """
    while error is not None:
        traceback.clear_frames(error.__traceback__)
        error = error.__context__
