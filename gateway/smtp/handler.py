"""What the listener asks the rest of the house: may this sender, may this recipient, keep this mail."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, fields
from typing import Any, Protocol

import structlog

from gateway import metrics
from gateway.intake.intake import IntakeUnavailable
from gateway.intake.spool import Spool, Spooled
from gateway.smtp.gate import Share
from gateway.smtp.glance import glance, header_of, received_lines
from gateway.smtp.limits import Limits
from rules import replies
from rules.never_log import never_log_hit
from rules.recipients import Known, RecipientQuery, decide_recipient, recipient_query
from rules.replies import Reply
from rules.site import Site

log = structlog.get_logger(__name__)

GLANCED_AT_ONCE = 8192
"""Bytes of a header that is looked at in the loop: four milliseconds at the worst, and most mail."""

GLANCE_SECONDS = 60.0
"""How long a longer one may wait for its turn and take: then the mail is answered 451."""

WELCOME = 1000
"""Addresses that are remembered as ones that take mail: those of a day's threads, at the most."""

_NOBODY = Known()

_ASIDE = ThreadPoolExecutor(1, thread_name_prefix="glance")
"""Where that is done. One thread: the loop waits for the interpreter's lock as often as others hold it, and several
such looks at once would stop it for a tenth of a second. Nobody else's, whom a disk that hangs may hold."""

Lookup = Callable[[RecipientQuery], Awaitable[Known]]
"""Asks the directory what a recipient's address names."""


@dataclass(frozen=True, slots=True)
class Peer:
    """Who brought a mail. `session` names the session in the log.

    `address` is the client's IP address, "" for a Unix socket; `proxy` that of a trusted proxy between.
    `helo` is the name the client gave itself. `proto` is as in RFC 3848: SMTP, ESMTP, LMTP, with S after STARTTLS
    and A after a login; SMTPS, which is no word of that RFC, for who says HELO after it.
    `tls` is protocol version and cipher, or "". `login` is the main address of the user who logged in, or "", and
    `login_addresses` the keys (`rules.addresses.address_key`) of all of theirs at that time.
    """

    session: str
    address: str = ""
    proxy: str = ""
    helo: str = ""
    proto: str = "SMTP"
    tls: str = ""
    login: str = ""
    login_addresses: tuple[str, ...] = ()

    def facts(self) -> dict[str, Any]:
        """As kept with the mail; of a login nothing where there was none, as with nearly all mail."""
        return {name: getattr(self, name) for name in (_PEER if self.login else _STRANGER)}


_PEER = tuple(field.name for field in fields(Peer))
_STRANGER = tuple(name for name in _PEER if not name.startswith("login"))


@dataclass(frozen=True, slots=True)
class Login:
    """A user who logged in: their main address, and the keys of all of their addresses."""

    user: str
    addresses: tuple[str, ...]


Authenticate = Callable[[str, str], Awaitable[Login | None]]
"""From any address of a user, and a token of theirs, to the user; None when they do not belong together."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """A mail that is complete and not yet kept. `sender` "" is the null sender; no recipient comes twice.

    `share` is what it takes of what all messages under way may.
    """

    content: bytes | Spooled
    sender: str
    recipients: tuple[str, ...]
    peer: Peer
    share: Share


async def _nobody(_user: str, _password: str) -> Login | None:
    return None


class Keeper(Protocol):
    """Keeps a mail durably: `gateway.intake.intake.Intake`."""

    spool: Spool

    async def keep(
        self,
        content: bytes | Spooled,
        *,
        mail_from: str,
        recipients: Sequence[str],
        peer: Mapping[str, Any],
        let_go: Callable[[], None],
    ) -> int:
        """The id of the mail, once it is on the disk. Raises IntakeUnavailable.

        `let_go` is called once it is needed no more, which may be after the caller gave up.
        """


class Handler:
    """Answers for one site, as `sites` says it is now. Every session shares it.

    `has_room` says whether there is room on the disk for another mail.
    """

    def __init__(
        self,
        sites: Callable[[], Site],
        lookup: Lookup,
        intake: Keeper,
        limits: Limits,
        has_room: Callable[[], bool] = lambda: True,
        authenticate: Authenticate = _nobody,
    ) -> None:
        self._sites = sites
        self._lookup = lookup
        self._intake = intake
        self._limits = limits
        self._has_room = has_room
        self._authenticate = authenticate
        # Most mail goes to the same few addresses, which the site alone decides about.
        self._welcome: set[str] = set()
        self._welcome_at: Site | None = None

    @property
    def spool(self) -> Spool:
        """Where large mail goes while it comes."""
        return self._intake.spool

    def sender(self, address: str) -> Reply:
        """The reply to MAIL. On a disk that is nearly full the mail is not even begun."""
        if not self._has_room():
            return replies.DISK_FULL
        if address and never_log_hit((address,), self._sites()):
            return replies.NEVER_LOG
        return replies.SENDER_OK

    async def login(self, user: str, password: str) -> Login | None:
        """Who logs in with this, or None."""
        return await self._authenticate(user, password)

    def welcomes(self, address: str) -> bool:
        """Whether it is known already that the address takes mail; `recipient` finds out."""
        site = self._sites()
        if site is not self._welcome_at:
            self._welcome_at = site
            self._welcome.clear()
        return address in self._welcome

    async def recipient(self, address: str) -> Reply:
        """The reply to RCPT. The directory is asked only for an address that names an account or a user."""
        if self.welcomes(address):
            return replies.RECIPIENT_OK
        site = self._sites()
        query = recipient_query(address, site)
        known = await self._lookup(query) if query.account_key or query.secret else _NOBODY
        recipient = decide_recipient(address, site, known)
        if recipient.reply is None:
            if known is _NOBODY:
                self._remember(address)
            return replies.RECIPIENT_OK
        log.debug("recipient refused", why=recipient.why)
        return recipient.reply

    def _remember(self, address: str) -> None:
        if len(self._welcome) >= WELCOME:
            self._welcome.clear()
        self._welcome.add(address)

    async def mail(self, arrival: Arrival, head: bytes) -> Reply:
        """The reply after the dot: KEPT only when the mail is on the disk. `head` is `Message.head`."""
        site = self._sites()
        header = header_of(head, self._limits.header_bytes)
        if header is None:
            metrics.limit_hit("header_bytes")
            return replies.HEADER_TOO_BIG.filled(limit=self._limits.header_bytes)
        if received_lines(header) > self._limits.received_lines:
            metrics.limit_hit("received_lines")
            return replies.TOO_MANY_HOPS
        if site.keeps_people_out and never_log_hit(await self._people(header), site):
            return replies.NEVER_LOG
        del head, header  # a quarter of a megabyte, perhaps, and the disk may take a minute
        arrival.share.hold()
        try:
            mail = await self._intake.keep(
                arrival.content,
                mail_from=arrival.sender,
                recipients=arrival.recipients,
                peer=arrival.peer.facts(),
                let_go=arrival.share.release,
            )
        except IntakeUnavailable:
            return replies.NOT_KEPT
        return replies.KEPT.filled(mail=mail)

    async def _people(self, header: bytes) -> tuple[str, ...]:
        # A hostile header of the largest size takes a tenth of a second: the other sessions go on meanwhile.
        if len(header) > GLANCED_AT_ONCE:
            async with asyncio.timeout(GLANCE_SECONDS):
                return await asyncio.get_running_loop().run_in_executor(_ASIDE, glance, header)
        return glance(header)
