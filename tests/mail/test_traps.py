"""What the libraries below are known to read wrongly, without crash or stall; `test_hostile.py` has what does either.

CPython's email package 3.11.7, mail-parser 4.8, mail-parser-reply, email-validator, each as measured.
"""

import base64
import time

import pytest

from gateway.mail import read
from rules.newtext import split_text
from tests.mail.build import BASE, mail, multipart
from tests.mail.decided import decided

INNER = "From: Eva Lang <eva@kunde.example>\nSubject: Inner\n\nInner text"


# -- CPython's email package ---------------------------------------------------------------------------------


@pytest.mark.parametrize("charset", ["xyzzy", "zlib", "idna", "utf\0-8", "undefined", "rot13", "hex"])
def test_an_unheard_of_charset_costs_no_text(charset: str) -> None:
    """LookupError, UnicodeError, ValueError, and errors="replace" does not help."""
    message = read(mail(f"Content-Type: text/plain; charset={charset}", body="Hallo Welt"))
    assert message.text == "Hallo Welt"


@pytest.mark.parametrize(
    ("field", "email"),
    [
        ("From: a@[", "a@["),
        ('From: <"', None),
        ("From: eva@kunde.example, <", "eva@kunde.example"),
        ("Message-ID: <", "anna.keller@vendor.example"),
    ],
)
def test_half_an_address_costs_no_mail(field: str, email: str | None) -> None:
    """IndexError and AttributeError."""
    message = read(mail(field, body="Hallo"))
    assert [each.email for each in message.from_] == ([email] if email else [])
    assert (message.subject, message.text) == ("Angebot", "Hallo")


def test_line_feeds_in_encoded_words_make_no_fields() -> None:
    """CVE-2024-6923: a header of the sender's choice when the subject is written out again."""
    _, examined = decided(mail("Subject: =?utf-8?q?Hi=0D=0ABcc:_eve=40evil.example?="))
    assert examined.decision.subject == "Hi Bcc: eve@evil.example"


@pytest.mark.parametrize("field", ["From", "To"])
def test_an_address_that_can_be_taken_two_ways_is_nobody_in_particular(field: str) -> None:
    """CVE-2023-27043: the package takes it for alice, whom the sender is not."""
    message = read(mail(f"{field}: alice@example.org)bob@example.com"))
    people = message.from_ if field == "From" else message.to
    assert "alice@example.org" not in [each.email for each in people]


def test_two_senders_are_seen_as_two() -> None:
    """The package sees the first; the second may be the one that a mail client shows."""
    message = read(mail("X: y", base=(*BASE, "From: eve@evil.example")))
    assert message.from_fields == 2
    assert {each.email for each in message.from_} == {"anna.keller@vendor.example", "eve@evil.example"}


def test_more_addresses_than_the_package_can_take_are_cut_with_a_word() -> None:
    message = read(mail("To: " + ",".join(f"p{number}@k.example" for number in range(4000))))
    assert len(message.to) == 1000
    assert any("1,000 addresses" in notice or "too long" in notice for notice in message.notices)


# -- mail-parser -----------------------------------------------------------------------------------------------


def test_a_mail_in_a_mail_is_no_text_of_the_outer_one() -> None:
    message = read(multipart("mixed", "\nOuter text", f"Content-Type: message/rfc822\n\n{INNER}"))
    assert message.text == "Outer text"
    assert [(inner.subject, inner.text) for inner in message.nested] == [("Inner", "Inner text")]


def test_calendars_and_binaries_without_a_name_are_found() -> None:
    """They land in `text_not_managed`."""
    event = "BEGIN:VEVENT\nDTSTART:20260304T090000Z\nSUMMARY:Review\nEND:VEVENT\n"
    message = read(
        multipart(
            "mixed",
            f"Content-Type: text/calendar\n\nBEGIN:VCALENDAR\nMETHOD:REQUEST\n{event}END:VCALENDAR\n",
            "Content-Type: application/octet-stream\nContent-Transfer-Encoding: base64\n\nAAEC",
        )
    )
    assert [each.summary for each in message.calendar] == ["Review"]
    assert [each.content for each in message.attachments] == [b"\0\1\2"]


def test_everyone_in_every_to_field_is_found() -> None:
    """Of two To fields only the first survives."""
    message = read(mail("X: y", base=(*BASE, "To: second@kunde.example")))
    assert [each.email for each in message.to] == ["peter.braun@kunde.example", "second@kunde.example"]


def test_an_attachment_is_its_octets() -> None:
    """There they are a string in base64."""
    content = bytes(range(256))
    part = "Content-Type: application/pdf; name=a.pdf\nContent-Transfer-Encoding: base64\n\n"
    message = read(multipart("mixed", "\nText", part + base64.encodebytes(content).decode()))
    assert [each.content for each in message.attachments] == [content]


def test_folded_references_are_ids() -> None:
    """There they keep their folding."""
    message = read(mail("References: <one@k.example>\n <two@k.example>\n\t<three@\n k.example>"))
    assert message.references == ("<one@k.example>", "<two@k.example>", "<three@k.example>")


# -- readers of replies, checkers of addresses ---------------------------------------------------------------


@pytest.mark.parametrize("line", ["On " + "a, " * 8000, "> " * 12_000, "Am " + "1. " * 8000 + "schrieb"])
def test_a_line_that_looks_like_the_start_of_history_takes_no_time(line: str) -> None:
    """24 kB of "On a, a, a…" take mail-parser-reply 11.7 s: its patterns are quadratic."""
    message = read(mail(body="Hallo\n\n" + line + "\n"))
    begin = time.process_time()
    split_text(read(mail(body="Hallo Welt und so weiter\n" * 1000)))
    plain = time.process_time() - begin
    begin = time.process_time()
    split_text(message)
    assert time.process_time() - begin < max(50 * plain, 0.5)


@pytest.mark.parametrize(
    "email",
    [
        "eva@kunde.test",
        "eva@kunde.local",
        '"eva lang"@kunde.example',
        "eva@[192.0.2.7]",
        "eva..lang@kunde.example",
    ],
)
def test_an_address_that_a_validator_refuses_is_a_participant_all_the_same(email: str) -> None:
    _, examined = decided(mail(f"To: {email}, peter.braun@kunde.example"))
    assert [person.email for person in examined.decision.participants] == [
        "anna.keller@vendor.example",
        email,
        "peter.braun@kunde.example",
    ]
