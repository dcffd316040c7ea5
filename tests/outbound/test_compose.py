"""Letters written as mail, and read again by our own reader and by the standard library."""

import random
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from email import message_from_bytes, policy
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.utils import collapse_rfc2231_value, parseaddr

import pytest

from gateway.mail import read
from gateway.mail.filenames import safe_name
from gateway.outbound.compose import compose
from gateway.outbound.headers import MAX_NAME, clean
from gateway.outbound.letter import Letter, Mailbox, Part
from rules.decide import LOOP_HEADER

DORA = Mailbox("dora@lumenfold.example", "Dora Meier")
BEN = Mailbox("ben@acme.example", "Ben Adler")
WHEN = datetime(2026, 3, 2, 9, 14, 3, tzinfo=timezone(timedelta(hours=1)))
LETTER = Letter(DORA, (BEN,), "Quarterly report", WHEN, "<6f1d@touchpoints.example>", "Hello Ben.\n")
PDF = Part("Report.pdf", "application/pdf", b"%PDF-1.7 " + bytes(range(256)))
LOGO = Part("logo.png", "image/png", b"\x89PNG", "<logo@touchpoints.example>")
HTML = '<p>Hello <b>Ben</b>.</p><img src="cid:logo@touchpoints.example">'

HOSTILE = (
    *("\r\nBcc: evil@x.example", "\nX-Evil: 1", "\r", "\n", "\r\n", "\r\n\r\n<html>", "\0", "\t", "\x0b"),
    *("=?utf-8?q?x=0D=0ABcc:_evil@x.example?=", "=?utf-8?b?DQpYLUV2aWw6IDE=?=", "=?us-ascii?q?=0A?="),
    *("=?", "?=", "=?x", "=?utf-8*en?q?a?=", "=~0~=", "=0D=0A", "%0D%0A", "UTF-8''x%0d%0ay", "--=_"),
    *('"; filename="evil.exe', "filename*0*=x", "<evil@x.example>", "evil@x.example,", "boss@acme.example"),
    *(",", ";", ":", "@", "<", ">", "(", ")", "[", "]", '"', "'", "\\", "\\\\", '\\"', "*", "%", "/"),
    *("|", ".", "..", "~", " ", "  ", "\x1b[2J", "\x7f", "\x80", "\x85", "\x9b", "\u2028", "\u2029"),
    *("\u00a0", "\u202e", "\u202c", "\u2066", "\u2069", "\u200f", "\u200b", "\ufeff", "\ufffe", "\ud800"),
    *("\udfff", "\udc80", "\u3000", "é", "e\u0301", "ß", "Grüße", "日本語", "привет", "שלום", "مرحبا", "ไทย"),
    *("😀", "👩\u200d👩\u200d👧", "word", "Re: ", "Report", ".pdf", ".exe", "x" * 80, "ü" * 60, "日" * 45),
    "X" * 1200,
)
TOP = (
    *("Date", "From", "Sender", "Reply-To", "To", "Cc", "Subject", "Message-ID", "References"),
    *("Auto-Submitted", "X-Auto-Response-Suppress", LOOP_HEADER, "MIME-Version", "Content-Type"),
)
TEXT_PART = ("Content-Type", "Content-Transfer-Encoding")
FILE_PART = ("Content-Type", "Content-Transfer-Encoding", "Content-Disposition")
SHOWN_PART = (*FILE_PART, "Content-ID")


def hostile(chance: random.Random) -> str:
    return "".join(chance.choices(HOSTILE, k=chance.randrange(1, 7)))


def hostile_letters(many: int, seed: int) -> Iterator[Letter]:
    chance = random.Random(seed)
    for number in range(many):
        bad = hostile(chance)
        yield Letter(
            from_=Mailbox(DORA.email, hostile(chance)),
            to=(Mailbox(BEN.email, hostile(chance)), Mailbox("eva@acme.example", bad)),
            subject=hostile(chance),
            date=WHEN,
            message_id=f"<{number}@touchpoints.example>",
            text="Hello",
            cc=(Mailbox("kim@acme.example", bad),),
            reply_to=Mailbox("t-x@touchpoints.example", bad),
            sender=Mailbox("touchpoints@lumenfold.example", bad),
            in_reply_to=f"<{bad} \n@x.example>",
            references=("<1@x.example>", f"<{bad}\r\n@x.example>"),
            parts=(Part(hostile(chance), f"{chance.choice(['text/', bad])}{bad}", b"file", f"<{bad} >"),),
            auto_submitted="auto-generated",
            loop=f"touchpoints.example{bad}",
        )


def names(head: bytes) -> list[str]:
    """The names of the fields of a head: what stands before the colon on each line that is no folded one."""
    lines = head.split(b"\r\n")
    assert all(map(bytes.strip, lines)), head
    return [line.partition(b":")[0].decode("ascii") for line in lines if line[0] not in b" \t"]


def heads(raw: bytes) -> list[list[str]]:
    """The names of the fields of every head, outermost first. Bodies hold no blank line of their own."""
    found = []
    for piece in re.split(rb"(?:\A|(?<=\r\n))--=_[0-9a-f]{32}_[mar](?:--)?\r\n", raw):
        head, blank, _ = piece.partition(b"\r\n\r\n")
        if piece:
            assert blank
            found.append(names(head.removesuffix(b"\r\n")))
    return found


def sound(raw: bytes) -> None:
    """ASCII, CRLF and nothing else that ends a line, no NUL, no line that is too long."""
    assert raw.isascii()
    assert raw.endswith(b"\r\n")
    lines = raw.split(b"\r\n")
    assert max(map(len, lines)) <= 998
    assert not re.search(rb"[\x00-\x08\x0a-\x1f\x7f]", b"".join(lines))


def head_of(names: tuple[str, ...]) -> bytes:
    """A pattern for a head of exactly these fields, each with the lines folded to it."""
    fields = rb"".join(
        re.escape(name).encode() + rb":(?: [^\s][^\r]*)?\r\n(?: [^\s][^\r]*\r\n)*" for name in names
    )
    return fields + rb"\r\n"


def test_a_hundred_thousand_hostile_letters_write_no_field_of_their_own() -> None:
    line = rb"--=_[0-9a-f]{32}_m"
    text, file = head_of(TEXT_PART) + rb"Hello\r\n", head_of(FILE_PART) + rb"ZmlsZQ==\r\n"
    expected = re.compile(rb"\r\n".join((head_of(TOP) + line, text + line, file + line + rb"--\r\n")))
    for letter in hostile_letters(100_000, seed=1):
        raw = compose(letter)
        sound(raw)
        assert expected.fullmatch(raw), letter


def as_read(name: str) -> str:
    """A display name as our reader gives it: any blanks as one, quotes around all of it taken off."""
    name = " ".join(clean(name, MAX_NAME).split())
    for quote in "\"'":
        if len(name) > 1 and name.startswith(quote) and name.endswith(quote):
            name = name[1:-1].strip()
    return name


def same_name(read_name: str, letter_name: str, email: str) -> bool:
    expected = as_read(letter_name)
    return read_name == ("" if expected.lower() == email else expected)


def test_hostile_letters_come_back_from_our_reader_as_they_were_meant() -> None:
    for letter in hostile_letters(5_000, seed=2):
        message = read(compose(letter))
        assert message.subject == clean(letter.subject)
        [author] = message.from_
        assert author.email == DORA.email
        assert same_name(author.name, letter.from_.name, DORA.email)
        assert [each.email for each in message.to] == [BEN.email, "eva@acme.example"]
        assert same_name(message.to[0].name, letter.to[0].name, BEN.email)
        assert [each.email for each in message.cc] == ["kim@acme.example"]
        assert [each.email for each in message.reply_to] == ["t-x@touchpoints.example"]
        assert message.sender is not None
        assert message.sender.email == "touchpoints@lumenfold.example"
        assert message.references == ("<1@x.example>",)
        assert message.text == "Hello"
        [file] = message.attachments
        assert file.content == b"file"
        assert file.filename in expected_names(letter.parts[0])
        assert not message.notices
        assert not message.defects


def expected_names(part: Part) -> set[str]:
    """The safe name, runs of blanks as one; where nothing safe is left, one after the type."""
    given = clean(safe_name(part.filename, ""))
    return {given} if given else {"attachment.bin", "attachment.txt"}


def test_hostile_letters_come_back_from_the_standard_library() -> None:
    for letter in hostile_letters(3_000, seed=3):
        raw = compose(letter)
        modern = message_from_bytes(raw, policy=policy.default)
        assert isinstance(modern, EmailMessage)
        assert modern.keys() == list(TOP)
        assert modern["Subject"] == clean(letter.subject)
        [author] = modern["From"].addresses
        assert author.addr_spec == DORA.email
        # Python 3.11 puts blanks between the encoded words of a name, and takes some away.
        assert "".join(author.display_name.split()) == "".join(clean(letter.from_.name, MAX_NAME).split())
        assert [each.addr_spec for each in modern["To"].addresses] == [BEN.email, "eva@acme.example"]
        [file] = modern.iter_attachments()
        assert file.get_filename() in expected_names(letter.parts[0])

        old = message_from_bytes(raw)
        assert old.keys() == list(TOP)
        assert decoded(old["Subject"]) == clean(letter.subject)
        name, email = parseaddr(unfolded(old["From"]))
        assert (decoded(name), email) == (clean(letter.from_.name, MAX_NAME), DORA.email)
        part = old.get_payload(1)
        values = part.get_params(header="content-disposition")  # type: ignore[union-attr]
        assert collapse_rfc2231_value(values[-1][1]) in expected_names(letter.parts[0])


def decoded(value: str) -> str:
    return str(make_header(decode_header(unfolded(value))))


def unfolded(value: str) -> str:
    return value.replace("\r\n", "").replace("\n", "")


def test_the_plainest_letter() -> None:
    assert compose(LETTER).decode("ascii") == (
        "Date: Mon, 02 Mar 2026 09:14:03 +0100\r\n"
        "From: Dora Meier <dora@lumenfold.example>\r\n"
        "To: Ben Adler <ben@acme.example>\r\n"
        "Subject: Quarterly report\r\n"
        "Message-ID: <6f1d@touchpoints.example>\r\n"
        "X-Auto-Response-Suppress: All\r\n"
        "MIME-Version: 1.0\r\n"
        "Content-Type: text/plain; charset=utf-8\r\n"
        "Content-Transfer-Encoding: quoted-printable\r\n"
        "\r\n"
        "Hello Ben.\r\n"
    )


def test_the_fullest_letter() -> None:
    letter = replace(
        LETTER,
        html=HTML,
        cc=(Mailbox("eva@acme.example", "Eva, Acme"), Mailbox("kim@acme.example")),
        reply_to=Mailbox("t-4f2a@touchpoints.example", "Touchpoints"),
        sender=Mailbox("touchpoints@lumenfold.example"),
        in_reply_to="<2@x.example>",
        references=("<1@x.example>", "<2@x.example>"),
        parts=(PDF, LOGO),
        auto_submitted="auto-replied",
        loop="touchpoints.example",
    )
    raw = compose(letter)
    sound(raw)
    top = [*TOP[:8], "In-Reply-To", *TOP[8:]]
    one, many = list(TEXT_PART), ["Content-Type"]
    assert heads(raw) == [top, many, one, many, one, list(SHOWN_PART), list(FILE_PART)]
    message = read(raw)
    assert message.text == "Hello Ben."
    assert message.html.strip() == HTML
    assert message.message_id == LETTER.message_id
    assert message.in_reply_to == ("<2@x.example>",)
    assert message.references == ("<1@x.example>", "<2@x.example>")
    assert message.date == WHEN
    assert [(each.email, each.name) for each in message.reply_to] == [
        ("t-4f2a@touchpoints.example", "Touchpoints")
    ]
    assert [(each.email, each.name) for each in message.cc] == [
        ("eva@acme.example", "Eva, Acme"),
        ("kim@acme.example", ""),
    ]
    assert message.header("Auto-Submitted") == "auto-replied"
    assert message.header(LOOP_HEADER) == "touchpoints.example"
    shown = {each.filename: (each.inline, each.content_type, each.content) for each in message.attachments}
    assert shown == {
        "Report.pdf": (False, "application/pdf", PDF.content),
        "logo.png": (True, "image/png", LOGO.content),
    }
    assert not message.notices
    assert not message.defects


@pytest.mark.parametrize(
    ("html", "parts", "shape"),
    [
        ("", (), "text/plain"),
        ("", (PDF,), "multipart/mixed(text/plain application/pdf)"),
        ("", (LOGO,), "multipart/mixed(text/plain image/png)"),
        (HTML, (), "multipart/alternative(text/plain text/html)"),
        (HTML, (PDF,), "multipart/mixed(multipart/alternative(text/plain text/html) application/pdf)"),
        (
            HTML,
            (LOGO,),
            "multipart/alternative(text/plain multipart/related(text/html image/png))",
        ),
    ],
)
def test_shapes(html: str, parts: tuple[Part, ...], shape: str) -> None:
    def shape_of(part: EmailMessage) -> str:
        inner = " ".join(shape_of(child) for child in part.iter_parts()) if part.is_multipart() else ""
        return part.get_content_type() + (f"({inner})" if inner else "")

    parsed = message_from_bytes(compose(replace(LETTER, html=html, parts=parts)), policy=policy.default)
    assert isinstance(parsed, EmailMessage)
    assert shape_of(parsed) == shape


def test_html_without_a_text_stands_alone() -> None:
    message = read(compose(replace(LETTER, text="", html="<p>Hello</p>")))
    assert (message.content_type, message.html.strip(), message.text) == (
        "text/html",
        "<p>Hello</p>",
        "Hello",
    )


@pytest.mark.parametrize("parts", [(), (PDF,)])
@pytest.mark.parametrize(
    "text",
    [
        "",
        "From here on\nFrom there\n>From both\nFrom \n",
        "From " + "x" * 72 + "\n" + "From " + "y " * 100,
        ".\n..\n.x\n...\nend\n.",
        "-- \nDora\n",
        "x" * 5000,
        "word " * 1000,
        *("x" * size + " \n" + "y" * size + "\t\nend" for size in range(70, 80)),
        *("é" * size + "=\n.\nend" for size in range(20, 30)),
        "one\r\ntwo\rthree\nfour\r\n\r\nfive\n\rsix",
        "tab\there, = and =3D and =\n and =20",
        "Привет, мир! " * 50,
        "--=_0123_m\n--\n",
        "Content-Type: text/html\n\nBcc: x@y.example\n",
    ],
)
def test_texts_come_back(text: str, parts: tuple[Part, ...]) -> None:
    raw = compose(replace(LETTER, text=text, parts=parts))
    sound(raw)
    body = raw.partition(b"\r\n\r\n")[2]
    assert max(map(len, body.split(b"\r\n"))) <= 76
    assert b"\nFrom " not in body
    assert not body.startswith(b"From ")
    meant = text.replace("\r\n", "\n").replace("\r", "\n")
    parsed = message_from_bytes(raw, policy=policy.default)
    part = parsed.get_payload(0) if parsed.is_multipart() else parsed
    assert isinstance(part, EmailMessage)
    assert part.get_content().replace("\r\n", "\n").rstrip("\n") == meant.rstrip("\n")
    trimmed = meant.rstrip()
    assert read(raw).text in (trimmed, trimmed + " ")


def test_control_characters_do_not_get_into_a_text() -> None:
    raw = compose(replace(LETTER, text="a\0b\x1bc\x0cd\x7fe\ud800f", html="<p>\0x\ud800</p>"))
    sound(raw)
    assert read(raw).text == "abcde?f"


def test_the_shorter_encoding_is_taken() -> None:
    assert b"Encoding: quoted-printable" in compose(replace(LETTER, text="Grüße aus Köln, wie geht es?"))
    assert b"Encoding: base64" in compose(replace(LETTER, text="Как дела? Всё хорошо."))


@pytest.mark.parametrize(
    "content", [b"", b"\n", b"\0", bytes(range(256)) * 400, b"--=_x\r\n" * 100, b"From me\n.\n"]
)
def test_files_come_back(content: bytes) -> None:
    raw = compose(
        replace(LETTER, html=HTML, parts=(replace(PDF, content=content), replace(LOGO, content=content)))
    )
    sound(raw)
    contents = [
        each.get_payload(decode=True) for each in message_from_bytes(raw).walk() if each.get_filename()
    ]
    assert contents == [content, content]
    assert [each.content for each in read(raw).attachments] == [content, content]


def test_a_mail_sent_along_is_a_file_of_no_type_with_its_ending() -> None:
    inner = b"From: eva@acme.example\r\nSubject: Inner\r\nDate: Mon, 2 Mar 2026 09:00:00 +0100\r\n\r\nInner text.\r\n"
    raw = compose(replace(LETTER, parts=(Part("The offer", "message/rfc822", inner),)))
    assert b"message/rfc822" not in raw
    message = read(raw)
    assert [(each.filename, each.content) for each in message.attachments] == [("The offer.eml", inner)]
    assert [each.subject for each in message.nested] == ["Inner"]


@pytest.mark.parametrize(
    ("given", "sent"),
    [
        ("text/csv; charset=iso-8859-1", "text/csv"),
        ("TEXT/Plain", "text/plain"),
        ("", "application/octet-stream"),
        ("pdf", "application/octet-stream"),
        ("a/b/c", "application/octet-stream"),
        ("text/x\r\nBcc: x", "application/octet-stream"),
        ("text/ü", "application/octet-stream"),
        ("multipart/mixed", "application/octet-stream"),
        ("message/delivery-status", "application/octet-stream"),
        ("x" * 128 + "/y", "application/octet-stream"),
    ],
)
def test_types_of_files(given: str, sent: str) -> None:
    parsed = message_from_bytes(compose(replace(LETTER, parts=(Part("file", given, b"x"),))))
    part = parsed.get_payload(1)
    assert part.get_content_type() == sent  # type: ignore[union-attr]
    assert part.get_param("charset") is None  # type: ignore[union-attr, arg-type]


@pytest.mark.parametrize("content_id", ["a b", "<a\r\nBcc: x>", "<>", "ü", "<<x>>", "x" * 1000])
def test_a_content_id_that_cannot_be_written_makes_an_attachment(content_id: str) -> None:
    raw = compose(replace(LETTER, html=HTML, parts=(replace(LOGO, content_id=content_id),)))
    sound(raw)
    assert b"Content-ID" not in raw
    assert b"Content-Disposition: attachment" in raw


def test_the_same_letter_is_the_same_bytes() -> None:
    letter = replace(LETTER, html=HTML, parts=(PDF, LOGO))
    assert compose(letter) == compose(replace(letter))
    other = compose(replace(letter, parts=(LOGO,), text="Hello."))
    assert re.findall(rb'boundary="([^"_]*)', other) != re.findall(rb'boundary="([^"_]*)', compose(letter))


def test_no_boundary_occurs_in_a_part() -> None:
    letter = replace(LETTER, html=HTML, parts=(PDF, LOGO))
    first = compose(letter)
    lines = b"".join(b"--" + each + b"\r\n" for each in re.findall(rb'boundary="([^"]+)"', first))
    # Even a text that holds the very boundaries of its own mail could not: they are escaped in it.
    again = compose(replace(letter, text=lines.decode("ascii")))
    assert again.count(b"\r\n--=_") == first.count(b"\r\n--=_")
    assert read(again).text == lines.decode("ascii").replace("\r\n", "\n").rstrip()


def test_nobody_named_is_said() -> None:
    assert b"\r\nTo: undisclosed-recipients:;\r\n" in compose(replace(LETTER, to=()))
    assert b"\r\nTo:" not in compose(replace(LETTER, to=(), cc=(BEN,)))


def test_an_empty_subject_is_an_empty_field() -> None:
    assert b"\r\nSubject:\r\n" in compose(replace(LETTER, subject="\r\n"))


@pytest.mark.parametrize("who", ["from_", "sender", "reply_to", "to", "cc"])
def test_an_address_that_cannot_be_written_stops_the_letter(who: str) -> None:
    bad = Mailbox("eva@acme.example>\r\nBcc: x@y.example", "Eva")
    letter = replace(LETTER, **{who: (bad,) if who in ("to", "cc") else bad})  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="no mail address"):
        compose(letter)


@pytest.mark.parametrize(
    "change",
    [
        {"message_id": "<a b@x>"},
        {"message_id": ""},
        {"message_id": "<a@x>\r\nBcc: x"},
        {"auto_submitted": "no\r\nBcc: x"},
        {"date": datetime(2026, 3, 2)},  # noqa: DTZ001 - the mistake that is looked for
    ],
)
def test_what_we_write_ourselves_must_be_right(change: dict[str, str]) -> None:
    with pytest.raises(ValueError, match=r"\.$"):
        compose(replace(LETTER, **change))  # type: ignore[arg-type]


def test_a_local_part_in_utf8_stands_in_its_address_alone() -> None:
    letter = replace(LETTER, to=(Mailbox("jörg@bücher.example", "Jörg"),), subject="Grüße")
    with pytest.raises(ValueError, match="UTF-8"):
        compose(letter)
    raw = compose(letter, utf8=True)
    assert raw.replace("jörg".encode(), b"").isascii()
    assert "<jörg@xn--bcher-kva.example>\r\n".encode() in raw
    assert [(each.email, each.name) for each in read(raw).to] == [("jörg@xn--bcher-kva.example", "Jörg")]
