"""Reports read from the trees of mails, whole and broken."""

import time

import pytest

from gateway.mail.reports import Reports, library, read_reports
from gateway.mail.reports.status import read_status
from gateway.mail.tree import Part, Tree
from rules.message import DeliveryReport
from tests.machine.samples import dsn, wire
from tests.machine.standard_bounces import HEADERS_ONLY, POSTFIX_REPORT, POSTFIX_SAID, POSTFIX_STATUS

MARGIN = 1.5
"""Seconds for some megabytes of junk; a quadratic reader needs minutes."""


def tree(text: str) -> Part:
    """The mail as the reader gets it."""
    return Tree(wire(text)).root


def report_part(status: str, **options: str) -> Reports:
    """What is read from a delivery report with this status part."""
    return read_reports(tree(dsn(POSTFIX_SAID, status, **options)), POSTFIX_SAID)


def test_type_reports_and_the_returned_mail() -> None:
    found = report_part(POSTFIX_STATUS)
    assert found.report_type == "delivery-status"
    assert found.reports == (POSTFIX_REPORT,)
    assert found.returned is not None
    assert found.returned["Message-ID"] == "<renewal-17@lumenfold.example>"


@pytest.mark.parametrize("kind", ["text/rfc822-headers", "message/rfc822-headers", "message/global-headers"])
def test_the_header_of_the_returned_mail_is_enough(kind: str) -> None:
    found = report_part(POSTFIX_STATUS, returned_type=kind, returned=HEADERS_ONLY)
    assert found.returned is not None
    assert found.returned["Message-ID"] == "<renewal-17@lumenfold.example>"


def test_the_mail_below_a_text_is_the_returned_one() -> None:
    text = (
        "Hi. This is the qmail-send program at mx.example.\nI wasn't able to deliver your message.\n\n"
        "<bob@x.example>:\nno such user\n\n--- Below this line is a copy of the message.\n\n"
        "Return-Path: <anna@y.example>\nSubject: Offer\nMessage-ID: <offer-1@y.example>\n\nDear Bob\n"
    )
    mail = tree(f"From: MAILER-DAEMON@mx.example\nSubject: failure notice\n\n{text}")
    found = read_reports(mail, text)
    assert found.returned is not None
    assert found.returned["Message-ID"] == "<offer-1@y.example>"
    assert found.reports == (DeliveryReport("bob@x.example", "failed", "", "no such user"),)


def test_a_bounce_inside_an_attached_mail_is_not_ours() -> None:
    outer = (
        "From: anna@y.example\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=outer\n\n"
        "--outer\n\nSee attached.\n--outer\nContent-Type: message/rfc822\n\n"
        + dsn(POSTFIX_SAID, POSTFIX_STATUS)
        + "\n--outer--\n"
    )
    assert read_reports(tree(outer), "See attached.\n") == Reports()


def test_the_addresses_of_the_bounce_itself_did_not_fail() -> None:
    text = (
        "Your message could not be delivered.\n\nSender: anna@y.example\nRecipient: bob@x.example\n\n"
        "Sent by mailer-daemon@x.example for anna@y.example. Contact postmaster@x.example for help.\n"
    )
    found = read_reports(tree(f"From: mailer-daemon@x.example\nTo: anna@y.example\n\n{text}"), text)
    assert [report.recipient for report in found.reports] == ["bob@x.example"]


@pytest.mark.parametrize(
    ("line", "status", "diagnostic"),
    [
        ("<bob@x.example>: 550 5.1.1 User unknown", "5.1.1", "550 5.1.1 User unknown"),
        ("<bob@x.example>: host mx[192.0.2.5] said: 452 4.2.2 Full", "4.2.2", "452 4.2.2 Full"),
        ("<bob@x.example>: 550 User unknown", "", "550 User unknown"),
        ("<bob@x.example>: mailbox is full (#5.2.2)", "5.2.2", "5.2.2"),
        ("<bob@x.example>: cannot connect to 10.5.2.2", "", "cannot connect to 10.5.2.2"),
        ("<bob@x.example>: refused by Exim 4.94.2", "", "refused by Exim 4.94.2"),
        ("<bob@x.example>: mail of 552 kB is too large", "", "552 kB is too large"),
        ("<bob@x.example> (reason: 550-5.7.1 Blocked", "5.7.1", "550-5.7.1 Blocked"),
    ],
)
def test_codes_in_text(line: str, status: str, diagnostic: str) -> None:
    text = f"Your message was not delivered to:\n\n{line}\n"
    found = read_reports(tree(f"From: mailer-daemon@x.example\n\n{text}"), text).reports
    assert [(r.recipient, r.status) for r in found] == [("bob@x.example", status)]
    assert diagnostic in found[0].diagnostic


@pytest.mark.parametrize(
    ("parameter", "expected"),
    [
        ("report-type=delivery-status", "delivery-status"),
        ('report-type="delivery-status"', "delivery-status"),
        ("REPORT-TYPE=Delivery-Status", "delivery-status"),
        ("report-type=delivery-status (RFC 3464)", "delivery-status"),
        ("report-type=''", "delivery-status"),
        ("x=y", "delivery-status"),
        ("report-type=tlsrpt", "tlsrpt"),
        ("x=" + "y;" * 20_000, "delivery-status"),
    ],
)
def test_report_type(parameter: str, expected: str) -> None:
    kind = f'multipart/report; boundary="b1/mx.example"; {parameter}'
    assert report_part(POSTFIX_STATUS, kind=kind).report_type == expected


def test_each_recipient_is_told_once() -> None:
    group = "Final-Recipient: rfc822; bob@x.example\nAction: failed\nStatus: 5.1.1\n"
    assert read_status(f"{group}\n{group}") == (DeliveryReport("bob@x.example", "failed", "5.1.1"),) * 2
    assert report_part(f"Reporting-MTA: dns; mx\n\n{group}\n{group}").reports == (
        DeliveryReport("bob@x.example", "failed", "5.1.1"),
    )


@pytest.mark.parametrize(
    "junk",
    [
        "a" * 2_000_000,
        "@" * 2_000_000,
        "a@b.c " * 300_000,
        '"a' * 1_000_000,
        "a@" + "." * 2_000_000,
        "<" * 2_000_000,
        "550 " * 500_000,
        "5.1." * 500_000,
        "\n" * 2_000_000,
        (("a@b.example " * 80) + "\n") * 2_000,
        "".join(f"<user{number}@b.example>:\n" for number in range(50_000)),
        "could not be delivered " * 80_000,
    ],
    ids=lambda junk: junk[:12].strip() or "blank lines",
)
@pytest.mark.parametrize("sender", ["mailer-daemon@x.example", "bob@x.example"])
def test_junk_takes_no_time(junk: str, sender: str) -> None:
    mail = tree(f"From: {sender}\n\n{junk}")
    start = time.process_time()
    read_reports(mail, f"Your message was not delivered\n{junk}")
    assert time.process_time() - start < MARGIN


@pytest.mark.parametrize(
    "status",
    [
        "Final-Recipient: rfc822; a@b.example\nAction: failed\n\n" * 40_000,
        "Diagnostic-Code: x\n" + " y\n" * 300_000,
        "Final-Recipient: rfc822;" + "a" * 2_000_000,
        "Final-Recipient: " + "<" * 2_000_000,
        "Final-Recipient: utf-8;" + "\\x{41}" * 300_000,
        "Diagnostic-Code: " + " " * 2_000_000 + ";",
        "Status: " + "5.1." * 500_000,
    ],
    ids=lambda status: status[:24],
)
def test_a_monstrous_status_part_takes_no_time(status: str) -> None:
    start = time.process_time()
    found = read_status(status)
    assert time.process_time() - start < MARGIN
    assert len(found) <= 1000


@pytest.mark.parametrize(
    "text",
    [
        "",
        "From: mailer-daemon@x.example",
        "Content-Type: multipart/report; report-type=delivery-status\n\nno parts at all",
        "Content-Type: multipart/report; report-type=delivery-status; boundary=b\n\n--b\n--b--\n",
        "Content-Type: multipart/report; boundary=b\n\n--b\nContent-Type: message/delivery-status\n\n--b--",
        "Content-Type: multipart/report; boundary=b\n\n--b\nContent-Type: message/rfc822\n\n--b--",
    ],
)
def test_a_broken_report_is_a_mail_without_a_report(text: str) -> None:
    found = read_reports(tree(text), "")
    assert found.reports == ()
    assert found.returned is None


def test_a_library_that_stumbles_is_done_without(monkeypatch: pytest.MonkeyPatch) -> None:
    def stumble(mail: object) -> None:
        raise TypeError(mail)

    monkeypatch.setattr(library, "all_failures", stumble)
    text = "Your message was not delivered to:\n\nbob@x.example\n"
    found = read_reports(tree(f"From: mailer-daemon@x.example\n\n{text}"), text)
    assert [report.recipient for report in found.reports] == ["bob@x.example"]


def test_an_administrator_who_passes_a_mail_on_keeps_it() -> None:
    text = "Please answer Bob."
    mail = tree(
        "From: System Administrator <it@y.example>\nContent-Type: multipart/mixed; boundary=b\n\n"
        f"--b\n\n{text}\n--b\nContent-Type: message/rfc822\n\nFrom: bob@x.example\nSubject: Offer\n\nHello\n--b--\n"
    )
    assert read_reports(mail, text) == Reports()


def test_text_that_cannot_be_written_down_is_no_hindrance() -> None:
    text = (
        "Your message was not delivered to:\n\nbob@x.example\n\n"
        "--- Below this line is a copy of the message.\n\nSubject: \udce4\n\n"
    )
    assert len(read_reports(tree("From: mailer-daemon@x.example\n\n"), text).reports) == 1
