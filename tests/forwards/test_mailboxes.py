"""People in header blocks, as clients set them down."""

import pytest

from rules.forwards.mailboxes import read_mailboxes, read_sender
from rules.message import Address


@pytest.mark.parametrize(
    ("value", "people"),
    [
        ("Mira Castell <mira@x.example>", [("Mira Castell", "mira@x.example")]),
        (
            "Castell, Mira <mira@x.example>; Brandt, Ole <ole@x.example>",
            [("Castell, Mira", "mira@x.example"), ("Brandt, Ole", "ole@x.example")],
        ),
        (
            "Castell, Mira <mira@x.example>, Brandt, Ole <ole@x.example>",
            [("Castell, Mira", "mira@x.example"), ("Brandt, Ole", "ole@x.example")],
        ),
        (
            '"Castell, Mira" <mira@x.example>, ole@x.example',
            [("Castell, Mira", "mira@x.example"), ("", "ole@x.example")],
        ),
        ("Castell, Mira; Brandt, Ole <ole@x.example>", [("Brandt, Ole", "ole@x.example")]),
        ("Ann Lee, Bob Ray <bob@x.example>", [("Bob Ray", "bob@x.example")]),
        (
            "Mira [mailto:mira@x.example]; Ole [mailto:ole@x.example]",
            [("Mira", "mira@x.example"), ("Ole", "ole@x.example")],
        ),
        ("mira@x.example<mailto:mira@x.example>", [("", "mira@x.example")]),
        (
            "Mira <mira@x.example<mailto:mira@x.example>>; Ole<mailto:ole@x.example>",
            [("Mira", "mira@x.example"), ("Ole", "ole@x.example")],
        ),
        ("'mira@x.example' <mira@x.example>", [("", "mira@x.example")]),
        ('"info@x.example" <mira@x.example>', [("info@x.example", "mira@x.example")]),
        (
            "mira@x.example (Mira), ole@x.example (Ole B.)",
            [("Mira", "mira@x.example"), ("Ole B.", "ole@x.example")],
        ),
        ("Mira (mira@x.example);", [("Mira", "mira@x.example")]),
        ("<mira@x.example>, <ole@x.example>", [("", "mira@x.example"), ("", "ole@x.example")]),
        (
            "„Mira” <mira@x.example>, «Оле» <ole@x.example>",
            [("Mira", "mira@x.example"), ("Оле", "ole@x.example")],
        ),
        (
            "山田 太郎 <y@x.example>、鈴木 <s@x.example>",
            [("山田 太郎", "y@x.example"), ("鈴木", "s@x.example")],
        ),
        ("Sean O'Neil <s.o'neil@X.Example>", [("Sean O'Neil", "s.o'neil@x.example")]),
        ("undisclosed-recipients:;", []),
        ("Castell, Mira; Brandt, Ole", []),
        ("@, a@, @b, @@", []),
        ("", []),
    ],
)
def test_people(value: str, people: list[tuple[str, str]]) -> None:
    assert [(person.name, person.email) for person in read_mailboxes(value)] == people


def test_a_comma_in_the_senders_name() -> None:
    assert read_sender("Fjordline AG, Support <s@x.example>") == Address(
        "s@x.example", "Fjordline AG, Support"
    )


def test_at_most_a_thousand_people_are_read() -> None:
    assert len(read_mailboxes("a@b.example, " * 3000)) == 1000
