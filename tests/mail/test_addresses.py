"""Who wrote, and to whom: address fields as clients write them and as they should not."""

import pytest

from gateway.mail import read
from rules.message import Address
from tests.mail.build import mail


def to(value: str) -> list[tuple[str, str]]:
    return [(entry.name, entry.email) for entry in read(mail(f"To: {value}")).to]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("peter@kunde.example", [("", "peter@kunde.example")]),
        ("Peter Braun <Peter.Braun@Kunde.EXAMPLE>", [("Peter Braun", "Peter.Braun@kunde.example")]),
        (
            '"Braun, Peter" <p@k.example>, "Ott, Ida" <i@k.example>',
            [("Braun, Peter", "p@k.example"), ("Ott, Ida", "i@k.example")],
        ),
        ("p@k.example (Peter Braun)", [("Peter Braun", "p@k.example")]),
        ("=?utf-8?Q?M=C3=BCller=2C_Jo?= <j@k.example>", [("Müller, Jo", "j@k.example")]),
        ("=?iso-8859-1?Q?J=F6rg?= =?iso-8859-1?Q?_Wei=DF?= <j@k.example>", [("Jörg Weiß", "j@k.example")]),
        ('"=?UTF-8?B?SsO2cmc=?=" <j@k.example>', [("Jörg", "j@k.example")]),
        ("Jörg Weiß <j@k.example>", [("Jörg Weiß", "j@k.example")]),
        ("'p@k.example' <p@k.example>", [("", "p@k.example")]),
        ("p@k.example <p@k.example>", [("", "p@k.example")]),
        ("Team: a@k.example, Bo <b@k.example>;", [("", "a@k.example"), ("Bo", "b@k.example")]),
        ("undisclosed-recipients:;", []),
        ("Undisclosed recipients: ;", []),
        ("undisclosed-recipients:", []),
        ("<undisclosed-recipients:;>", []),
        ("Undisclosed-Recipient:@relay.example;", []),
        ("", []),
        ("<>", []),
        ('"john doe"@k.example', [("", '"john doe"@k.example')]),
        ("o'brien+tag@k.example", [("", "o'brien+tag@k.example")]),
        ("k..m.@docomo.example", [("", "k..m.@docomo.example")]),
        ("info@MÜNCHEN.example", [("", "info@münchen.example")]),
        ("x@[192.0.2.7]", [("", "x@[192.0.2.7]")]),
        ("<@relay.example:joe@k.example>", [("", "joe@k.example")]),
    ],
)
def test_recipients_are_read_as_people_know_them(value: str, expected: list[tuple[str, str]]) -> None:
    assert to(value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("Braun, Peter <p@k.example>", [("Braun, Peter", "p@k.example")]),
        (
            "=?utf-8?Q?M=C3=BCller, Jo?= <j@k.example>, a@k.example",
            [("Müller, Jo", "j@k.example"), ("", "a@k.example")],
        ),
        ("p@k.example; Ida <i@k.example>", [("", "p@k.example"), ("Ida", "i@k.example")]),
        ("Peter Braun p@k.example", [("Peter Braun", "p@k.example")]),
        ("p@k.example i@k.example", [("", "p@k.example"), ("", "i@k.example")]),
        ("Peter <p@k.example", [("Peter", "p@k.example")]),
        ("Peter <<p@k.example>>", [("Peter", "p@k.example")]),
        ('"Peter" Braun" <p@k.example>', [("Peter Braun", "p@k.example")]),
        ("<mailto:p@k.example>", [("", "p@k.example")]),
        ("p@k.example,, i@k.example,", [("", "p@k.example"), ("", "i@k.example")]),
        ('Good <g@k.example>, "broken <b@k.example>', [("Good", "g@k.example"), ("broken", "b@k.example")]),
    ],
)
def test_nobody_is_lost_in_a_field_that_no_grammar_allows(
    value: str, expected: list[tuple[str, str]]
) -> None:
    assert to(value) == expected


@pytest.mark.parametrize(
    "value",
    [
        "alice@vendor.example)bob@evil.example",
        "alice@vendor.example@evil.example",
        "alice@vendor.example<bob@evil.example>x@y",
    ],
)
def test_an_ambiguous_sender_is_never_taken_for_one_of_its_halves(value: str) -> None:
    assert Address("alice@vendor.example") not in read(mail(f"From: {value}")).from_


def test_the_name_that_pretends_to_be_an_address_stays_a_name() -> None:
    [sender] = read(mail('From: "ceo@vendor.example" <thief@evil.example>')).from_
    assert sender == Address("thief@evil.example", "ceo@vendor.example")


def test_every_to_and_every_from_field_counts() -> None:
    raw = mail("To: a@k.example", "To: b@k.example", "From: x@v.example", "From: y@v.example")
    message = read(raw)
    assert [entry.email for entry in message.to] == ["a@k.example", "b@k.example"]
    assert [entry.email for entry in message.from_] == ["x@v.example", "y@v.example"]
    assert message.from_fields == 2


def test_a_mail_system_without_a_domain_is_still_a_sender() -> None:
    message = read(mail("From: MAILER-DAEMON (Mail Delivery System)", "Sender: Postmaster <>"))
    assert message.from_ == (Address("MAILER-DAEMON", "Mail Delivery System"),)
    assert message.sender is None


def test_reply_to_and_cc_and_sender() -> None:
    message = read(mail("Reply-To: r@v.example", "Cc: C <c@k.example>", "Sender: s@v.example"))
    assert message.reply_to == (Address("r@v.example"),)
    assert message.cc == (Address("c@k.example", "C"),)
    assert message.sender == Address("s@v.example")
    assert [entry.email for entry in message.people()] == [
        "anna.keller@vendor.example",
        "peter.braun@kunde.example",
        "c@k.example",
    ]


def test_at_most_a_thousand_addresses_and_a_notice() -> None:
    many = ",\r\n ".join(f"Person {number} <p{number}@k.example>" for number in range(3000))
    message = read(mail(f"To: {many}"))
    assert len(message.to) == 1000
    assert message.to[999].email == "p999@k.example"
    assert message.notices


def test_of_few_too_many_addresses_the_notice_says_so_too() -> None:
    message = read(mail(f"To: {', '.join(f'p{number}@k.example' for number in range(1001))}"))
    assert len(message.to) == 1000
    assert message.notices == (
        "The header field To has more than 1,000 addresses; only the first were read.",
    )
    assert not read(mail(f"To: {', '.join(f'p{number}@k.example' for number in range(1000))}")).notices
