"""The relay: the mail server that takes what the gateway sends."""

import asyncio
import re
import ssl
from collections.abc import Awaitable, Callable

import aiosmtplib
from tenacity import AsyncRetrying, retry_if_exception_type, stop_after_attempt, wait_exponential

from gateway.config.settings import Relay

NULL_SENDER = ""
"""The return path of what is passed on (RFC 5321 4.5.5). A bounce would go to a stranger who never wrote to
the administrator's address, and his own return path would fail SPF there. Nothing is lost: the mail stays in
the store. It also keeps two gateways from answering each other."""

COMMAND_SECONDS = 60.0
"""For one answer of the relay. RFC 5321 4.5.3.2 allows minutes; a failed attempt is made again anyway."""

ATTEMPT_SECONDS = 300.0
"""For one delivery from the connection to the last answer."""

CONNECTIONS = 3
"""Connections that are tried in one attempt: a relay that restarts is back in seconds."""

_CONTROL = re.compile(r"[\x00-\x20\x7f]")
_MENDABLE = frozenset({530, 534, 535, 538})
"""5xx for want of a login (RFC 4954 6): the operator can mend that before the mail grows old."""


class NotNowError(Exception):
    """The relay cannot take the mail now. The text is for the operator."""


class NeverError(Exception):
    """The relay will never take the mail as it is. The text is for the operator."""


async def deliver(
    raw: bytes,
    recipient: str,
    relay: Relay,
    hostname: str,
    *,
    tls: ssl.SSLContext | None = None,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> str:
    """Hand a mail to the relay with a null return path; returns the relay's answer to it.

    `hostname` is what we greet with. `tls` replaces the system's trust. `sleep` waits between connections.
    Raises NotNowError and NeverError. A cancelled delivery may have been taken all the same.
    """
    if _CONTROL.search(recipient):
        raise NeverError("the recipient is no address")
    try:
        async with asyncio.timeout(ATTEMPT_SECONDS):
            return await _deliver(raw, recipient, relay, hostname, tls, sleep)
    except aiosmtplib.SMTPRecipientsRefused as refused:
        raise _verdict(refused.recipients[0]) from refused
    except (
        aiosmtplib.SMTPAuthenticationError,
        aiosmtplib.SMTPHeloError,
        aiosmtplib.SMTPConnectError,
    ) as error:
        raise NotNowError(f"{relay.host}: {error}") from error
    except aiosmtplib.SMTPResponseException as refused:
        raise _verdict(refused) from refused
    except (aiosmtplib.SMTPException, OSError, ValueError) as error:
        raise NotNowError(f"{relay.host}: {error or type(error).__name__}") from error


async def _deliver(
    raw: bytes,
    recipient: str,
    relay: Relay,
    hostname: str,
    tls: ssl.SSLContext | None,
    sleep: Callable[[float], Awaitable[None]],
) -> str:
    client = aiosmtplib.SMTP(
        hostname=relay.host,
        port=relay.port,
        username=relay.username or None,
        password=relay.read_password() if relay.username else None,
        local_hostname=hostname,
        timeout=COMMAND_SECONDS,
        use_tls=relay.tls == "implicit",
        start_tls=relay.tls == "starttls",
        tls_context=tls,
    )
    connecting = AsyncRetrying(
        retry=retry_if_exception_type(aiosmtplib.SMTPConnectError),
        stop=stop_after_attempt(CONNECTIONS),
        wait=wait_exponential(multiplier=1, max=5),
        sleep=sleep,
        reraise=True,
    )
    await connecting(client.connect)
    try:
        if client.is_ehlo_or_helo_needed:
            await client.ehlo()
        options = [] if recipient.isascii() else ["SMTPUTF8"]
        if not raw.isascii() and client.supports_extension("8bitmime"):
            options.append("BODY=8BITMIME")
        _, answer = await client.sendmail(NULL_SENDER, [recipient], raw, mail_options=options)
    finally:
        client.close()
    return answer


def _verdict(refused: aiosmtplib.SMTPResponseException) -> NotNowError | NeverError:
    """A relay's refusal: 5xx is for ever (RFC 5321 4.2.1), unless only a login is missing."""
    why = f"{refused.code} {refused.message}"
    permanent = refused.code >= 500 and refused.code not in _MENDABLE
    return NeverError(why) if permanent else NotNowError(why)
