"""What follows from a decision for threads, in the transaction that files the mail: done, or exactly undone."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy import Connection

from gateway.mail import UNREAD
from gateway.mail.safe_html import for_mail
from gateway.outbound.content import Said, entries, notice_letter, reply_letter
from rules.addresses import address_key
from rules.bounced import is_failure
from rules.decision import Decision
from rules.outgoing import HOUR, Outgoing, followers_to_tell, runs_away
from rules.people import Participant
from rules.site import Site
from rules.tokens import thread_root
from storage import outbox
from storage.dialects import ask_alone
from storage.directory import look_up
from storage.history import Event, append
from storage.threads import followers_of, unfollowed
from storage.timeline import get as get_touchpoint
from storage.touchpoints import NewTouchpoint, add_people

ONE_NOTICE = timedelta(days=1)
"""Of one topic a sender gets one notice in this time."""

RUNAWAY = "Not passed on: this thread has had too many replies within an hour, as when two machines talk."


def is_runaway(conn: Connection, thread_id: int, outgoing: Outgoing, now: datetime) -> bool:
    """Whether the breaker of a thread is open."""
    return runs_away(outbox.passed_on_in(conn, thread_id, now - HOUR), outgoing)


def pass_on(
    conn: Connection,
    mail_id: int,
    new: NewTouchpoint,
    *,
    references: Iterable[str],
    site: Site,
    now: datetime,
) -> int:
    """Order a reply to be passed on to who follows its thread; returns to how many people."""
    assert new.thread_id is not None
    touchpoint = get_touchpoint(conn, new.thread_id)
    # Whoever filed a customer's mail is who looks after it.
    first = [each for each in (touchpoint.author, touchpoint.filed_by) if each and each.side == "internal"][
        :1
    ]
    following = [
        Participant(each.email, each.name, "internal", "user") for each in followers_of(conn, new.thread_id)
    ]
    candidates = [*first, *following]
    keys = {address_key(person.email) for person in (*candidates, *new.participants)}
    stopped = unfollowed(conn, new.thread_id)
    users = look_up(conn, keys | stopped).users

    def main(key: str) -> str:
        return address_key(users[key].email) if key in users else key

    colleagues = [
        Participant(user.email, user.name, "internal", "user")
        for person in candidates
        if (user := users.get(address_key(person.email))) is not None
    ]
    sender = main(address_key(new.author.email)) if new.author else ""
    people = followers_to_tell(
        colleagues,
        sender=sender,
        had_it=[main(address_key(person.email)) for person in new.participants],
        stopped=[main(key) for key in stopped],
        site=site,
    )
    if not people:
        return 0
    letter = reply_letter(
        new.thread_id,
        # Most mail quotes history; only where nothing was folded away is the HTML that of this mail alone.
        Said(
            new.subject,
            new.text or (UNREAD if UNREAD in new.notices else ""),
            for_mail(new.html) if new.html and not new.quoted else "",
            new.author,
            new.date,
            new.attachments,
        ),
        others=[person for person in new.participants if person.side == "external"],
        references=[thread_root(site.ring, site.domain, new.thread_id), *references],
        in_reply_to=next(iter(new.message_ids), ""),
    )
    outbox.enqueue(conn, letter, entries(outbox.REPLY, people, site.domain), now, mail_id=mail_id)
    return len(people)


def join(conn: Connection, new: NewTouchpoint, site: Site) -> None:
    """Whoever takes part in a reply takes part in its touchpoint."""
    assert new.thread_id is not None
    add_people(conn, new.thread_id, new.participants, site.max_participants)


def ask(
    conn: Connection, mail_id: int, decision: Decision, message_id: str, site: Site, now: datetime
) -> bool:
    """Order a notice to the sender, unless one on the topic went to them lately; returns whether it was."""
    author = decision.author
    if author is None or site.ring.signing < 0:
        return False
    ask_alone(conn, author.email)
    if outbox.asked_about(conn, mail_id) or outbox.noticed(
        conn, author.email, decision.notice, now - ONE_NOTICE
    ):
        return False
    letter = notice_letter(
        mail_id,
        decision.notice,
        subject=decision.subject,
        reason=decision.reason,
        candidates=[(candidate.key, candidate.name) for candidate in decision.candidates],
        in_reply_to=message_id,
    )
    outbox.enqueue(conn, letter, entries(outbox.NOTICE, [author], site.domain), now, mail_id=mail_id)
    return True


def mark_bounced(conn: Connection, mail_id: int, decision: Decision, now: datetime) -> bool:
    """Mark the copy that a report is about as undelivered; returns whether that is news."""
    if decision.bounced is None or not is_failure(decision.report):
        return False
    report = decision.report
    status, diagnostic = (report.status, report.diagnostic) if report else ("", "")
    news = outbox.bounced(conn, decision.bounced, now, status, diagnostic or decision.reason)
    if news:
        append(conn, [Event(mail_id, now, "bounced", {"outbox": decision.bounced, "status": status})])
    return news
