"""The sender: takes entries out of the outbox, hands them to the relay, and tries again what failed."""

import asyncio
import contextlib
import random
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from time import monotonic
from typing import Protocol

import structlog
from sqlalchemy import Engine
from tenacity import retry, retry_if_exception_type, stop_after_delay, wait_fixed

from gateway.config import Settings
from gateway.events import BOUNCED, COPIED, FAILED, PASSED_ON
from gateway.filing.owners import Owner
from gateway.metrics import CANCELLED, HELD, POSTPONED
from gateway.outbound.relay import ATTEMPT_SECONDS, NULL_SENDER, Line, NeverError, NotNowError
from gateway.outbound.signing import Signer, SigningError, SigningKey
from gateway.outbound.trace import with_trace
from gateway.outbound.writing import CannotWriteError, NoKeyError, NoSuchAddressError, Written, write
from gateway.site import Sites, sites
from rules.never_log import never_log_hit
from rules.outgoing import HOUR, hold_until
from rules.retry import next_attempt
from storage import outbox, outgoing
from storage.blobs import Blobs
from storage.engine import reading, writing
from storage.errors import BlobDamaged, BlobMissing, StorageError, WrongState
from storage.history import Event
from storage.inbound import raw as raw_of

log = structlog.get_logger(__name__)

LEASE = timedelta(seconds=2 * ATTEMPT_SECONDS)
"""How long an entry is ours. Twice what an attempt may take, so that no second one starts beside it."""

LOOK_SECONDS = 1.0
NOTED_SECONDS = 120.0
"""How long it is tried to note that a relay took a mail: what is not noted is sent once more."""
"""How often the outbox is looked at: the processes that fill it do not call."""

BURY_SECONDS = 10.0
"""How often it is looked for mail that a dead sender was at: one may outlive its daemon for a while."""

FINISH_SECONDS = 4.0
"""How long the mails under way may take once the sender is told to stop."""

MAX_WHY = 500
"""Characters of a relay's answer that are kept."""


class Relaying(Protocol):
    """A way to the relay: `gateway.outbound.relay.Line`."""

    async def deliver(self, raw: bytes, recipient: str, return_path: str = NULL_SENDER) -> str:
        """Hand over a mail; the relay's answer. Raises NotNowError and NeverError."""

    async def quit(self) -> None:
        """End the connection."""

    @property
    def is_stale(self) -> bool:
        """Whether it has been idle for long enough to be ended."""


class _Gone(Exception):  # noqa: N818 - what the entry's reason to be sent is
    """The entry is not to be sent any more; the text says why."""


class Sender:
    """Sends what waits in the outbox, over several connections at once, each entry at least once.

    `clock` gives aware UTC, `chance` a number from 0 up to 1, `sleep` waits for seconds, `line` makes a way to the
    relay. Without a relay in the settings nothing is sent and everything waits. `tell` hears what becomes of each
    attempt: an event of `gateway.metrics.SENDING` and the kind of the entry; it is called in any thread.
    """

    def __init__(
        self,
        engine: Engine,
        blobs: Blobs,
        settings: Settings,
        *,
        site: Sites | None = None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        chance: Callable[[], float] = random.random,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        line: Callable[[], Relaying] | None = None,
        tell: Callable[[str, str], None] = lambda _event, _kind: None,
    ) -> None:
        self._engine = engine
        self._blobs = blobs
        self._site = site or sites(settings)
        self._outgoing = settings.outgoing()
        self._attachments_limit = int(settings.sending.attachments_limit)
        self._relay = settings.relay
        self._signer = Signer(
            [SigningKey(key.domain, key.selector, key.key_file) for key in settings.sending.dkim]
        )
        self._clock = clock
        self._chance = chance
        self._sleep = sleep
        self._tell = tell
        self._owner = Owner.first()
        make = line or (lambda: Line(settings.relay, settings.hostname))
        self._idle: list[Relaying] = [make() for _ in range(settings.sending.connections)]
        self._called = asyncio.Event()
        self._stopping = asyncio.Event()

    def stop(self) -> None:
        """Begin with nothing new, and let `run` return when what is under way is taken, or has taken too long."""
        self._stopping.set()
        self._called.set()

    def wake(self) -> None:
        """There is something new to be sent."""
        self._called.set()

    async def run(self) -> None:
        """Send until told to stop, or cancelled. What is broken off is due again at once."""
        if not self._relay.host:
            return
        under_way: set[asyncio.Task[None]] = set()
        looked = float("-inf")
        try:
            while not self._stopping.is_set():
                if monotonic() - looked > BURY_SECONDS:
                    looked = monotonic()
                    await self._free_the_dead()
                if not await self._start_one(under_way):
                    await self._rest(under_way)
            if under_way:
                await asyncio.wait(under_way, timeout=FINISH_SECONDS)
        finally:
            broken_off = [task for task in under_way if task.cancel()]
            await asyncio.gather(*under_way, return_exceptions=True)
            if broken_off:
                with contextlib.suppress(StorageError):
                    await asyncio.shield(asyncio.to_thread(self._let_go, str(self._owner)))
            await asyncio.gather(*(line.quit() for line in self._idle))

    async def send_one(self) -> bool:
        """Make one attempt at the entry that has been due longest; False when none is due.

        Raises StorageError and OSError; the entry is then due again when its lease ends.
        """
        # In a thread: it is not stopped half-way when we are cancelled, so no transaction stays open.
        entry = await asyncio.to_thread(self._claim)
        if entry is None:
            return False
        line = self._idle.pop()
        try:
            await self._attempt(entry, line)
        finally:
            self._idle.append(line)
        return True

    async def _start_one(self, under_way: set[asyncio.Task[None]]) -> bool:
        """Begin with the next entry in a task of its own, if there is one and a line is free."""
        if not self._idle:
            # The relay may keep every line waiting, for longer than a sender that is told to stop has.
            told_to_stop = asyncio.ensure_future(self._stopping.wait())
            try:
                await asyncio.wait({*under_way, told_to_stop}, return_when=asyncio.FIRST_COMPLETED)
            finally:
                told_to_stop.cancel()
            return True
        try:
            entry = await asyncio.to_thread(self._claim)
        except (StorageError, OSError) as error:
            log.error("the outbox cannot be worked", why=str(error))
            return False
        if entry is None:
            return False
        task = asyncio.create_task(self._one(entry, self._idle.pop()), name=f"outgoing-{entry.id}")
        under_way.add(task)
        task.add_done_callback(under_way.discard)
        return True

    async def _one(self, entry: outbox.Entry, line: Relaying) -> None:
        try:
            await self._attempt(entry, line)
        except (StorageError, OSError) as error:
            log.error("the outbox cannot be worked", entry=entry.id, why=str(error))
        except (
            Exception
        ):  # whatever it was, the other mail goes on; this one is due again when its lease ends
            log.exception("mail not sent", entry=entry.id)
        finally:
            self._idle.append(line)

    async def _rest(self, under_way: set[asyncio.Task[None]]) -> None:
        """Nothing is due: wait for a call, the time to look again, or the end of an attempt."""
        if not under_way:
            for line in self._idle:
                if line.is_stale:
                    await line.quit()
        waiting = [
            asyncio.ensure_future(self._called.wait()),
            asyncio.ensure_future(self._sleep(LOOK_SECONDS)),
        ]
        try:
            await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for each in waiting:
                each.cancel()
            await asyncio.gather(*waiting, return_exceptions=True)
        self._called.clear()

    async def _attempt(self, entry: outbox.Entry, line: Relaying) -> None:
        try:
            mail = await asyncio.to_thread(self._written, entry)
            answer = await line.deliver(mail.raw, entry.recipient, mail.return_path)
        except _Gone as error:
            await asyncio.to_thread(self._cancel, entry, str(error))
        except (CannotWriteError, BlobDamaged) as error:
            await asyncio.to_thread(self._fail, entry, str(error)[:MAX_WHY])
        except NoSuchAddressError as error:
            await asyncio.to_thread(self._refused, entry, str(error)[:MAX_WHY], "5.1.3")
        except (NotNowError, NoKeyError, BlobMissing, SigningError) as error:
            # A missing blob: perhaps its store is not mounted, and the mail can be sent tomorrow.
            await asyncio.to_thread(self._again, entry, str(error)[:MAX_WHY])
        except NeverError as error:
            await asyncio.to_thread(self._refused, entry, str(error)[:MAX_WHY], error.status)
        else:
            # Shielded by its thread: once taken it is noted, even when we are told to stop this moment.
            await asyncio.shield(asyncio.to_thread(self._done, entry, answer[:MAX_WHY]))

    # -- in a thread ---------------------------------------------------------------------------------------

    def _claim(self) -> outbox.Entry | None:
        """The next entry that may be sent now. Who has got too much mail of late gets theirs later."""
        while True:
            now = self._clock()
            with reading(self._engine) as conn:
                due = outbox.next_due(conn)
            if due is None or due > now:
                return (
                    None  # looked at often, and seldom anything there: no reason to hold up those who write
                )
            with writing(self._engine) as conn:
                entry = outbox.claim(conn, str(self._owner), now, LEASE)
                if entry is None:
                    return None
                if entry.kind == outbox.PASS_ON:
                    return entry
                until = hold_until(outbox.sent_to(conn, entry.recipient_key, now - HOUR), now, self._outgoing)
                if until is None:
                    return entry
                outbox.deferred(conn, entry, until, "its recipient got too much mail within the hour")
            self._tell(HELD, entry.kind)
            log.warning("held back", entry=entry.id, until=str(until))

    async def _free_the_dead(self) -> None:
        with contextlib.suppress(StorageError):
            await asyncio.to_thread(self._bury)

    def _bury(self) -> None:
        """What a sender of this machine was at when it was killed is due now."""
        with reading(self._engine) as conn:
            owners = [Owner.read(name) for name in outbox.lease_owners(conn)]
        if not any(owner is not None and self._owner.knows_gone(owner) for owner in owners):
            return
        with writing(self._engine) as conn:
            for name in outbox.lease_owners(conn):
                owner = Owner.read(name)
                if owner is not None and self._owner.knows_gone(owner):
                    log.info("outgoing mail freed", mails=outbox.release_dead(conn, name, self._clock()))

    def _let_go(self, owner: str) -> None:
        with writing(self._engine) as conn:
            outbox.release_dead(conn, owner, self._clock())

    def _written(self, entry: outbox.Entry) -> Written:
        if entry.kind == outbox.PASS_ON:
            return self._as_it_came(entry)
        site = self._site()
        if entry.touchpoint_deleted:
            raise _Gone("its touchpoint was deleted")
        if never_log_hit((entry.recipient,), site):
            raise _Gone("its recipient is on the never-log list")
        mail = write(entry, site, self._outgoing, self._blobs.get, self._attachments_limit)
        return Written(self._signer.sign(mail.raw, mail.from_domain), mail.return_path, mail.from_domain)

    def _as_it_came(self, entry: outbox.Entry) -> Written:
        assert entry.mail_id is not None
        assert entry.received_at is not None
        with reading(self._engine) as conn:
            raw = raw_of(conn, self._blobs, entry.mail_id)
        if raw is None:
            raise CannotWriteError("the mail itself was erased")
        hostname = self._site().hostname
        traced = with_trace(raw, hostname, entry.mail_id, entry.received_at, entry.peer or {})
        return Written(traced, NULL_SENDER, "")

    @retry(
        retry=retry_if_exception_type(StorageError),
        stop=stop_after_delay(NOTED_SECONDS),
        wait=wait_fixed(1),
        reraise=True,
    )
    def _done(self, entry: outbox.Entry, answer: str) -> None:
        now = self._clock()
        name = PASSED_ON if entry.kind == outbox.PASS_ON else COPIED
        detail = {"outbox": entry.id, "kind": entry.kind, "attempts": entry.attempts, "answer": answer}
        with writing(self._engine) as conn:
            outbox.sent(conn, entry, now, answer, _event(entry, now, name, detail))
        self._tell(name, entry.kind)
        log.info(name, entry=entry.id, kind=entry.kind, mail=entry.mail_id, attempts=entry.attempts)

    def _again(self, entry: outbox.Entry, why: str) -> None:
        now = self._clock()
        when = next_attempt(entry.attempts, entry.created_at, now, self._chance())
        if when is None:
            self._fail(entry, f"given up after {entry.attempts} attempts: {why}")
            return
        with writing(self._engine) as conn:
            outbox.postponed(conn, entry, now, when, why)
        self._tell(POSTPONED, entry.kind)
        log.warning(
            "relay did not take the mail", mail=entry.mail_id, entry=entry.id, why=why, again=str(when)
        )

    def _refused(self, entry: outbox.Entry, why: str, status: str) -> None:
        now = self._clock()
        detail = {"outbox": entry.id, "kind": entry.kind, "why": why}
        name = FAILED if entry.kind == outbox.PASS_ON else BOUNCED
        with writing(self._engine) as conn:
            outbox.refused(conn, entry, now, why, status, _event(entry, now, name, detail))
        self._tell(name, entry.kind)
        log.error(name, mail=entry.mail_id, entry=entry.id, why=why)

    def _fail(self, entry: outbox.Entry, why: str) -> None:
        now = self._clock()
        with writing(self._engine) as conn:
            outbox.failed(conn, entry, now, why, _event(entry, now, FAILED, {"outbox": entry.id, "why": why}))
        self._tell(FAILED, entry.kind)
        log.error(FAILED, mail=entry.mail_id, entry=entry.id, why=why)

    def _cancel(self, entry: outbox.Entry, why: str) -> None:
        with contextlib.suppress(WrongState), writing(self._engine) as conn:
            outgoing.cancel(conn, entry.id, self._clock(), why)
        self._tell(CANCELLED, entry.kind)
        log.info("not sent", entry=entry.id, why=why)


def _event(entry: outbox.Entry, now: datetime, name: str, detail: dict[str, object]) -> Event | None:
    """The event for the history of the mail that caused the entry, if one did."""
    return Event(entry.mail_id, now, name, detail) if entry.mail_id is not None else None
