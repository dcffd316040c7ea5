"""Subject, date and ids, in the encodings and shapes that real senders use."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from gateway.mail import read
from tests.mail.build import BASE, mail, wire

CET = timezone(timedelta(hours=1))


def subject(value: str | bytes) -> str:
    data = value.encode() if isinstance(value, str) else value
    head = [field for field in BASE if not field.startswith("Subject")]
    return read(wire("\n".join(head)) + b"\r\nSubject: " + data + b"\r\n\r\nx\r\n").subject


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("=?UTF-8?Q?Angebot_f=C3=BCr_Br=C3=BCcke?=", "Angebot für Brücke"),
        ("=?UTF-8?B?w7xiZXI=?= uns", "über uns"),
        ("=?UTF-8?B?w7xiZXI?=", "über"),  # padding missing
        ("=?UTF-8?B?w7w?= =?UTF-8?B?YmVy?=", "über"),
        ("=?UTF-8?Q?=E2=82?=\r\n =?UTF-8?Q?=AC_50?=", "€ 50"),  # a character cut in two
        ("=?ISO-2022-JP?B?GyRCJDQwRjZiGyhC?=", "ご案金"),
        ("=?gb2312?B?xPq6ww==?=", "您好"),
        ("=?iso-8859-1?Q?caf=E9_=80_5?=", "café € 5"),  # windows-1252 under another name
        ("=?utf-8?Q?What?_Now=3F?=", "What? Now?"),
        ("=?utf-8?Q?Hello World?=", "Hello World"),
        ("=?utf-8?Q?a?==?utf-8?Q?b?=", "ab"),
        ("Re: =?utf-8?q?x?=, =?utf-8?q?y?=", "Re: x, y"),
        ("=?utf-8*de?Q?gr=C3=BCn?=", "grün"),
        ("=?xyzzy?Q?gr=C3=BCn?=", "grün"),
        ("=?utf-8?Q?open", "=?utf-8?Q?open"),
        ("a =?= b", "a =?= b"),
        ("folded\r\n\tline", "folded line"),
        ("=?utf-8?Q?one=0D=0ABcc:_x=40y.example?=", "one Bcc: x@y.example"),
        ("Grüße", "Grüße"),
        ("Grüße".encode("cp1252"), "Grüße"),
        (b"\x1b$B$3$s$K$A$O\x1b(B", "こんにちは"),
    ],
)
def test_subjects_are_read_as_they_were_written(value: str | bytes, expected: str) -> None:
    assert subject(value) == expected


def test_a_raw_header_is_read_in_the_charset_of_its_mail() -> None:
    raw = (
        b"From: a@k.example\r\nSubject: "
        + "Счёт".encode("koi8-r")
        + b"\r\nContent-Type: text/plain; charset=koi8-r\r\n\r\n"
    )
    assert read(raw).subject == "Счёт"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("Mon, 4 Mar 2024 10:15:00 +0100", datetime(2024, 3, 4, 10, 15, tzinfo=CET)),
        ("Mon, 4 Mar 2024 10:15:00 +0100 (CET)", datetime(2024, 3, 4, 10, 15, tzinfo=CET)),
        ("4 Mar 24 10:15 +0100", datetime(2024, 3, 4, 10, 15, tzinfo=CET)),
        ("Mon, 04 Mar 2024 10:15:00 CET", datetime(2024, 3, 4, 10, 15, tzinfo=CET)),
        ("Mon, 4 Mar 2024 10:15:00 GMT", datetime(2024, 3, 4, 10, 15, tzinfo=UTC)),
        ("Mon, 4 Mar 2024 04:15:00 EST", datetime(2024, 3, 4, 9, 15, tzinfo=UTC)),
        ("Mon, 4 Mar 2024 10:15:00 -0000", datetime(2024, 3, 4, 10, 15, tzinfo=UTC)),
        ("Mon, 4 Mar 2024 10:15:00", datetime(2024, 3, 4, 10, 15, tzinfo=UTC)),
        ("Mon, 4 Mar 2024 10:15:00 GMT+0100", datetime(2024, 3, 4, 10, 15, tzinfo=CET)),
        ("Mon, 4 Mar 2024 10.15.00 +0100", datetime(2024, 3, 4, 10, 15, tzinfo=CET)),
        ("2024-03-04T10:15:00+01:00", datetime(2024, 3, 4, 10, 15, tzinfo=CET)),
        ("2024-03-04 10:15:00 +0100", datetime(2024, 3, 4, 10, 15, tzinfo=CET)),
        ("Mon Mar  4 10:15:00 2024", datetime(2024, 3, 4, 10, 15, tzinfo=UTC)),
        ("Tue, 4 Mar 2024 10:15:00 +0100", datetime(2024, 3, 4, 10, 15, tzinfo=CET)),  # wrong weekday
        ("Mo, 4 Mrz 2024 10:15:00 +0100", datetime(2024, 3, 4, 10, 15, tzinfo=CET)),
    ],
)
def test_dates(value: str, expected: datetime) -> None:
    assert read(mail(f"Date: {value}")).date == expected


def test_the_zone_the_sender_wrote_is_kept_to_the_minute() -> None:
    date = read(mail("Date: Mon, 4 Mar 2024 10:15:00 +0545")).date
    assert date is not None
    assert (date.hour, date.minute, date.utcoffset()) == (10, 15, timedelta(hours=5, minutes=45))


@pytest.mark.parametrize(
    "value",
    ["", "yesterday", "Mon, 32 Mar 2024 10:15:00 +0100", "Mon, 4 Mar 99999 10:15:00 +0100", "0" * 5000],
)
def test_a_date_that_cannot_be_read_is_none(value: str) -> None:
    assert read(mail(f"Date: {value}")).date is None


def test_ids_are_unfolded_and_keep_their_brackets() -> None:
    message = read(
        mail(
            "In-Reply-To: <a.1@k.example>",
            "References: <r.1@k.example>\n <r.2@k.example>\n\t<r.3@\n k.example>",
        )
    )
    assert message.message_id == "<20240304101500.1@vendor.example>"
    assert message.in_reply_to == ("<a.1@k.example>",)
    assert message.references == ("<r.1@k.example>", "<r.2@k.example>", "<r.3@k.example>")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("Message-ID: <", ""),
        ("Message-ID: <>", ""),
        ("Message-ID: 1@k.example", "<1@k.example>"),
        ("Message-ID:\n <long@k.example>", "<long@k.example>"),
    ],
)
def test_broken_message_ids(value: str, expected: str) -> None:
    assert read(mail(value)).message_id == expected


def test_in_reply_to_with_words_of_an_old_client() -> None:
    value = 'In-Reply-To: Message from Peter of "Mon, 4 Mar" <x.1@k.example>'
    assert read(mail(value)).in_reply_to == ("<x.1@k.example>",)


def test_headers_keep_order_names_and_repetitions() -> None:
    message = read(mail("X-One: 1", "x-one: =?utf-8?q?zw=C3=B6lf?=", "Received: from a\n by b"))
    assert [(name, value) for name, value in message.headers if name.lower() in ("x-one", "received")] == [
        ("X-One", "1"),
        ("x-one", "zwölf"),
        ("Received", "from a by b"),
    ]
    assert list(message.header_all("X-ONE")) == ["1", "zwölf"]


def test_a_line_without_colon_in_the_header_does_not_end_it() -> None:
    raw = b"Subject: One\r\nlost folding of the subject\r\nFrom: a@k.example\r\n\r\nText\r\n"
    message = read(raw)
    assert message.from_[0].email == "a@k.example"
    assert message.text == "Text"
    assert message.defects


def test_text_without_any_header_is_a_body() -> None:
    message = read(b"Just a note\nand another line\n")
    assert message.text == "Just a note\nand another line"
    assert message.from_ == ()
