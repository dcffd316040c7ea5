"""Header fields written from whatever people, contacts and files are called."""

from datetime import UTC, datetime, timedelta, timezone
from email import message_from_bytes
from email.header import decode_header, make_header

import pytest

from gateway.outbound.headers import (
    MAX_EMAIL,
    MAX_ID,
    MAX_IDS,
    MAX_NAME,
    MAX_TEXT,
    address,
    clean,
    date,
    encoded_words,
    field,
    mailboxes,
    message_ids,
    parameter,
    parameterised,
    phrase,
    unstructured,
)
from gateway.outbound.letter import Mailbox


def decoded(pieces: list[str]) -> str:
    """What the standard library reads in the field that the pieces make, unfolded."""
    read = message_from_bytes(field("Subject", pieces).encode("ascii") + b"\r\n")["Subject"]
    return str(make_header(decode_header(read.replace("\r\n", "").replace("\n", ""))))


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("Hi\r\nBcc: all@acme.example", "Hi Bcc: all@acme.example"),
        ("Hi\nthere\rand\x0bthere\x0cso\u2028on\u2029and\x85on", "Hi there and there so on and on"),
        ("\0nul\x1b[31m red\x7f \x9bx", "nul[31m red x"),
        ("invoice\u202efdp.exe\u202c \u2066x\u2069", "invoicefdp.exe x"),
        ("lone \ud83d half", "lone half"),
        ("\ufefftop  \t two", "top two"),
        ("שלום\u200f, 你好 👩‍👩‍👧", "שלום\u200f, 你好 👩‍👩‍👧"),
        (" \r\n ", ""),
    ],
)
def test_what_is_left_of_a_text_is_one_line(text: str, line: str) -> None:
    assert clean(text) == line
    assert clean(line) == line


def test_a_text_has_an_end() -> None:
    assert len(clean("word " * 10_000)) <= MAX_TEXT
    assert decoded(unstructured("é" * 10_000)) == "é" * MAX_TEXT
    assert decoded(phrase("é" * 10_000)) == "é" * MAX_NAME


def test_a_plain_subject_stays_readable_and_is_folded() -> None:
    words = ["Renewal", "of", "the", "contract", "(42%)"] * 8
    assert unstructured(" ".join(words)) == words
    written = field("Subject", words)
    assert written.startswith("Subject: Renewal of the contract")
    assert all(len(line) <= 76 for line in written.split("\r\n"))
    assert decoded(words) == " ".join(words)


@pytest.mark.parametrize(
    "text",
    [
        "Grüße",
        "日本語の件名" * 30,
        "👩‍👩‍👧‍👦" * 50,
        "=?utf-8?q?Bcc=3A_x?=",
        "a =?utf-8?b?DQpCY2M6IHg=?= b",
        "=?",
        "x" * 500,
        "see https://acme.example/" + "path/" * 40,
    ],
)
def test_every_other_subject_is_encoded_and_comes_back(text: str) -> None:
    pieces = unstructured(text)
    assert all(piece.startswith("=?utf-8?B?") and len(piece) <= 75 for piece in pieces)
    assert decoded(pieces) == text
    assert all(len(line) <= 76 for line in field("Reply-To", pieces).split("\r\n"))


def test_no_character_stands_in_two_encoded_words() -> None:
    for shift in range(4):
        for word in encoded_words("x" * shift + "é😀日" * 40):
            [(data, charset)] = decode_header(word)
            assert charset == "utf-8"
            assert isinstance(data, bytes)
            assert "\ufffd" not in data.decode("utf-8")


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("", ""),
        ("Dora Meier", "Dora Meier"),
        ("O'Neill-Smith", "O'Neill-Smith"),
        ("Meier, Dora", '"Meier, Dora"'),
        ("Dr. Dora Meier (Acme)", '"Dr. Dora Meier (Acme)"'),
        ("boss@acme.example", '"boss@acme.example"'),
        ("x> <boss@acme.example", '"x> <boss@acme.example"'),
        ('Dora "D" Meier', "=?utf-8?B?RG9yYSAiRCIgTWVpZXI=?="),
        ("back\\slash", "=?utf-8?B?YmFja1xzbGFzaA==?="),
        ("=?utf-8?q?x?=", "=?utf-8?B?PT91dGYtOD9xP3g/PQ==?="),
        ("Zoë", "=?utf-8?B?Wm/Dqw==?="),
    ],
)
def test_display_names(name: str, written: str) -> None:
    assert " ".join(phrase(name)) == written


def test_a_list_of_addresses_is_folded_between_pieces() -> None:
    people = [Mailbox(f"person{number}@münchen.example", f"Zoë, {number}") for number in range(50)]
    written = field("To", mailboxes(people))
    assert written.isascii()
    assert all(len(line) <= 76 for line in written.split("\r\n"))
    assert written.count("@xn--mnchen-3ya.example>,") == 49
    assert field("To", mailboxes([Mailbox("a@x.example"), Mailbox("b@x.example", "B")])) == (
        "To: a@x.example, B <b@x.example>\r\n"
    )


@pytest.mark.parametrize(
    ("email", "written"),
    [
        ("Ann.Lee+x@ACME.example", "Ann.Lee+x@acme.example"),
        ("ann@bücher.example", "ann@xn--bcher-kva.example"),
        ("ann@[192.0.2.1]", "ann@[192.0.2.1]"),
        ("ann@[IPv6:2001:db8::1]", "ann@[ipv6:2001:db8::1]"),
        ('"ann,lee"@acme.example', '"ann,lee"@acme.example'),
        ("ann..lee.@phone.example", '"ann..lee."@phone.example'),
        ("ann@local", "ann@local"),
    ],
)
def test_addresses_that_can_be_written(email: str, written: str) -> None:
    assert address(email) == written


@pytest.mark.parametrize(
    "email",
    [
        *("", "ann", "@acme.example", "ann@", "<>", "a@b@acme.example", "ann lee@acme.example"),
        *("ann@acme.example\r\nBcc: x@y.example", "ann@acme.example\n", "\0ann@acme.example"),
        *("<ann@acme.example>", "ann@acme.example>", "ann,bob@acme.example", "ann(x)@acme.example"),
        *('"ann"lee"@acme.example', '"ann\\"@acme.example', "ann@acme..example", "ann@.example"),
        *("ann@[192.0.2.1", "ann@a:b", "ann@ac me.example", "ann\u202e@acme.example"),
        *("ann\x85@acme.example", "ann\u00a0lee@acme.example", "ann@acme\u2028.example"),
        *("\ud800@acme.example", "ann;@acme.example", "ann@acme.example,b", "=?utf-8?q?a?=\r@x.example"),
        *("a" * MAX_EMAIL + "@x.example", "ann@" + "a." * 200 + "example", "ann@x\\y", "ann@exämple\ud800"),
        "jörg@acme.example",
    ],
)
def test_addresses_that_cannot(email: str) -> None:
    with pytest.raises(ValueError, match=r"\.$") as caught:
        address(email)
    assert str(caught.value).isprintable()
    with pytest.raises(ValueError, match=r"address|domain"):
        mailboxes([Mailbox("fine@acme.example"), Mailbox(email, "Ann")])


def test_a_local_part_in_utf8_is_written_only_when_asked() -> None:
    assert address("jörg@bücher.example", utf8=True) == "jörg@xn--bcher-kva.example"
    for email in ("jörg\u202e@x.example", "jör g@x.example", "jörg\x80@x.example", "jö\u2003g@x.example"):
        with pytest.raises(ValueError, match="no mail address"):
            address(email, utf8=True)


def test_ids_that_cannot_be_written_are_left_out() -> None:
    bad = ["", "x@y", "<x y@z>", "<x\r\n@z>", "<x@z>\r\n", "<<x@z>>", "<>", "<\0@z>", "<é@z>"]
    bad.append(f"<{'x' * MAX_ID}>")
    assert message_ids(bad) == []
    assert message_ids(["<a@x>", *bad, "<b@x>", "<a@x>"]) == ["<a@x>", "<b@x>"]


def test_of_many_ids_the_first_and_the_newest_stay() -> None:
    ids = [f"<{number}@x.example>" for number in range(100)]
    kept = message_ids(ids)
    assert kept == [ids[0], *ids[-MAX_IDS + 1 :]]
    assert len(kept) == MAX_IDS
    long = [f"<{number}{'x' * (MAX_ID - 10)}>" for number in range(30)]
    assert max(map(len, field("References", message_ids(long)).split("\r\n"))) <= 998


def test_plain_parameters_are_quoted() -> None:
    assert parameter("filename", "Report (final) v2.pdf") == ['filename="Report (final) v2.pdf"']
    assert parameterised("text/html", [("charset", "utf-8")]) == ["text/html;", 'charset="utf-8"']


@pytest.mark.parametrize(
    ("name", "fallback"),
    [
        ("Überblick 年.pdf", "Uberblick.pdf"),
        ('a"b\\c;d=e.pdf', "a_b_c_d_e.pdf"),
        ("年度報告", "attachment"),
        ("年.xlsx", "attachment.xlsx"),
        ("=?utf-8?q?evil.exe?=.pdf", "utf-8_q_evil.exe.pdf"),
        ("x" * 300 + ".pdf", "x" * 50),
    ],
)
def test_other_parameters_are_encoded_with_a_plain_fallback(name: str, fallback: str) -> None:
    encoded, plain = parameter("filename", name)
    assert encoded.startswith("filename*=UTF-8''")
    assert not set(encoded[len("filename*=UTF-8''") :]) & set(" \"'*();:@,<>/[]?=\\")
    assert plain == f'filename="{fallback}"'


def test_the_longest_parameter_fits_a_line() -> None:
    pieces = parameterised("attachment", [("filename", "é" * 5000)])
    assert max(len(line) for line in field("Content-Disposition", pieces).split("\r\n")) < 998


def test_dates() -> None:
    zone = timezone(timedelta(hours=-9, minutes=-30))
    assert date(datetime(2026, 3, 2, 9, 14, 3, tzinfo=zone)) == ["Mon, 02 Mar 2026 09:14:03 -0930"]
    assert date(datetime(2026, 3, 2, 9, 14, 3, tzinfo=UTC)) == ["Mon, 02 Mar 2026 09:14:03 +0000"]
    odd = timezone(timedelta(minutes=19, seconds=32))  # Amsterdam before 1937
    assert date(datetime(2026, 3, 2, 9, 19, 35, tzinfo=odd)) == ["Mon, 02 Mar 2026 09:00:03 +0000"]
    with pytest.raises(ValueError, match="zone"):
        date(datetime(2026, 3, 2))  # noqa: DTZ001 - the mistake that is looked for


@pytest.mark.parametrize(
    "piece", ["a\r\nBcc: x", "a\nb", "a\rb", "\0", "\x85", "\u2028", "", "\ud800", "a\tb"]
)
def test_no_field_is_made_of_a_piece_with_a_control_character(piece: str) -> None:
    with pytest.raises(ValueError, match="cannot hold"):
        field("Subject", ["fine", piece])


def test_no_field_has_a_line_that_is_too_long_or_a_name_that_is_none() -> None:
    with pytest.raises(ValueError, match="998"):
        field("Subject", ["x" * 1000])
    for name in ("Bcc: x\r\nTo", "", "To:", "Tö"):
        with pytest.raises(ValueError, match="no name"):
            field(name, ["x"])


def test_an_empty_field_has_no_blank_at_its_end() -> None:
    assert field("Subject", []) == "Subject:\r\n"
