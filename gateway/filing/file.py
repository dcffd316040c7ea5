"""A decision made lasting: blobs first, then everything else in one transaction."""

import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

import structlog
from sqlalchemy import Connection, Engine

from gateway.config import Settings
from gateway.events import BOUNCED
from gateway.filing import threads
from gateway.filing.examine import Examined
from gateway.site import Sites
from rules.decision import as_json
from rules.site import Site
from storage.blobs import Blobs
from storage.dialects import ask_alone, file_alone
from storage.engine import writing
from storage.filing import Filing, change, file, file_all, withdraw
from storage.inbound import erase_raw
from storage.outbox import PASS_ON, NewEntry
from storage.threads import hold_threads
from storage.timeline import TouchpointRow, of_mail
from storage.touchpoints import Filed, NewTouchpoint

log = structlog.get_logger("gateway.filing")


class Shelf:
    """Where decisions are put. Used by one thread at a time."""

    def __init__(self, engine: Engine, blobs: Blobs, settings: Settings, sites: Sites) -> None:
        self._engine = engine
        self._blobs = blobs
        self._outgoing = settings.outgoing()
        self._administrator = settings.administrator
        self._sites = sites

    def settle(
        self,
        mail_id: int,
        examined: Examined,
        *,
        now: datetime,
        owner: str | None = None,
        pass_on: bool = True,
        assigned: str | None = None,
        replaces: bool = False,
        seen: str | None = None,
    ) -> Filed:
        """Write what became of a mail, done or exactly undone.

        `owner` holds the lease; None is an operator, who has `seen` the mail in this state, and whose decisions bring
        nobody a notice. `pass_on`: mail for the administrator is sent on. `assigned` is the key of the account a
        person chose. `replaces`: the mail is a touchpoint or reply until now; that is changed in place, or withdrawn
        where the account or thread is another one or nothing is filed any more.

        Raises what `storage.filing.file` raises, DatabaseLocked, DatabaseUnavailable, BlobsUnavailable.
        """
        decision = examined.decision
        site = self._sites()
        new = new_touchpoints(examined)
        contents = _contents([new])
        self._blobs.put_all(contents)
        if not replaces:
            _prepare(new)
        with writing(self._engine) as conn:
            if replaces:
                there = of_mail(conn, mail_id)
                if self._change(conn, there, new, examined, now):
                    return Filed(there[0].id, created=False)
                for row in there:
                    withdraw(conn, row.id, now, decision.reason)
            if decision.tell_followers:
                new = [self._unless_runaway(conn, each, now) for each in new]
            filing = self._filing(examined, new, owner, pass_on=pass_on)
            filed = file(conn, mail_id, replace(filing, assigned=assigned, seen=seen), now)
            self._put_again(contents)
            # What is run again was told long ago, or not meant to be.
            tell = decision.tell_followers and not replaces
            bounced = self._follow_up(
                conn, mail_id, examined, new, filed, site, now, tell=tell, ask=owner is not None
            )
            orphan = erase_raw(conn, mail_id) if decision.erase else None
            if orphan is not None:
                # While we write nobody else does: who keeps the same bytes commits later, and then looks for them.
                self._blobs.delete(orphan)
        if bounced:
            log.info(BOUNCED, mail=mail_id, entry=decision.bounced)
        return filed

    def settle_all(self, decided: Mapping[int, Examined], *, now: datetime, owner: str) -> dict[int, Filed]:
        """Write what became of several mails, by their ids, whose leases `owner` holds: all done or all undone.

        In one transaction, which others wait for: the caller sees to it that it is short. None of the mails may be
        one that is settled alone (`gateway.filing.batch.alone`). Raises as `settle` does.
        """
        site = self._sites()
        new = {mail_id: new_touchpoints(examined) for mail_id, examined in decided.items()}
        contents = _contents(new.values())
        self._blobs.put_all(contents)
        _prepare(itertools.chain.from_iterable(new.values()))
        filings = {
            mail_id: self._filing(examined, new[mail_id], owner) for mail_id, examined in decided.items()
        }
        with writing(self._engine) as conn:
            self._hold(conn, decided.values(), new.values())
            filed = file_all(
                conn, {each: filing for each, filing in filings.items() if not filing.replies}, now
            )
            bounced: list[int] = []
            for mail_id, examined in decided.items():
                tell = examined.decision.tell_followers
                if tell:
                    new[mail_id] = [self._unless_runaway(conn, each, now) for each in new[mail_id]]
                if filings[mail_id].replies:
                    reply = replace(filings[mail_id], replies=tuple(new[mail_id]))
                    filed[mail_id] = file(conn, mail_id, reply, now)
                if self._follow_up(
                    conn, mail_id, examined, new[mail_id], filed[mail_id], site, now, tell=tell, ask=True
                ):
                    bounced.append(mail_id)
            self._put_again(contents)
        for mail_id in bounced:
            log.info(BOUNCED, mail=mail_id, entry=decided[mail_id].decision.bounced)
        return filed

    def _filing(
        self, examined: Examined, new: Sequence[NewTouchpoint], owner: str | None, *, pass_on: bool = True
    ) -> Filing:
        decision = examined.decision
        return Filing(
            state=decision.outcome,
            decision=as_json(decision),
            trust=decision.sender_trust,
            touchpoint=new[0] if decision.outcome == "filed" and new else None,
            replies=tuple(new) if decision.outcome == "replied" else (),
            outbox=self._passed_on(decision.pass_on and pass_on),
            owner=owner,
        )

    def _hold(
        self, conn: Connection, decided: Iterable[Examined], new: Iterable[Sequence[NewTouchpoint]]
    ) -> None:
        """Hold what the mails are about in the order in which every batch does: two never wait for each other."""
        touched = [each for some in new for each in some]
        file_alone(conn, *(each.identity for each in touched))
        hold_threads(conn, {each.thread_id for each in touched if each.thread_id is not None})
        asked = (each.decision.author for each in decided if each.decision.notice)
        ask_alone(conn, *(author.email for author in asked if author))

    def _put_again(self, contents: Mapping[str, bytes]) -> None:
        """Put what was erased as somebody else's since it was put; now that a row names it, it stays."""
        gone = {sha256: content for sha256, content in contents.items() if not self._blobs.exists(sha256)}
        if gone:
            self._blobs.put_all(gone)

    def _change(
        self,
        conn: Connection,
        there: Sequence[TouchpointRow],
        new: Sequence[NewTouchpoint],
        examined: Examined,
        now: datetime,
    ) -> bool:
        """Write anew what the mail is; False when it is to be something else. Replies stay where they are."""
        wanted = {(each.account_key, each.thread_id): each for each in new}
        same = [(row, each) for row in there if (each := wanted.get((row.account_key, row.thread_id)))]
        in_threads = bool(there) and all(row.thread_id is not None for row in there)
        if not in_threads and (not same or len(same) < max(len(there), len(new))):
            return False
        for row, each in same:
            change(conn, row.id, each, as_json(examined.decision), now)
        return True

    def _follow_up(
        self,
        conn: Connection,
        mail_id: int,
        examined: Examined,
        new: Sequence[NewTouchpoint],
        filed: Filed,
        site: Site,
        now: datetime,
        *,
        tell: bool,
        ask: bool,
    ) -> bool:
        """What a mail does besides: a new reply to its thread, a doubt to its sender, a report to our copy.

        `tell`: the followers get it. `ask`: the sender may. Returns whether a copy is known to be undelivered now.
        """
        for each, (_, _, created) in zip(new, filed.replies, strict=False):
            if not created:
                continue
            if each.machine is None and each.sender_trust == "verified":
                threads.join(conn, each, site)
            if tell and threads.RUNAWAY not in each.notices:
                threads.pass_on(
                    conn,
                    mail_id,
                    each,
                    references=examined.references,
                    site=site,
                    now=now,
                )
        if examined.decision.notice and ask:
            threads.ask(conn, mail_id, examined.decision, examined.message_id, site, now)
        return threads.mark_bounced(conn, mail_id, examined.decision, now)

    def _unless_runaway(self, conn: Connection, new: NewTouchpoint, now: datetime) -> NewTouchpoint:
        if new.thread_id is None or not threads.is_runaway(conn, new.thread_id, self._outgoing, now):
            return new
        return replace(new, notices=(*new.notices, threads.RUNAWAY))

    def _passed_on(self, wanted: bool) -> tuple[NewEntry, ...]:
        return (NewEntry(PASS_ON, self._administrator),) if wanted and self._administrator else ()


def _contents(new: Iterable[Sequence[NewTouchpoint]]) -> dict[str, bytes]:
    """The attachments by their digests. The replies of a mail all have the same; what is too large has no content."""
    return {
        attachment.sha256: attachment.content
        for each in new
        for attachment in (each[0].attachments if each else ())
        if attachment.content or not attachment.size
    }


def _prepare(new: Iterable[NewTouchpoint]) -> None:
    """Have made what takes time, before the database is held: whoever sends a mail waits for it."""
    for each in new:
        each.words  # noqa: B018 - kept from now on


def new_touchpoints(examined: Examined) -> list[NewTouchpoint]:
    """The touchpoint that a decision asks for, or the reply in each thread; none when it files nothing."""
    decision = examined.decision
    if decision.account is None or decision.outcome not in ("filed", "replied"):
        return []
    whole = NewTouchpoint(
        account_key=decision.account.key,
        identity=examined.identity,
        type=decision.type,
        flow=decision.flow,
        subject=decision.subject,
        date=decision.date,
        way=decision.way,
        author=decision.author,
        filed_by=decision.filed_by,
        text=decision.text,
        quoted=decision.quoted,
        comment=decision.comment,
        html=decision.html,
        sender_trust=decision.sender_trust,
        machine=decision.machine,
        encrypted=decision.encrypted,
        participants=decision.participants,
        attachments=decision.attachments,
        calendar=decision.calendar,
        notices=decision.notices,
        message_ids=examined.message_ids,
    )
    if decision.outcome == "filed":
        return [whole]
    return [
        replace(
            whole,
            account_key=thread.account.key,
            flow=thread.flow,
            thread_id=thread.id,
            identity=examined.thread_identities[thread.id],
        )
        for thread in decision.threads
    ]
