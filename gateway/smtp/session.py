"""The verbs of a session and their order (RFC 5321 4.1, RFC 2033 4)."""
# ruff: noqa: N802 - aiosmtpd finds the verbs by these names

from base64 import b64encode
from collections.abc import Mapping
from time import perf_counter

from gateway import metrics
from gateway.intake.spool import Spooled
from gateway.smtp.connection import Connection, Goodbye
from gateway.smtp.credentials import MECHANISMS, BadCredentialsError, read_plain, read_text
from gateway.smtp.gate import Share, network_of
from gateway.smtp.handler import Arrival, Peer
from gateway.smtp.message import Message, NoRoomError, TooBigError
from gateway.smtp.pace import Pace
from gateway.smtp.path import BadAddressError, read_recipient, read_sender
from gateway.smtp.wire import ClientLeft
from rules import replies
from rules.replies import Reply

BODIES = frozenset({"7BIT", "8BITMIME"})
"""Values of BODY= (RFC 6152); BINARYMIME needs BDAT, which is not offered."""

SENDER_PARAMETERS = frozenset({"SIZE", "BODY", "SMTPUTF8"})
"""What MAIL may carry: RFC 1870, RFC 6152, RFC 6531."""

SUBMISSION_PARAMETERS = SENDER_PARAMETERS | {"AUTH"}
"""What it may where people log in (RFC 4954 section 5). Postfix sends AUTH=<> there; who wrote the mail is told by
the login alone, so the value is read by nobody, which the RFC allows."""


UNKNOWN = frozenset({replies.NO_SUCH_ADDRESS, replies.NOT_OUR_DOMAIN})
"""The answers that tell who guesses addresses what he wants to know."""


class SmtpSession(Connection):
    """Answers the verbs. `smtp_X` is called with the argument of verb X, "" when it has none."""

    # -- greetings -----------------------------------------------------------------------------------------

    async def smtp_HELO(self, argument: str) -> None:
        """RFC 5321 4.1.1.1."""
        if self._lmtp:
            self._say(replies.UNKNOWN_COMMAND)
        elif await self._greeted(argument, extended=False):
            self._say(replies.HELLO.filled(hostname=self._options.hostname))

    async def smtp_EHLO(self, argument: str) -> None:
        """RFC 5321 4.1.1.1."""
        await self._ehlo(argument, offered=not self._lmtp)

    async def smtp_LHLO(self, argument: str) -> None:
        """RFC 2033 4.1."""
        await self._ehlo(argument, offered=self._lmtp)

    async def _ehlo(self, argument: str, *, offered: bool) -> None:
        if not offered:
            self._say(replies.UNKNOWN_COMMAND)
        elif await self._greeted(argument, extended=True):
            keywords = [f"SIZE {self._limits.message_bytes}", "8BITMIME", "SMTPUTF8", "PIPELINING"]
            if self._options.tls is not None and not self._tls:
                keywords.append("STARTTLS")
            if self._submission and self._tls and self._login is None:
                keywords.append(f"AUTH {' '.join(MECHANISMS)}")
            self._say_lines(replies.HELLO.code, (self._options.hostname, *keywords, "ENHANCEDSTATUSCODES"))

    async def _greeted(self, name: str, *, extended: bool) -> bool:
        """Note who greets; a greeting forgets the mail under way (RFC 5321 4.1.4)."""
        if not name:
            self._say(replies.BAD_ARGUMENT)
            return False
        self._forget_mail()
        self._helo, self._extended = name, extended
        return True

    # -- one mail ------------------------------------------------------------------------------------------

    def quick(self, verb: str, argument: str) -> Reply | None:
        """The reply to a command that needs no waiting for anybody; None for any other."""
        match verb:
            case "MAIL":
                return self._mail(argument)
            case "RCPT":
                address = self._recipient(argument)
                if isinstance(address, Reply):
                    return address
                if not self._handler.welcomes(address):
                    return None
                self._recipients.append(address)
                return replies.RECIPIENT_OK
        return None

    async def smtp_MAIL(self, argument: str) -> None:
        """RFC 5321 4.1.1.2."""
        self._say(self._mail(argument))

    def _mail(self, argument: str) -> Reply:
        if not self._helo:
            return replies.HELLO_FIRST
        if self._submission and self._login is None:
            return replies.LOGIN_FIRST
        if self._sender is not None:
            return replies.ONE_SENDER_ONLY
        try:
            address, parameters = read_sender(argument)
        except BadAddressError:
            return replies.BAD_SENDER
        except ValueError:
            return replies.BAD_ARGUMENT
        reply = self._checked(parameters) or self._handler.sender(address)
        if not reply.refuses:
            self._sender = address
        return reply

    def _checked(self, parameters: Mapping[str, str]) -> Reply | None:
        size = parameters.get("SIZE", "0")
        if not parameters.keys() <= (SUBMISSION_PARAMETERS if self._submission else SENDER_PARAMETERS):
            return replies.UNKNOWN_PARAMETER
        if (
            not (size.isascii() and size.isdigit())
            or parameters.get("SMTPUTF8")
            or not parameters.get("AUTH", "<>")
        ):
            return replies.BAD_ARGUMENT
        if parameters.get("BODY", "7BIT").upper() not in BODIES:
            return replies.UNKNOWN_PARAMETER
        # Compared by length first: a number of a thousand digits is not worth reading.
        if len(size.lstrip("0")) > 18 or int(size) > self._limits.message_bytes:
            return self._too_big()
        return None

    async def smtp_RCPT(self, argument: str) -> None:
        """RFC 5321 4.1.1.3."""
        address = self._recipient(argument)
        if isinstance(address, Reply):
            self._say(address)
            return
        reply = await self._handler.recipient(address)
        if not reply.refuses:
            self._recipients.append(address)
        self._say(reply)
        self._unknown += reply in UNKNOWN
        if self._unknown > self._limits.unknown_recipients and not self._is_ours:
            metrics.limit_hit("unknown_recipients")
            raise Goodbye(replies.TOO_MANY_UNKNOWN)

    def _recipient(self, argument: str) -> str | Reply:
        """The address of a recipient, or why there cannot be one now."""
        if self._sender is None:
            return replies.SENDER_FIRST
        try:
            address, parameters = read_recipient(argument)
        except BadAddressError:
            return replies.BAD_RECIPIENT
        except ValueError:
            return replies.BAD_ARGUMENT
        if parameters:
            return replies.UNKNOWN_PARAMETER
        if len(self._recipients) >= self._limits.recipients:
            metrics.limit_hit("recipients")
            return replies.TOO_MANY_RECIPIENTS
        return address

    async def smtp_DATA(self, argument: str) -> None:
        """RFC 5321 4.1.1.4. By LMTP each accepted recipient gets a reply (RFC 2033 4.2)."""
        if argument:
            self._say(replies.BAD_ARGUMENT)
            return
        if self._sender is None:
            self._say(replies.SENDER_FIRST)
            return
        if not self._recipients:
            self._say(replies.RECIPIENT_FIRST)
            return
        due = len(self._recipients) if self._lmtp else 1
        reply = await self._receive(self._sender, tuple(dict.fromkeys(self._recipients)))
        self._forget_mail()
        self._say(reply, times=due)

    async def _receive(self, sender: str, recipients: tuple[str, ...]) -> Reply:
        """Read the mail and hand it on; the reply after the dot."""
        share = Share(self._gate)
        message = Message(self._limits, share, self._handler.spool, mend=self._options.normalize_newlines)
        try:
            content = await self._read(message)
            if isinstance(content, Reply):
                return content
            begun = perf_counter()
            try:
                arrival = Arrival(content, sender, recipients, self._peer(), share)
                reply = await self._handler.mail(arrival, message.head())
                if not reply.refuses:
                    metrics.ACCEPT_SECONDS.observe(perf_counter() - begun)
                return reply
            except Exception:  # noqa: BLE001 - answered here: by LMTP several replies are due
                return self._incident("DATA")
        finally:
            message.discard()
            share.release()

    async def _read(self, message: Message) -> bytes | Spooled | Reply:
        """The message, or why it cannot be taken. Raises Goodbye when its end was not reached."""
        self._say(replies.SEND_DATA)
        await self._flush()
        pace = Pace(self._limits, self.loop.time(), self._ends)
        try:
            await self.wire.data(message, pace.due, pace.heard)
        except TimeoutError:
            metrics.limit_hit(pace.limit)
            reply = replies.TOO_SLOW if pace.limit == "data_bytes_per_second" else replies.TIMED_OUT
            raise Goodbye(reply, f"DATA: {pace.limit}") from None
        except ClientLeft:
            raise
        except Exception:  # noqa: BLE001 - what is left of the message must not be read as commands
            raise Goodbye(self._incident("DATA"), "the message was not read to its end") from None
        try:
            content = message.content()
        except TooBigError:
            return self._too_big()
        except NoRoomError:
            return replies.NO_ROOM
        return replies.BARE_NEWLINE if message.has_bare_newline() else content

    def _peer(self) -> Peer:
        kind = "LMTP" if self._lmtp else "ESMTP" if self._extended else "SMTP"
        secured, logged_in = "S" if self._tls else "", "A" if self._login else ""
        return Peer(
            session=self._id,
            address=self._address,
            proxy=self._proxy,
            helo=self._helo,
            proto=f"{kind}{secured}{logged_in}",
            tls=self._tls,
            login=self._login.user if self._login else "",
            login_addresses=self._login.addresses if self._login else (),
        )

    def _too_big(self) -> Reply:
        metrics.limit_hit("message_bytes")
        return replies.TOO_BIG.filled(limit=self._limits.message_bytes)

    # -- logging in ----------------------------------------------------------------------------------------

    async def smtp_AUTH(self, argument: str) -> None:
        """RFC 4954; PLAIN is RFC 4616."""
        if not self._extended or not self._helo:
            self._say(replies.HELLO_FIRST)
            return
        if self._login is not None or self._sender is not None:
            self._say(replies.LOGIN_NOT_NOW)
            return
        name, _, initial = argument.partition(" ")
        read = {"PLAIN": self._plain, "LOGIN": self._login_login}.get(name.upper())
        if read is None:
            self._say(replies.UNKNOWN_MECHANISM)
            return
        try:
            user, password = await read(initial.strip(" "))
        except BadCredentialsError:
            self._say(replies.BAD_CREDENTIALS_SYNTAX)
            return
        network = network_of(self._address)
        if not self._gate.begin_login(network):
            metrics.limit_hit("login_failures_per_hour")
            raise Goodbye(replies.TOO_MANY_LOGINS)
        try:
            login = await self._handler.login(user, password)
        except Exception:
            self._gate.logged_in(network)  # our own fault is no guess
            raise
        if login is not None:
            self._gate.logged_in(network)
            self._login = login
            self._say(replies.LOGGED_IN)
            return
        self._failures += 1
        self._say(replies.NOT_LOGGED_IN)
        if self._failures >= self._limits.login_failures:
            metrics.limit_hit("login_failures")
            raise Goodbye(replies.TOO_MANY_ERRORS)

    async def _plain(self, initial: str) -> tuple[str, str]:
        if not initial:
            initial = await self._challenged("")
        return read_plain(initial)

    async def _login_login(self, initial: str) -> tuple[str, str]:
        if not initial:
            initial = await self._challenged("Username:")
        user = read_text(initial)
        return user, read_text(await self._challenged("Password:"))

    async def _challenged(self, challenge: str) -> str:
        """The client's answer to a challenge, still in base64. Raises BadCredentialsError when it is cancelled."""
        self._unsent += f"334 {b64encode(challenge.encode()).decode()}\r\n".encode()
        await self._flush()
        line = await self._line()
        answer = line.removesuffix(b"\r\n")
        if len(line) > self._limits.command_bytes or answer in (line, b"*") or not answer.isascii():
            raise BadCredentialsError
        return answer.decode("ascii")

    # -- the rest ------------------------------------------------------------------------------------------

    async def smtp_RSET(self, argument: str) -> None:
        """RFC 5321 4.1.1.5."""
        if argument:
            self._say(replies.BAD_ARGUMENT)
            return
        self._forget_mail()
        self._say(replies.DONE)

    async def smtp_NOOP(self, argument: str) -> None:  # noqa: ARG002 - RFC 5321 4.1.1.9: ignored
        """RFC 5321 4.1.1.9."""
        self._say(replies.DONE)

    async def smtp_QUIT(self, argument: str) -> None:  # noqa: ARG002 - who wants to leave may leave
        """RFC 5321 4.1.1.10."""
        raise Goodbye(replies.BYE)

    async def smtp_HELP(self, argument: str) -> None:  # noqa: ARG002 - the same for all
        """RFC 5321 4.1.1.8."""
        self._say(replies.HELP)

    async def smtp_VRFY(self, argument: str) -> None:  # noqa: ARG002 - no address is confirmed
        """RFC 5321 3.5.3."""
        self._say(replies.CANNOT_VERIFY)

    async def smtp_STARTTLS(self, argument: str) -> None:
        """RFC 3207."""
        if argument:
            self._say(replies.BAD_ARGUMENT)
            return
        if self._options.tls is None:
            self._say(replies.NOT_OFFERED)
            return
        if self._tls:
            self._say(replies.TLS_ALREADY)
            return
        await self._start_tls(self._options.tls.context)
