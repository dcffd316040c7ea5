"""The decision about one mail: stops, answers, way, content, account, in this order, every rule in the trail."""

from dataclasses import dataclass

from rules.accounts import find_account
from rules.accounts.finding import Finding
from rules.addresses import address_key, domain_of
from rules.asked import answer_to
from rules.bounced import bounced_copy
from rules.case import Case
from rules.content import Content, content_of, nothing
from rules.decision import Candidate, Decision
from rules.disguises import disguises
from rules.domains import is_own_domain
from rules.facts import Account, Thread
from rules.machine import MachineContext, machine_kind
from rules.message import Address
from rules.notices import notice_topic
from rules.people import Participant, participant, people_of
from rules.replies import NEVER_LOG, NO_SUCH_ADDRESS, Reply
from rules.stops import BEFORE_MACHINES, BELIEF, IN_THREADS, first_stop, never_log, not_our_address
from rules.trail import Verdict
from rules.ways import find_way, reference
from rules.ways import thread as thread_way

LOOP_HEADER = "X-Touchpoint-Loop"

TYPE = "email"

MACHINE_REASONS = {
    "bounce": "A delivery report is no touchpoint.",
    "auto-reply": "An automatic answer is no touchpoint.",
    "receipt": "A read receipt is no touchpoint.",
    "complaint": "A feedback report is no touchpoint.",
    "list": "Bulk mail from somebody we do not know is no touchpoint.",
    "calendar-response": "An answer to an invitation is no touchpoint.",
    "loop": "The mail has been here before, or comes from ourselves.",
}


@dataclass(frozen=True, slots=True)
class _Ruling:
    outcome: str
    reason: str
    way: str | None = None
    machine: str | None = None
    account: Account | None = None
    candidates: tuple[Candidate, ...] = ()
    reply: Reply | None = None
    erase: bool = False
    threads: tuple[Thread, ...] = ()
    answers: tuple[int, str] | None = None
    bounced: int | None = None
    problem: str = ""


def decide(case: Case) -> Decision:
    """What becomes of the mail, and why. Never raises for odd mail; the backstop is unresolved."""
    trail: list[Verdict] = [case.trust_why]
    ruling, content = _rule(case, trail)
    return _decision(case, ruling, content, trail)


def put_aside(case: Case, reason: str) -> Decision:
    """The decision about a mail that could not be read to its end: a person must look at it."""
    return _decision(case, _Ruling("unresolved", reason), nothing(case), [case.trust_why])


def _rule(case: Case, trail: list[Verdict]) -> tuple[_Ruling, Content]:
    stopped = _stopped(case, trail)
    if stopped is not None:
        content = nothing(case) if stopped.erase else content_of(case, stopped.way, trail)
        return stopped, content
    if case.question is not None and not case.open_threads and not case.assigned:
        return _answered(case, trail)
    way = find_way(case, trail)
    content = content_of(case, way, trail)
    if way in (thread_way.NAME, reference.NAME) and (threads := _threads(case, way)):
        return _in_thread(case, way, threads, trail), content
    if case.thread_numbers and not case.assigned:
        return _Ruling("unresolved", f"{thread_way.gone(case)}.", candidates=_of_threads(case)), content
    finding = find_account(case, content.speakers, trail)
    if case.assigned and finding.account is not None:
        reason = f"Filed on {finding.account.name}: {finding.verdict.why}."
        return _Ruling("filed", reason, way, account=finding.account), content
    believed = first_stop(BELIEF, case, trail)
    if believed is not None:
        return _Ruling(believed[0], believed[1], way, candidates=_would_be(finding)), content
    if content.problem:
        ruling = _Ruling(
            "unresolved", content.problem, way, candidates=_would_be(finding), problem=content.problem
        )
        return ruling, content
    if finding.account is None:
        reason = f"No account could be told with certainty: {finding.verdict.why}."
        return _Ruling("unresolved", reason, way, candidates=finding.candidates), content
    reason = f"Filed on {finding.account.name}: {finding.verdict.why}."
    return _Ruling("filed", reason, way, account=finding.account), content


def _stopped(case: Case, trail: list[Verdict]) -> _Ruling | None:
    """Privacy, our own addresses, machine mail and role addresses: nothing of these reaches a timeline."""
    stop = first_stop(BEFORE_MACHINES, case, trail)
    if stop is not None:
        return _refused(case, *stop, trail[-1].rule)
    if case.assigned:
        return None
    kind, verdicts = _kind(case)
    trail.extend(verdicts)
    only_roles = bool(case.of_kind("postmaster")) and not any(
        case.of_kind(kind) for kind in ("thread", "copy", "question", "account", "user", "logging")
    )
    if only_roles and kind != "loop":
        return _Ruling(
            "passed-on", "Mail to postmaster or abuse goes to the administrator.", "postmaster", kind
        )
    if kind == "auto-reply":
        filed = _auto_reply_in_thread(case, trail)
        if filed is not None:
            return filed
    if kind == "bounce":
        copy, verdict = bounced_copy(case)
        trail.append(verdict)
        return _Ruling("ignored", MACHINE_REASONS[kind], machine=kind, bounced=copy.id if copy else None)
    if kind is not None:
        return _Ruling("ignored", MACHINE_REASONS[kind], machine=kind)
    return None


def _auto_reply_in_thread(case: Case, trail: list[Verdict]) -> _Ruling | None:
    """A responder's answer belongs to the thread it answers: seen there, folded, and never passed on."""
    verdict = thread_way.check(case)
    trail.append(verdict)
    threads, way = case.open_threads, thread_way.NAME
    if not threads:
        verdict = reference.check(case, automatic=True)
        trail.append(verdict)
        threads = (reference.thread(case, automatic=True),) if verdict.hit else ()
        way = reference.NAME
    if not threads or first_stop(IN_THREADS, case, trail) is not None:
        return None
    return _Ruling(
        "replied",
        f"An automatic answer, filed folded under touchpoint {threads[0].id}.",
        way,
        machine="auto-reply",
        account=threads[0].account,
        threads=threads,
    )


def _threads(case: Case, way: str) -> tuple[Thread, ...]:
    """The threads the mail answers; of those on an account other than the one a person chose, none."""
    threads = case.open_threads if way == thread_way.NAME else (reference.thread(case),)
    return tuple(each for each in threads if case.assigned in ("", each.account.key))


def _in_thread(case: Case, way: str, threads: tuple[Thread, ...], trail: list[Verdict]) -> _Ruling:
    account = threads[0].account
    believed = None
    if not case.assigned:  # who assigned it has looked at it
        believed = first_stop(IN_THREADS if way == thread_way.NAME else BELIEF, case, trail)
    if believed is not None:
        would_be = tuple(
            Candidate(t.account.key, t.account.name, f"of the thread of touchpoint {t.id}") for t in threads
        )
        return _Ruling(believed[0], believed[1], way, candidates=would_be)
    reason = f"A reply to touchpoint {threads[0].id} of {account.name}: {_said_by(trail, way)}."
    # Whoever assigns a machine's mail makes no person's of it: it is not passed on.
    machine = _kind(case)[0] if case.assigned else None
    return _Ruling("replied", reason, way, machine=machine, account=account, threads=threads)


def _kind(case: Case) -> tuple[str | None, tuple[Verdict, ...]]:
    return machine_kind(case.message, case.envelope.mail_from, _machine_context(case))


def _said_by(trail: list[Verdict], rule: str) -> str:
    """What a rule that hit has said."""
    return next(verdict.why for verdict in trail if verdict.rule == rule and verdict.hit)


def _answered(case: Case, trail: list[Verdict]) -> tuple[_Ruling, Content]:
    question = case.question
    assert question is not None
    content = content_of(case, None, trail)
    believed = first_stop(IN_THREADS, case, trail)
    if believed is not None:
        return _Ruling(*believed), content
    answer = answer_to(case, question)
    trail.append(answer.verdict)
    answers = (question.mail_id, answer.account.key) if answer.account else None
    ruling = _Ruling(answer.outcome, answer.verdict.why, candidates=answer.candidates, answers=answers)
    return ruling, content


def _of_threads(case: Case) -> tuple[Candidate, ...]:
    """The accounts of threads that take no replies: where the mail most likely belongs."""
    found = [case.facts.threads[number] for number in case.thread_numbers if number in case.facts.threads]
    return tuple(
        Candidate(key, account.name, "the account of that thread")
        for key, account in {thread.account.key: thread.account for thread in found}.items()
    )


def _refused(case: Case, outcome: str, reason: str, rule: str) -> _Ruling:
    if rule == not_our_address.NAME:
        replies = [recipient.reply for recipient in case.envelope.recipients if recipient.reply]
        return _Ruling(outcome, reason, reply=replies[0] if replies else NO_SUCH_ADDRESS)
    if rule == never_log.NAME and not case.accepted:
        return _Ruling(outcome, reason, reply=NEVER_LOG)
    # Accepted before the list knew the person, or named in a forwarded block only: nothing of it may stay.
    return _Ruling("ignored", reason, erase=True)


def _machine_context(case: Case) -> MachineContext:
    own = {address_key(entry.address) for entry in case.site.logging}
    own |= {address_key(address.email) for address in case.message.from_} - {
        address_key(address.email) for address in case.without_own(case.message.from_)
    }
    return MachineContext(
        own_addresses=frozenset(own),
        own_domains=case.site.own_domains,
        loop_header=LOOP_HEADER,
        loop_id=case.site.hostname,
        # Who answers in a thread is a person, even behind a group or a sales tool that adds list headers.
        from_known=case.author_user is not None
        or case.contact(case.author) is not None
        or bool(case.of_kind("thread") or case.of_kind("question")),
    )


def _would_be(finding: Finding) -> tuple[Candidate, ...]:
    """The account that was found for a mail that must not be filed yet stands among the candidates."""
    if finding.account is None:
        return finding.candidates
    return (Candidate(finding.account.key, finding.account.name, finding.verdict.why),)


def _decision(case: Case, ruling: _Ruling, content: Content, trail: list[Verdict]) -> Decision:
    notices = list(content.notices)
    people = people_of(content.people, case.facts)
    if len(people) > case.site.max_participants:
        notices.append(f"Only the first {case.site.max_participants:,} participants were kept.")
        people = people[: case.site.max_participants]
    participants = tuple(participant(address, case.facts) for address in people)
    notices.extend(
        f"{person.email} is on one of our own domains but is no Totango user, and so counts as external."
        for person in participants
        if person.known == "unknown" and _is_on_own_domain(person, case)
    )
    author, filed_by = _person(content.author, case), _person(content.filed_by, case)
    notices += disguises((author, filed_by, *participants), case.facts.domains, case.site)
    notices += _about_threads(case, ruling)
    topic = ""
    if ruling.outcome == "unresolved" and ruling.machine is None and not case.assigned and case.accepted:
        topic, verdict = notice_topic(case, ruling.outcome, ruling.problem)
        trail.append(verdict)
    speakers = (participant(address, case.facts) for address in people_of(content.speakers, case.facts))
    return Decision(
        outcome=ruling.outcome,
        reason=ruling.reason,
        way=ruling.way,
        machine=ruling.machine,
        sender_trust=case.trust,
        account=ruling.account,
        candidates=ruling.candidates,
        thread=ruling.threads[0].id if ruling.threads else None,
        author=author,
        filed_by=filed_by,
        participants=participants,
        subject=content.subject,
        date=content.date,
        type=TYPE,
        flow=ruling.threads[0].flow if ruling.threads else _flow(case),
        text=content.text,
        quoted=content.quoted,
        comment=content.comment,
        attachments=content.attachments,
        report=case.message.reports[0] if ruling.machine == "bounce" and case.message.reports else None,
        calendar=content.calendar,
        encrypted=content.encrypted,
        notices=tuple(dict.fromkeys(notices)),
        rules=tuple(trail),
        html=content.html,
        strangers=tuple(
            person for person in speakers if person.known == "unknown" and not _is_on_own_domain(person, case)
        ),
        reply=ruling.reply,
        erase=ruling.erase,
        pass_on=bool(case.of_kind("postmaster"))
        and ruling.machine != "loop"
        and not ruling.reply
        and not ruling.erase,
        threads=ruling.threads,
        tell_followers=bool(ruling.threads) and ruling.machine is None and case.trust == "verified",
        answers=ruling.answers,
        bounced=ruling.bounced,
        notice=topic,
    )


def _about_threads(case: Case, ruling: _Ruling) -> list[str]:
    """What a person should know about a reply: who is new to the thread, and which threads did not get it."""
    if not ruling.threads:
        return []
    notices = [
        f"It is also a reply in the thread of touchpoint {thread.id}." for thread in ruling.threads[1:]
    ]
    if len(case.open_threads) < len(case.thread_numbers) and ruling.way == thread_way.NAME:
        notices.append(f"{thread_way.gone(case)}.")
    known = ruling.threads[0].people
    author = case.author
    if author is not None and address_key(author.email) not in known and case.user(author) is None:
        unknown = "" if case.contact(author) is not None else "not in the directory and "
        notices.append(f"{author.email} is {unknown}new in this thread.")
    return notices


def _person(address: Address | None, case: Case) -> Participant | None:
    return participant(address, case.facts) if address else None


def _is_on_own_domain(person: Participant, case: Case) -> bool:
    return is_own_domain(domain_of(person.email), case.site.own_domains)


def _flow(case: Case) -> str:
    """The flow of the logging address the deciding recipient hangs on, else the default flow."""
    for kind in ("account", "user", "logging"):
        for recipient in case.of_kind(kind):
            return recipient.flow
    return case.site.logging[0].flow
