"""A filing worker: claims received mail, reads it, decides, files. A process of its own, without a loop.

Started by `gateway.filing.supervisor`, spoken to by `gateway.filing.lines`. It may be killed at any point: a mail
is then either filed once or still to do.
"""

import itertools
import os
import signal
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from time import monotonic
from traceback import clear_frames
from typing import Any

import structlog
from sqlalchemy import Engine

from gateway.config import Settings
from gateway.events import FAILED, configure
from gateway.filing.batch import MOST, Batch, Decided, alone
from gateway.filing.belief import Belief, Undecided, settled
from gateway.filing.deadline import SETTLING_SECONDS, Overrun
from gateway.filing.directory import StoredDirectory
from gateway.filing.examine import Believe, Examined, Inbound, Unreadable, examine
from gateway.filing.file import Shelf
from gateway.filing.limits import cpu_limit, limit_memory
from gateway.filing.lines import Death, Ear, Greeting, Mouth
from gateway.filing.owners import Owner
from gateway.filing.rerun import Runner
from gateway.site import sites
from rules.message import Message
from rules.recipients import is_signed
from rules.trail import Verdict
from storage.blobs import Blobs, open_blobs
from storage.engine import open_engine, reading, writing
from storage.errors import BlobDamaged, BlobMissing, LeaseLost, StorageError
from storage.inbound import (
    WHOLE_TRIES,
    Claimed,
    claim,
    lease_owners,
    raw,
    raw_rows,
    release,
    release_dead,
    strike,
)
from storage.touchpoints import Filed

log = structlog.get_logger("gateway.filing")

BATCH = 5 * MOST
"""Mails claimed at once: some settlements, and as a rule no single mail left over. More would save little and keep
other workers from them."""

FETCHED_BYTES = 4 * 1024 * 1024
"""Raw mail that is read ahead with one question."""

POLL_SECONDS = 2.0
"""How often an idle worker looks for itself: mail put off until a time, leases of machines that are gone."""

NICE = 10
"""How much workers give way to the process that takes mail in, where both want a core (nice(2))."""

PAUSE_SECONDS = 5.0
"""How long mail is put off when the store is in trouble: the fault is not the mail's."""


BLOBS_MISSED = timedelta(days=1)
"""For how long after it came a mail whose blob is not there is tried again."""

BLOB_PAUSE_SECONDS = 60.0


class KeysMissing(Exception):  # noqa: N818 - what is the case
    """The keys of signed addresses cannot be read."""


class Worker:
    """One worker's means. `say` tells the supervisor what it is at; `seconds` count while mails wait for others."""

    def __init__(
        self,
        settings: Settings,
        owner: str,
        engine: Engine,
        blobs: Blobs,
        say: Callable[..., None],
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        belief: Belief | None = None,
        seconds: Callable[[], float] = monotonic,
    ) -> None:
        self._settings = settings
        self._sites = sites(settings)
        self._owner = owner
        self._engine = engine
        self._blobs = blobs
        self._say = say
        self._clock = clock
        self._seconds = seconds
        # Whether the store failed in the middle of a batch, whose mails then still bear this worker's name.
        self._broken_off = False
        # Whether somebody died before us, perhaps of settling several mails together: now they are settled singly.
        self._careful = False
        self.spent = False
        """Whether a mail went over a limit here: what that left of the process is not known, a new one goes on."""
        self._belief = belief or Belief(settings, dns=settings.sender_check.dns)
        self._directory = StoredDirectory(engine, revoked_too=True)
        self._shelf = Shelf(engine, blobs, settings, self._sites)

    def bury(self, deaths: tuple[Death, ...]) -> None:
        """Free what dead workers held, and strike the mails they were at when they died.

        Workers of a daemon that is gone are found by their names; which mail they were at is not known, and a
        crash of the whole house is no mail's fault.
        """
        self._careful = bool(deaths)
        for death in deaths:
            with writing(self._engine) as conn:
                state = ""
                if death.mail_id is not None and death.blames_mail:
                    state = strike(conn, death.mail_id, death.error, self._clock())
                elif death.mail_id is not None:
                    later = self._clock() + timedelta(seconds=PAUSE_SECONDS)
                    release(conn, [death.mail_id], death.owner, not_before=later, error=death.error)
                release_dead(conn, death.owner)
            if death.mail_id is not None and state:
                log.warning("mail struck", mail=death.mail_id, state=state, error=death.error)
                self._say("struck", death.mail_id, _struck(death.mail_id, state))
        me = Owner.read(self._owner)
        with writing(self._engine) as conn:
            for name in lease_owners(conn):
                owner = Owner.read(name)
                if me is not None and owner is not None and me.knows_gone(owner):
                    log.info("leases freed", owner=name, mails=release_dead(conn, name))

    def batch(self, stopped: Callable[[], bool] = lambda: False) -> int:
        """Claim some mails, read and decide them one by one, and settle them together; returns how many there were.

        Raises StorageError when the store cannot be reached. Gives the rest back when `stopped` or `spent`.
        """
        lease = self._settings.filing.lease_seconds
        with writing(self._engine) as conn:
            if self._broken_off:
                release_dead(conn, self._owner)
            claimed = claim(conn, self._owner, self._clock(), lease, BATCH)
        self._broken_off, begun = True, self._seconds()
        left: list[Claimed] = []
        ready = Batch(self._blobs.folder is None, self._seconds)
        contents = self._fetch(claimed)
        for done, mail in enumerate(claimed):
            if mail.strikes:  # it may kill once more: that shall cost no other mail anything
                self._settle(ready)
            # Half the lease is left for the mail at hand; the others wait for a fresh one.
            if self.spent or stopped() or self._seconds() - begun > lease / 2:
                left = claimed[done:]
                break
            self._one(mail, contents.pop(mail.id, None), ready)
            if ready.full and not self.spent:
                self._settle(ready)
        if not self.spent:
            self._settle(ready)
        if self.spent:  # what is in its memory is not to be trusted
            left = [*(each.mail for each in ready.take()), *left]
        if left:
            with writing(self._engine) as conn:
                release(conn, [mail.id for mail in left], self._owner)
        signal.alarm(0)
        self._broken_off = self._careful = False
        return len(claimed) - len(left)

    def _fetch(self, claimed: Sequence[Claimed]) -> dict[int, bytes]:
        """Raw forms that live in the rows, as many as take little memory; the rest is fetched when it is its turn."""
        inline = [mail for mail in claimed if mail.raw_blob is None]
        sizes = itertools.accumulate(mail.size for mail in inline)
        some = [mail.id for mail, size in zip(inline, sizes, strict=True) if size <= FETCHED_BYTES]
        if not some:
            return {}
        with reading(self._engine) as conn:
            return raw_rows(conn, some)

    def _alarm(self) -> None:
        # The daemon kills a worker sooner; but once it is gone nobody would.
        signal.alarm(int(self._settings.filing.deadline_seconds + 2 * SETTLING_SECONDS) + 1)

    def _one(self, mail: Claimed, content: bytes | None, ready: Batch) -> None:
        """Read and decide one mail, and put it with those that are ready, or settle it at once."""
        begun = monotonic()
        facts: dict[str, Any] = {}
        self._alarm()
        examined = self._examined(mail, content, facts)
        if examined is not None and self._directory.told is not None and ready.changes(*self._directory.told):
            # It answers one of them, say, and must find it filed, as it would have if each were filed at once.
            self._settle(ready)
            self._alarm()
            examined = self._examined(mail, content, facts)
        if examined is None:
            return
        decided = Decided(mail, examined, facts, monotonic() - begun)
        if alone(examined):
            self._settle(ready)
        if alone(examined) and not self.spent:
            self._settle_alone(decided)
        else:
            ready.add(decided)

    def _examined(self, mail: Claimed, content: bytes | None, facts: dict[str, Any]) -> Examined | None:
        """Read and decide one mail; None when that failed, which is told and noted already."""
        try:
            return self._examine(mail, self._raw(mail) if content is None else content, facts)
        except BrokenPipeError:
            raise  # the daemon is gone, and that is no mail's fault
        # Whatever else it is, the worker lives and the mail has had one chance.
        except (Exception, Overrun) as error:  # noqa: BLE001
            facts |= self._undone(mail, error)
            self._say("done", mail.id, facts)
            return None

    def _settle(self, ready: Batch) -> None:
        """Settle what is ready in one transaction; if that fails one by one: only whose fault it is suffers."""
        decided = ready.take()
        if len(decided) > 1 and not self._careful:
            begun = monotonic()
            self._alarm()
            self._say("settling")
            mails = {each.mail.id: each.examined for each in decided}
            try:
                filed = self._shelf.settle_all(mails, now=self._clock(), owner=self._owner)
            except Exception as error:  # noqa: BLE001 - each mail meets it again, and is treated as it deserves
                log.warning("batch undone", mails=len(decided), error=f"{type(error).__name__}: {error}")
            else:
                seconds = (monotonic() - begun) / len(decided)
                for each in decided:
                    self._settled(each, filed[each.mail.id], seconds)
                return
        for each in decided:
            if self.spent:
                ready.add(each)  # to be given back
            else:
                self._settle_alone(each)

    def _settle_alone(self, decided: Decided) -> None:
        mail, examined, begun = decided.mail, decided.examined, monotonic()
        self._alarm()
        self._say("decided", mail.id)
        try:
            if examined.decision.answers is not None:
                examined = self._runner().answered(examined)
            filed = self._shelf.settle(mail.id, examined, now=self._clock(), owner=self._owner)
        except (Exception, Overrun) as error:  # noqa: BLE001 - as above
            self._say("done", mail.id, decided.facts | self._undone(mail, error))
        else:
            self._settled(replace(decided, examined=examined), filed, monotonic() - begun)

    def _settled(self, decided: Decided, filed: Filed, seconds: float) -> None:
        """Tell of a mail that is settled; `seconds` are what that took."""
        mail, decision = decided.mail, decided.examined.decision
        seconds += decided.seconds
        facts = decided.facts | {"outcome": decision.outcome, "machine": decision.machine}
        facts |= {"trust": decision.sender_trust, "seconds": seconds, "minimal": _is_minimal(mail)}
        if mail.trust is None:  # one that is run again has waited for a person, and not for us
            facts["waited"] = (self._clock() - mail.received_at).total_seconds()
        log.info(
            decision.outcome,
            mail=mail.id,
            touchpoint=filed.touchpoint_id,
            new=filed.created,
            account=decision.account.key if decision.account else None,
            way=decision.way,
            machine=decision.machine,
            minimal=_is_minimal(mail),
            milliseconds=round(seconds * 1000, 1),
        )
        self._say("done", mail.id, facts)

    def _undone(self, mail: Claimed, error: Exception | Overrun) -> dict[str, Any]:
        """What follows from an error for the mail at hand; what there is to count of it."""
        match error:
            case LeaseLost():
                log.warning("lease lost", mail=mail.id)
                return {}
            case Undecided():
                self._look_again(mail)
                return {"again": True}
            case BlobMissing() if self._clock() - mail.received_at <= BLOBS_MISSED:
                # Perhaps the store is not mounted, or this gateway was given another one than those it shares the
                # queue with: the mail can be filed tomorrow, or by them.
                self._put_off(mail, error, BLOB_PAUSE_SECONDS)
                return {"put_off": True}
            case BlobMissing() | BlobDamaged():
                return self._strike(mail, error)
            case StorageError() | KeysMissing():
                self._put_off(mail, error)
                return {"put_off": True}
            case MemoryError() | Overrun():
                self.spent = True
                clear_frames(error.__traceback__)  # they hold what the memory went into
        return self._strike(mail, error)

    def _raw(self, mail: Claimed) -> bytes:
        """The raw form of a mail that does not live in its row. The store takes its time for it, and not the mail."""
        self._say("begin", mail.id)
        if mail.raw_blob is not None:
            with suppress(BlobMissing):  # erased, perhaps, since the mail was claimed: its row knows
                return self._blobs.get(mail.raw_blob)
        with reading(self._engine) as conn:
            content = raw(conn, self._blobs, mail.id)
        if content is None:
            raise ValueError("the raw form of the mail is gone")
        return content

    def _examine(self, mail: Claimed, content: bytes, facts: dict[str, Any]) -> Examined:
        """Read and decide."""
        self._say("here", mail.id)
        self._directory.told = None
        inbound = Inbound(
            raw=content,
            mail_from=mail.mail_from,
            recipients=mail.recipients,
            received_at=mail.received_at,
            assigned=mail.assigned_account or "",
            minimal=_is_minimal(mail),
        )
        believe = (
            settled(mail.trust, "as found when the mail came in")
            if mail.trust
            else _timed(self._belief.of(mail.mail_from, mail.peer, patient=self._patient(mail)), facts)
        )
        site = self._sites()
        if not site.ring.keys and any(is_signed(address, site) for address in mail.recipients):
            # An answer that cannot be told from a stranger's mail now is told when the keys are back.
            raise KeysMissing(f"the keys of its address cannot be read: {self._settings.keys_file}")
        try:
            with cpu_limit(self._settings.filing.cpu_seconds):
                return examine(inbound, site, self._directory, believe)
        except OSError as error:  # of the mail's making: to put it off would be for ever
            raise Unreadable(f"{type(error).__name__}: {error}") from error

    def _runner(self) -> Runner:
        return Runner(self._settings, self._engine, self._clock, sites=self._sites)

    def _put_off(self, mail: Claimed, error: Exception, seconds: float = PAUSE_SECONDS) -> None:
        """The store or the disk is in trouble, not the mail: it is tried again a little later."""
        log.error("mail put off", mail=mail.id, error=str(error))
        later = self._clock() + timedelta(seconds=seconds)
        with writing(self._engine) as conn:
            release(conn, [mail.id], self._owner, not_before=later, error=str(error))

    def _patient(self, mail: Claimed) -> bool:
        """Whether the mail is young enough to be looked at again when DNS is in trouble: once, and no more."""
        age = (self._clock() - mail.received_at).total_seconds()
        return 0 <= age < self._settings.sender_check.retry_seconds

    def _look_again(self, mail: Claimed) -> None:
        """DNS was in trouble: name servers restart, packets are lost. The other mail goes on meanwhile."""
        seconds = self._settings.sender_check.retry_seconds
        log.info("sender undecided, DNS in trouble", mail=mail.id, seconds=seconds)
        later = self._clock() + timedelta(seconds=seconds)
        with writing(self._engine) as conn:
            release(conn, [mail.id], self._owner, not_before=later)

    def _strike(self, mail: Claimed, error: Exception | Overrun) -> dict[str, Any]:
        """The mail's fault or our own: it gets its other chances, then waits for a person with its raw form kept."""
        log.error("mail not settled", mail=mail.id, strikes=mail.strikes + 1, exc_info=error)
        why = str(error) if isinstance(error, Overrun) else f"{type(error).__name__}: {error}"
        try:
            with writing(self._engine) as conn:
                state = strike(conn, mail.id, why, self._clock(), owner=self._owner)
        except LeaseLost:
            log.warning("lease lost", mail=mail.id)
            return {}
        return _struck(mail.id, state)


def _is_minimal(mail: Claimed) -> bool:
    """Whether it has killed, or defeated, enough workers to be read in its minimal form now."""
    return mail.strikes >= WHOLE_TRIES


def _struck(mail_id: int, state: str) -> dict[str, Any]:
    """What there is to count of a strike that left the mail in this state."""
    if state != FAILED:
        return {"struck": True}
    log.error(FAILED, mail=mail_id)
    return {"struck": True, "outcome": FAILED}


def _timed(believe: Believe, facts: dict[str, Any]) -> Believe:
    """The sender check, whose time is taken."""

    def check(raw: bytes, message: Message) -> tuple[str, Verdict]:
        begun = monotonic()
        try:
            return believe(raw, message)
        finally:
            facts["check"] = monotonic() - begun

    return check


def main() -> int:
    """Work until the daemon says stop or is gone. Exit code 0, or that of the fault."""
    # Ctrl-C in a terminal reaches every process of the group; the daemon alone decides when to stop.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    ear, mouth = Ear(sys.stdin.fileno()), Mouth(os.dup(sys.stdout.fileno()))
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # what a library prints must not pass for our words
    line = ear.line()
    if ear.ended:
        return 0  # the daemon is gone before it had greeted
    greeting = Greeting.read(line)
    settings = Settings.model_validate(greeting.settings)
    configure(settings.log.format, settings.log.level)
    limit_memory(int(settings.filing.memory_limit))
    os.nice(NICE)
    engine = open_engine(settings.database_url)
    try:
        worker = Worker(settings, greeting.owner, engine, open_blobs(settings.blobs_place), mouth.say)
        _work(worker, ear, mouth, greeting)
    except BrokenPipeError:
        return 0  # the daemon is gone; leases run out
    finally:
        engine.dispose()
    return 0


def _work(worker: Worker, ear: Ear, mouth: Mouth, greeting: Greeting) -> None:
    buried = False
    while not ear.ended and not worker.spent:
        pause = POLL_SECONDS
        try:
            if not buried:
                worker.bury(greeting.deaths)
                buried = True
                mouth.say("ready")
            while not ear.ended and not worker.spent and worker.batch(ear.stopped):
                pass
        except StorageError as error:
            log.error("store out of reach", error=str(error))
            pause = PAUSE_SECONDS
        mouth.say("idle")
        if not worker.spent:
            ear.wait(pause)


if __name__ == "__main__":
    sys.exit(main())
