"""Mails inside mails: forwarded as attachment, in digests, returned by a report."""

from gateway.mail import read
from tests.mail.build import joined, mail, multipart

TEXT = "Content-Type: text/plain\n\nSee attached"
STATUS = (
    "Content-Type: message/delivery-status\n\nReporting-MTA: dns; m\n\n"
    "Final-Recipient: rfc822; g@k.example\nAction: failed\nStatus: {}\n"
)
INNER = (
    "From: Ida Ott <i@k.example>\nTo: anna@vendor.example\nSubject: =?utf-8?Q?R=C3=BCckfrage?= 4/2024\n"
    "Date: Sun, 3 Mar 2024 08:00:00 +0000\nContent-Type: multipart/mixed; boundary=in\n\n"
    "--in\nContent-Type: text/plain\n\nInner text\n--in\nContent-Type: application/pdf; name=i.pdf\n\n%PDF\n--in--\n"
)


def test_a_forwarded_mail_is_a_message_and_an_attachment() -> None:
    message = read(multipart("mixed", TEXT, "Content-Type: message/rfc822\n\n" + INNER))
    [inner] = message.nested
    assert message.text == "See attached"
    assert (inner.subject, inner.text, inner.from_[0].email) == (
        "Rückfrage 4/2024",
        "Inner text",
        "i@k.example",
    )
    assert [entry.filename for entry in inner.attachments] == ["i.pdf"]
    [attachment] = message.attachments
    assert attachment.filename == "Rückfrage 4_2024.eml"
    assert attachment.content_type == "message/rfc822"
    assert attachment.content.replace(b"\r\n", b"\n").rstrip() == INNER.encode().rstrip()


def test_the_attached_mail_keeps_the_name_its_sender_gave() -> None:
    part = 'Content-Type: message/rfc822; name="old mail.eml"\nContent-Disposition: attachment\n\n' + INNER
    assert read(multipart("mixed", TEXT, part)).attachments[0].filename == "old mail.eml"


def test_a_mail_without_subject_is_called_message() -> None:
    part = "Content-Type: message/rfc822\n\nFrom: i@k.example\n\nText"
    assert read(multipart("mixed", TEXT, part)).attachments[0].filename == "message.eml"


def test_a_digest_is_mails() -> None:
    message = read(multipart("digest", "\nSubject: One\n\nfirst", "\nSubject: Two\n\nsecond"))
    assert [(entry.subject, entry.text) for entry in message.nested] == [("One", "first"), ("Two", "second")]


def test_a_coded_attached_mail_is_read() -> None:
    part = (
        "Content-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\n"
        "U3ViamVjdDogQ29kZWQKRnJvbTogaUBrLmV4YW1wbGUKCklubmVy\n"
    )
    [inner] = read(multipart("mixed", TEXT, part)).nested
    assert (inner.subject, inner.text) == ("Coded", "Inner")


def test_a_forward_of_a_forward() -> None:
    second = (
        "From: b@v.example\nSubject: Fwd\nContent-Type: multipart/mixed; boundary=s\n\n"
        + joined("s", "Content-Type: text/plain\n\nfyi", "Content-Type: message/rfc822\n\n" + INNER).decode()
    )
    message = read(multipart("mixed", TEXT, "Content-Type: message/rfc822\n\n" + second))
    assert message.nested[0].nested[0].subject == "Rückfrage 4/2024"


def test_what_a_delivery_report_returns_is_neither_nested_nor_attached() -> None:
    status = (
        "Content-Type: message/delivery-status\n\nReporting-MTA: dns; mx.k.example\n\n"
        "Final-Recipient: rfc822; gone@k.example\nAction: failed\nStatus: 5.1.1\n"
        "Diagnostic-Code: smtp; 550 5.1.1 User unknown\n"
    )
    raw = multipart(
        "report",
        "Content-Type: text/plain\n\nYour mail could not be delivered.",
        status,
        "Content-Type: message/rfc822\n\nSubject: Offer\nMessage-ID: <o.1@v.example>\n\nOffer text",
        report_type="delivery-status",
    )
    message = read(raw)
    assert message.text == "Your mail could not be delivered."
    assert message.report_type == "delivery-status"
    assert [(entry.recipient, entry.action, entry.status) for entry in message.reports] == [
        ("gone@k.example", "failed", "5.1.1")
    ]
    assert message.returned is not None
    assert (message.returned.message_id, message.returned.text) == ("<o.1@v.example>", "Offer text")
    assert message.nested == ()
    assert message.attachments == ()


def test_a_returned_header_alone_is_read() -> None:
    raw = multipart(
        "report",
        "Content-Type: text/plain\n\nfailed",
        STATUS.format("5.0.0"),
        "Content-Type: text/rfc822-headers\n\nSubject: Offer\nMessage-ID: <o.1@v.example>\n",
        report_type="delivery-status",
    )
    message = read(raw)
    assert message.returned is not None
    assert message.returned.message_id == "<o.1@v.example>"
    assert message.attachments == ()


def test_a_bounce_that_a_person_sends_on_stays_a_nested_mail() -> None:
    bounce = multipart(
        "report",
        "Content-Type: text/plain\n\nfailed",
        STATUS.format("5.1.1"),
        report_type="delivery-status",
        boundary="bounce",
    )
    message = read(multipart("mixed", TEXT, b"Content-Type: message/rfc822\n\n" + bounce))
    assert message.text == "See attached"
    assert len(message.nested) == 1
    assert len(message.attachments) == 1


def test_a_mail_that_is_another_mail() -> None:
    message = read(mail("Content-Type: message/rfc822", body=INNER))
    assert message.nested[0].text == "Inner text"
    assert message.text == ""


def test_a_mail_attached_as_a_plain_file_is_read_too() -> None:
    part = (
        'Content-Type: application/octet-stream; name="offer.eml"\nContent-Disposition: attachment\n\n'
        + INNER
    )
    message = read(multipart("mixed", TEXT, part))
    assert message.nested[0].text == "Inner text"
    assert [(entry.filename, entry.content_type) for entry in message.attachments] == [
        ("offer.eml", "message/rfc822")
    ]


def test_files_that_only_look_like_mails_stay_files() -> None:
    part = 'Content-Type: application/octet-stream; name="notes.eml"\n\nno mail at all'
    message = read(multipart("mixed", TEXT, part))
    assert message.nested == ()
    assert [entry.content for entry in message.attachments] == [b"no mail at all"]


def test_mails_packed_in_mails_without_end_are_opened_only_so_far() -> None:
    raw = b"From: a@k.example\r\nSubject: 0\r\n\r\ncore"
    for level in range(1, 60):
        part = b'Content-Type: application/octet-stream; name="m.eml"\r\n\r\n' + raw
        raw = multipart("mixed", TEXT, part, boundary=f"level{level}")
    message = read(raw)
    depth = 0
    while message.nested:
        message = message.nested[0]
        depth += 1
    assert depth == 20
    assert message.attachments[0].filename == "m.eml"
