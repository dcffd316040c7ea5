"""The decision about one mail: stops, way, content, account, in this order, every rule in the trail."""

from dataclasses import dataclass

from rules.accounts import find_account
from rules.accounts.finding import Finding
from rules.addresses import address_key, domain_of
from rules.case import Case
from rules.content import Content, content_of, nothing
from rules.decision import Candidate, Decision
from rules.domains import is_own_domain
from rules.facts import Account
from rules.machine import MachineContext, machine_kind
from rules.message import Address
from rules.people import Participant, participant, people_of
from rules.replies import NEVER_LOG, NO_SUCH_ADDRESS, Reply
from rules.stops import BEFORE_MACHINES, BELIEF, first_stop, never_log, not_our_address
from rules.trail import Verdict
from rules.ways import find_way

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
    way = find_way(case, trail)
    content = content_of(case, way, trail)
    finding = find_account(case, content.speakers, trail)
    if case.assigned and finding.account is not None:
        reason = f"Filed on {finding.account.name}: {finding.verdict.why}."
        return _Ruling("filed", reason, way, account=finding.account), content
    believed = first_stop(BELIEF, case, trail)
    if believed is not None:
        return _Ruling(believed[0], believed[1], way, candidates=_would_be(finding)), content
    if content.problem:
        return _Ruling("unresolved", content.problem, way, candidates=_would_be(finding)), content
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
    kind, verdicts = machine_kind(case.message, case.envelope.mail_from, _machine_context(case))
    trail.extend(verdicts)
    only_roles = bool(case.of_kind("postmaster")) and not any(
        case.of_kind(kind) for kind in ("account", "user", "logging")
    )
    if only_roles and kind != "loop":
        return _Ruling(
            "passed-on", "Mail to postmaster or abuse goes to the administrator.", "postmaster", kind
        )
    if kind is not None:
        return _Ruling("ignored", MACHINE_REASONS[kind], machine=kind)
    return None


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
        from_known=case.author_user is not None or case.contact(case.author) is not None,
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
    speakers = (participant(address, case.facts) for address in people_of(content.speakers, case.facts))
    return Decision(
        outcome=ruling.outcome,
        reason=ruling.reason,
        way=ruling.way,
        machine=ruling.machine,
        sender_trust=case.trust,
        account=ruling.account,
        candidates=ruling.candidates,
        thread=None,
        author=_person(content.author, case),
        filed_by=_person(content.filed_by, case),
        participants=participants,
        subject=content.subject,
        date=content.date,
        type=TYPE,
        flow=_flow(case),
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
    )


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
