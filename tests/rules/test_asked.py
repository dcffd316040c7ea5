"""Notices and their answers: who is asked, what an answer says, and who may give it."""

from dataclasses import replace

import pytest

from rules.answers import LONGEST, MOST_LINES, addresses_in, answer_lines, named_in
from rules.asked import answer_to
from rules.case import Case
from rules.content import forward as forward_content
from rules.content import note as note_content
from rules.decide import decide
from rules.message import Message
from rules.notices import NO_ACCOUNT, NO_ADDRESS, NO_THREAD, UNREADABLE, notice_topic
from rules.recipients import question_address, thread_address
from rules.trail import Verdict
from tests.rules.build import LOG, NOW, SITE, THREAD_FACTS, addresses, case, mail

QUESTION = question_address.address(SITE, 21)
ANN = "ann@vendor.example"


def to_question(message: Message, number: int = 21, **fields: object) -> Case:
    rcpt = question_address.address(SITE, number)
    return case(message, rcpt, **{"facts": THREAD_FACTS, **fields})  # type: ignore[arg-type]


def answered(text: str, sender: str = ANN, number: int = 21, **fields: object) -> tuple[str, str, list[str]]:
    """Outcome, account and candidates."""
    found = to_question(mail(sender, text=text), number, **fields)
    assert found.question is not None
    answer = answer_to(found, found.question)
    assert answer.verdict.hit is (answer.account is not None)
    account = answer.account.key if answer.account else ""
    return answer.outcome, account, [each.key for each in answer.candidates]


# -- what is said -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "account"),
    [
        ("acme", "acme"),
        ("  ACME.  ", "acme"),
        ("“Acme”\n", "acme"),
        ("„Acme“.", "acme"),
        ("« acme »", "acme"),
        ("•\tacme", "acme"),
        ('"Acme"', "acme"),
        ("Account: acme", "acme"),
        ("It is: Acme!", "acme"),
        ("- Acme Rockets (key acme)", "acme"),
        ("Hi,\n\nthat was\nacme\n\nAnn", "acme"),
        ("ada@acme.example", "acme"),
        ("It was with Ada Marsh <ADA+x@acme.example>, I think.", "acme"),
        ("new@globe.example", "globe"),
        ("new@mail.labs.acme.example", "labs"),
        ("mila@oldmill.example", "old-mill"),
        ("acme corporation", ""),
        ("new@oldmill.example", ""),
        ("someone@gmail.com", ""),
        ("boss@vendor.example", ""),
        ("\n".join(["Hello"] * MOST_LINES + ["acme"]), ""),
        ("acme" + " " * 10 + "x" * LONGEST, ""),
        ("", ""),
        ("No idea.\n\nOn Mon, Mar 2, 2026 at 10:00 AM Touchpoints <log@x.example> wrote:\n> acme\n", ""),
    ],
)
def test_an_answer_names_an_account_in_its_first_lines(text: str, account: str) -> None:
    assert answered(text) == ("ignored" if account else "unresolved", account, [])


@pytest.mark.parametrize("text", ["twin", "pat@consult.example", "new@shared.example"])
def test_what_fits_several_accounts_is_not_guessed(text: str) -> None:
    outcome, account, candidates = answered(text)
    assert (outcome, account, len(candidates)) == ("unresolved", "", 2)


def test_the_first_line_that_names_anything_decides() -> None:
    assert answered("twin\nacme")[:2] == ("unresolved", "")
    assert answered("acme\ntwin") == ("ignored", "acme", [])
    assert answered("no idea\nada@acme.example\ngus@globe.example") == ("ignored", "acme", [])


def test_a_name_that_is_an_account_goes_before_an_address_in_it() -> None:
    named = {**THREAD_FACTS.named, "globe: ada@acme.example": THREAD_FACTS.named["acme"]}
    facts = replace(THREAD_FACTS, named=named)
    assert answered("Globe: ada@acme.example", facts=facts) == ("ignored", "acme", [])


def test_lines_and_texts_are_bounded() -> None:
    long = mail(text="\n".join(f"line {number}" for number in range(5000)))
    assert len(answer_lines(long)) == MOST_LINES
    assert answer_lines(mail(text="x" * (LONGEST + 1) + "\n\n  acme  ")) == ("acme",)


def test_the_texts_of_a_line() -> None:
    assert named_in("Account: Acme Rockets.") == (
        "account: acme rockets.",
        "account: acme rockets",
        "acme rockets",
    )
    assert set(named_in("- Straße (key STR)")) >= {"strasse", "str"}
    assert named_in(" ") == ()
    assert addresses_in("It was Ada <ada@acme.example>.") == ("ada@acme.example",)


# -- who says it --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("sender", [ANN, "ann@home.example", "ANN+x@vendor.example"])
def test_whoever_was_asked_answers_from_any_of_their_addresses(sender: str) -> None:
    assert answered("acme", sender)[0] == "ignored"


@pytest.mark.parametrize("sender", ["bob@vendor.example", "ada@acme.example", "someone@elsewhere.example"])
def test_nobody_else_may_say(sender: str) -> None:
    facts = replace(
        THREAD_FACTS,
        users={**THREAD_FACTS.users, "bob@vendor.example": replace(THREAD_FACTS.users[ANN], email="bob@x")},
    )
    assert answered("acme", sender, facts=facts) == ("quarantined", "", [])


@pytest.mark.parametrize("trust", ["unverified", "failed"])
def test_an_answer_needs_a_proved_sender(trust: str) -> None:
    assert answered("acme", trust=trust) == ("quarantined", "", [])
    assert decide(to_question(mail(text="acme"), trust=trust)).outcome == "quarantined"


@pytest.mark.parametrize(
    ("state", "outcome"),
    [
        ("unresolved", "ignored"),
        ("failed", "ignored"),
        ("filed", ""),
        ("dropped", ""),
        ("quarantined", ""),
        ("received", ""),
    ],
)
def test_only_mail_that_waits_is_filed_by_an_answer(state: str, outcome: str) -> None:
    questions = {21: replace(THREAD_FACTS.questions[21], state=state)}
    facts = replace(THREAD_FACTS, questions=questions)
    decision = decide(to_question(mail(text="acme"), facts=facts))
    assert decision.outcome == "ignored"
    assert decision.answers == ((21, "acme") if outcome else None)
    assert (f"it is {state}" in decision.reason) is not bool(outcome)


def test_the_decision_names_the_mail_and_files_nothing_of_the_answer() -> None:
    decision = decide(to_question(mail(text="acme")))
    assert (decision.outcome, decision.way, decision.account, decision.answers) == (
        "ignored",
        None,
        None,
        (21, "acme"),
    )
    assert (
        decision.reason == "Mail 21 is filed on Acme Rockets, as its sender answered: “acme” is Acme Rockets."
    )


def test_two_authors_answer_nothing() -> None:
    message = mail(text="acme", from_=addresses(ANN, "ada@acme.example"))
    assert decide(to_question(message)).outcome == "quarantined"


def test_an_answer_that_was_assigned_is_a_mail_like_any_other() -> None:
    decision = decide(to_question(mail(text="acme"), assigned="globe"))
    assert (decision.outcome, decision.answers) == ("filed", None)
    assert decision.account is not None
    assert decision.account.key == "globe"


# -- who is asked -------------------------------------------------------------------------------------------


def asked(found: Case, problem: str = "", outcome: str = "unresolved") -> str:
    topic, verdict = notice_topic(found, outcome, problem)
    assert verdict.hit is bool(topic)
    return topic


@pytest.mark.parametrize(
    ("problem", "topic"),
    [
        ("", NO_ACCOUNT),
        (forward_content.INTERNAL_TALK, NO_ACCOUNT),
        (note_content.NO_ADDRESS, NO_ADDRESS),
        (forward_content.UNREADABLE.format(why="no sender"), UNREADABLE),
        (forward_content.FROM_A_MACHINE.format(sender="x"), UNREADABLE),
    ],
)
def test_a_notice_has_the_topic_of_what_is_missing(problem: str, topic: str) -> None:
    assert asked(case(mail(to=("ann@vendor.example",))), problem) == topic


def test_a_thread_that_is_gone_is_a_topic_of_its_own() -> None:
    gone = thread_address.address(SITE, 2)
    assert asked(case(mail(), gone, facts=THREAD_FACTS)) == NO_THREAD
    both = case(mail(), gone, thread_address.address(SITE, 1), facts=THREAD_FACTS)
    assert asked(both) == NO_ACCOUNT


@pytest.mark.parametrize("outcome", ["filed", "replied", "quarantined", "ignored", "passed-on", "refused"])
def test_nobody_is_asked_about_mail_that_does_not_wait_for_an_account(outcome: str) -> None:
    assert asked(case(), outcome=outcome) == ""


def test_nobody_outside_is_asked() -> None:
    assert asked(case(mail("ada@acme.example"))) == ""
    assert asked(case(mail("temp@vendor.example"))) == ""
    assert asked(case(mail(from_=()))) == ""


@pytest.mark.parametrize("trust", ["unverified", "failed"])
def test_nobody_is_asked_on_an_unproved_word(trust: str) -> None:
    assert asked(case(trust=trust)) == ""


def test_what_has_no_return_path_is_not_answered() -> None:
    assert asked(case(mail_from="")) == ""


def test_an_answer_is_not_asked_about() -> None:
    assert asked(to_question(mail(text="?"))) == ""
    # A mail to the address of a question that was never asked is no answer.
    assert asked(to_question(mail(text="?"), 99)) == NO_ACCOUNT


@pytest.mark.parametrize(
    ("fields", "topic"),
    [
        ({}, NO_ACCOUNT),
        ({"accepted": False}, ""),  # `explain` asks nobody
        ({"trust": "unverified"}, ""),
        ({"mail_from": ""}, ""),  # machine mail
        ({"assigned": "nowhere"}, ""),
        ({"trust_why": Verdict("sender-trust", True, "signed")}, NO_ACCOUNT),
    ],
)
def test_the_decision_asks_for_a_notice(fields: dict[str, object], topic: str) -> None:
    message = mail(to=("someone@elsewhere.example",))
    assert decide(case(message, LOG, **fields)).notice == topic  # type: ignore[arg-type]


def test_machines_are_never_asked() -> None:
    message = mail(to=("someone@elsewhere.example",), headers=(("Auto-Submitted", "auto-generated"),))
    decision = decide(case(message))
    assert (decision.machine, decision.notice) == ("auto-reply", "")
    assert decision.date <= NOW
