"""Delivery reports with a machine-readable part, as mail systems write them: by the book, and not quite."""

from rules.message import DeliveryReport
from tests.machine.samples import RETURNED, Sample, coded, delayed, dsn, failed, wire

BOB = "bob.stone@globe-freight.example"
HEADERS_ONLY = RETURNED.partition("\n\n")[0] + "\n"

POSTFIX_SAID = """\
This is the mail system at host mx.example.

I'm sorry to have to inform you that your message could not
be delivered to one or more recipients. It's attached below.

For further assistance, please send mail to postmaster.

If you do so, please include this problem report. You can
delete your own text from the attached returned message.

                   The mail system

<bob.stone@globe-freight.example>: host mx1.globe-freight.example[198.51.100.4] said:
    550 5.1.1 <bob.stone@globe-freight.example>: Recipient address rejected: User
    unknown in virtual mailbox table (in reply to RCPT TO command)
"""

POSTFIX_STATUS = """\
Reporting-MTA: dns; mx.example
X-Postfix-Queue-ID: 4XqB1x
X-Postfix-Sender: rfc822; anna.weber@lumenfold.example
Arrival-Date: Tue,  3 Mar 2026 14:05:01 +0100 (CET)

Final-Recipient: rfc822; bob.stone@globe-freight.example
Original-Recipient: rfc822;bob.stone@globe-freight.example
Action: failed
Status: 5.1.1
Remote-MTA: dns; mx1.globe-freight.example
Diagnostic-Code: smtp; 550 5.1.1 <bob.stone@globe-freight.example>: Recipient
    address rejected: User unknown in virtual mailbox table
"""

POSTFIX = dsn(POSTFIX_SAID, POSTFIX_STATUS)

POSTFIX_REPORT = failed(
    BOB,
    "5.1.1",
    "550 5.1.1 <bob.stone@globe-freight.example>: Recipient address rejected: "
    "User unknown in virtual mailbox table",
)


def _one(recipient_fields: str, *, per_message: str = "Reporting-MTA: dns; mx.example\n\n") -> str:
    return dsn(POSTFIX_SAID, per_message + recipient_fields)


EXIM_SAID = """\
This message was created automatically by mail delivery software.

A message that you sent could not be delivered to one or more of its
recipients. This is a permanent error. The following address(es) failed:

  bob.stone@globe-freight.example
    host mx1.globe-freight.example [198.51.100.4]
    SMTP error from remote mail server after RCPT TO:<bob.stone@globe-freight.example>:
    550-5.7.1 This mail has been blocked because the sender is unauthenticated.
    550 5.7.1 See https://postmaster.globe-freight.example/auth
"""

EXIM_STATUS = """\
Reporting-MTA: dns; mail.lumenfold.example

Action: failed
Final-Recipient: rfc822;bob.stone@globe-freight.example
Status: 5.0.0
Remote-MTA: dns; mx1.globe-freight.example
Diagnostic-Code: smtp; 550-5.7.1 This mail has been blocked because the sender is unauthenticated.
 550 5.7.1 See https://postmaster.globe-freight.example/auth
"""

SENDMAIL_SAID = """\
The original message was received at Tue, 3 Mar 2026 14:05:02 +0100
from mail.lumenfold.example [192.0.2.10]

   ----- The following addresses had permanent fatal errors -----
<bob.stone@globe-freight.example>
    (reason: 552 5.2.2 <bob.stone@globe-freight.example>... Mailbox full)

   ----- Transcript of session follows -----
... while talking to mx1.globe-freight.example.:
>>> RCPT To:<bob.stone@globe-freight.example>
<<< 552 5.2.2 <bob.stone@globe-freight.example>... Mailbox full
554 5.0.0 Service unavailable
"""

SENDMAIL_STATUS = """\
Reporting-MTA: dns; relay.example
Received-From-MTA: DNS; mail.lumenfold.example
Arrival-Date: Tue, 3 Mar 2026 14:05:02 +0100

Final-Recipient: RFC822; bob.stone@globe-freight.example
Action: failed
Status: 5.2.2
Diagnostic-Code: SMTP; 552 5.2.2 <bob.stone@globe-freight.example>... Mailbox full
Last-Attempt-Date: Tue, 3 Mar 2026 14:05:09 +0100
"""

OFFICE_SAID = """\
Delivery has failed to these recipients or groups:

Bob Stone (bob.stone@globe-freight.example)<mailto:bob.stone@globe-freight.example>
The email address you entered couldn't be found. Please check the recipient's email address and try to
resend the message. If the problem continues, please contact your email admin.

Diagnostic information for administrators:

Generating server: AM0PR05MB1234.eurprd05.prod.outlook.com

bob.stone@globe-freight.example
Remote server returned '550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup'

Original message headers:

Received: from DB9PR05MB9999.eurprd05.prod.outlook.com by AM0PR05MB1234.eurprd05.prod.outlook.com
"""

OFFICE_STATUS = """\
Reporting-MTA: dns;AM0PR05MB1234.eurprd05.prod.outlook.com
Received-From-MTA: dns;DB9PR05MB9999.eurprd05.prod.outlook.com
Arrival-Date: Tue, 3 Mar 2026 13:05:00 +0000

Final-Recipient: rfc822;bob.stone@globe-freight.example
Action: failed
Status: 5.1.10
Diagnostic-Code: smtp;550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup
X-Display-Name: Bob Stone
"""

GMAIL_SAID = """\
** Address not found **

Your message wasn't delivered to bob.stone@globe-freight.example because the address couldn't be found, or is
unable to receive mail.

The response from the remote server was:
550 5.1.1 The email account that you tried to reach does not exist.
"""

GMAIL_STATUS = """\
Reporting-MTA: dns; googlemail.com
Received-From-MTA: dns; anna.weber@lumenfold.example
Arrival-Date: Tue, 03 Mar 2026 05:05:01 -0800 (PST)
X-Original-Message-ID: <renewal-17@lumenfold.example>

Final-Recipient: rfc822; bob.stone@globe-freight.example
Action: failed
Status: 5.1.1
Remote-MTA: dns; mx1.globe-freight.example. (198.51.100.4, the server for the domain globe-freight.example.)
Diagnostic-Code: smtp; 550 5.1.1 The email account that you tried to reach does not exist.
Last-Attempt-Date: Tue, 03 Mar 2026 05:05:03 -0800 (PST)
"""

GMAIL_LATE = """\
Reporting-MTA: dns; googlemail.com
Arrival-Date: Tue, 03 Mar 2026 05:05:01 -0800 (PST)

Final-Recipient: rfc822; bob.stone@globe-freight.example
Action: delayed
Status: 4.4.1
Diagnostic-Code: smtp; The recipient server did not accept our requests to connect.
Last-Attempt-Date: Wed, 04 Mar 2026 05:05:03 -0800 (PST)
Will-Retry-Until: Fri, 06 Mar 2026 05:05:01 -0800 (PST)
"""

TWO_UNSPLIT = """\
Reporting-MTA: dns; mx.example
Final-Recipient: rfc822; bob.stone@globe-freight.example
Action: failed
Status: 5.1.1
Diagnostic-Code: smtp; 550 5.1.1 no such user
Final-Recipient: rfc822; carla@globe-freight.example
Action: delayed
Status: 4.2.2
Diagnostic-Code: smtp; 452 4.2.2 mailbox full
"""

BLANKS_BETWEEN = """\
Reporting-MTA: dns; mx.example

Final-Recipient: rfc822; bob.stone@globe-freight.example

Action: failed

Status: 5.1.1

Diagnostic-Code: smtp; 550 5.1.1 no such user

Final-Recipient: rfc822; carla@globe-freight.example

Action: failed

Status: 5.2.1
"""

NO_SUCH = failed(BOB, "5.1.1", "550 5.1.1 no such user")

_DISPOSITION = """\
Reporting-UA: mail.globe-freight.example; Dovecot Mail Delivery Agent
Final-Recipient: rfc822; bob.stone@globe-freight.example
Original-Message-ID: <renewal-17@lumenfold.example>
Disposition: automatic-action/MDN-sent-automatically; deleted
"""

_WRAPPED = f"""\
From: MAILER-DAEMON@scan.example
To: anna.weber@lumenfold.example
Subject: Undelivered Mail Returned to Sender
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary="outer"

--outer
Content-Type: multipart/report; report-type=delivery-status; boundary="inner"

--inner
Content-Type: text/plain

{POSTFIX_SAID}
--inner
Content-Type: message/delivery-status

{POSTFIX_STATUS}
--inner
Content-Type: message/rfc822

{RETURNED}
--inner--
--outer
Content-Type: text/plain

Scanned for viruses by scan.example.
--outer--
"""


def _sample(name: str, text: str, *reports: DeliveryReport, envelope_from: str = "") -> Sample:
    return Sample(name, wire(text), "bounce", reports, envelope_from)


STANDARD = (
    _sample("postfix", POSTFIX, POSTFIX_REPORT),
    _sample("postfix, envelope sender not null", POSTFIX, POSTFIX_REPORT, envelope_from="bounce@mx.example"),
    _sample(
        "postfix, redirected by a person",
        dsn(POSTFIX_SAID, POSTFIX_STATUS, extra="Resent-From: Anna Weber <anna.weber@lumenfold.example>\n"),
        POSTFIX_REPORT,
        envelope_from="anna.weber@lumenfold.example",
    ),
    _sample(
        "postfix, late",
        dsn(
            "This is the mail system at host mx.example.\n\nTHIS IS A WARNING ONLY.  YOU DO NOT NEED TO RESEND.\n",
            "Reporting-MTA: dns; mx.example\n\nFinal-Recipient: rfc822; bob.stone@globe-freight.example\n"
            "Action: delayed\nStatus: 4.4.1\n"
            "Diagnostic-Code: X-Postfix; connect to mx1.globe-freight.example[198.51.100.4]:25: Connection timed out\n"
            "Will-Retry-Until: Sun,  8 Mar 2026 14:05:01 +0100 (CET)\n",
            subject="Delayed Mail (still being retried)",
        ),
        delayed(BOB, "4.4.1", "Connection timed out"),
    ),
    _sample(
        "exim",
        dsn(
            EXIM_SAID,
            EXIM_STATUS,
            sender="Mail Delivery System <Mailer-Daemon@mail.lumenfold.example>",
            subject="Mail delivery failed: returning message to sender",
            extra="X-Failed-Recipients: bob.stone@globe-freight.example\nAuto-Submitted: auto-replied\n",
        ),
        failed(
            BOB,
            "5.0.0",
            "550-5.7.1 This mail has been blocked because the sender is unauthenticated. 550 5.7.1",
        ),
    ),
    _sample(
        "sendmail",
        dsn(
            SENDMAIL_SAID,
            SENDMAIL_STATUS,
            sender="Mail Delivery Subsystem <MAILER-DAEMON@relay.example>",
            subject="Returned mail: see transcript for details",
            returned_type="text/rfc822-headers",
            returned=HEADERS_ONLY,
            extra="Auto-Submitted: auto-generated (failure)\n",
        ),
        failed(BOB, "5.2.2", "552 5.2.2 <bob.stone@globe-freight.example>... Mailbox full"),
    ),
    _sample(
        "sendmail, warning",
        dsn(
            "    **********************************************\n"
            "    **      THIS IS A WARNING MESSAGE ONLY      **\n"
            "    **  YOU DO NOT NEED TO RESEND YOUR MESSAGE  **\n"
            "    **********************************************\n",
            "Reporting-MTA: dns; relay.example\n\nFinal-Recipient: RFC822; bob.stone@globe-freight.example\n"
            "Action: delayed\nStatus: 4.2.0\nLast-Attempt-Date: Tue, 3 Mar 2026 18:05:09 +0100\n",
            sender="Mail Delivery Subsystem <MAILER-DAEMON@relay.example>",
            subject="Warning: could not send message for past 4 hours",
        ),
        delayed(BOB, "4.2.0"),
    ),
    _sample(
        "office 365",
        dsn(
            OFFICE_SAID,
            OFFICE_STATUS,
            sender='"Microsoft Outlook" <MicrosoftExchange329e71ec88ae4615bbc36ab6ce41109e@lumenfold.example>',
            subject="Undeliverable: Your renewal in April",
            extra="Auto-Submitted: auto-replied\nX-MS-Exchange-Message-Is-Ndr:\n",
        ),
        failed(BOB, "5.1.10", "RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup"),
    ),
    _sample(
        "exchange on premises, german subject",
        dsn(
            "Fehler bei der Nachrichtenzustellung an folgende Empfänger oder Verteilerlisten:\n\n"
            "bob.stone@globe-freight.example\nDas Postfach des Empfängers ist voll.\n",
            "Reporting-MTA: dns;ex01.globe-freight.example\n\n"
            "Final-recipient: RFC822;bob.stone@globe-freight.example\nAction: failed\nStatus: 5.2.2\n"
            "Diagnostic-Code: smtp;554 5.2.2 mailbox full;STOREDRV.Deliver\n",
            sender="postmaster@globe-freight.example",
            subject="Unzustellbar: Ihr Vertrag",
        ),
        failed(BOB, "5.2.2", "554 5.2.2 mailbox full;STOREDRV.Deliver"),
    ),
    _sample(
        "gmail",
        dsn(
            GMAIL_SAID,
            GMAIL_STATUS,
            sender="Mail Delivery Subsystem <mailer-daemon@googlemail.com>",
            subject="Delivery Status Notification (Failure)",
            extra="X-Failed-Recipients: bob.stone@globe-freight.example\nAuto-Submitted: auto-replied\n",
        ),
        failed(BOB, "5.1.1", "550 5.1.1 The email account that you tried to reach does not exist."),
    ),
    _sample(
        "gmail, late",
        dsn(
            "** Delivery incomplete **\n\nThere was a temporary problem delivering your message to "
            "bob.stone@globe-freight.example. Gmail will retry for 47 more hours.\n",
            GMAIL_LATE,
            sender="Mail Delivery Subsystem <mailer-daemon@googlemail.com>",
            subject="Delivery Status Notification (Delay)",
        ),
        delayed(BOB, "4.4.1", "The recipient server did not accept our requests to connect."),
    ),
    _sample(
        "amazon ses",
        dsn(
            "An error occurred while trying to deliver the mail to the following recipients:\n"
            "bob.stone@globe-freight.example\n",
            "Reporting-MTA: dns; a1-12.smtp-out.eu-west-1.amazonses.com\n\nAction: failed\n"
            "Final-Recipient: rfc822; bob.stone@globe-freight.example\n"
            "Diagnostic-Code: smtp; 550 5.4.1 Recipient address rejected: Access denied.\nStatus: 5.4.1\n",
            sender="MAILER-DAEMON@amazonses.com",
            subject="Delivery Status Notification (Failure)",
        ),
        failed(BOB, "5.4.1", "550 5.4.1 Recipient address rejected: Access denied."),
    ),
    _sample(
        "domino",
        dsn(
            "Your message\n\n  Subject: Your renewal in April\n\nwas not delivered to:\n\n"
            "  bob.stone@globe-freight.example\n\nbecause:\n\n  User bob.stone not listed in Domino Directory\n",
            "Reporting-MTA: dns;notes1.globe-freight.example\n\n"
            "Final-Recipient: rfc822;bob.stone@globe-freight.example\nAction: failed\nStatus: 5.1.1\n"
            "Diagnostic-Code: X-Notes; User bob.stone (bob.stone@globe-freight.example) not listed in Domino Directory\n",
            subject="DELIVERY FAILURE: User bob.stone not listed in Domino Directory",
            sender="Postmaster@globe-freight.example",
        ),
        failed(BOB, "5.1.1", "not listed in Domino Directory"),
    ),
    _sample(
        "opensmtpd says error",
        _one(f"Final-Recipient: rfc822; {BOB}\nAction: error\nStatus: 5.0.0\n"),
        failed(BOB, "5.0.0"),
    ),
    _sample(
        "action with a comment",
        _one(
            f"Final-Recipient: rfc822;{BOB}\nAction: Failed (no such mailbox)\nStatus: 5.0.0 (permanent failure)\n"
        ),
        failed(BOB, "5.0.0"),
    ),
    _sample(
        "delivered receipt",
        _one(
            f"Final-Recipient: rfc822; {BOB}\nAction: delivered\nStatus: 2.0.0\nDiagnostic-Code: smtp; 250 2.0.0 Ok\n"
        ),
        DeliveryReport(BOB, "delivered", "2.0.0", "250 2.0.0 Ok"),
    ),
    _sample(
        "relayed",
        dsn(
            "Your message was relayed to the following recipients, but the destination does not report on\n"
            "delivery:\n\nbob.stone@globe-freight.example\n",
            f"Reporting-MTA: dns; ex01.example\n\nFinal-Recipient: rfc822;{BOB}\nAction: relayed\nStatus: 2.1.9\n",
            subject="Relayed: Your renewal in April",
            sender="postmaster@lumenfold.example",
        ),
        DeliveryReport(BOB, "relayed", "2.1.9", ""),
    ),
    _sample(
        "expanded list",
        _one("Final-Recipient: rfc822; team@globe-freight.example\nAction: expanded\nStatus: 2.0.0\n"),
        DeliveryReport("team@globe-freight.example", "expanded", "2.0.0", ""),
    ),
    _sample(
        "alias: the address the sender wrote",
        _one(
            "Original-Recipient: rfc822;sales@globe-freight.example\n"
            f"Final-Recipient: rfc822;{BOB}\nAction: failed\nStatus: 5.1.1\n"
        ),
        failed("sales@globe-freight.example", "5.1.1"),
    ),
    _sample(
        "original recipient in xtext",
        _one(
            "Original-Recipient: rfc822;bob+2Bnews@globe-freight.example\n"
            "Final-Recipient: rfc822;bob+news@globe-freight.example\nAction: failed\nStatus: 5.1.1\n"
        ),
        failed("bob+news@globe-freight.example", "5.1.1"),
    ),
    _sample(
        "original recipient is an exchange name",
        _one(
            "Original-Recipient: x400;/O=GLOBE/OU=ADMIN/CN=BOB\n"
            f"Final-Recipient: rfc822;{BOB}\nAction: failed\nStatus: 5.1.1\n"
        ),
        failed(BOB, "5.1.1"),
    ),
    _sample(
        "original recipient empty",
        _one(f"Original-Recipient: rfc822;\nFinal-Recipient: rfc822;{BOB}\nAction: failed\nStatus: 5.1.1\n"),
        failed(BOB, "5.1.1"),
    ),
    _sample(
        "recipient in brackets, without a type",
        _one(f"Final-Recipient: <{BOB}>\nAction: failed\nStatus: 5.1.1\n"),
        failed(BOB, "5.1.1"),
    ),
    _sample(
        "original recipient last in its group",
        _one(
            f"Final-Recipient: rfc822;b.stone@internal.globe-freight.example\nAction: failed\nStatus: 5.1.1\n"
            f"Original-Recipient: rfc822;{BOB}\n\n"
            "Final-Recipient: rfc822;carla@globe-freight.example\nAction: failed\nStatus: 5.2.1\n"
        ),
        failed(BOB, "5.1.1"),
        failed("carla@globe-freight.example", "5.2.1"),
    ),
    _sample(
        "recipients not split",
        dsn(POSTFIX_SAID, TWO_UNSPLIT),
        NO_SUCH,
        delayed("carla@globe-freight.example", "4.2.2", "452 4.2.2 mailbox full"),
    ),
    _sample(
        "blank lines between all fields",
        dsn(POSTFIX_SAID, BLANKS_BETWEEN),
        NO_SUCH,
        failed("carla@globe-freight.example", "5.2.1"),
    ),
    _sample(
        "status part in base64", dsn(POSTFIX_SAID, coded(POSTFIX_STATUS), coding="base64"), POSTFIX_REPORT
    ),
    _sample(
        "status part promises base64", dsn(POSTFIX_SAID, POSTFIX_STATUS, coding="base64"), POSTFIX_REPORT
    ),
    _sample(
        "status part in quoted-printable",
        dsn(
            POSTFIX_SAID,
            POSTFIX_STATUS.replace("550 5.1.1", "=\n550 5.1.1").replace("User", "U=73er"),
            coding="quoted-printable",
        ),
        POSTFIX_REPORT,
    ),
    _sample(
        "status part called text/plain",
        dsn(POSTFIX_SAID, POSTFIX_STATUS, status_type="text/plain"),
        POSTFIX_REPORT,
    ),
    _sample(
        "report-type missing",
        dsn(POSTFIX_SAID, POSTFIX_STATUS, kind='multipart/report; boundary="b1/mx.example"'),
        POSTFIX_REPORT,
    ),
    _sample(
        "report-type in capitals and quotes",
        dsn(
            POSTFIX_SAID,
            POSTFIX_STATUS,
            kind='Multipart/Report; Report-Type="DELIVERY-STATUS";\n boundary="b1/mx.example"',
        ),
        POSTFIX_REPORT,
    ),
    _sample(
        "called multipart/mixed",
        dsn(POSTFIX_SAID, POSTFIX_STATUS, kind='multipart/mixed; boundary="b1/mx.example"'),
        POSTFIX_REPORT,
    ),
    _sample("wrapped by a virus scanner", _WRAPPED, POSTFIX_REPORT, envelope_from="scanner@scan.example"),
    _sample(
        "address of a delivery service in From",
        dsn(POSTFIX_SAID, POSTFIX_STATUS, sender="Globe Freight Mail <noreply@globe-freight.example>"),
        POSTFIX_REPORT,
        envelope_from="noreply@globe-freight.example",
    ),
    _sample(
        "internationalised (RFC 6533)",
        dsn(
            "Nachricht unzustellbar.\n",
            "Reporting-MTA: dns; mx.example\n\nFinal-Recipient: utf-8; jürgen@globe-freight.example\nAction: failed\n"
            "Status: 5.1.1\nDiagnostic-Code: smtp; 550 5.1.1 Empfänger unbekannt\n",
            status_type="message/global-delivery-status",
            returned_type="message/global",
        ),
        failed("jürgen@globe-freight.example", "5.1.1", "550 5.1.1 Empfänger unbekannt"),
    ),
    _sample(
        "internationalised, escaped",
        _one("Final-Recipient: utf-8; j\\x{FC}rgen@globe-freight.example\nAction: failed\nStatus: 5.1.1\n"),
        failed("jürgen@globe-freight.example", "5.1.1"),
    ),
    _sample(
        "diagnostic wrapped without indentation",
        _one(
            f"Final-Recipient: rfc822; {BOB}\nAction: failed\nStatus: 5.7.1\n"
            "Diagnostic-Code: smtp; 554 5.7.1 Message rejected\nbecause of local policy\n"
        ),
        failed(BOB, "5.7.1", "554 5.7.1 Message rejected because of local policy"),
    ),
    _sample(
        "status only in the diagnostic",
        _one(
            f"Final-Recipient: rfc822; {BOB}\nAction: failed\nDiagnostic-Code: smtp; 550 5.1.1 no such user\n"
        ),
        NO_SUCH,
    ),
    _sample(
        "action missing",
        _one(f"Final-Recipient: rfc822; {BOB}\nStatus: 4.4.7\n"),
        delayed(BOB, "4.4.7"),
    ),
    _sample(
        "given up after days",
        _one(
            f"Final-Recipient: rfc822; {BOB}\nAction: failed\nStatus: 4.4.7\nDiagnostic-Code: smtp;delivery time expired\n"
        ),
        failed(BOB, "4.4.7", "delivery time expired"),
    ),
    _sample(
        "local user without a domain",
        dsn(
            "   ----- The following addresses had permanent fatal errors -----\nbob.stone\n",
            "Reporting-MTA: dns; relay.example\n\nFinal-Recipient: RFC822; bob.stone\nAction: failed\nStatus: 5.1.1\n",
        ),
        failed(BOB, "5.1.1"),
    ),
    _sample(
        "no recipient in the status part",
        dsn(
            "This Message was undeliverable due to the following reason:\n\n"
            "The user(s) account is temporarily over quota.\n\n<bob.stone@globe-freight.example>\n\n"
            "Please reply to <postmaster@globe-freight.example> if you feel this message to be in error.\n",
            "Reporting-MTA: dns; nms.globe-freight.example\nAction: failed\nStatus: 5.2.2\n",
        ),
        failed(BOB, "5.2.2"),
    ),
    _sample(
        "refused by a mail filter in the form of a receipt",
        dsn(
            "Your message to <bob.stone@globe-freight.example> was automatically rejected:\nQuota exceeded (mailbox for user is full)\n",
            _DISPOSITION,
            kind='multipart/report; report-type=disposition-notification; boundary="b1/mx.example"',
            status_type="message/disposition-notification",
            sender="Mail Delivery Subsystem <postmaster@globe-freight.example>",
            subject="Rejected: Your renewal in April",
        ),
        failed(BOB, "", "Quota exceeded"),
    ),
    _sample(
        "returned part in base64",
        dsn(
            POSTFIX_SAID,
            POSTFIX_STATUS,
            returned_type="message/rfc822\nContent-Transfer-Encoding: base64",
            returned=coded(RETURNED),
        ),
        POSTFIX_REPORT,
    ),
    _sample(
        "status part cut off",
        dsn(POSTFIX_SAID, POSTFIX_STATUS).partition("Remote-MTA")[0],
        failed(BOB, "5.1.1"),
    ),
)
