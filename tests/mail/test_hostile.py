"""Mails made to crash or stall a reader. Each is measured against a plain mail on the same machine.

SMALL holds, among others, all that is known to crash or stall CPython's email package (3.11.7, policy.default);
`test_traps.py` what that package and mail-parser read wrongly without either.
"""

import time
from collections.abc import Callable

import pytest

from gateway.mail import FAILED, minimal, read
from rules.message import Message
from tests.mail.build import mail
from tests.mail.decided import decided

MB = 1 << 20
TRIVIAL = mail(body="Hello\n" * 300)


def nested_multiparts(depth: int, core: bytes = b"") -> bytes:
    return (
        b"".join(
            b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (level, level)
            for level in range(depth)
        )
        + core
    )


def parts(count: int) -> bytes:
    return b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + b"--b\r\n\r\nx\r\n" * count


def html(body: bytes) -> bytes:
    return b"Content-Type: text/html\r\n\r\n" + body


SMALL: dict[str, Callable[[], bytes]] = {
    "20 KB of semicolons in Content-Type": lambda: mail("Content-Type: text/plain" + ";" * 20_000),
    "quotes and semicolons in Content-Type": lambda: mail('Content-Type: text/plain; a="' + ';"' * 10_000),
    "20 KB of commas in To": lambda: mail("To: " + "," * 20_000),
    "40 KB of commas in To": lambda: mail("To: " + "," * 40_000),
    "2,000 addresses in To": lambda: mail("To: " + ",".join(f"p{n}@k.example" for n in range(2000))),
    "4,000 addresses in To": lambda: mail("To: " + ",".join(f"p{n}@k.example" for n in range(4000))),
    "20,000 dots in From": lambda: mail("From: " + "a." * 20_000),
    "900 nested comments in From": lambda: mail("From: " + "(" * 900),
    "900 closed nested comments in From": lambda: mail("From: " + "(" * 900 + ")" * 900 + "a@k.example"),
    "1,000 nested multiparts": lambda: nested_multiparts(1000),
    "2,000 nested mails": lambda: b"Content-Type: message/rfc822\r\n\r\n" * 2000,
    "10,000 parts": lambda: parts(10_000),
    "100,000 parts": lambda: parts(100_000),
    "charset xyzzy": lambda: mail("Content-Type: text/plain; charset=xyzzy"),
    "charset zlib": lambda: mail("Content-Type: text/plain; charset=zlib"),
    "charset idna": lambda: mail("Content-Type: text/plain; charset=idna"),
    "charset with NUL": lambda: mail("Content-Type: text/plain; charset=utf\0-8"),
    "charset xyzzy in a subject": lambda: mail("Subject: =?xyzzy?q?a?= =?zlib?b?eJw=?= =?idna?q?xn--?="),
    "Message-ID of one bracket": lambda: mail("Message-ID: <"),
    "From of a bracket and a quote": lambda: mail('From: <"'),
    "From with an open literal": lambda: mail("From: a@["),
    "escaped quotes in To": lambda: mail("To: " + '"\\' * 30_000),
    "open encoded words": lambda: mail("Subject: " + "=?utf-8?q?" * 6000),
    "open angles": lambda: mail("References: " + "<" * 60_000),
    "RFC 2231 pieces": lambda: mail("Content-Type: text/plain" + "".join(f";a*{n}=x" for n in range(900))),
    "RFC 2231 piece with a huge number": lambda: mail("Content-Type: text/plain; a*" + "9" * 5000 + "=x"),
    "a header of 300 KB": lambda: mail("X-Long: " + "x" * 300_000),
    "50,000 headers": lambda: mail(*(f"X-{n}: y" for n in range(50_000))),
    "Received of parentheses": lambda: mail("Received: from " + "(" * 8000),
    "date of digits": lambda: mail("Date: " + "1" * 8000),
}

LARGE: dict[str, Callable[[], bytes]] = {
    "empty lines in 19 multiparts": lambda: nested_multiparts(19, b"\r\n" * (4 * MB)),
    "boundaries in 19 multiparts": lambda: nested_multiparts(19, b"\r\n--b" * (2 * MB)),
    "a header that never ends": lambda: b"a:\r\n" * (2 * MB),
    "deep divs": lambda: html(b"<div>" * MB),
    "span and stray ends": lambda: html(b"<span>" * 900 + b"</x>" * MB),
    "quotes": lambda: html(b"<blockquote>a" * 700 + b"<p>y" * MB),
    "tables": lambda: html(b"<table><tr><td>x" * 300 + b"<td>y" * MB),
    "angle brackets": lambda: html(b"<" * (4 * MB)),
    "open attribute": lambda: html(b'<a href="' * MB),
    "scripts beyond the depth": lambda: html(b"<div>" * 1001 + b"<script>" * MB),
    "base64 padding": lambda: mail("Content-Transfer-Encoding: base64", body=b"QQ==" * (2 * MB)),
    "quoted-printable equals": lambda: mail(
        "Content-Transfer-Encoding: quoted-printable", body=b"=" * (8 * MB)
    ),
    "flowed lines": lambda: mail("Content-Type: text/plain; format=flowed", body=b"> a \n" * MB),
    "signed armour": lambda: mail(body=b"-----BEGIN PGP SIGNED MESSAGE-----\n" * (MB // 4)),
    "JIS escapes": lambda: mail("Content-Type: text/plain; charset=iso-2022-jp", body=b"\x1b$B-!" * MB),
    "one long line": lambda: mail(body=b"On a, " * (2 * MB)),
}


def cost(raw: bytes, reader: Callable[[bytes], Message] = read) -> float:
    begin = time.process_time()
    message = reader(raw)
    spent = time.process_time() - begin
    # The backstop of `read` hides a crash; to be read, a mail must not need it.
    assert not [defect for defect in message.defects if defect.startswith(FAILED)]
    return spent


@pytest.fixture(scope="module")
def unit() -> float:
    """What a trivial mail costs here, in seconds; the best of some runs, warm."""
    cost(TRIVIAL)
    return max(min(cost(TRIVIAL) for _ in range(20)), 0.0004)


@pytest.mark.parametrize("name", SMALL)
def test_no_small_mail_stalls_or_crashes_the_reader(name: str, unit: float) -> None:
    assert cost(SMALL[name]()) < 1000 * unit


@pytest.mark.parametrize("name", SMALL)
def test_nor_does_it_whoever_decides_or_shows_it(name: str, unit: float) -> None:
    begin = time.process_time()
    decided(SMALL[name]())
    assert time.process_time() - begin < 2000 * unit


@pytest.mark.parametrize("name", SMALL | LARGE)
def test_the_minimal_form_of_no_mail_takes_longer_than_a_header_may(name: str, unit: float) -> None:
    """It is what is left when the body has killed two workers: nothing in the mail may kill a third."""
    raw = (SMALL | LARGE)[name]()
    assert cost(raw, minimal) < 1000 * unit


@pytest.mark.parametrize("name", LARGE)
def test_time_stays_linear_in_the_size(name: str, unit: float) -> None:
    raw = LARGE[name]()
    megabytes = max(len(raw) / MB, 1)
    assert cost(raw) < 10_000 * unit * megabytes


def test_what_was_cut_is_said() -> None:
    assert any("100 KiB" in notice for notice in read(mail("X-Long: " + "x" * 300_000)).notices)
    assert any("20 deep" in notice for notice in read(nested_multiparts(100)).notices)
    mails = read(b"Content-Type: message/rfc822\r\n\r\n" * 100)
    assert any("Mails nested more than 20 deep" in notice for notice in mails.notices)
    assert any("1000 parts" in notice for notice in read(parts(5000)).notices)
    assert any("To" in notice for notice in read(mail("To: " + "," * 70_000)).notices)


def test_a_mail_cut_for_its_header_still_has_its_subject_and_its_text() -> None:
    padding = "\n".join(f"X-Pad-{number}: " + "x" * 900 for number in range(300))
    raw = mail("X-First: 1", body="Text").replace(b"Subject: Angebot\r\n", b"")
    raw = raw.replace(
        b"\r\n\r\n", b"\r\n" + padding.replace("\n", "\r\n").encode() + b"\r\nSubject: Late\r\n\r\n", 1
    )
    message = read(raw)
    assert (message.subject, message.text) == ("Late", "Text")


def test_newlines_hidden_in_encoded_words_stay_in_their_line() -> None:
    message = read(mail("Subject: =?utf-8?q?Hi=0ABcc:_x=40evil.example?=", "X-Other: =?utf-8?q?a=0D=0Ab?="))
    assert message.subject == "Hi Bcc: x@evil.example"
    assert message.header("X-Other") == "a b"
    assert message.header("Bcc") == ""


@pytest.mark.parametrize(
    "raw",
    [b"", b"\n", b"\r\n\r\n", b"\0" * 100, b":", b" x: y\n\n", b"\xff" * 1000, b"From nobody\n", b"a\rb\rc"],
)
def test_anything_is_a_mail(raw: bytes) -> None:
    read(raw)
