"""Mail that people wrote and that looks like a machine's."""

from tests.machine.odd_bounces import EXCHANGE_OLD, EXIM_TWO, GMAIL_OLD, QMAIL
from tests.machine.replies import CARLA, invitation, mail
from tests.machine.samples import RETURNED, Sample, wire
from tests.machine.standard_bounces import GMAIL_SAID, POSTFIX, POSTFIX_SAID, POSTFIX_STATUS

ANNA = "anna.weber@lumenfold.example"
_FROM_ANNA = f"Anna Weber <{ANNA}>"


def _person(
    name: str, text: str, *, envelope_from: str = CARLA, known: bool = True, charset: str = "utf-8"
) -> Sample:
    return Sample(name, wire(text, charset), None, None, envelope_from, known)


def attached(
    subject: str, said: str, attached: str, kind: str = "message/rfc822", sender: str = _FROM_ANNA
) -> str:
    body = f"""\
--=_mix
Content-Type: text/plain; charset=utf-8

{said}
--=_mix
Content-Type: {kind}
Content-Disposition: attachment

{attached}
--=_mix--
"""
    return mail(subject, text=body, sender=sender, kind='multipart/mixed; boundary="=_mix"')


_GMAIL_FORWARD = (
    "---------- Forwarded message ---------\n"
    "From: Mail Delivery Subsystem <mailer-daemon@googlemail.com>\n"
    "Date: Tue, Mar 3, 2026 at 2:06 PM\n"
    "Subject: Delivery Status Notification (Failure)\n"
    f"To: <{ANNA}>\n\n\n"
)
_OUTLOOK_FORWARD = (
    "________________________________\n"
    "From: Microsoft Outlook <postmaster@globe-freight.example>\n"
    "Sent: Tuesday, March 3, 2026 2:06 PM\n"
    f"To: Anna Weber <{ANNA}>\n"
    "Subject: Undeliverable: Your renewal in April\n\n"
)
_APPLE_FORWARD = (
    "Begin forwarded message:\n\n"
    "> From: MAILER-DAEMON@mx.example (Mail Delivery System)\n"
    "> Subject: Undelivered Mail Returned to Sender\n"
    "> Date: 3 March 2026 at 14:06:00 CET\n"
    f"> To: {ANNA}\n>\n"
)


def _quoted(text: str) -> str:
    return "".join(f"> {line}\n" if line else ">\n" for line in text.splitlines())


_FORWARDED_PARTS = f"""\
--=_fwd
Content-Type: text/plain; charset=utf-8

Could somebody look at this?

-------- Forwarded Message --------
Subject: Undelivered Mail Returned to Sender
Date: Tue, 3 Mar 2026 14:06:00 +0100 (CET)
From: MAILER-DAEMON@mx.example (Mail Delivery System)
To: {ANNA}

{POSTFIX_SAID}
--=_fwd
Content-Type: message/delivery-status; name="details.txt"
Content-Disposition: attachment; filename="details.txt"

{POSTFIX_STATUS}
--=_fwd
Content-Type: message/rfc822; name="Your renewal in April.eml"
Content-Disposition: attachment; filename="Your renewal in April.eml"

{RETURNED}
--=_fwd--
"""

_SENT_ON = (
    ("gmail, inline", mail("Fwd: Delivery Status Notification (Failure)", text="See below\n\n" + _GMAIL_FORWARD + GMAIL_SAID, sender=_FROM_ANNA)),
    ("gmail, inline, no word above", mail("Fwd: Delivery Status Notification (Failure)", text=_GMAIL_FORWARD + GMAIL_OLD, sender=_FROM_ANNA)),
    ("gmail, inline, subject kept", mail("Delivery Status Notification (Failure)", text=_GMAIL_FORWARD + GMAIL_OLD, sender=_FROM_ANNA)),
    ("outlook, inline", mail("FW: Undeliverable: Your renewal in April", text="Bob's address is wrong.\n\n" + _OUTLOOK_FORWARD + EXCHANGE_OLD, sender=_FROM_ANNA)),
    ("outlook, german", mail("WG: Unzustellbar: Ihr Vertrag", text="z. K.\n\n" + _OUTLOOK_FORWARD.replace("From:", "Von:") + EXCHANGE_OLD, sender=_FROM_ANNA)),
    ("outlook, no word above, subject rewritten", mail("Bob cannot be reached", text=_OUTLOOK_FORWARD + EXCHANGE_OLD, sender=_FROM_ANNA)),
    ("apple mail, inline", mail("Fwd: Undelivered Mail Returned to Sender", text=_APPLE_FORWARD + _quoted(POSTFIX_SAID), sender=_FROM_ANNA)),
    ("thunderbird, inline with its parts", mail("Fwd: Undelivered Mail Returned to Sender", text=_FORWARDED_PARTS, sender=_FROM_ANNA, kind='multipart/mixed; boundary="=_fwd"')),
    ("old netscape subject", mail("[Fwd: Undelivered Mail Returned to Sender]", text="Look:\n\n" + POSTFIX_SAID, sender=_FROM_ANNA)),
    ("attached", attached("Fwd: Undelivered Mail Returned to Sender", "The renewal came back.\n", POSTFIX)),
    ("attached, subject kept", attached("Undelivered Mail Returned to Sender", "The renewal came back.\n", POSTFIX)),
    ("attached, no word", attached("Fwd: Undelivered Mail Returned to Sender", "", POSTFIX)),
    ("attached as a file of text", attached("Bounce", "Bob's mailbox is gone\n", QMAIL, kind='text/plain; name="bounce.txt"')),
    ("attached, by a customer", attached("Your mail bounced", "Our server refused it, see attachment.\n", POSTFIX, sender=f"Carla <{CARLA}>")),
    ("pasted by a customer", mail("Delivery failure on your side?", text="Hi Anna,\n\nwhen I answer you I get:\n\n" + QMAIL)),
    ("pasted, words above", mail("Problem with your mail server", text="Hello,\n\nyour server says that my message could not be delivered:\n\n<anna.weber@lumenfold.example>: 550 5.7.1 refused\n\nWhat can I do?\nCarla\n")),
    ("exim's text pasted", mail("Mail delivery failed", text="Any idea?\n\n" + EXIM_TWO)),
    ("answered", mail("Re: Undelivered Mail Returned to Sender", text="I will call Bob.\n\nOn Tue, Mail Delivery System wrote:\n" + _quoted(POSTFIX_SAID), sender=_FROM_ANNA)),
    ("answered in french", mail("RE : Échec de la remise", text="Je l'appelle.\n\nLe mar. 3 mars, Postmaster a écrit :\n" + _quoted(POSTFIX_SAID))),
)  # fmt: skip

_TALKED_ABOUT = (
    ("re: out of office", mail("Re: Out of office", text="Enjoy your holidays!\n")),
    ("aw: automatische antwort", mail("AW: Automatische Antwort: Ihr Vertrag", text="Schönen Urlaub!\n")),
    ("fwd: automatic reply", mail("Fwd: Automatic reply: Your renewal", text="FYI, Carla is away.\n", sender=_FROM_ANNA)),
    ("doorst: automatisch antwoord", mail("Doorst: Automatisch antwoord: Contract", text="Ter info\n")),
    ("automatic replies do not work", mail("Automatic reply is broken", text="Since Monday nobody gets our automatic replies.\n")),
    ("auto-reply feature", mail("Auto-reply feature in your product", text="How do we set it up?\n")),
    ("out of office next week", mail("Out of office next week", text="Hi Anna, I am away next week. Can we meet before?\n")),
    ("autosvar i systemet", mail("Autosvar i supportsystemet fungerar inte", text="Hej! Vi får inga autosvar.\n")),
    ("absence of data", mail("Absence de données dans le rapport", text="Bonjour, le rapport est vide.\n")),
    ("told to several", mail("Out of office", text="I am away from 5 to 9 March.\n", to=f"Anna <{ANNA}>, Bob <bob.stone@globe-freight.example>")),
    ("a colleague tells a customer", mail("Out of office", text="Hi Bob, I am away until Monday.\n", sender=_FROM_ANNA, to="bob.stone@globe-freight.example")),
    ("undeliverable goods", mail("Undeliverable parcels in March", text="Eleven parcels could not be delivered last month. Numbers attached.\n")),
    ("delivery report", mail("Delivery report March", text="All 40 units were delivered. Questions to carla@globe-freight.example\n")),
    ("failure notice by hand", mail("Failure notice", text="The pump at site 2 failed on Monday.\n")),
    ("returned mail by post", mail("Returned mail", text="Your letter came back by post, please send the contract again.\n")),
    ("read: the minutes", mail("Read: the minutes before Friday", text="Please read the minutes.\n")),
    ("accused of nothing", mail("Accusé de lecture", text="Bonjour, vos accusés de lecture nous gênent, pouvez-vous les désactiver ?\n")),
    ("a picture called vacation", mail("Vacation photos", text="Here they are.\n")),
)  # fmt: skip

_HEADERS = (
    ("auto-submitted: no", mail("Offer", "Auto-Submitted: no", text="Please call me.\n")),
    ("auto-submitted: no, with a subject", mail("Out of office", "Auto-Submitted: no", text="Shall we set it up?\n")),
    ("suppresses automatic answers", mail("Offer", "X-Auto-Response-Suppress: All", text="Please call me.\n")),
    ("suppresses out of office", mail("Offer", "X-Auto-Response-Suppress: DR, OOF, AutoReply", text="Please call.\n")),
    ("contact behind a group", mail("Offer", "List-Id: <sales.globe-freight.example>", "Precedence: list", text="Hi\n")),
    ("contact with a sales tool", mail("Offer", "List-Unsubscribe: <mailto:u@tool.example>", "Precedence: bulk", text="Hi\n")),
    ("x-autoreply: no", mail("Offer", "X-Autoreply: no", text="Hi\n")),
    ("precedence normal", mail("Offer", "Precedence: normal", text="Hi\n")),
    ("moved by an inbox rule", mail("Offer", "X-MS-Exchange-Inbox-Rules-Loop: carla@globe-freight.example", text="Hi\n")),
    ("a long way", "Received: from a by b; Wed, 04 Mar 2026 09:00:01 +0100\n" * 20 + mail("Offer", text="Hi\n")),
    ("somebody else's loop mark", mail("Offer", "X-Touchpoint-Loop: gw.other.example", text="Hi\n")),
    ("contact at a postmaster's address", mail("Offer", text="Please call me.\n", sender="Carla <postmaster@globe-freight.example>")),
    ("administrator by name", mail("Offer", text="Please call me.\n", sender="System Administrator <it@globe-freight.example>")),
    ("invitation", invitation("Kick-off", "REQUEST")),
    ("invitation of a calendar service", invitation("Invitation: Kick-off", "REQUEST", "Auto-Submitted: auto-generated", organizer=CARLA)),
    ("cancelled", invitation("Canceled: Kick-off", "CANCEL")),
    ("published", invitation("Our calendar", "PUBLISH")),
    ("answer of a calendar sent on", invitation("Fwd: Accepted: Kick-off", "REPLY")),
)  # fmt: skip

PEOPLE = (
    *(_person(f"bounce sent on: {name}", text, envelope_from=ANNA) for name, text in _SENT_ON),
    *(
        _person(f"bounce sent on by somebody unknown: {name}", text, known=False)
        for name, text in _SENT_ON
        if name not in ("pasted, words above",)
    ),
    *(_person(name, text) for name, text in _TALKED_ABOUT),
    *(_person(name, text) for name, text in _HEADERS),
)
