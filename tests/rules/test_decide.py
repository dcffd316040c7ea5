"""What becomes of a mail: the decision as a whole, on mails built by hand."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest

from rules.case import Case
from rules.content.content import FUTURE, NO_DATE
from rules.decide import decide, put_aside
from rules.decision import as_json
from rules.message import Address, DeliveryReport, Message
from rules.original import Original
from tests.rules.build import ANN, FACTS, LOG, NOW, SECRET, SITE, addresses, case, mail


def original(sender: str | None = "ada@acme.example", **fields: object) -> Original:
    values = {
        "kind": "block",
        "sender": Address(sender) if sender else None,
        "to": addresses("ann@vendor.example"),
        "cc": (),
        "date": datetime(2026, 3, 3, 8, tzinfo=UTC),
        "subject": "Question",
        "text": "When do you start?",
        "comment": "Please look",
        "certain": sender is not None,
        "why": "a header block",
    }
    return Original(**{**values, **fields})  # type: ignore[arg-type]


def forward(*originals: Original, **fields: object) -> Case:
    return case(mail(to=(LOG,), subject="Fwd: Question", text="…"), originals=originals, **fields)


def test_a_copy_to_the_logging_address_is_filed_on_the_account_of_the_contact() -> None:
    decision = decide(case())
    assert (decision.outcome, decision.way, decision.flow, decision.type) == (
        "filed",
        "bcc",
        "Adoption",
        "email",
    )
    assert decision.account is not None
    assert decision.account.key == "acme"
    assert [(p.email, p.side, p.known) for p in decision.participants] == [
        ("ann@vendor.example", "internal", "user"),
        ("ada@acme.example", "external", "contact"),
    ]


def test_the_directory_names_people_whom_the_mail_does_not() -> None:
    assert [p.name for p in decide(case()).participants] == ["Ann Vale", "Ada Marsh"]


def test_the_addresses_of_one_user_and_of_one_mailbox_are_one_person() -> None:
    message = mail(to=("ada@acme.example",), cc=addresses("ann@home.example", "ADA+news@acme.example"))
    assert [p.email for p in decide(case(message)).participants] == ["ann@vendor.example", "ada@acme.example"]


def test_a_visible_logging_address_makes_it_cc() -> None:
    message = mail(to=("ada@acme.example", LOG))
    decision = decide(case(message))
    assert decision.way == "cc"
    assert LOG not in [p.email for p in decision.participants]


@pytest.mark.parametrize(
    ("people", "account", "rule"),
    [
        (("ada@acme.example", "ben@acme.example"), "acme", "account-by-contact"),
        (("pat@consult.example", "ada@acme.example"), "acme", "account-by-majority"),
        (("ada@acme.example", "ben@acme.example", "gus@globe.example"), "acme", "account-by-majority"),
        (("ada@acme.example", "gus@globe.example"), None, "account-by-majority"),
        (("pat@consult.example",), None, "account-by-majority"),
        (("mila@oldmill.example",), "old-mill", "account-by-contact"),
        (("new@acme.example",), "acme", "account-by-domain"),
        (("new@mail.acme.example",), "acme", "account-by-domain"),
        (("new@labs.acme.example",), "labs", "account-by-domain"),
        (("new@x.labs.acme.example", "new@globe.example"), None, "account-by-domain"),
        (("new@shared.example",), None, "account-by-domain"),
        (("new@oldmill.example",), None, "account-undecided"),
        (("someone@gmail.com",), None, "account-undecided"),
        (("stranger@vendor.example",), None, "account-undecided"),
        (("someone@nowhere.example",), None, "account-undecided"),
    ],
)
def test_the_five_steps_to_the_account(people: tuple[str, ...], account: str | None, rule: str) -> None:
    decision = decide(case(mail(to=people)))
    assert (decision.account.key if decision.account else None) == account
    assert decision.outcome == ("filed" if account else "unresolved")
    assert rule in [verdict.rule for verdict in decision.rules if verdict.hit]


def test_competing_accounts_are_all_listed_with_their_why() -> None:
    decision = decide(case(mail(to=("ada@acme.example", "gus@globe.example"))))
    assert [candidate.key for candidate in decision.candidates] == ["acme", "globe"]
    assert all("@" in candidate.why for candidate in decision.candidates)


def test_an_inactive_account_on_the_domain_is_a_candidate_only() -> None:
    decision = decide(case(mail(to=("new@oldmill.example",))))
    assert [candidate.key for candidate in decision.candidates] == ["old-mill"]
    assert "inactive" in decision.candidates[0].why


def test_unknown_people_of_a_domain_are_kept() -> None:
    decision = decide(case(mail(to=("new@acme.example",))))
    assert decision.participants[1].known == "unknown"


def test_a_per_account_address_decides_whatever_the_participants_are() -> None:
    decision = decide(case(mail(to=("gus@globe.example",)), "log+acme@touchpoints.vendor.example", LOG))
    assert decision.account is not None
    assert (decision.way, decision.account.key) == ("account-address", "acme")


def test_the_addresses_of_two_accounts_decide_nothing() -> None:
    rcpts = ("log+acme@touchpoints.vendor.example", "log+globe@touchpoints.vendor.example")
    decision = decide(case(mail(), *rcpts))
    assert decision.outcome == "unresolved"
    assert {candidate.key for candidate in decision.candidates} == {"acme", "globe"}


def test_a_per_account_address_takes_a_mail_among_colleagues() -> None:
    decision = decide(case(mail(to=("ann@vendor.example",)), "log+acme@touchpoints.vendor.example"))
    assert decision.outcome == "filed"


def test_a_per_user_address_is_its_owners_alone() -> None:
    address = f"me-{SECRET}@touchpoints.vendor.example"
    assert decide(case(mail(), address)).way == "user-address"
    stranger = decide(case(mail("ada@acme.example", ("ann@vendor.example",)), address))
    assert stranger.outcome == "quarantined"


@pytest.mark.parametrize(
    "sender", ["who@nowhere.example", "who@gmail.com", "who@vendor.example", "who@oldmill.example"]
)
def test_nobody_we_know_is_quarantined(sender: str) -> None:
    decision = decide(case(mail(sender, ("ann@vendor.example",), cc=addresses("ada@acme.example"))))
    assert decision.outcome == "quarantined"
    assert decision.account is None


def test_a_customer_s_reply_to_all_counts() -> None:
    decision = decide(case(mail("ada@acme.example", ("ann@vendor.example", LOG))))
    assert (decision.outcome, decision.way) == ("filed", "cc")
    assert decision.author is not None
    assert decision.author.side == "external"


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"from_fields": 2}, "2 From fields"),
        ({"from_": addresses("ann@vendor.example", "ada@acme.example")}, "2 addresses"),
        ({"from_": ()}, "no addresses"),
    ],
)
def test_without_exactly_one_author_a_mail_is_not_believed(change: dict, word: str) -> None:
    decision = decide(case(replace(mail(), **change)))
    assert decision.outcome == "quarantined"
    assert word in decision.reason


def test_a_failed_sender_is_quarantined_and_an_unverified_one_filed() -> None:
    assert decide(case(trust="failed")).outcome == "quarantined"
    unverified = decide(case(trust="unverified"))
    assert (unverified.outcome, unverified.sender_trust) == ("filed", "unverified")


def test_who_would_be_filed_but_for_the_quarantine_is_a_candidate() -> None:
    assert [candidate.key for candidate in decide(case(trust="failed")).candidates] == ["acme"]


@pytest.mark.parametrize("message", [mail(to=("ann@vendor.example",)), mail(to=())])
def test_only_colleagues_or_undisclosed_recipients_are_unresolved(message: Message) -> None:
    decision = decide(case(message))
    assert (decision.outcome, decision.candidates) == ("unresolved", ())
    assert "no customer" in decision.reason


def test_a_note_goes_to_the_account_of_the_address_in_its_subject() -> None:
    decision = decide(case(mail(to=(LOG,), subject="Call with ada@acme.example: renewal")))
    assert decision.account is not None
    assert (decision.way, decision.account.key, decision.subject) == ("note", "acme", "Call with: renewal")
    assert decision.participants == ()


def test_who_is_named_twice_in_the_subject_of_a_note_counts_once() -> None:
    subject = "ada@acme.example (Ada@acme.example) and gus@globe.example"
    assert decide(case(mail(to=(LOG,), subject=subject))).outcome == "unresolved"


def test_a_note_in_bcc_alone_is_a_note_too() -> None:
    assert decide(case(mail(to=(), subject="ada@acme.example called"))).way == "note"


@pytest.mark.parametrize("subject", ["Renewal", "ann@home.example called", f"{LOG} is down"])
def test_a_note_without_a_customer_s_address_is_unresolved(subject: str) -> None:
    decision = decide(case(mail(to=(LOG,), subject=subject)))
    assert (decision.outcome, decision.way) == ("unresolved", "note")
    assert decision.subject == subject


def test_of_a_forward_the_original_is_filed() -> None:
    decision = decide(forward(original()))
    assert decision.author is not None
    assert decision.filed_by is not None
    assert (decision.way, decision.author.email, decision.filed_by.email) == (
        "forward",
        "ada@acme.example",
        ANN.email,
    )
    assert (decision.subject, decision.text, decision.comment) == (
        "Question",
        "When do you start?",
        "Please look",
    )
    assert decision.date == datetime(2026, 3, 3, 8, tzinfo=UTC)
    assert [p.email for p in decision.participants] == ["ada@acme.example", "ann@vendor.example"]


def test_of_a_forward_of_a_forward_the_innermost_external_sender_counts() -> None:
    inner = original("gus@globe.example", comment="")
    decision = decide(
        forward(original(comment="for you"), original("ada@acme.example", comment="see"), inner)
    )
    assert decision.author is not None
    assert decision.author.email == "gus@globe.example"
    assert decision.comment == "for you"
    assert "see" in decision.quoted


def test_a_colleague_between_is_stepped_over() -> None:
    decision = decide(
        forward(original("ann@home.example"), original("ada@acme.example"), original(ANN.email))
    )
    assert decision.author is not None
    assert decision.author.email == "ada@acme.example"


def test_a_colleague_s_own_mail_to_a_customer_may_be_forwarded() -> None:
    decision = decide(forward(original(ANN.email, to=addresses("ada@acme.example"))))
    assert decision.account is not None
    assert decision.account.key == "acme"


def test_a_forwarded_talk_among_colleagues_is_unresolved() -> None:
    decision = decide(forward(original(ANN.email, to=addresses("ann@home.example"))))
    assert (decision.outcome, decision.way) == ("unresolved", "forward")


def test_a_forwarded_report_of_a_mail_system_becomes_no_touchpoint() -> None:
    decision = decide(forward(original("MAILER-DAEMON@mx.acme.example")))
    assert (decision.outcome, decision.machine) == ("unresolved", None)
    assert "MAILER-DAEMON@mx.acme.example" in decision.reason


def test_an_original_that_cannot_be_read_is_never_guessed() -> None:
    decision = decide(forward(original(None)))
    assert decision.outcome == "unresolved"
    assert "certainty" in decision.reason


def test_on_a_per_account_address_the_account_is_certain_and_the_unreadable_forward_is_filed_as_it_is() -> (
    None
):
    message = mail(to=("log+acme@touchpoints.vendor.example",), subject="Fwd: Question")
    decision = decide(case(message, "log+acme@touchpoints.vendor.example", originals=(original(None),)))
    assert decision.author is not None
    assert (decision.outcome, decision.author.email) == ("filed", ANN.email)
    assert any("certainty" in notice for notice in decision.notices)


def test_a_forward_that_went_to_the_customer_too_is_a_plain_copy() -> None:
    decision = decide(case(mail(), originals=(original(),)))
    assert (decision.way, decision.filed_by) == ("bcc", None)


def test_a_forward_by_somebody_external_is_a_plain_copy() -> None:
    decision = decide(case(mail("ada@acme.example", (LOG,)), originals=(original("gus@globe.example"),)))
    assert decision.way == "cc"


def test_a_forward_without_a_readable_date_has_the_date_of_the_forward() -> None:
    decision = decide(forward(original(date=None)))
    assert decision.date == datetime(2026, 3, 4, 9, tzinfo=UTC)
    assert any("date" in notice for notice in decision.notices)


@pytest.mark.parametrize(
    ("date", "notice"),
    [
        (None, NO_DATE),
        (NOW + timedelta(hours=1), FUTURE),
        (datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=14))), NO_DATE),
        (NOW - timedelta(hours=1), None),
    ],
)
def test_a_date_is_clamped_to_the_time_of_receipt(date: datetime | None, notice: str | None) -> None:
    decision = decide(case(mail(date=date)))
    assert decision.date == (NOW if notice else date)
    assert decision.notices == ((notice,) if notice else ())


def test_a_clock_that_is_a_little_ahead_is_clamped_without_a_word() -> None:
    decision = decide(case(mail(date=NOW + timedelta(minutes=2))))
    assert (decision.date, decision.notices) == (NOW, ())


def test_a_bounce_is_ignored_and_its_report_told() -> None:
    report = DeliveryReport("ada@acme.example", "failed", "5.1.1", "no such user")
    message = mail(
        "mailer-daemon@mx.example",
        content_type="multipart/report",
        report_type="delivery-status",
        reports=(report,),
    )
    decision = decide(case(message, mail_from=""))
    assert (decision.outcome, decision.machine, decision.way) == ("ignored", "bounce", None)
    assert decision.report == report


def test_mail_to_postmaster_is_passed_on_and_never_filed() -> None:
    decision = decide(case(mail("who@nowhere.example"), "Postmaster@touchpoints.vendor.example"))
    assert (decision.outcome, decision.way, decision.pass_on) == ("passed-on", "postmaster", True)


def test_mail_to_postmaster_and_the_logging_address_is_filed_and_passed_on() -> None:
    decision = decide(case(mail(), "postmaster@touchpoints.vendor.example", LOG))
    assert (decision.outcome, decision.pass_on) == ("filed", True)


def test_our_own_mail_coming_back_is_ignored_even_at_postmaster() -> None:
    decision = decide(case(mail(LOG, (LOG,)), "postmaster@touchpoints.vendor.example"))
    assert (decision.outcome, decision.machine, decision.pass_on) == ("ignored", "loop", False)


def test_an_address_that_is_not_ours_is_refused() -> None:
    decision = decide(case(mail(), "nobody@touchpoints.vendor.example", accepted=False))
    assert decision.outcome == "refused"
    assert str(decision.reply).startswith("550 5.1.1")
    assert decide(case(mail(), "nobody@touchpoints.vendor.example")).outcome != "refused"


def test_the_never_log_list_refuses_before_and_erases_after_the_250() -> None:
    message = mail(cc=addresses("x@office.lawyers.example"))
    before = decide(case(message, accepted=False))
    assert (before.outcome, before.erase) == ("refused", False)
    assert str(before.reply).startswith("550 5.7.1")
    after = decide(case(message))
    assert (after.outcome, after.erase, after.text, after.subject) == ("ignored", True, "", "")
    assert decide(case(mail(), mail_from="x@lawyers.example", accepted=False)).outcome == "refused"


def test_a_forwarded_block_that_names_somebody_never_logged_is_erased() -> None:
    decision = decide(forward(original("x@lawyers.example"), accepted=False))
    assert (decision.outcome, decision.erase) == ("ignored", True)


@pytest.mark.parametrize("subject", ["Fwd: two mails", "Re: your question"])
def test_an_attached_mail_that_names_somebody_never_logged_is_erased(subject: str) -> None:
    secret = Message(from_=addresses("ada@acme.example"), to=addresses("x@sub.lawyers.example"))
    holder = Message(from_=addresses("ben@acme.example"), nested=(secret,))
    decision = decide(case(mail(subject=subject, nested=(Message(), holder))))
    assert (decision.outcome, decision.erase, decision.text) == ("ignored", True, "")


def test_a_person_s_choice_stands_above_every_rule() -> None:
    quarantined = mail("who@nowhere.example", ("ann@vendor.example",))
    decision = decide(case(quarantined, assigned="globe", trust="failed"))
    assert decision.account is not None
    assert (decision.outcome, decision.account.key) == ("filed", "globe")


def test_an_assigned_account_that_is_gone_decides_nothing() -> None:
    assert decide(case(mail(to=("a@nowhere.example",)), assigned="gone")).outcome == "unresolved"


def test_participants_are_capped_with_a_notice() -> None:
    message = mail(to=tuple(f"p{number}@acme.example" for number in range(30)))
    decision = decide(case(message, site=replace(SITE, max_participants=10)))
    assert len(decision.participants) == 10
    assert "Only the first 10 participants were kept." in decision.notices


@pytest.mark.parametrize(
    "email", ["temp@vendor.example", "temp@berlin.vendor.example", "temp@händler.example"]
)
def test_a_stranger_on_an_own_domain_is_external_with_a_notice(email: str) -> None:
    site = replace(SITE, own_domains=SITE.own_domains | {"xn--hndler-bua.example"})
    decision = decide(case(mail(cc=addresses(email)), site=site))
    assert decision.participants[-1].side == "external"
    assert any(email in notice for notice in decision.notices)


def test_every_key_is_there_whatever_the_outcome() -> None:
    filed, nothing = as_json(decide(case())), as_json(put_aside(case(Message()), "unreadable"))
    assert list(filed) == list(nothing)
    assert nothing["author"] is None
    assert nothing["participants"] == []


def test_a_mail_without_anything_in_it_is_quarantined() -> None:
    decision = decide(case(Message(), mail_from="who@nowhere.example", facts=FACTS))
    assert decision.outcome == "quarantined"
