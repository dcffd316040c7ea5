"""What each rule of machine mail hits on, and in which order they are asked."""

import time

import pytest

from rules.machine import (
    MACHINE_RULES,
    MachineContext,
    bounce,
    bulk,
    calendar_response,
    complaint,
    loop,
    machine_kind,
    receipt,
)
from rules.message import Address, DeliveryReport, Message

KNOWN = MachineContext(from_known=True)
UNKNOWN = MachineContext()
CARLA = Address("carla@globe-freight.example", "Carla Diaz")
REPORT = DeliveryReport("bob@x.example", "failed", "5.1.1", "550 5.1.1 no such user")


def message(
    *headers: tuple[str, str], subject: str = "Offer", sender: Address = CARLA, **more: object
) -> Message:
    """A mail with these header fields."""
    return Message(headers=headers, subject=subject, from_=(sender,), **more)  # type: ignore[arg-type]


def test_the_first_hit_ends_the_trail() -> None:
    kind, verdicts = machine_kind(message(("Received", "x"), report_type="delivery-status"), "", UNKNOWN)
    assert kind == "bounce"
    assert [(verdict.rule, verdict.hit) for verdict in verdicts] == [("bounce", True)]


def test_a_person_passes_every_rule() -> None:
    kind, verdicts = machine_kind(message(), "carla@globe-freight.example", KNOWN)
    assert kind is None
    assert [verdict.rule for verdict in verdicts] == [rule.NAME for rule in MACHINE_RULES]
    assert not any(verdict.hit for verdict in verdicts)


def test_every_rule_says_what_it_is() -> None:
    assert [rule.NAME for rule in MACHINE_RULES] == [
        "bounce",
        "receipt",
        "complaint",
        "loop",
        "calendar-response",
        "auto-reply",
        "list",
    ]
    assert all(rule.DESCRIPTION for rule in MACHINE_RULES)


def test_the_reason_names_the_recipient() -> None:
    more = message(report_type="delivery-status", content_type="multipart/report", reports=(REPORT, REPORT))
    assert bounce.check(more, "", UNKNOWN).why == (
        "It is a delivery report (RFC 3464): bob@x.example failed 5.1.1 and 1 more."
    )


@pytest.mark.parametrize(
    "sender",
    [
        Address("MAILER-DAEMON@mx.example"),
        Address("Mailer-Daemon"),
        Address("mailer_daemon@mx.example"),
        Address("mailer-deamon@mx.example"),
        Address("MDaemon@mx.example"),
        Address("noreply@mx.example", "Mail Delivery Subsystem"),
        Address("MicrosoftExchange329e71ec88ae4615bbc36ab6ce41109e@mx.example", "Microsoft Outlook"),
        Address("postmaster@mx.example"),
    ],
    ids=lambda sender: sender.email,
)
def test_mail_systems_write_bounces_only(sender: Address) -> None:
    assert bounce.check(message(sender=sender), "someone@mx.example", UNKNOWN).hit


@pytest.mark.parametrize(
    "sender",
    [
        Address("microsoftexchange@mx.example"),
        Address("mdaemon.sales@mx.example"),
        Address("carla@mx.example", "Postmaster"),
        Address("daemon.smith@mx.example", "Daemon Smith"),
    ],
    ids=lambda sender: sender.email,
)
def test_people_whose_address_sounds_like_one(sender: Address) -> None:
    assert not bounce.check(message(sender=sender), sender.email, UNKNOWN).hit


def test_text_that_reads_like_a_bounce_needs_a_machine() -> None:
    quoted = message(subject="Undeliverable: Offer", reports=(REPORT,))
    assert not bounce.check(quoted, "carla@globe-freight.example", UNKNOWN).hit
    assert bounce.check(quoted, "", UNKNOWN).hit
    noted = message(("Return-Path", "<>"), subject="Undeliverable: Offer")
    assert bounce.check(noted, "carla@globe-freight.example", UNKNOWN).hit
    generated = message(
        ("Auto-Submitted", "auto-generated"), subject="Undeliverable: Offer", reports=(REPORT,)
    )
    assert bounce.check(generated, "carla@globe-freight.example", UNKNOWN).hit


def test_no_return_path_and_an_address_that_failed() -> None:
    assert bounce.check(message(reports=(REPORT,)), "", UNKNOWN).hit
    replied = message(("X-Autoreply", "yes"), reports=(REPORT,))
    assert machine_kind(replied, "", UNKNOWN)[0] == "auto-reply"
    submitted = message(("Auto-Submitted", "auto-replied"), reports=(REPORT,))
    assert machine_kind(submitted, "", UNKNOWN)[0] == "auto-reply"


@pytest.mark.parametrize(("hops", "hit"), [(50, False), (51, True)])
def test_fifty_received_lines_are_enough(hops: int, hit: bool) -> None:
    assert loop.check(message(*[("Received", "from a by b")] * hops), "a@b.example", KNOWN).hit is hit


@pytest.mark.parametrize(
    ("value", "hit"), [("gw1.lumenfold.example", True), (" gw1.lumenfold.example ", True), ("gw2", False)]
)
def test_our_own_loop_field(value: str, hit: bool) -> None:
    context = MachineContext(loop_id="gw1.lumenfold.example")
    assert loop.check(message(("x-touchpoint-loop", value)), "a@b.example", context).hit is hit


def test_without_a_loop_id_no_field_is_ours() -> None:
    assert not loop.check(message(("X-Touchpoint-Loop", "")), "a@b.example", UNKNOWN).hit


def test_our_own_address_in_from_in_any_spelling() -> None:
    context = MachineContext(own_addresses=frozenset({"log@lumenfold.example"}))
    assert loop.check(message(sender=Address("Log+acme@Lumenfold.example")), "a@b.example", context).hit
    assert not loop.check(message(sender=Address("logan@lumenfold.example")), "a@b.example", context).hit


@pytest.mark.parametrize(
    "name", ["List-Id", "list-unsubscribe", "List-Post", "Mailing-List", "X-Mailing-List"]
)
def test_list_headers_count_for_strangers_alone(name: str) -> None:
    assert bulk.check(message((name, "<x>")), "a@b.example", UNKNOWN).hit
    assert not bulk.check(message((name, "<x>")), "a@b.example", KNOWN).hit


def test_listless_is_no_list_header() -> None:
    assert not bulk.check(
        message(("Listless", "x"), ("Precedence", "first-class")), "a@b.example", UNKNOWN
    ).hit


def test_a_list_of_failed_recipients_under_the_subject_of_a_bounce() -> None:
    listed = message(("X-Failed-Recipients", "bob@x.example"), subject="Mail delivery failed")
    assert bounce.check(listed, "carla@globe-freight.example", KNOWN).hit
    other = message(("X-Failed-Recipients", "bob@x.example"), subject="Offer")
    assert not bounce.check(other, "carla@globe-freight.example", KNOWN).hit


@pytest.mark.parametrize(
    ("subject", "hit"),
    [
        (
            "Report Domain: lumenfold.example Submitter: provider.example Report-ID: <7@provider.example>",
            True,
        ),
        ("Report domain: what do you think?", False),
    ],
)
def test_reports_on_a_domain(subject: str, hit: bool) -> None:
    assert complaint.check(message(subject=subject), "dmarc@provider.example", UNKNOWN).hit is hit


def test_feedback_by_its_header_field() -> None:
    assert complaint.check(message(("Feedback-Type", "abuse")), "fbl@provider.example", UNKNOWN).hit


@pytest.mark.parametrize(("method", "hit"), [("reply", True), ("REQUEST", False)])
def test_a_mail_that_is_a_calendar_part(method: str, hit: bool) -> None:
    """Its method counts even if the part itself could not be read."""
    answer = message(content_type="text/calendar", content_params=(("Method", method),))
    assert calendar_response.check(answer, "carla@globe-freight.example", KNOWN).hit is hit


def test_who_quotes_a_receipt_in_a_letter_is_a_person() -> None:
    letter = message(subject="Read: your terms", text="Your mail was read on Monday. " + "More words. " * 200)
    assert not receipt.check(letter, "carla@globe-freight.example", KNOWN).hit


@pytest.mark.parametrize(
    "junk",
    ["a" * 1_000_000, "I " * 500_000, "'a" * 500_000, "?" * 1_000_000, "\n" * 1_000_000, "smtp=" * 200_000],
)
def test_junk_below_the_subject_of_a_bounce_takes_no_time(junk: str) -> None:
    text = f"Your message could not be delivered to:\n{junk}\nbob@x.example"
    start = time.perf_counter()
    bounce.check(
        message(subject="Undelivered mail", text=text, reports=(REPORT,) * 1000), "carla@x.example", UNKNOWN
    )
    assert time.perf_counter() - start < 1


@pytest.mark.parametrize(
    ("text", "hit"),
    [
        ("Your message could not be delivered to:\n\nbob@x.example\n550 5.1.1 no such user\n", True),
        ("Your parcel could not be delivered to:\n\nbob@x.example\n550 Hill Road\n", False),
        ("My message could not be delivered to:\n\nbob@x.example\n550 5.1.1 no such user\n", False),
        ("Your message could not be delivered to:\n\nbob@x.example\n550 5.1.1 no such user\n\nWhy?\n", False),
        ("Hello Anna,\nyour message could not be delivered to:\n\nbob@x.example\n550 5.1.1\n", False),
        ("> Your message could not be delivered to:\n> bob@x.example\n> 550 5.1.1 no such user\n", False),
    ],
)
def test_under_a_personal_address_the_text_must_be_a_machines(text: str, hit: bool) -> None:
    written = message(subject="Undelivered mail", text=text, reports=(REPORT,))
    assert bounce.check(written, CARLA.email, UNKNOWN).hit is hit
    assert not bounce.check(written, CARLA.email, KNOWN).hit
