"""Attachments: their names, their contents, and which of them are only pictures in the text."""

import hashlib

import pytest

from gateway.mail import read
from gateway.mail.filenames import safe_name
from tests.mail.build import mail, multipart

TEXT = "Content-Type: text/plain\n\nText"


def name_of(*fields: str) -> str:
    [attachment] = read(multipart("mixed", TEXT, "\n".join(fields) + "\n\nx")).attachments
    return attachment.filename


def test_content_size_and_digest_are_those_of_the_decoded_file() -> None:
    part = 'Content-Type: application/pdf; name="a.pdf"\nContent-Transfer-Encoding: base64\n\nJVBERi0xLjQ='
    [attachment] = read(multipart("mixed", TEXT, part)).attachments
    assert attachment.content == b"%PDF-1.4"
    assert attachment.size == 8
    assert attachment.sha256 == hashlib.sha256(b"%PDF-1.4").hexdigest()
    assert (attachment.content_type, attachment.inline) == ("application/pdf", False)


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        (['Content-Type: application/pdf; name="Angebot März.pdf"'], "Angebot März.pdf"),
        (
            [
                "Content-Type: application/pdf",
                "Content-Disposition: attachment; filename*=UTF-8''Angebot%20M%C3%A4rz.pdf",
            ],
            "Angebot März.pdf",
        ),
        (
            [
                "Content-Type: application/pdf",
                "Content-Disposition: attachment;\n filename*0*=iso-8859-1''M%E4rz%20;\n"
                ' filename*1*=Angebot;\n filename*2=" x.pdf"',
            ],
            "März Angebot x.pdf",
        ),
        (['Content-Type: application/pdf; name="=?utf-8?Q?M=C3=A4rz.pdf?="'], "März.pdf"),
        (
            [
                'Content-Type: application/pdf;\n name="=?UTF-8?Q?Eine_lange_Datei_mit_=C3?=\n'
                ' =?UTF-8?Q?=BCberlangem_Namen.pdf?="'
            ],
            "Eine lange Datei mit überlangem Namen.pdf",
        ),
        (
            ["Content-Type: application/pdf", 'Content-Disposition: attachment; filename="a;b,c.pdf"'],
            "a;b,c.pdf",
        ),
        (
            [
                "Content-Type: application/pdf",
                r'Content-Disposition: attachment; filename="C:\Temp\offer.pdf"',
            ],
            "offer.pdf",
        ),
        (["Content-Type: application/pdf", "Content-Disposition: attachment; filename=a b.pdf"], "a b.pdf"),
        (
            [
                "Content-Type: application/pdf",
                "Content-Disposition: attachment; filename*=UTF-8''x.pdf; filename=old.pdf",
            ],
            "x.pdf",
        ),
        (["Content-Type: application/pdf"], "attachment.pdf"),
        (["Content-Type: image/png", "Content-Disposition: inline"], "image.png"),
        (["Content-Type: image/jpeg"], "image.jpg"),
        (["Content-Type: application/x-unheard-of"], "attachment.bin"),
        (["Content-Type: text/plain", "Content-Disposition: attachment"], "attachment.txt"),
    ],
)
def test_names_are_read_from_every_form_that_clients_write(fields: list[str], expected: str) -> None:
    assert name_of(*fields) == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Quarterly report 2024.pdf", "Quarterly report 2024.pdf"),
        ("../../etc/passwd", "passwd"),
        ("a/b\\c.txt", "c.txt"),
        ("..", "f"),
        ("/", "f"),
        ("con", "_con"),
        ("NUL.txt", "_NUL.txt"),
        ("com1.tar.gz", "_com1.tar.gz"),
        ("console.txt", "console.txt"),
        ("evil\u202egpj.exe", "evilgpj.exe"),
        ("a\x00b\x1f.txt", "ab.txt"),
        ("a\r\n\tb.txt", "a b.txt"),
        ('a<b>:"c|d?*.txt', "a_b___c_d__.txt"),
        ("trailing. . ", "trailing"),
        (".htaccess", ".htaccess"),
        ("Ma\u0308rz.pdf", "März.pdf"),
        ("表" * 200 + ".docx", "表" * 83 + ".docx"),
        ("x" * 300, "x" * 255),
        ("\ud800a.txt", "a.txt"),
        ("👩‍💻.png", "👩‍💻.png"),
    ],
)
def test_names_are_safe_to_save(name: str, expected: str) -> None:
    assert safe_name(name, "f") == expected
    assert len(expected.encode()) <= 255


HTML_WITH_LOGO = 'Content-Type: text/html\n\n<p>Hi<img src="cid:logo%40x@v.example"></p>'
LOGO = "Content-Type: image/png; name=logo.png\nContent-ID: <logo@x@v.example>\n\npng"


def test_a_picture_that_the_html_shows_is_inline_and_others_are_not() -> None:
    photo = "Content-Type: image/png; name=photo.png\nContent-ID: <photo@v.example>\n\npng"
    attachments = read(multipart("related", HTML_WITH_LOGO, LOGO, photo)).attachments
    assert [(entry.filename, entry.inline, entry.content_id) for entry in attachments] == [
        ("logo.png", True, "logo@x@v.example"),
        ("photo.png", False, "photo@v.example"),
    ]


def test_a_picture_shown_by_its_location_is_inline() -> None:
    html = "Content-Type: text/html\n\n<img src='http://v.example/logo.png'>"
    logo = "Content-Type: image/png\nContent-Location: http://v.example/logo.png\n\npng"
    [attachment] = read(multipart("related", html, logo)).attachments
    assert attachment.inline


def test_related_may_name_its_root() -> None:
    html = 'Content-Type: text/html\nContent-ID: <root@v.example>\n\n<p>Body</p><img src="cid:i@v.example">'
    picture = "Content-Type: image/png\nContent-ID: <i@v.example>\n\npng"
    message = read(multipart("related", picture, html, start="<root@v.example>"))
    assert message.text == "Body"
    assert [entry.inline for entry in message.attachments] == [True]


def test_a_mail_that_is_nothing_but_a_file() -> None:
    raw = mail("Content-Type: application/pdf; name=a.pdf", "Content-Disposition: attachment", body="%PDF")
    message = read(raw)
    assert message.text == ""
    assert [entry.filename for entry in message.attachments] == ["a.pdf"]


def test_attachments_keep_their_order() -> None:
    parts = [f"Content-Type: application/pdf; name={number}.pdf\n\nx" for number in (3, 1, 2)]
    assert [entry.filename for entry in read(multipart("mixed", TEXT, *parts)).attachments] == [
        "3.pdf",
        "1.pdf",
        "2.pdf",
    ]


def test_the_resource_fork_of_a_macintosh_file_is_left_out() -> None:
    double = (
        "Content-Type: multipart/appledouble; boundary=d\n\n--d\n"
        "Content-Type: application/applefile; name=a.pdf\n\nfork\n"
        "--d\nContent-Type: application/pdf; name=a.pdf\n\n%PDF\n--d--"
    )
    [attachment] = read(multipart("mixed", TEXT, double)).attachments
    assert attachment.content == b"%PDF"


def test_a_uuencoded_file_is_decoded() -> None:
    part = "Content-Type: application/pdf; name=a.pdf\nContent-Transfer-Encoding: x-uuencode\n\n"
    part += "begin 644 a.pdf\n()5!$1BTQ+C0\n`\nend\n"
    [attachment] = read(multipart("mixed", TEXT, part)).attachments
    assert attachment.content == b"%PDF-1.4"
