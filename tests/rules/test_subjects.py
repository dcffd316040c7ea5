"""The customer's address in the subject of a note."""

import time

import pytest

from rules.subjects import subject_addresses, without_addresses


@pytest.mark.parametrize(
    ("subject", "address", "rest"),
    [
        ("jane@acme.example called about the invoice", "jane@acme.example", "called about the invoice"),
        ("Call with jane@acme.example", "jane@acme.example", "Call with"),
        ("Call with Jane <jane@acme.example> today", "jane@acme.example", "Call with Jane today"),
        ("Renewal (jane@acme.example): signed", "jane@acme.example", "Renewal: signed"),
        ("jane@acme.example: renewal signed", "jane@acme.example", "renewal signed"),
        ("Renewal signed - jane@ACME.example.", "jane@acme.example", "Renewal signed"),
        ("mailto:jane@acme.example", "jane@acme.example", ""),
        ("Call mailto:jane@acme.example today", "jane@acme.example", "Call today"),
        ("Call:jane@acme.example", "jane@acme.example", "Call"),
        ("Renewal jane@acme.example/signed", "jane@acme.example", "Renewal /signed"),
        ("[jane@acme.example] kick-off", "jane@acme.example", "kick-off"),
        ("Anruf von jürgen@müller.example", "jürgen@müller.example", "Anruf von"),
    ],
)
def test_the_address_is_found_and_taken_out(subject: str, address: str, rest: str) -> None:
    assert subject_addresses(subject) == (address,)
    assert without_addresses(subject, (address,)) == rest


@pytest.mark.parametrize(
    "subject", ["", "no address", "meet @ noon", "a@b", "@acme.example", "x@y@acme.example", "a@.example"]
)
def test_what_is_no_address_is_left_alone(subject: str) -> None:
    assert subject_addresses(subject) == ()
    assert without_addresses(subject, ()) == subject


def test_only_the_addresses_that_count_leave_the_subject() -> None:
    subject = "ann@vendor.example met jane@acme.example"
    assert without_addresses(subject, ("jane@acme.example",)) == "ann@vendor.example met"


def test_a_hostile_subject_takes_no_longer_than_its_length() -> None:
    start = time.perf_counter()
    for subject in ("a" * 100_000, "a@" * 50_000, "a@b.c " * 15_000, "mailto:a@b.c" * 8_000):
        subject_addresses(subject)
    assert time.perf_counter() - start < 5  # linear takes milliseconds, quadratic minutes
