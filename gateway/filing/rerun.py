"""Stored mail run again: after the directory or the rules changed, or because a person says where it belongs."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import structlog
from sqlalchemy import Engine

from gateway.config import Settings
from gateway.filing.belief import Belief, settled
from gateway.filing.deadline import Overrun, deadline
from gateway.filing.directory import StoredDirectory
from gateway.filing.examine import Examined, Inbound, Unreadable, examine
from gateway.filing.file import Shelf
from gateway.filing.limits import cpu_limit
from gateway.mail import UNREAD
from gateway.site import Sites
from gateway.site import sites as sites_of
from gateway.touchpoint import touchpoint_json
from rules.decision import Decision, as_json, substance_json
from storage.blobs import Blobs, open_blobs
from storage.directory import find_account, remember_contacts
from storage.engine import reading, writing
from storage.errors import BlobDamaged, BlobMissing, IdentityTaken, NotFound, StorageError, WrongState
from storage.history import why_gone
from storage.inbound import raw
from storage.queue import WAITING, MailRow, get_mail
from storage.timeline import get as get_touchpoint
from storage.touchpoints import Filed

log = structlog.get_logger("gateway.filing")

Change = tuple[str, Any, Any]
"""A key of the decision, what it was, what it would be."""


@dataclass(frozen=True, slots=True)
class Rerun:
    """What running one mail again came to.

    `result` is unchanged, settled (a waiting mail was decided anew), differs (a filed touchpoint would change),
    applied, skipped or failed; `why` is one sentence. `before` and `after` are states of the mail.
    """

    mail_id: int
    result: str
    before: str
    after: str
    why: str = ""
    touchpoint_id: int | None = None
    changes: tuple[Change, ...] = ()


class Runner:
    """Runs stored mail again in this process, one at a time."""

    def __init__(
        self,
        settings: Settings,
        engine: Engine,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        *,
        sites: Sites | None = None,
    ) -> None:
        self._settings = settings
        self._sites = sites or sites_of(settings)
        self._engine = engine
        self._blobs: Blobs = open_blobs(settings.blobs_place)
        self._directory = StoredDirectory(engine, revoked_too=True)
        self._belief = Belief(settings, dns=settings.sender_check.dns)
        self._shelf = Shelf(engine, self._blobs, settings, self._sites)
        self._clock = clock

    def replay(self, mail_id: int, *, apply: bool = False) -> Rerun:
        """Decide a mail again. A filed touchpoint is changed only with `apply`; never is there a second one.

        Raises NotFound, and what stops every other mail too: DatabaseLocked, DatabaseUnavailable.
        """
        with reading(self._engine) as conn:
            mail = get_mail(conn, mail_id)
        try:
            return self._again(mail, apply=apply)
        except (WrongState, IdentityTaken) as error:
            return Rerun(mail_id, "skipped", mail.state, mail.state, str(error))
        except (Unreadable, BlobMissing, BlobDamaged) as error:
            return Rerun(mail_id, "failed", mail.state, mail.state, str(error))

    def _again(self, mail: MailRow, *, apply: bool) -> Rerun:
        mail_id = mail.id
        if mail.state in ("received", "dropped"):
            return Rerun(mail_id, "skipped", mail.state, mail.state, f"it is {mail.state}")
        if not mail.has_raw:
            return Rerun(
                mail_id, "skipped", mail.state, mail.state, f"its raw form {self._why_gone(mail_id)}"
            )
        examined = self._examine(mail, mail.assigned_account or "")
        if mail.touchpoint_id is not None:
            return self._compare(mail, mail.touchpoint_id, examined, apply=apply)
        return self._decide_again(mail, examined)

    def assign(
        self, mail_id: int, account: str, *, remember: bool = False, whole: bool = True
    ) -> tuple[Filed, int]:
        """File a waiting mail on an account that a person chose; returns it and how many contacts are new.

        With `remember` the strangers of the mail (`rules.decision.Decision`) become contacts of the account. Without
        `whole` a mail that was never read is not tried again, but filed in its minimal form.
        Raises NotFound, Ambiguous, WrongState, BlobMissing, BlobDamaged, Unreadable.
        """
        with reading(self._engine) as conn:
            mail = get_mail(conn, mail_id)
            _, chosen = find_account(conn, account)
        if mail.state not in WAITING:
            raise WrongState(
                f"mail {mail_id} is {mail.state}; only {', '.join(WAITING)} mail can be assigned"
            )
        if not mail.has_raw:
            raise WrongState(f"mail {mail_id} cannot be assigned: its raw form {self._why_gone(mail_id)}")
        examined = self._examine(mail, chosen.key, whole=whole)
        added = 0
        if remember:
            strangers = [(person.email, person.name) for person in examined.decision.strangers]
            with writing(self._engine) as conn:
                added = remember_contacts(conn, chosen.key, strangers)
            # Once more: the touchpoint shows them as the contacts they are now.
            examined = self._examine(mail, chosen.key, whole=whole)
        return self._settle(mail, examined, assigned=chosen.key), added

    def answered(self, examined: Examined) -> Examined:
        """File the mail that this one says the place of; what stands against that becomes the reason to wait.

        Done before the answer itself is settled: a process that dies between the two finds the mail filed.
        """
        answers = examined.decision.answers
        if answers is None:
            return examined
        mail_id, account = answers
        try:
            self.assign(mail_id, account)
        except (WrongState, NotFound, Unreadable, BlobMissing, BlobDamaged) as error:
            reason = f"Mail {mail_id} could not be filed as answered: {error}."
            return replace(examined, decision=replace(examined.decision, outcome="unresolved", reason=reason))
        return examined

    def _why_gone(self, mail_id: int) -> str:
        with reading(self._engine) as conn:
            return why_gone(conn, mail_id)

    def _examine(self, mail: MailRow, assigned: str, *, whole: bool = True) -> Examined:
        """Read and decide. A mail that was never read whole may be read in its minimal form, where it must be.

        One that was is left as it is known rather than made poorer. Raises Unreadable and StorageError.
        """
        with reading(self._engine) as conn:
            content = raw(conn, self._blobs, mail.id)
        inbound = Inbound(
            raw=content or b"",
            mail_from=mail.mail_from,
            recipients=mail.recipients,
            received_at=mail.received_at,
            assigned=assigned,
        )
        # A mail that failed before its sender was checked is checked now.
        believe = (
            settled(mail.trust, "as found when the mail came in")
            if mail.trust
            else self._belief.of(mail.mail_from, mail.peer)
        )
        why = "reading it ended the process that did"
        attempts = [inbound] if whole else []
        if not _was_read(mail):
            attempts.append(replace(inbound, minimal=True))
        for attempt in attempts:
            try:
                with (
                    deadline(self._settings.filing.deadline_seconds),
                    cpu_limit(self._settings.filing.cpu_seconds),
                ):
                    return examine(attempt, self._sites(), self._directory, believe)
            except StorageError:
                raise
            except (Exception, Overrun) as error:  # one mail among thousands must not end the run
                log.warning("mail not read", mail=mail.id, minimal=attempt.minimal, exc_info=error)
                why = str(error) or type(error).__name__
        raise Unreadable(why)

    def _decide_again(self, mail: MailRow, examined: Examined) -> Rerun:
        decision = examined.decision
        if decision.outcome == mail.state and mail.decision == as_json(decision):
            return Rerun(mail.id, "unchanged", mail.state, mail.state, decision.reason)
        examined = self.answered(examined)
        decision = examined.decision
        filed = self._settle(mail, examined, assigned=mail.assigned_account)
        result = "unchanged" if decision.outcome == mail.state else "settled"
        return Rerun(mail.id, result, mail.state, decision.outcome, decision.reason, filed.touchpoint_id)

    def _compare(self, mail: MailRow, touchpoint_id: int, examined: Examined, *, apply: bool) -> Rerun:
        try:
            with reading(self._engine) as conn:
                touchpoint = get_touchpoint(conn, touchpoint_id)
        except NotFound:
            why = f"touchpoint {touchpoint_id} was deleted, and stays so"
            return Rerun(mail.id, "skipped", mail.state, mail.state, why, touchpoint_id)
        if touchpoint.thread_id is not None and examined.decision.outcome != "replied":
            why = "it stands in a thread, which may be closed by now"
            return Rerun(mail.id, "unchanged", mail.state, mail.state, why, touchpoint_id)
        if touchpoint.mail_id != mail.id:
            why = f"a second delivery of mail {touchpoint.mail_id}"
            return Rerun(mail.id, "unchanged", mail.state, mail.state, why, touchpoint_id)
        shown = touchpoint_json(touchpoint)
        if _is_edited(shown, mail.decision or {}):
            why = "a person edited it, and what they wrote stays"
            return Rerun(mail.id, "unchanged", mail.state, mail.state, why, touchpoint_id)
        if touchpoint.thread_id is not None:
            # What they say of the thread (who is new in it, that it ran away) was true on that day.
            kept = replace(examined.decision, notices=touchpoint.notices)
            examined = replace(examined, decision=kept)
        changes = _differences(shown, examined.decision)
        after = examined.decision.outcome
        if not changes:
            return Rerun(mail.id, "unchanged", mail.state, mail.state, "", touchpoint_id)
        if not apply:
            return Rerun(mail.id, "differs", mail.state, after, "", touchpoint_id, changes)
        filed = self._settle(mail, examined, assigned=mail.assigned_account, replaces=True)
        return Rerun(mail.id, "applied", mail.state, after, "", filed.touchpoint_id, changes)

    def _settle(
        self, mail: MailRow, examined: Examined, *, assigned: str | None, replaces: bool = False
    ) -> Filed:
        return self._shelf.settle(
            mail.id,
            examined,
            now=self._clock(),
            pass_on=mail.state != "passed-on",
            assigned=assigned,
            replaces=replaces,
            seen=None if replaces else mail.state,
        )


def _was_read(mail: MailRow) -> bool:
    """Whether somebody has read it to its end: it is not `failed`, and was not decided in its minimal form."""
    return mail.state != "failed" and UNREAD not in (mail.decision or {}).get("notices", ())


_EDITABLE = ("subject", "date", "type", "flow", "text", "attachments")
"""What a person may change of a touchpoint that came by mail, participants apart: those grow by replies, too."""


def _is_edited(shown: Mapping[str, Any], decided: Mapping[str, Any]) -> bool:
    """Whether the touchpoint is not what was decided about its mail when it was last written."""
    return any(key in decided and shown[key] != decided[key] for key in _EDITABLE)


def _differences(before: Mapping[str, Any], decision: Decision) -> tuple[Change, ...]:
    """What a person would see change: outcome, account, and everything on the timeline.

    People who came in with a reply are no difference: they stand behind those of the mail.
    """
    after = as_json(decision)
    before = dict(before)
    people = after["participants"]
    if before["participants"][: len(people)] == people:
        before["participants"] = people
    shown = ("outcome", "account", *substance_json(decision))
    return tuple((key, before[key], after[key]) for key in shown if before[key] != after[key])
