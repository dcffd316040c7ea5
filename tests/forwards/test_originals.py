"""What a person who forwards a mail gets, client by client, trap by trap."""

from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rules.forwards import find_originals
from rules.message import Address, Attachment, Message
from rules.original import Original
from tests.forwards.corpus import forwards

BERLIN = timezone(timedelta(hours=1))
AFTERNOON = datetime(2026, 3, 3, 14, 5, tzinfo=BERLIN)
MIRA = "Mira Castell <mira@fjordline.example>"
BEN = "Ben Haas <ben@vendor.example>"
OUTLOOK = f"From: {MIRA}\nSent: Tuesday, March 3, 2026 2:05 PM\nTo: {BEN}\nSubject: Export\n\nHello Ben"
GMAIL = (
    "---------- Forwarded message ---------\nFrom: {sender}\nDate: Tue, Mar 3, 2026 at 2:05\u202fPM\nSubject: {subject}\n"
    "To: <ben@vendor.example>\n\n\n"
)


def forward(
    text: str,
    subject: str = "Fwd: Export",
    *,
    html: bool = False,
    threaded: bool = False,
    to: str = "log@vendor.example",
) -> Message:
    return Message(
        from_=(Address("jana@vendor.example", "Jana"),),
        to=(Address(to),),
        date=datetime(2026, 3, 20, 10, 0, tzinfo=BERLIN),
        subject=subject,
        text=text,
        text_from="html" if html else "plain",
        in_reply_to=("<1@fjordline.example>",) if threaded else (),
    )


def only(message: Message) -> Original:
    found = find_originals(message)
    assert len(found) == 1
    return found[0]


def is_mira(original: Original) -> bool:
    return original.certain and original.sender == Address("mira@fjordline.example", "Mira Castell")


class TestHeaderBlocks:
    def test_blank_lines_between_headers(self) -> None:
        spaced = (
            OUTLOOK.replace("\nSent", "\n\nSent")
            .replace("\nTo", "\n\nTo")
            .replace("\nSubject", "\n\nSubject")
        )
        original = only(forward(f"FYI\n\n{spaced}\n\nTo: be done", html=True))
        assert is_mira(original)
        assert (original.comment, original.text) == ("FYI", "Hello Ben\n\nTo: be done")

    def test_table_cells(self) -> None:
        cells = OUTLOOK.replace(": ", ":\t")
        assert is_mira(only(forward(f"-------- Forwarded Message --------\n{cells}")))

    def test_values_on_the_line_below_their_labels(self) -> None:
        assert is_mira(only(forward(OUTLOOK.replace(": ", ":\n"), html=True)))

    def test_asterisks_of_bold_text(self) -> None:
        text = OUTLOOK
        for label in ("From", "Sent", "To", "Subject"):
            text = text.replace(f"{label}: ", f"*{label}: *")
        original = only(forward(text.replace("*Export", "**Export*")))
        assert is_mira(original)
        assert original.subject == "Export"

    def test_blanks_before_the_colon_and_direction_marks(self) -> None:
        original = only(
            forward(
                "-----Message d'origine-----\n\u200eDe\u00a0: Luc\u00a0Roy <luc@roy.example>\nEnvoyé\u202f: mardi 3 mars 2026 14:05\n"
                "À\u00a0: ben@vendor.example\nObjet\u00a0: Contrat\n\nBonjour",
                "TR: Contrat",
            )
        )
        assert original.sender == Address("luc@roy.example", "Luc Roy")
        assert (original.date, original.subject) == (AFTERNOON, "Contrat")

    def test_full_width_colons(self) -> None:
        text = "差出人：山田 <y@sakura.example>\n送信日時：2026年3月3日 午後2:05\n宛先：<ben@vendor.example>\n件名：契約\n\nお世話に"
        original = only(forward(text, "転送：契約"))
        assert (original.date, original.subject, original.text) == (AFTERNOON, "契約", "お世話に")

    def test_lines_that_say_nothing_of_the_mail_are_passed_over(self) -> None:
        text = OUTLOOK.replace("\n\nHello", "\nImportance: High\nAttachments: a.pdf (3 KB); b.pdf\n\nHello")
        assert only(forward(text)).text == "Hello Ben"

    def test_a_header_in_unknown_words_between_known_ones(self) -> None:
        text = OUTLOOK.replace("\nSubject", "\nClassification: internal\nSubject")
        original = only(forward(text))
        assert original.to == (Address("ben@vendor.example", "Ben Haas"),)
        assert original.subject == "Export"

    def test_a_list_wrapped_in_the_middle_of_a_quoted_block(self) -> None:
        text = (
            "> Begin forwarded message:\n> \n> From: Mira Castell <mira@fjordline.example>\n> Date: 3 March 2026 at 14:05:00 CET\n"
            "> To: Ben Haas <ben@vendor.example>, Somebody With A Very Long Name\n<long@vendor.example>, Kai <kai@vendor.example>\n"
            "> Subject: Export\n> \n> Hello"
        )
        original = only(forward(text))
        assert [person.email for person in original.to] == [
            "ben@vendor.example",
            "long@vendor.example",
            "kai@vendor.example",
        ]
        assert original.text == "Hello"

    def test_the_body_may_begin_like_a_header(self) -> None:
        assert only(forward(f"{OUTLOOK[:-9]}Note: nothing\nTo: be done")).text == "Note: nothing\nTo: be done"

    def test_an_empty_copy_line_takes_nothing_from_the_body(self) -> None:
        original = only(forward(OUTLOOK.replace("\nSubject", "\nCc:\nSubject")))
        assert (original.cc, original.text) == ((), "Hello Ben")

    def test_an_empty_subject_takes_nothing_from_the_body(self) -> None:
        original = only(forward(OUTLOOK.replace("Subject: Export\n\n", "Subject:\n")))
        assert (original.subject, original.text) == ("", "Hello Ben")

    def test_headers_closed_by_a_rule_or_the_separator_again(self) -> None:
        for line in ("=" * 12 + " Forwarded message " + "=" * 12, "-" * 28 + " Original Message " + "-" * 28):
            closing = line if "=" in line else "-" * 74
            text = f"{line}\n{OUTLOOK[:-11]}\n{closing}\n\nHello Ben"
            assert only(forward(text)).text == "Hello Ben"

    def test_indented_labels(self) -> None:
        text = (
            "----- Weitergeleitete Nachricht von Mira <mira@fjordline.example> -----\n"
            "    Datum: Tue, 03 Mar 2026 14:05:00 +0100\n      Von: Mira Castell <mira@fjordline.example>\n"
            "  Betreff: Export\n       An: ben@vendor.example\n\nHallo\n\n----- Ende der weitergeleiteten Nachricht -----\n"
        )
        original = only(forward(text))
        assert is_mira(original)
        assert (original.text, original.date) == ("Hallo", AFTERNOON)


class TestQuoteMarks:
    QUOTED = "\n".join(f"> {line}" for line in f"Begin forwarded message:\n\n{OUTLOOK}\n\nBye".split("\n"))

    def test_marks_with_blanks_before_them(self) -> None:
        original = only(forward("\n".join(f" {line}" for line in self.QUOTED.split("\n"))))
        assert (original.text, original.comment) == ("Hello Ben\n\nBye", "")

    def test_a_body_that_lost_its_marks(self) -> None:
        head, _, body = self.QUOTED.partition("> Hello")
        original = only(
            forward(f"{head}\nHello{body}".replace("> Bye", "Bye").replace("\n> \nBye", "\n\nBye"))
        )
        assert original.text == "Hello Ben\n\nBye"

    def test_a_line_in_the_middle_that_lost_its_mark(self) -> None:
        assert only(forward(self.QUOTED.replace("> Hello Ben", "> Hello\nBen"))).text == "Hello\nBen\n\nBye"


class TestComment:
    def test_what_stands_below_a_quoted_forward_is_the_forwarders(self) -> None:
        quoted = "\n".join(f"> {line}" for line in f"Begin forwarded message:\n\n{OUTLOOK}".split("\n"))
        original = only(forward(f"{quoted}\n\nPlease file."))
        assert (original.text, original.comment) == ("Hello Ben", "Please file.")

    def test_a_signature_is_no_comment(self) -> None:
        assert only(forward(f"FYI\n\n-- \nJana Reuter\nVendor\n\n{OUTLOOK}")).comment == "FYI"

    def test_a_line_that_introduces_the_quote_is_kept(self) -> None:
        quoted = "\n".join(f"> {line}" for line in f"Begin forwarded message:\n\n{OUTLOOK}".split("\n"))
        original = only(forward(f"See the mail of 3 March 2026:\n\n{quoted}"))
        assert is_mira(original)
        assert original.comment == "See the mail of 3 March 2026:"

    def test_inner_quotes_of_the_original_stay(self) -> None:
        text = "\n".join(
            f"> {line}" for line in f"Begin forwarded message:\n\n{OUTLOOK}\n\n> earlier\n> words".split("\n")
        )
        assert only(forward(text)).text == "Hello Ben\n\n> earlier\n> words"


class TestSender:
    def test_a_name_without_an_address_is_never_guessed(self) -> None:
        original = only(forward(OUTLOOK.replace(MIRA, "Castell, Mira"), "FW: Export"))
        assert (original.certain, original.sender) == (False, None)
        assert "Castell, Mira" in original.why

    @pytest.mark.parametrize(
        "written",
        [
            "Mira Castell [mailto:mira@fjordline.example]",
            "Mira Castell <mailto:mira@fjordline.example>",
            "Mira Castell <mira@fjordline.example<mailto:mira@fjordline.example>>",
            "'Mira Castell' <mira@fjordline.example>",
            "bounces@list.example <bounces@list.example> On Behalf Of Mira Castell <mira@fjordline.example>",
            "bounces@list.example im Auftrag von Mira Castell <mira@fjordline.example>",
        ],
    )
    def test_the_address_is_found_wherever_it_stands(self, written: str) -> None:
        assert is_mira(only(forward(OUTLOOK.replace(MIRA, written), "FW: Export")))

    def test_the_sending_agent_is_not_the_author(self) -> None:
        text = OUTLOOK.replace(
            MIRA, "bounces@list.example [mailto:bounces@list.example] On Behalf Of Mira Castell"
        )
        assert not only(forward(text, "FW: Export")).certain

    def test_a_forward_whose_header_cannot_be_read_is_said_to_be_one(self) -> None:
        original = only(forward("---------- Forwarded message ---------\nLähde: jossain\n\nHei"))
        assert (original.certain, original.sender) == (False, None)


class TestDate:
    def test_a_block_without_a_zone_is_read_in_the_zone_of_the_forward(self) -> None:
        assert only(forward(OUTLOOK)).date == AFTERNOON

    def test_an_unreadable_date_leaves_the_sender_certain(self) -> None:
        original = only(forward(OUTLOOK.replace("Tuesday, March 3, 2026 2:05 PM", "yesterday")))
        assert is_mira(original)
        assert original.date is None

    def test_a_forward_without_a_date_reads_blocks_in_utc(self) -> None:
        message = Message(subject="FW: Export", text=OUTLOOK)
        date = find_originals(message)[0].date
        assert date is not None
        assert date.utcoffset() == timedelta(0)


class TestChains:
    def test_a_forward_of_a_forward_in_gmail(self) -> None:
        text = (
            f"see\n\n{GMAIL.format(sender='Ben <ben@vendor.example>', subject='Fwd: Export')}from a customer\n\n"
            f"{GMAIL.format(sender=MIRA, subject='Export')}Hello"
        )
        outer, inner = find_originals(forward(text))
        assert (outer.comment, inner.comment, inner.text) == ("see", "from a customer", "Hello")
        assert is_mira(inner)

    def test_a_forward_of_a_forward_in_outlook(self) -> None:
        outer_block = OUTLOOK.replace(MIRA, "Ben <ben@vendor.example>").replace(
            "Subject: Export", "Subject: FW: Export"
        )
        found = find_originals(forward(f"{outer_block}\n\n{OUTLOOK}", "FW: Export"))
        assert [person.sender.email for person in found if person.sender] == [
            "ben@vendor.example",
            "mira@fjordline.example",
        ]

    def test_the_history_of_the_customers_mail_is_no_forward(self) -> None:
        history = OUTLOOK.replace(MIRA, BEN).replace(f"To: {BEN}", f"To: {MIRA}")
        text = f"{OUTLOOK.replace('Subject: Export', 'Subject: RE: Export')}\n\n{history}"
        original = only(forward(text, "FW: Export"))
        assert original.subject == "RE: Export"
        assert "From: Ben Haas" in original.text

    def test_an_attached_mail_that_is_a_forward_itself(self) -> None:
        kept = Attachment("a.txt", "text/plain", 1, "00", inline=False)
        inner = Message(
            from_=(Address("mira@fjordline.example", "Mira Castell"),),
            to=(Address("ben@vendor.example"),),
            date=AFTERNOON,
            subject="Export",
            text="Hello",
            html="<p>Hello</p>",
            attachments=(kept,),
            notices=("One part could not be read.",),
        )
        middle = Message(
            from_=(Address("ben@vendor.example"),), subject="Fwd: Export", text="see", nested=(inner,)
        )
        message = Message(
            from_=(Address("jana@vendor.example"),), subject="Fwd: Fwd: Export", text="FYI", nested=(middle,)
        )
        outer, last = find_originals(message)
        assert (outer.kind, outer.comment, last.comment) == ("attached", "FYI", "see")
        assert is_mira(last)
        assert (last.date, last.html, last.attachments) == (AFTERNOON, "<p>Hello</p>", (kept,))
        assert last.notices == ("One part could not be read.",)

    def test_of_several_attached_mails_none_is_guessed(self) -> None:
        attached = tuple(Message(from_=(Address(f"{name}@fjordline.example"),)) for name in ("mira", "ole"))
        original = only(Message(subject="two mails", nested=attached))
        assert not original.certain
        assert "2 attached mails" in original.why

    def test_an_attached_mail_without_a_sender_is_uncertain(self) -> None:
        assert not only(Message(subject="Fwd: x", nested=(Message(subject="x"),))).certain

    def test_a_mail_attached_to_an_inline_forward_belongs_to_the_original(self) -> None:
        other = Message(from_=(Address("else@example.org"),))
        message = Message(subject="FW: Export", text=OUTLOOK, nested=(other,))
        assert is_mira(only(message))


class TestForwardOrReply:
    def test_a_rewritten_subject_and_a_line_that_says_forwarded(self) -> None:
        text = f"{GMAIL.format(sender=MIRA, subject='Export')}Hello"
        assert is_mira(only(forward(text, "please file", threaded=True)))

    def test_outlook_with_a_rewritten_subject(self) -> None:
        assert is_mira(only(forward(OUTLOOK, "please file")))
        assert is_mira(only(forward(OUTLOOK, "please file", threaded=True)))

    def test_the_same_subject_and_threading_leave_doubt(self) -> None:
        assert find_originals(forward(OUTLOOK, "Export", threaded=True)) == ()

    def test_a_reply_with_a_new_subject_to_the_author(self) -> None:
        assert find_originals(forward(OUTLOOK, "Lunch", to="mira@fjordline.example")) == ()

    def test_a_reply_with_a_new_subject_to_the_authors_reply_to(self) -> None:
        assert find_originals(forward(OUTLOOK, "Lunch", threaded=True, to="office@fjordline.example")) == ()

    def test_a_second_mail_to_the_same_people(self) -> None:
        own = OUTLOOK.replace(MIRA, "Jana <jana@vendor.example>").replace(BEN, MIRA)
        assert find_originals(forward(own, "One more thing", to="mira@fjordline.example")) == ()

    def test_a_mail_of_ones_own_forwarded_from_the_sent_folder(self) -> None:
        own = OUTLOOK.replace(MIRA, "Jana <jana@vendor.example>").replace(BEN, MIRA)
        original = only(forward(own, "FW: Export"))
        assert original.to == (Address("mira@fjordline.example", "Mira Castell"),)

    @pytest.mark.parametrize(
        "prefix",
        ["Re", "RE", "AW", "Antw", "SV", "Odp", "R", "RES", "Re[2]", "RE (3)", "回复", "答复", "YNT", "ΑΠ"],
    )
    def test_a_reply_prefix_above_an_outlook_block(self, prefix: str) -> None:
        assert find_originals(forward(OUTLOOK, f"{prefix}: Export")) == ()

    @pytest.mark.parametrize(
        "prefix",
        [
            "Fwd",
            "FW",
            "Fw",
            "WG",
            "TR",
            "RV",
            "ENC",
            "I",
            "Doorst",
            "VB",
            "VL",
            "PD",
            "Пересл",
            "转发",
            "転送",
            "전달",
            "ΠΡΘ",
            "İLT",
            "[EXTERNAL] FW",
            "FW[2]",
        ],
    )
    def test_a_forward_prefix_above_an_outlook_block(self, prefix: str) -> None:
        assert is_mira(only(forward(OUTLOOK, f"{prefix}: Export", threaded=True)))

    def test_a_finnish_reply_has_the_prefix_of_a_danish_forward(self) -> None:
        finnish = "Lähettäjä: Aino <aino@x.example>\nLähetetty: tiistai 3. maaliskuuta 2026 14.05\nVastaanottaja: b@v.example\nAihe: Sopimus\n\nHei"
        danish = "Fra: Bo <bo@x.example>\nSendt: 3. marts 2026 14:05\nTil: b@v.example\nEmne: Aftale\n\nHej"
        assert find_originals(forward(finnish, "VS: Sopimus", threaded=True)) == ()
        assert only(forward(danish, "VS: Aftale", threaded=True)).subject == "Aftale"

    def test_wrote_with_quote_marks_is_a_reply_even_to_a_forward(self) -> None:
        text = f"Thanks\n\nOn Tue, 3 Mar 2026, Ben wrote:\n> {GMAIL.format(sender=MIRA, subject='Export')}".replace(
            "\n", "\n> "
        )
        assert find_originals(forward(text, "Re: Fwd: Export")) == ()
        assert find_originals(forward(text, "Fwd: Export")) == ()

    def test_wrote_without_quote_marks_under_a_forward_prefix(self) -> None:
        text = 'FYI\n\nOn 3/3/26, 2:05 PM, "Mira Castell" <mira@fjordline.example> wrote:\n\n    Hello\n    \n    Mira'
        original = only(forward(text, "FW: Export"))
        assert is_mira(original)
        assert (original.date, original.subject, original.text) == (AFTERNOON, "Export", "Hello\n\nMira")
        assert find_originals(forward(text, "RE: Export")) == ()

    def test_prose_is_no_block(self) -> None:
        for text in (
            "From: Monday\nUntil: Friday\nwe are closed.",
            "Hi,\n\nlooking --- forward --- to it\n\nJana",
            "To: do\nSubject: to change",
        ):
            assert find_originals(forward(text, "FW: news")) == ()

    def test_a_reply_that_brings_a_mail_along(self) -> None:
        message = Message(
            subject="Re: Export",
            in_reply_to=("<1@x>",),
            text="see",
            nested=(Message(from_=(Address("a@b.c"),)),),
        )
        assert find_originals(message) == ()


@pytest.mark.parametrize(
    "message",
    [Message(), Message(text="\n\n"), Message(text="> "), Message(text="-----"), Message(subject=":")],
)
def test_nothing_is_found_in_nothing(message: Message) -> None:
    assert find_originals(message) == ()


PIECES = [case.plain[:400] for case in forwards() if case.plain][::37]


@settings(max_examples=300, deadline=None)
@given(
    st.lists(
        st.one_of(st.sampled_from(PIECES), st.text(max_size=40), st.sampled_from("\n:>@<-\"'*_")), max_size=12
    ),
    st.text(max_size=20),
)
def test_no_text_makes_it_raise(pieces: list[str], subject: str) -> None:
    for original in find_originals(forward("".join(pieces), f"Fwd: {subject}")):
        assert original.certain == (original.sender is not None)
        assert original.date is None or original.date.tzinfo is not None
