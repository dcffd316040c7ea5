"""The sender: takes entries out of the outbox, hands them to the relay, and tries again what failed."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

import structlog
from sqlalchemy import Engine

from gateway.config import Settings
from gateway.events import FAILED, PASSED_ON
from gateway.outbound.relay import ATTEMPT_SECONDS, NeverError, NotNowError, deliver
from gateway.outbound.trace import with_trace
from rules.retry import next_attempt
from storage import outbox
from storage.blobs import Blobs
from storage.engine import reading, writing
from storage.errors import BlobDamaged, BlobMissing, StorageError
from storage.history import Event
from storage.inbound import raw as raw_of

log = structlog.get_logger(__name__)

LEASE = timedelta(seconds=2 * ATTEMPT_SECONDS)
"""How long an entry is ours. Twice what an attempt may take, so that no second one starts beside it."""

LOOK_SECONDS = 5.0
"""How often the outbox is looked at: the processes that fill it do not call."""

MAX_WHY = 500
"""Characters of a relay's answer that are kept."""

Deliver = Callable[[bytes, str], Awaitable[str]]
"""Hands (mail, recipient) to the relay and returns its answer; raises NotNowError and NeverError."""


class Sender:
    """Sends what waits in the outbox, one entry at a time, each at least once.

    `clock` gives aware UTC, `chance` a number from 0 up to 1, `sleep` waits for seconds. Without a relay in
    the settings nothing is sent and everything waits.
    """

    def __init__(
        self,
        engine: Engine,
        blobs: Blobs,
        settings: Settings,
        *,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        chance: Callable[[], float] = random.random,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        delivery: Deliver | None = None,
    ) -> None:
        self._engine = engine
        self._blobs = blobs
        self._hostname = settings.hostname
        self._relay = settings.relay
        self._clock = clock
        self._chance = chance
        self._sleep = sleep
        self._deliver = delivery or self._to_relay

    async def run(self) -> None:
        """Send until cancelled. An entry under way then is due again when its lease ends."""
        if not self._relay.host:
            log.info("no relay is configured: mail to be passed on waits")
            return
        while True:
            try:
                busy = await self.send_one()
            except (StorageError, OSError) as error:
                log.error("the outbox cannot be worked", why=str(error))
                busy = False
            if not busy:
                await self._sleep(LOOK_SECONDS)

    async def send_one(self) -> bool:
        """Make one attempt at the entry that has been due longest; False when none is due.

        Raises StorageError and OSError; the entry is then due again when its lease ends.
        """
        # In a thread: it is not stopped half-way when we are cancelled, so no transaction stays open.
        entry = await asyncio.to_thread(self._claim)
        if entry is None:
            return False
        try:
            answer = await self._attempt(entry)
        except NotNowError as error:
            await asyncio.to_thread(self._again, entry, str(error)[:MAX_WHY])
        except NeverError as error:
            await asyncio.to_thread(self._fail, entry, str(error)[:MAX_WHY])
        else:
            await asyncio.to_thread(self._done, entry, answer[:MAX_WHY])
        return True

    async def _attempt(self, entry: outbox.Entry) -> str:
        try:
            raw = await asyncio.to_thread(self._raw, entry)
        except (BlobMissing, BlobDamaged) as error:
            # Perhaps the blob store is not mounted: the mail may be there again tomorrow.
            raise NotNowError(str(error)) from error
        if raw is None:
            raise NeverError("the mail itself was erased")
        traced = with_trace(raw, self._hostname, entry.mail_id, entry.received_at, entry.peer)
        return await self._deliver(traced, entry.recipient)

    async def _to_relay(self, raw: bytes, recipient: str) -> str:
        return await deliver(raw, recipient, self._relay, self._hostname)

    # -- in a thread ---------------------------------------------------------------------------------------

    def _claim(self) -> outbox.Entry | None:
        now = self._clock()
        with reading(self._engine) as conn:
            due = outbox.next_due(conn, outbox.PASS_ON)
        if due is None or due > now:
            return None  # looked at often, and seldom anything there: no reason to hold up those who write
        with writing(self._engine) as conn:
            return outbox.claim(conn, outbox.PASS_ON, now, LEASE)

    def _raw(self, entry: outbox.Entry) -> bytes | None:
        with reading(self._engine) as conn:
            return raw_of(conn, self._blobs, entry.mail_id)

    def _done(self, entry: outbox.Entry, answer: str) -> None:
        now = self._clock()
        event = Event(entry.mail_id, now, PASSED_ON, {"attempts": entry.attempts, "answer": answer})
        with writing(self._engine) as conn:
            outbox.sent(conn, entry, now, event)
        log.info(PASSED_ON, mail=entry.mail_id, entry=entry.id, attempts=entry.attempts)

    def _again(self, entry: outbox.Entry, why: str) -> None:
        now = self._clock()
        when = next_attempt(entry.attempts, entry.created_at, now, self._chance())
        if when is None:
            self._fail(entry, f"given up after {entry.attempts} attempts: {why}")
            return
        with writing(self._engine) as conn:
            outbox.postponed(conn, entry, when, why)
        log.warning(
            "relay did not take the mail", mail=entry.mail_id, entry=entry.id, why=why, again=str(when)
        )

    def _fail(self, entry: outbox.Entry, why: str) -> None:
        now = self._clock()
        event = Event(entry.mail_id, now, FAILED, {"outbox": entry.id, "why": why})
        with writing(self._engine) as conn:
            outbox.failed(conn, entry, now, why, event)
        log.error(FAILED, mail=entry.mail_id, entry=entry.id, why=why)
