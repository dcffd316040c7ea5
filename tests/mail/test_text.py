"""Which text a person wrote, out of the parts their client made of it."""

import base64
import quopri

import pytest

from gateway.mail import read
from tests.mail.build import joined, mail, multipart

PLAIN = "Content-Type: text/plain; charset=utf-8\n\n"
HTML = "Content-Type: text/html; charset=utf-8\n\n"
PDF = 'Content-Type: application/pdf; name="a.pdf"\nContent-Disposition: attachment; filename="a.pdf"\n\n%PDF-1.4'


def test_a_plain_mail() -> None:
    message = read(mail("Content-Type: text/plain; charset=utf-8", body="Grüße\n\nAnna\n\n\n"))
    assert (message.text, message.text_from, message.html) == ("Grüße\n\nAnna", "plain", "")


def test_plain_text_is_preferred_and_the_html_is_kept() -> None:
    message = read(multipart("alternative", PLAIN + "Hallo Welt", HTML + "<p>Hallo <b>Welt</b></p>"))
    assert (message.text, message.text_from) == ("Hallo Welt", "plain")
    assert message.html == "<p>Hallo <b>Welt</b></p>"


def test_html_alone_becomes_text() -> None:
    message = read(mail("Content-Type: text/html; charset=utf-8", body="<p>Hallo</p><p>Welt</p>"))
    assert (message.text, message.text_from) == ("Hallo\n\nWelt", "html")


@pytest.mark.parametrize(
    "stub",
    [
        "",
        " \n",
        "This message is in HTML. Your mail client does not show HTML messages.",
        "Bitte öffnen Sie diese Nachricht im Browser.",
        "<html><body><p>Hello, the order is on its way.</p></body></html>",
    ],
)
def test_a_plain_part_that_says_nothing_gives_way_to_the_html(stub: str) -> None:
    html = "<p>Hello, the order is on its way.</p><p>It will arrive on Thursday; you need not be at home.</p>"
    message = read(multipart("alternative", PLAIN + stub, HTML + html * 3))
    assert message.text.startswith("Hello, the order is on its way.")
    assert message.text_from == "html"


def test_a_short_text_that_talks_about_html_is_what_the_person_wrote() -> None:
    message = read(
        multipart("alternative", PLAIN + "Please send the HTML", HTML + "<p>Please send the <i>HTML</i></p>")
    )
    assert (message.text, message.text_from) == ("Please send the HTML", "plain")


def test_apple_mail_puts_text_before_and_behind_an_attachment() -> None:
    message = read(multipart("mixed", PLAIN + "Before\n\n", PDF, PLAIN + "\n\nBehind\n"))
    assert message.text == "Before\n\nBehind"
    assert [entry.filename for entry in message.attachments] == ["a.pdf"]


def test_apple_mail_with_html_around_an_attachment() -> None:
    html = (
        "Content-Type: multipart/mixed; boundary=h\n\n"
        + joined("h", HTML + "<div>Before</div>", PDF, HTML + "<div>Behind</div>").decode()
    )
    message = read(multipart("alternative", PLAIN + "Before\n\nBehind", html))
    assert message.text == "Before\n\nBehind"
    assert "Before" in message.html
    assert "Behind" in message.html
    assert [entry.filename for entry in message.attachments] == ["a.pdf"]


def test_a_list_footer_does_not_hide_the_text_above_it() -> None:
    alternative = (
        "Content-Type: multipart/alternative; boundary=a\n\n"
        + joined("a", HTML + "<p>Real text</p>").decode()
    )
    message = read(multipart("mixed", alternative, PLAIN + "____\nlist@k.example <mailing list>"))
    assert message.text == "Real text\n\n____\nlist@k.example <mailing list>"
    assert "Real text" in message.html
    assert "&lt;mailing list&gt;" in message.html


def test_the_same_text_sent_twice_in_a_mixed_mail_is_shown_once() -> None:
    message = read(multipart("mixed", PLAIN + "Hello there", HTML + "<p>Hello <b>there</b></p>"))
    assert message.text == "Hello there"
    assert message.html == "<p>Hello <b>there</b></p>"


def test_a_text_file_is_an_attachment_even_inline() -> None:
    notes = 'Content-Type: text/plain; name="notes.txt"\nContent-Disposition: inline; filename="notes.txt"\n\nnotes'
    message = read(multipart("mixed", PLAIN + "See notes", notes))
    assert message.text == "See notes"
    assert [(entry.filename, entry.content) for entry in message.attachments] == [("notes.txt", b"notes")]


def test_a_named_body_is_still_the_body() -> None:
    assert read(mail('Content-Type: text/plain; name="mail.txt"', body="Hello")).text == "Hello"


def test_flowed_lines_are_joined_and_quotes_kept() -> None:
    body = "This is one \nparagraph.\n\n>> Old words that \n>> were quoted\n> Less old\n"
    body += " >not a quote\n From here\n-- \nAnna\n"
    message = read(mail("Content-Type: text/plain; charset=utf-8; format=flowed", body=body))
    assert message.text == (
        "This is one paragraph.\n\n>> Old words that were quoted\n> Less old\n>not a quote\nFrom here\n-- \nAnna"
    )


def test_flowed_japanese_loses_the_blank_that_only_broke_the_line() -> None:
    body = "これは \n一行です\n"
    message = read(mail("Content-Type: text/plain; charset=utf-8; format=flowed; delsp=yes", body=body))
    assert message.text == "これは一行です"


@pytest.mark.parametrize(
    ("charset", "data", "expected"),
    [
        ("iso-8859-1", "“Preis” 5 €".encode("cp1252"), "“Preis” 5 €"),
        ("us-ascii", "Grüße".encode(), "Grüße"),
        ("us-ascii", "Grüße".encode("cp1252"), "Grüße"),
        ("utf-8", "Grüße aus Köln".encode("cp1252"), "Grüße aus Köln"),
        (
            "utf-8",
            "Grüße".encode() + b"\xff" + " aus Köln, schöne Grüße".encode(),
            "Grüße\ufffd aus Köln, schöne Grüße",
        ),
        ("iso-8859-1", "Grüße".encode(), "Grüße"),
        ("gb2312", "镕基您好".encode("gbk"), "镕基您好"),
        ("gb2312", "㐀您好".encode("gb18030"), "㐀您好"),
        ("big5", "中文您好".encode("cp950"), "中文您好"),
        ("ks_c_5601-1987", "안녕하세요 똠".encode("cp949"), "안녕하세요 똠"),
        ("shift_jis", "①髙橋様".encode("cp932"), "①髙橋様"),
        ("x-sjis", "こんにちは".encode("cp932"), "こんにちは"),
        ("iso-2022-jp", "こんにちは".encode("iso2022_jp"), "こんにちは"),
        ("iso-2022-jp", b"\x1b$B-!\x1b(B \x1b$B$3\x1b(B", "① こ"),
        ("iso-2022-jp", b"\x1b(I1\x1b(B", "ｱ"),
        ("us-ascii", b"\x1b$B$3$s\x1b(B", "こん"),
        ("koi8-r", "Привет".encode("koi8-r"), "Привет"),
        ("windows-1251", "Привет".encode("cp1251"), "Привет"),
        ("cp-850", "Grüße".encode("cp850"), "Grüße"),
        ("utf-7", b"Gr+APwA3w-e", "Grüße"),
        ("unicode-1-1-utf-7", b"a+-b", "a+b"),
        ("hz-gb-2312", "您好".encode("hz"), "您好"),
        ("unknown-8bit", "Grüße".encode(), "Grüße"),
        ("xyzzy", "Grüße".encode("cp1252"), "Grüße"),
        ("zlib", b"Text", "Text"),
        ("idna", b"Text.", "Text."),
        ("undefined", b"Text", "Text"),
        ("utf-8\0", "ü".encode(), "ü"),
        ("", "Grüße".encode(), "Grüße"),
        ("utf-16", "Grüße".encode("utf-16"), "Grüße"),
        ("windows-1252", b"\x81\x8d", "\ufffd\ufffd"),
    ],
)
def test_charsets_as_senders_mean_them(charset: str, data: bytes, expected: str) -> None:
    encoded = base64.encodebytes(data)
    raw = mail(
        f'Content-Type: text/plain; charset="{charset}"', "Content-Transfer-Encoding: base64", body=encoded
    )
    assert read(raw).text == expected


def test_quoted_printable_and_its_soft_breaks() -> None:
    body = quopri.encodestring("Eine lange Zeile mit Umlauten äöü ".encode() * 5 + b"\n-- \nAnna")
    message = read(
        mail(
            "Content-Type: text/plain; charset=utf-8",
            "Content-Transfer-Encoding: Quoted-Printable",
            body=body,
        )
    )
    assert message.text == "Eine lange Zeile mit Umlauten äöü " * 5 + "\n-- \nAnna"


@pytest.mark.parametrize(
    ("encoding", "body", "expected"),
    [
        ("base64", b"SGFsbG8gV2VsdA", "Hallo Welt"),
        ("base64", b"SGFs\n!!bG8g\nV2VsdA==\n", "Hallo Welt"),
        ("base64", b"SGFsbG8=IFdlbHQ=", "Hallo Welt"),
        ("base64", b"SGFsbG8gV2VsdA==\n\nfooter", "Hallo Welt"),
        ("base64", b"This is not encoded at all, is it?", "This is not encoded at all, is it?"),
        (" BASE64 ;", b"SGFsbG8gV2VsdA==", "Hallo Welt"),
        ("quoted-printable", b"broken =ZZ and =", "broken =ZZ and"),
        (
            "7bit",
            b"Gr=C3=BC=C3=9Fe und eine lange Zeile=\n die weiter geht=20=\n hier",
            "Grüße und eine lange Zeile die weiter geht  hier",
        ),
        ("8bit", b"a=b and c=3D4", "a=b and c=3D4"),
        ("nonsense", "Grüße".encode(), "Grüße"),
    ],
)
def test_transfer_encodings_that_are_broken_or_lie(encoding: str, body: bytes, expected: str) -> None:
    raw = mail("Content-Type: text/plain; charset=utf-8", f"Content-Transfer-Encoding: {encoding}", body=body)
    assert read(raw).text.startswith(expected)


def test_a_multipart_without_a_boundary_in_its_header_is_read_all_the_same() -> None:
    raw = mail(
        "Content-Type: multipart/alternative", body=joined("xyz", PLAIN + "Hello", HTML + "<p>Hello</p>")
    )
    message = read(raw)
    assert message.text == "Hello"
    assert message.defects


def test_a_cut_off_mail_keeps_what_arrived() -> None:
    raw = multipart("mixed", PLAIN + "All of the text", PDF)
    assert read(raw[: raw.index(b"%PDF") + 3]).text == "All of the text"


def test_the_text_around_an_attached_mail_is_not_mixed_with_its_text() -> None:
    inner = "Content-Type: message/rfc822\n\nSubject: Inner\n\nInner text"
    message = read(multipart("mixed", PLAIN + "Outer text", inner))
    assert message.text == "Outer text"
    assert message.nested[0].text == "Inner text"
