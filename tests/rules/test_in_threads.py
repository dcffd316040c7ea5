"""Replies: by the address of a thread, or by the message ids that a mail names."""

from dataclasses import replace

import pytest

from rules.case import Case
from rules.decide import decide
from rules.facts import Thread
from rules.message import Address, Message
from rules.original import Original
from rules.recipients import copy_address, question_address, thread_address
from rules.references import LONGEST, MOST, message_ids, referenced_ids, returned_ids
from rules.ways import reference, thread
from tests.rules.build import ACCOUNTS, LOG, SITE, THREAD_FACTS, addresses, case, mail

ADA = "ada@acme.example"


def to_thread(number: int) -> str:
    return thread_address.address(SITE, number)


def to_copy(number: int) -> str:
    return copy_address.address(SITE, number)


def threaded(message: Message | None = None, *rcpts: str, **fields: object) -> Case:
    return case(message, *rcpts, facts=THREAD_FACTS, **fields)  # type: ignore[arg-type]


# -- the address of a thread --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rcpts", "threads", "why"),
    [
        ([LOG], [], "no thread address among the recipients"),
        ([to_thread(1)], [1], "sent to the address of touchpoint 1"),
        ([LOG, to_thread(4), to_thread(1)], [4, 1], "sent to the address of touchpoint 4, touchpoint 1"),
        ([to_thread(1), to_thread(1).upper()], [1], "sent to the address of touchpoint 1"),
        ([to_copy(11)], [1], "sent to the address of touchpoint 1"),
        ([to_copy(11), to_thread(4)], [4, 1], "sent to the address of touchpoint 4, touchpoint 1"),
        ([to_copy(13)], [], "no thread address among the recipients"),
        ([to_copy(99)], [], "no thread address among the recipients"),
        ([to_thread(2)], [], "The thread of touchpoint 2 is closed"),
        ([to_copy(12)], [], "The thread of touchpoint 2 is closed"),
        ([to_thread(3)], [], "The thread of touchpoint 3 is deleted"),
        ([to_thread(99)], [], "The thread of touchpoint 99 is deleted"),
        (
            [to_thread(2), to_thread(3)],
            [],
            "The thread of touchpoint 2 is closed; the thread of touchpoint 3 is deleted",
        ),
        ([to_thread(2), to_thread(1)], [1], "sent to the address of touchpoint 1"),
    ],
)
def test_a_recipient_names_the_threads(rcpts: list[str], threads: list[int], why: str) -> None:
    found = threaded(mail(ADA), *rcpts)
    assert [each.id for each in found.open_threads] == threads
    verdict = thread.check(found)
    assert (verdict.hit, verdict.why) == (bool(threads), why)


def test_the_addresses_of_threads_are_no_participants() -> None:
    message = mail(ADA, to=(to_thread(1), "ann@vendor.example"), cc=addresses(to_copy(11)))
    decision = decide(threaded(message, to_thread(1)))
    assert [person.email for person in decision.participants] == [ADA, "ann@vendor.example"]


@pytest.mark.parametrize(
    ("sender", "notice"),
    [
        (ADA, ""),
        ("ADA+x@acme.example", ""),
        ("ann@home.example", ""),
        ("ben@acme.example", "ben@acme.example is new in this thread."),
        ("gus@globe.example", "gus@globe.example is new in this thread."),
        ("new@acme.example", "new@acme.example is not in the directory and new in this thread."),
    ],
)
def test_who_is_new_to_a_thread_is_told(sender: str, notice: str) -> None:
    decision = decide(threaded(mail(sender), to_thread(1)))
    assert decision.outcome == "replied"
    assert decision.notices == ((notice,) if notice else ())


@pytest.mark.parametrize(
    ("trust", "outcome", "told"),
    [("verified", "replied", True), ("unverified", "replied", False), ("failed", "quarantined", False)],
)
def test_only_a_proved_sender_is_passed_on(trust: str, outcome: str, told: bool) -> None:
    decision = decide(threaded(mail(ADA), to_thread(1), trust=trust))
    assert (decision.outcome, decision.tell_followers) == (outcome, told)


def test_what_a_person_assigns_to_its_own_account_stays_in_its_thread() -> None:
    found = threaded(mail(ADA), to_thread(4), to_thread(1), trust="failed", assigned="acme")
    decision = decide(found)
    assert (decision.outcome, [each.id for each in decision.threads]) == ("replied", [1])
    assert not decision.tell_followers


def test_what_a_person_assigns_to_another_account_leaves_the_thread() -> None:
    decision = decide(threaded(mail(ADA), to_thread(1), assigned="globe"))
    assert decision.account == ACCOUNTS["globe"]
    assert (decision.outcome, decision.threads) == ("filed", ())


# -- references ---------------------------------------------------------------------------------------------


def referring(
    sender: str = ADA,
    *ids: str,
    subject: str = "Re: Rollout",
    to: tuple[str, ...] = ("ann@vendor.example",),
    **fields: object,
) -> Message:
    return mail(sender, to=to, subject=subject, references=ids or ("<one@tp>",), **fields)


def found_by(message: Message, *rcpts: str, **fields: object) -> int | None:
    found = threaded(message, *rcpts, **fields)
    return reference.thread(found).id if reference.check(found).hit else None


@pytest.mark.parametrize(
    ("sender", "belongs"),
    [
        (ADA, True),
        ("ann@vendor.example", True),
        ("ann@home.example", True),
        ("pat@consult.example", True),  # a contact of the account, among others
        ("new@acme.example", True),
        ("new@shared.example", True),  # on a domain of the account, among others
        ("new@labs.acme.example", False),  # the longer domain is another account's
        ("gus@globe.example", False),
        ("new@globe.example", False),
        ("someone@elsewhere.example", False),
        ("someone@gmail.com", False),
        ("temp@vendor.example", False),  # a colleague without a login
    ],
)
def test_only_who_belongs_to_the_account_gets_in_by_references(sender: str, belongs: bool) -> None:
    assert found_by(referring(sender)) == (1 if belongs else None)


def test_a_contact_of_another_account_on_the_accounts_domain_is_that_accounts() -> None:
    facts = replace(
        THREAD_FACTS,
        contacts={**THREAD_FACTS.contacts, "x@acme.example": THREAD_FACTS.contacts["gus@globe.example"]},
    )
    assert not reference.check(case(referring("x@acme.example"), facts=facts)).hit


@pytest.mark.parametrize(
    ("subject", "same"),
    [
        ("Rollout", True),
        ("RE: Rollout", True),
        ("Aw: Re[2]: ROLLOUT", True),
        ("SV: Rollout", True),
        ("[EXTERNAL] Re: Rollout", True),
        ("回复: Rollout", True),
        ("", True),
        ("Re:", True),
        ("Rollout in May", False),
        ("Price list", False),
    ],
)
def test_another_subject_is_another_conversation(subject: str, same: bool) -> None:
    assert found_by(referring(subject=subject)) == (1 if same else None)


def test_a_thread_without_a_subject_takes_any() -> None:
    threads = {**THREAD_FACTS.threads, 1: replace(THREAD_FACTS.threads[1], subject="Re:")}
    found = case(referring(subject="Anything"), facts=replace(THREAD_FACTS, threads=threads))
    assert reference.check(found).hit


def test_a_program_writes_subjects_of_its_own() -> None:
    message = referring(subject="Automatic reply: I am away")
    assert not reference.check(threaded(message)).hit
    assert reference.check(threaded(message), automatic=True).hit
    assert reference.thread(threaded(message), automatic=True).id == 1
    decision = decide(
        threaded(replace(message, headers=(("Auto-Submitted", "auto-replied"),)), LOG, mail_from="")
    )
    assert (decision.outcome, decision.way, decision.machine) == ("replied", "reference", "auto-reply")
    assert not decision.tell_followers


@pytest.mark.parametrize(
    ("to", "same"),
    [
        ((ADA,), True),
        ((ADA, "gus@globe.example"), True),
        (("gus@globe.example", "new@acme.example"), True),
        (("ann@home.example",), True),
        ((LOG,), True),
        ((), True),
        (("gus@globe.example",), False),
        (("someone@elsewhere.example",), False),
    ],
)
def test_a_colleague_who_writes_to_others_begins_another_conversation(
    to: tuple[str, ...], same: bool
) -> None:
    assert found_by(referring("ann@vendor.example", to=to)) == (1 if same else None)


def test_a_customer_may_bring_others_along() -> None:
    assert found_by(referring(ADA, to=("gus@globe.example",))) == 1


@pytest.mark.parametrize(
    ("ids", "found"),
    [
        (("<one@tp>", "<unknown@x>"), 1),
        (("<one@tp>", "<four@tp>"), 4),
        (("<four@tp>", "<one@tp>"), 1),
        (("<both@tp>",), None),
        (("<one@tp>", "<both@tp>"), 1),
        (("<two@tp>",), None),
        (("<gone@tp>",), None),
        (("<unknown@x>",), None),
    ],
)
def test_the_nearest_open_thread_counts(ids: tuple[str, ...], found: int | None) -> None:
    assert found_by(referring("ann@vendor.example", *ids, subject="", to=())) == found


def test_a_thread_that_cannot_be_meant_is_passed_over_for_one_that_can() -> None:
    assert found_by(referring(ADA, "<one@tp>", "<four@tp>")) == 1


def test_in_reply_to_is_nearer_than_references() -> None:
    message = referring("ann@vendor.example", "<one@tp>", subject="", to=(), in_reply_to=("<four@tp>",))
    assert found_by(message) == 4


@pytest.mark.parametrize(
    ("rcpt", "found"),
    [
        ("log+acme@touchpoints.vendor.example", 1),
        ("LOG+ACME@touchpoints.vendor.example", 1),
        ("log+globe@touchpoints.vendor.example", None),
    ],
)
def test_the_address_of_another_account_says_more(rcpt: str, found: int | None) -> None:
    assert found_by(referring(), rcpt) == found


def test_a_forward_is_a_forward_and_a_note_a_note() -> None:
    original = Original(
        kind="block",
        sender=Address(ADA),
        to=(),
        cc=(),
        date=None,
        subject="Rollout",
        text="Yes",
        comment="",
        certain=True,
        why="a header block",
    )
    forwarded = referring("ann@vendor.example", to=(LOG,), subject="Fwd: Rollout")
    assert found_by(forwarded) == 1
    assert found_by(forwarded, LOG, originals=(original,)) is None
    noted = referring("ann@vendor.example", to=(LOG,), subject="Re: Rollout gus@globe.example")
    assert found_by(noted) is None


def test_a_miss_says_why() -> None:
    assert reference.check(threaded(mail())).why == "it names no message of a thread"
    why = reference.check(threaded(referring("gus@globe.example"))).why
    assert why.startswith("it names a message of touchpoint 1, but its sender neither belongs")


def test_references_obey_what_the_sender_must_be_believed_by() -> None:
    quarantined = decide(threaded(referring(), LOG, trust="failed"))
    assert (quarantined.outcome, quarantined.threads) == ("quarantined", ())
    assert [candidate.key for candidate in quarantined.candidates] == ["acme"]


# -- the ids a mail names -----------------------------------------------------------------------------------


def test_ids_stand_nearest_first_and_once() -> None:
    message = mail(references=("<1@x>", "<2@x>", "<3@x>"), in_reply_to=("<3@x>", "<4@x>"), message_id="<5@x>")
    assert referenced_ids(message) == ("<3@x>", "<4@x>", "<2@x>", "<1@x>")


def test_a_mail_is_no_answer_to_itself() -> None:
    assert referenced_ids(mail(references=("<5@x>", "<1@x>"), message_id="<5@x>")) == ("<1@x>",)


def test_of_a_long_thread_the_first_and_the_newest_ids_are_looked_up() -> None:
    ids = tuple(f"<{number}@x>" for number in range(1000))
    found = referenced_ids(mail(references=ids, in_reply_to=tuple(f"<r{n}@x>" for n in range(500))))
    assert len(found) == MOST
    assert found[:2] == ("<r0@x>", "<r1@x>")
    assert "<999@x>" in found
    assert len(message_ids(mail(references=ids))) <= 2 * MOST


def test_an_id_longer_than_a_line_is_none() -> None:
    assert referenced_ids(mail(references=("<" + "a" * LONGEST + ">", "<1@x>"))) == ("<1@x>",)


def test_a_report_names_first_what_it_brings_along() -> None:
    message = mail(
        returned=mail(message_id="<sent@tp>"),
        nested=(mail(message_id="<inner@tp>"), mail(message_id="")),
        references=("<r@tp>",),
    )
    assert returned_ids(message) == ("<sent@tp>", "<inner@tp>", "<r@tp>")
    assert set(message_ids(message)) == {"<sent@tp>", "<inner@tp>", "<r@tp>"}


def test_a_question_beside_an_open_thread_is_a_reply() -> None:
    ann = mail(text="acme")
    question = question_address.address(SITE, 21)
    assert decide(threaded(ann, question, to_thread(1))).outcome == "replied"
    beside_closed = decide(threaded(ann, question, to_thread(2)))
    assert (beside_closed.outcome, beside_closed.answers) == ("ignored", (21, "acme"))


def test_a_thread_of_an_inactive_account_takes_replies() -> None:
    old = Thread(5, ACCOUNTS["old-mill"], "Paper", "Adoption")
    facts = replace(THREAD_FACTS, threads={5: old})
    decision = decide(case(mail("mila@oldmill.example"), to_thread(5), facts=facts))
    assert (decision.outcome, decision.account) == ("replied", ACCOUNTS["old-mill"])
