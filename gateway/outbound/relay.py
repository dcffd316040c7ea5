"""The relay: the mail server that takes what the gateway sends."""

import asyncio
import contextlib
import re
import ssl
from collections.abc import Awaitable, Callable
from time import monotonic

import aiosmtplib
from tenacity import AsyncRetrying, retry_if_exception_type, stop_after_attempt, wait_exponential

from gateway.config.settings import Relay

NULL_SENDER = ""
"""The return path of what is passed on and of notices (RFC 5321 4.5.5, RFC 3834 3.3): nobody reports on them."""

COMMAND_SECONDS = 60.0
"""For one answer of the relay. RFC 5321 4.5.3.2 allows minutes; a failed attempt is made again anyway."""

ATTEMPT_SECONDS = 300.0
"""For one delivery from the connection to the last answer."""

CONNECTIONS = 3
"""Connections that are tried in one attempt: a relay that restarts is back in seconds."""

IDLE_SECONDS = 10.0
"""How long a connection is kept for the next mail. Relays close idle ones after minutes, or when they are full."""

MAILS = 100
"""Mails over one connection: Postfix, too, lets a session end after that many."""

_CONTROL = re.compile(r"[\x00-\x20\x7f]")
_MENDABLE = frozenset({530, 534, 535, 538})
"""5xx for want of a login (RFC 4954 6): the operator can mend that before the mail grows old."""

_ENHANCED = re.compile(r"[245]\.\d{1,3}\.\d{1,3}\b")


class NotNowError(Exception):
    """The relay cannot take the mail now. The text is for the operator."""


class NeverError(Exception):
    """The relay will never take the mail as it is. The text is for the operator; `status` is as in RFC 3463."""

    def __init__(self, why: str, status: str = "5.0.0") -> None:
        super().__init__(why)
        self.status = status


class Line:
    """One connection to the relay, opened when it is needed and kept for the mails that follow. For one task.

    `hostname` is what we greet with. `tls` replaces the system's trust. `sleep` waits between connections.
    """

    def __init__(
        self,
        relay: Relay,
        hostname: str,
        *,
        tls: ssl.SSLContext | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self._relay = relay
        self._hostname = hostname
        self._tls = tls
        self._sleep = sleep
        self._clock = clock
        self._client: aiosmtplib.SMTP | None = None
        self._used = 0.0
        self._mails = 0

    async def deliver(self, raw: bytes, recipient: str, return_path: str = NULL_SENDER) -> str:
        """Hand a mail to the relay; returns the relay's answer to it.

        Raises NotNowError and NeverError. A cancelled delivery may have been taken all the same.
        """
        if _CONTROL.search(recipient) or _CONTROL.search(return_path):
            raise NeverError("the recipient is no address", "5.1.3")
        try:
            async with asyncio.timeout(ATTEMPT_SECONDS):
                return await self._deliver(raw, recipient, return_path)
        except aiosmtplib.SMTPRecipientsRefused as refused:
            raise _verdict(refused.recipients[0]) from refused
        except (
            aiosmtplib.SMTPAuthenticationError,
            aiosmtplib.SMTPHeloError,
            aiosmtplib.SMTPConnectError,
        ) as error:
            self.close()
            raise NotNowError(f"{self._relay.host}: {error}") from error
        except aiosmtplib.SMTPResponseException as refused:
            if refused.code == 421:
                self.close()
            raise _verdict(refused) from refused
        except (aiosmtplib.SMTPException, OSError, ValueError) as error:
            self.close()
            raise NotNowError(f"{self._relay.host}: {error or type(error).__name__}") from error
        except BaseException:
            self.close()  # in the middle of a mail: whatever comes next must not be taken for its end
            raise

    def close(self) -> None:
        """Drop the connection. The next mail opens another."""
        client, self._client = self._client, None
        if client is not None:
            with contextlib.suppress(Exception):  # it may be broken, that is why it goes
                client.close()

    async def quit(self) -> None:
        """End the session as RFC 5321 4.1.1.10 asks, if the relay answers in a second."""
        client, self._client = self._client, None
        if client is not None and client.is_connected:
            with contextlib.suppress(Exception):
                await client.quit(timeout=1)
            client.close()

    @property
    def is_stale(self) -> bool:
        """Whether a connection has been idle for long enough to be ended."""
        return self._client is not None and self._clock() - self._used > IDLE_SECONDS

    async def _deliver(self, raw: bytes, recipient: str, return_path: str) -> str:
        client = await self._connected()
        options = [] if recipient.isascii() and return_path.isascii() else ["SMTPUTF8"]
        if not raw.isascii() and client.supports_extension("8bitmime"):
            options.append("BODY=8BITMIME")
        # CR and LF in addresses would be commands to some versions of the library: looked for above.
        _, answer = await client.sendmail(return_path, [recipient], raw, mail_options=options)
        self._used = self._clock()
        self._mails += 1
        return answer

    async def _connected(self) -> aiosmtplib.SMTP:
        """The open connection, where the relay still answers on it; else a new one."""
        if self._client is not None and (self.is_stale or self._mails >= MAILS):
            await self.quit()
        if self._client is not None:
            try:
                await self._client.rset(timeout=COMMAND_SECONDS)
                return self._client
            except (aiosmtplib.SMTPException, OSError):
                self.close()
        relay = self._relay
        client = aiosmtplib.SMTP(
            hostname=relay.host,
            port=relay.port,
            username=relay.username or None,
            password=relay.read_password() if relay.username else None,
            local_hostname=self._hostname,
            timeout=COMMAND_SECONDS,
            use_tls=relay.tls == "implicit",
            start_tls=relay.tls == "starttls",
            tls_context=self._tls,
        )
        connecting = AsyncRetrying(
            retry=retry_if_exception_type(aiosmtplib.SMTPConnectError),
            stop=stop_after_attempt(CONNECTIONS),
            wait=wait_exponential(multiplier=1, max=5),
            sleep=self._sleep,
            reraise=True,
        )
        await connecting(client.connect)
        self._client, self._mails, self._used = client, 0, self._clock()
        if client.is_ehlo_or_helo_needed:
            await client.ehlo()
        return client


def _verdict(refused: aiosmtplib.SMTPResponseException) -> NotNowError | NeverError:
    """A relay's refusal: 5xx is for ever (RFC 5321 4.2.1), unless only a login is missing."""
    why = f"{refused.code} {refused.message}"
    if refused.code < 500 or refused.code in _MENDABLE:
        return NotNowError(why)
    status = _ENHANCED.search(refused.message or "")
    return NeverError(why, status[0] if status else "5.0.0")
