"""Delivery reports: which outgoing mail they speak of, and whether it failed."""

import pytest

from rules.bounced import bounced_copy, is_failure
from rules.decide import decide
from rules.message import DeliveryReport, Message
from rules.recipients import copy_address
from tests.rules.build import LOG, SITE, THREAD_FACTS, addresses, case, mail


def report(**fields: object) -> Message:
    values = {
        "from_": addresses("MAILER-DAEMON@mx.example"),
        "subject": "Undelivered Mail Returned to Sender",
        "content_type": "multipart/report",
        "report_type": "delivery-status",
        "reports": (DeliveryReport("ada@acme.example", "failed", "5.1.1"),),
    }
    return mail(to=(LOG,), **{**values, **fields})  # type: ignore[arg-type]


def bounced(message: Message, *rcpts: str) -> int | None:
    copy, verdict = bounced_copy(case(message, *rcpts, mail_from="", facts=THREAD_FACTS))
    assert verdict.hit is (copy is not None)
    return copy.id if copy else None


def to_copy(number: int) -> str:
    return copy_address.address(SITE, number)


def test_the_return_path_names_the_copy() -> None:
    assert bounced(report(), to_copy(12)) == 12
    assert bounced(report(), LOG, to_copy(12).upper()) == 12
    assert bounced(report(), to_copy(99), to_copy(11)) == 11


def test_the_return_path_goes_before_any_message_id() -> None:
    assert bounced(report(returned=mail(message_id="<one@tp>")), to_copy(12)) == 12


@pytest.mark.parametrize(
    "message",
    [
        report(returned=mail(message_id="<one@tp>")),
        report(nested=(mail(message_id="<one@tp>"),)),
        report(in_reply_to=("<one@tp>",)),
        report(references=("<x@y>", "<one@tp>")),
    ],
    ids=["returned", "nested", "in-reply-to", "references"],
)
def test_a_message_id_names_the_copy_where_the_return_path_is_lost(message: Message) -> None:
    assert bounced(message, LOG) == 11
    assert bounced(message, to_copy(99)) == 11


def test_a_report_on_mail_of_others_names_no_copy() -> None:
    assert bounced(report(), LOG) is None
    assert bounced(report(returned=mail(message_id="<two@tp>")), LOG) is None  # filed, not sent
    assert bounced(report(), to_copy(99)) is None


def test_the_decision_carries_the_copy_and_files_nothing() -> None:
    decision = decide(case(report(), to_copy(11), mail_from="", facts=THREAD_FACTS))
    assert (decision.outcome, decision.machine, decision.bounced, decision.threads) == (
        "ignored",
        "bounce",
        11,
        (),
    )
    person = decide(case(mail("ada@acme.example"), to_copy(11), facts=THREAD_FACTS))
    assert (person.outcome, person.bounced) == ("replied", None)


@pytest.mark.parametrize(
    ("action", "status", "failed"),
    [
        ("failed", "5.1.1", True),
        ("failed", "4.4.7", True),  # Exchange and Postfix, after days of trying
        ("failed", "2.0.0", True),
        ("failed", "", True),
        ("", "5.1.1", True),
        ("", "", True),
        ("", "4.4.1", False),
        ("", "2.0.0", False),
        ("delayed", "4.4.1", False),
        ("delayed", "5.0.0", False),
        ("delayed", "", False),
        ("delivered", "2.0.0", False),
        ("relayed", "2.1.9", False),
        ("expanded", "2.1.5", False),
    ],
)
def test_only_what_failed_is_a_failure(action: str, status: str, failed: bool) -> None:
    assert is_failure(DeliveryReport("ada@acme.example", action, status)) is failed


def test_a_bounce_that_says_nothing_readable_is_a_failure() -> None:
    assert is_failure(None)
