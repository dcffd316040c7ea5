"""Forwards of clients that set their header in a way of their own."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from rules.forwards import find_originals
from rules.message import Address, Message

BERLIN = timezone(timedelta(hours=1))
BODY = "Hello Ben,\n\nthe export fails.\nMira"
QUOTED_BODY = "\n".join(f"> {line}".rstrip() for line in BODY.split("\n"))

WRITTEN = {
    "eM Client, labels without colons": (
        'FYI\n\n------ Forwarded Message ------\nFrom "Mira Castell" <mira@fjordline.example>\n'
        'To "Ben Haas" <ben@vendor.example>\nDate 03/03/2026 14:05:00\nSubject Export\n\n' + BODY
    ),
    "eM Client, German": (
        'FYI\n\n------ Weitergeleitete Nachricht ------\nVon "Mira Castell" <mira@fjordline.example>\n'
        'An "Ben Haas" <ben@vendor.example>\nDatum 03.03.2026 14:05:00\nBetreff Export\n\n' + BODY
    ),
    "NetEase, a table": (
        "FYI\n\n---- 转发的邮件 ----\n| 发件人 | Mira Castell<mira@fjordline.example> |\n| 日期 | 2026年03月03日 14:05 |\n"
        "| 收件人 | Ben Haas<ben@vendor.example> |\n| 抄送至 | |\n| 主题 | Export |\n" + BODY
    ),
    "NetEase, English": (
        "FYI\n\n---- Forwarded Message ----\n| From | Mira Castell<mira@fjordline.example> |\n| Date | 03/03/2026 14:05 |\n"
        "| To | <ben@vendor.example> |\n| Subject | Export |\n" + BODY
    ),
    "Orange, the date above the labels": (
        'FYI\n\n> Message du 03/03/26 14:05\n> De : "Mira Castell" <mira@fjordline.example>\n> A : "Ben Haas" <ben@vendor.example>\n'
        f"> Copie à : \n> Objet : Export\n>\n{QUOTED_BODY}"
    ),
    "SFR": (
        "FYI\n\n========================================\nMessage du : 03/03/2026 14:05\nDe : Mira Castell <mira@fjordline.example>\n"
        f'A : "Ben Haas" <ben@vendor.example>\nCopie à : \nSujet : Export\n\n{BODY}'
    ),
    "Proton, only the text behind quote marks": (
        "FYI\n\n------- Forwarded Message -------\nFrom: Mira Castell <mira@fjordline.example>\n"
        f"Date: On Tuesday, March 3rd, 2026 at 2:05 PM\nSubject: Export\nTo: Ben Haas <ben@vendor.example>\n\n\n{QUOTED_BODY}"
    ),
    "Lotus Notes, labels above their values": (
        "FYI\n\n----- Weitergeleitet von Jana Reuter/Vendor am 20.03.2026 09:00 -----\n\nMira Castell <mira@fjordline.example> \n"
        f'03.03.2026 14:05\n\nAn\n"Ben Haas" <ben@vendor.example>\nKopie\n\nThema\nExport\n\n\n\n\n{BODY}'
    ),
    "Zoho, the separator again below blank lines": (
        "FYI\n\n============ Forwarded message ============\n\nFrom: Mira Castell <mira@fjordline.example>\n\n"
        'To: "Ben Haas"<ben@vendor.example>\n\nDate: Tue, 03 Mar 2026 14:05:00 +0100\n\nSubject: Export\n\n'
        f"============ Forwarded message ============\n\n{BODY}"
    ),
    "Outlook, Arabic": (
        "FYI\n\nمن: Mira Castell <mira@fjordline.example>\nتم الإرسال: الثلاثاء، 3 مارس 2026 02:05 م\n"
        f"إلى: Ben Haas <ben@vendor.example>\nالموضوع: Export\n\n{BODY}"
    ),
    "Airmail, with a line for the answer's address": (
        "FYI\n\nFrom: Mira Castell <mira@fjordline.example>\n\nReply: Mira Castell <mira@fjordline.example>\n\n"
        f"Date: 3 March 2026 at 14:05:00\n\nTo: Ben Haas <ben@vendor.example>\n\nSubject:  Export\n\n{BODY}"
    ),
}


def forward(text: str, subject: str = "for the record") -> Message:
    return Message(
        from_=(Address("jana@vendor.example", "Jana"),),
        to=(Address("log@vendor.example"),),
        date=datetime(2026, 3, 20, 10, 0, tzinfo=BERLIN),
        subject=subject,
        text=text,
        text_from="plain",
    )


@pytest.mark.parametrize("client", WRITTEN)
@pytest.mark.parametrize("subject", ["Fwd: Export", "for the record"])
def test_everything_of_the_original_is_read(client: str, subject: str) -> None:
    (original,) = find_originals(forward(WRITTEN[client], subject))
    assert original.sender == Address("mira@fjordline.example", "Mira Castell")
    assert [person.email for person in original.to] == ["ben@vendor.example"]
    assert original.cc == ()
    assert original.date == datetime(2026, 3, 3, 13, 5, tzinfo=UTC)
    assert (original.subject, original.text, original.comment) == ("Export", BODY, "FYI")


def test_labels_without_colons_count_below_a_separator_alone() -> None:
    text = 'From "Mira" <mira@fjordline.example>\nTo "Ben" <ben@vendor.example>\nDate 03/03/2026\nSubject Export\n\nHello'
    assert find_originals(forward(text)) == ()


def test_the_morning_is_told_from_the_evening_in_arabic() -> None:
    text = WRITTEN["Outlook, Arabic"].replace("02:05 م", "02:05 ص")
    (original,) = find_originals(forward(text))
    assert original.date == datetime(2026, 3, 3, 1, 5, tzinfo=UTC)


def test_a_forward_inside_without_a_comment_is_no_closing_line() -> None:
    def block(sender: str) -> str:
        return (
            f"---------- Forwarded message ----------\nFrom: {sender}\nDate: Tue, Mar 3, 2026 at 2:05 PM\n"
            "Subject: Export\nTo: <ben@vendor.example>\n\n\n"
        )

    text = f"{block('Ben <ben@vendor.example>')}{block('Mira <mira@fjordline.example>')}Hello"
    found = find_originals(forward(text))
    assert [original.sender.email for original in found if original.sender] == [
        "ben@vendor.example",
        "mira@fjordline.example",
    ]


def test_a_block_that_names_nobody_by_address_leaves_a_threaded_mail_a_reply() -> None:
    text = "Thursday then.\n\nFrom: Mira Castell\nSent: Tuesday, March 3, 2026 2:05 PM\nTo: Jana\nSubject: Export\n\nWhen?"
    message = Message(
        from_=(Address("jana@vendor.example", "Jana"),),
        to=(Address("zoe@fjordline.example"),),
        subject="Thursday",
        text=text,
        in_reply_to=("<1@fjordline.example>",),
    )
    assert find_originals(message) == ()
