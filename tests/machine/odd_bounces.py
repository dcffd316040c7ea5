"""Bounces written for people alone, in the manner of many mail systems."""

from rules.message import DeliveryReport
from tests.machine.samples import RETURNED, Sample, coded, delayed, failed, wire

BOB = "bob.stone@globe-freight.example"
CARLA = "carla@globe-freight.example"


def odd(
    said: str,
    *,
    sender: str = "MAILER-DAEMON@mx.example",
    subject: str = "failure notice",
    extra: str = "",
    charset: str = "us-ascii",
    returned: str = RETURNED,
) -> str:
    """A bounce of one text part, as a mail."""
    return f"""\
Return-Path: <>
Date: Tue, 03 Mar 2026 14:06:00 +0100
From: {sender}
To: anna.weber@lumenfold.example
Subject: {subject}
{extra}MIME-Version: 1.0
Content-Type: text/plain; charset={charset}
Content-Transfer-Encoding: 8bit

{said}{returned}"""


def mixed(
    said: str,
    *,
    sender: str,
    subject: str,
    extra: str = "",
    part: str = "text/plain",
    charset: str = "us-ascii",
) -> str:
    """A bounce of a text and the mail that came back, which claims to be no report."""
    return f"""\
Return-Path: <>
From: {sender}
To: anna.weber@lumenfold.example
Subject: {subject}
Date: Tue, 03 Mar 2026 14:06:00 +0100
{extra}MIME-Version: 1.0
Content-Type: multipart/mixed; boundary="=_odd"

--=_odd
Content-Type: {part}; charset={charset}

{said}
--=_odd
Content-Type: message/rfc822

{RETURNED}
--=_odd--
"""


def _sample(
    name: str, text: str, *reports: DeliveryReport, charset: str = "utf-8", envelope_from: str = ""
) -> Sample:
    return Sample(name, wire(text, charset), "bounce", reports, envelope_from)


QMAIL = """\
Hi. This is the qmail-send program at mail.lumenfold.example.
I'm afraid I wasn't able to deliver your message to the following addresses.
This is a permanent error; I've given up. Sorry it didn't work out.

<bob.stone@globe-freight.example>:
198.51.100.4 does not like recipient.
Remote host said: 550 5.1.1 <bob.stone@globe-freight.example>: user unknown
Giving up on 198.51.100.4.

<carla@globe-freight.example>:
Sorry, no mailbox here by that name. (#5.1.1)

--- Below this line is a copy of the message.

"""

EXIM_TWO = """\
This message was created automatically by mail delivery software.

A message that you sent could not be delivered to one or more of its
recipients. This is a permanent error. The following address(es) failed:

  bob.stone@globe-freight.example
    SMTP error from remote mail server after RCPT TO:<bob.stone@globe-freight.example>:
    host mx1.globe-freight.example [198.51.100.4]: 550 5.1.1 User unknown
  carla@globe-freight.example
    mailbox is full: retry timeout exceeded

------ This is a copy of the message, including all the headers. ------

"""

EXIM_LATE = """\
This message was created automatically by mail delivery software.
A message that you sent has not yet been delivered to one or more of its
recipients after more than 24 hours on the queue on mail.lumenfold.example.

The message identifier is:     1tp9aB-0001Xy-2Q
The subject of the message is: Your renewal in April

The address to which the message has not yet been delivered is:

  bob.stone@globe-freight.example
    Delay reason: Connection timed out

No action is required on your part. Delivery attempts will continue for
some time, and this warning may be repeated at intervals if the message
remains undelivered.
"""

POSTFIX_OLD = """\
This is the Postfix program at host mx.example.

I'm sorry to have to inform you that the message returned
below could not be delivered to one or more destinations.

For further assistance, please contact <postmaster@mx.example>

\t\t\tThe Postfix program

<bob.stone@globe-freight.example>: host mx1.globe-freight.example[198.51.100.4] said: 550
    5.1.1 <bob.stone@globe-freight.example>... User unknown (in reply to RCPT TO
    command)
"""

SENDMAIL_OLD = """\
The original message was received at Tue, 3 Mar 2026 14:05:02 +0100
from [192.0.2.10]

   ----- The following addresses had permanent fatal errors -----
bob.stone@globe-freight.example

   ----- Transcript of session follows -----
... while talking to mx1.globe-freight.example.:
>>> RCPT To:<bob.stone@globe-freight.example>
<<< 550 bob.stone@globe-freight.example... User unknown
550 bob.stone@globe-freight.example... User unknown

   ----- Original message follows -----

"""

EXCHANGE_OLD = """\
Your message

  To:      bob.stone@globe-freight.example
  Subject: Your renewal in April
  Sent:    Tue, 3 Mar 2026 14:05:00 +0100

did not reach the following recipient(s):

bob.stone@globe-freight.example on Tue, 3 Mar 2026 14:05:12 +0100
    The recipient name is not recognized
\tThe MTS-ID of the original message is: c=us;a= ;p=globe;l=EX0103031405
    MSEXCH:IMS:Globe:HQ:EX01 0 (000C05A6) Unknown Recipient
"""

EXCHANGE_2007 = """\
Delivery has failed to these recipients or distribution lists:

bob.stone@globe-freight.example
The recipient's e-mail address was not found in the recipient's e-mail system. Microsoft Exchange will not
try to redeliver this message for you.

  _____

Sent by Microsoft Exchange Server 2007

Diagnostic information for administrators:

Generating server: globe-freight.example

bob.stone@globe-freight.example
#550 5.1.1 RESOLVER.ADR.RecipNotFound; not found ##

Original message headers:

"""

OFFICE_HTML = """\
<html><body><table><tr><td>Office 365</td></tr></table>
<h2>Your message to bob.stone@globe-freight.example couldn't be delivered.</h2>
<p><b>bob.stone</b> wasn't found at <b>globe-freight.example</b>.</p>
<h3>Original Message Details</h3><p>Created Date: 3/3/2026 1:05:00 PM</p>
<h3>Error Details</h3><p>Reported error: 550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found</p>
</body></html>
"""

GMAIL_OLD = """\
Delivery to the following recipient failed permanently:

     bob.stone@globe-freight.example

Technical details of permanent failure:
Google tried to deliver your message, but it was rejected by the recipient domain. The error that the other
server returned was: 550 550 5.1.1 unknown recipient (state 14).

----- Original message -----

"""

GMAIL_OLD_LATE = """\
This is an automatically generated Delivery Status Notification

THIS IS A WARNING MESSAGE ONLY.

YOU DO NOT NEED TO RESEND YOUR MESSAGE.

Delivery to the following recipient has been delayed:

     bob.stone@globe-freight.example

Message will be retried for 2 more day(s)

----- Original message -----

"""

YAHOO = """\
Sorry, we were unable to deliver your message to the following address.

<bob.stone@globe-freight.example>:
Remote host said: 554 delivery error: dd This user doesn't have a globe-freight.example account [0]

--- Below this line is a copy of the message.

"""

GROUPWISE = """\
The message that you sent was undeliverable to the following:
\tbob.stone@globe-freight.example (user not found)

Possibly truncated original message follows:

"""

NOTES = """\
Your message

  Subject: Your renewal in April

was not delivered to:

  bob.stone@globe-freight.example

because:

  User bob.stone (bob.stone@globe-freight.example) not listed in public Name & Address Book

"""

IMAIL = """\
User mailbox exceeds allowed size: bob.stone@globe-freight.example

Original message follows.

"""

IMAIL_UNKNOWN = """\
Unknown user: bob.stone@globe-freight.example

RCPT TO generated following response:
550 not local host globe-freight.example, not a gateway

Original message follows.

"""

AOL = """\
Your mail to the following recipients could not be delivered because they are not accepting mail from you:
\tbobstone
"""

MDAEMON = """\
The attached message had PERMANENT fatal delivery errors!

After one or more unsuccessful delivery attempts the attached message has
been removed from the mail queue on this server.

The following addresses did NOT receive a copy of your message:

> bob.stone@globe-freight.example

--- Session Transcript ---
 Tue 2026-03-03 14:05:09: <-- 550 5.1.1 bob.stone@globe-freight.example No such user here

: Message contains [1] file attachments
"""

MAILENABLE = """\
MailEnable: Message could not be delivered to some recipients.

The following recipient(s) could not be reached:

\tRecipient: [SMTP:bob.stone@globe-freight.example]
\tReason: Remote SMTP Server Returned: 550 5.1.1 Mailbox not found

Message headers follow:

"""

SMTPSVC = """\
This is an automatically generated Delivery Status Notification.

Unable to deliver message to the following recipients, due to being unable to connect successfully to the
destination mail server.

       bob.stone@globe-freight.example

"""

COMMUNIGATE = """\
Failed to deliver to 'bob.stone@globe-freight.example'
SMTP module(domain globe-freight.example) reports:
 host mx1.globe-freight.example says:
 550 5.1.1 unknown user bob.stone
"""

COURIER = """\
This is a delivery status notification from mail.lumenfold.example,
running the Courier mail server, version 1.3.

The original message was received on Tue, 03 Mar 2026 14:05:02 +0100
from mail.lumenfold.example (192.0.2.10)

---------------------------------------------------------------------------

                           UNDELIVERABLE MAIL

Your message to the following recipients cannot be delivered:

<bob.stone@globe-freight.example>:
    mx1.globe-freight.example [198.51.100.4]:
>>> RCPT TO:<bob.stone@globe-freight.example>
<<< 550 5.1.1 User unknown

---------------------------------------------------------------------------
"""

GERMAN = """\
Diese E-Mail wurde automatisch vom Mailsystem erzeugt.

Ihre Nachricht konnte an folgende Empfänger nicht zugestellt werden:

bob.stone@globe-freight.example:
SMTP-Fehler des Zielservers nach RCPT TO: 550 5.1.1 Empfänger unbekannt

--- Kopie Ihrer Nachricht ---

"""

FRENCH = """\
Bonjour,

Votre message n'a pas pu être remis au destinataire suivant :

bob.stone@globe-freight.example

Raison : 552 5.2.2 Boîte aux lettres pleine

"""

SPANISH = """\
Su mensaje no se pudo entregar a los siguientes destinatarios:

<bob.stone@globe-freight.example>: 550 5.1.1 Usuario desconocido

"""

PORTUGUESE = """\
A sua mensagem não foi entregue ao destinatário abaixo:

  bob.stone@globe-freight.example
  Motivo: 550 5.7.1 Mensagem recusada pela política do servidor

"""

ITALIAN = """\
Impossibile recapitare il messaggio ai seguenti destinatari:

bob.stone@globe-freight.example
550 5.1.1 Utente sconosciuto

"""

DUTCH = """\
Uw bericht kon niet worden bezorgd bij de volgende ontvanger:

bob.stone@globe-freight.example
reden: 550 5.1.1 Onbekende gebruiker

"""

JAPANESE = """\
あなたの送信したメールは、下記の宛先に配信できませんでした。

宛先: bob.stone@globe-freight.example
理由: 550 5.1.1 User unknown

元のメッセージ:

"""

JAPANESE_PHONE = """\
The user(s) account is disabled.

<bob.stone@globe-freight.example>: 550 Unknown user bob.stone@globe-freight.example

次のあて先へのメッセージはエラーのため送信できませんでした。

"""

CHINESE = """\
抱歉，您的邮件被退回来了……

原邮件信息：
收件人： bob.stone@globe-freight.example

退信原因：
对方服务器返回 SMTP error, RCPT TO: 550 5.1.1 User not found: bob.stone@globe-freight.example
"""

SINA = """\
您好，很抱歉，您的邮件未能送达下列收件人：

<bob.stone@globe-freight.example>
550 5.1.1 mailbox unavailable
"""

RUSSIAN = """\
Это письмо создано автоматически сервером. Отвечать на него не нужно.

К сожалению, Ваше письмо не может быть доставлено одному или нескольким получателям:

**********************

bob.stone@globe-freight.example
550 5.1.1 user not found

**********************
"""

KOREAN = """\
메일이 아래 주소로 전송되지 않았습니다.

받는 사람: bob.stone@globe-freight.example
사유: 550 5.1.1 존재하지 않는 사용자
"""

SMAIL = """\
|------------------------- Message log follows: -------------------------|
 no valid recipients were found for this message
|------------------------- Failed addresses follow: ---------------------|
 <bob.stone@globe-freight.example> ... unknown host
|------------------------- Message text follows: ------------------------|
"""

BARRACUDA = """\
Your message to: bob.stone@globe-freight.example
was blocked by our Spam Firewall. The email you sent with the following subject has NOT BEEN DELIVERED:

Subject: Your renewal in April

An important note: 554 5.7.1 rejected as content
"""

SYMANTEC_LATE = """\
Your message with Subject: Your renewal in April
could not be delivered to the following recipients:

bob.stone@globe-freight.example

Please do not resend. Delivery attempts will continue to be made for 4 days.
"""

ADMINISTRATOR = """\
The following message to <bob.stone@globe-freight.example> was undeliverable.
The reason for the problem:
5.1.0 - Unknown address error 550-'5.1.1 no such mailbox'
"""

KUNDENSERVER = """\
This message was created automatically by the mail system (ecelerity).

A message that you sent could not be delivered to one or more of its
recipients. This is a permanent error. The following address(es) failed:

>>> bob.stone@globe-freight.example (after RCPT TO): 550 5.1.1 unknown user

---------------------------------------------------------------------------
"""

OFFICE_TEXT = """\
[https://lumenfold.example/logo.png]
Your message to bob.stone@globe-freight.example couldn't be delivered.
bob.stone wasn't found at globe-freight.example.
anna.weber    Office 365    bob.stone
Action Required         Recipient

How to Fix It
The address may be misspelled or may not exist. Write it again and then resend the message.

More Info for Email Admins
Status code: 550 5.1.1

Original Message Details
Created Date:   3/3/2026 1:05:00 PM
Sender Address: anna.weber@lumenfold.example
Recipient Address:      bob.stone@globe-freight.example
Subject:        Your renewal in April

Error Details
Reported error: 550 5.1.1 <bob.stone@globe-freight.example>: Recipient address rejected
"""

TELEPHONE_COMPANY = """\
This Message was undeliverable due to the following reason:

Each of the following recipients was rejected by a remote mail server.

    Recipient: <bob.stone@globe-freight.example>
    Reason:    550 5.1.1 unknown user

Please reply to <postmaster@phone.example>
if you feel this message to be in error.
"""

PMDF = """\
This report relates to a message you sent with the following header fields:

  Message-id: <renewal-17@lumenfold.example>
  From: Anna Weber <anna.weber@lumenfold.example>
  To: Bob Stone <bob.stone@globe-freight.example>
  Subject: Your renewal in April

Your message cannot be delivered to the following recipients:

  Recipient address: bob.stone@globe-freight.example
  Reason: Remote SMTP server has rejected address
  Diagnostic code: smtp;550 5.1.1 unknown
"""

MERCURY = """\
One or more addresses in your message have failed with the following
responses from the mail transport system:

     553 5.3.0 no such user here
     <bob.stone@globe-freight.example>

"""

ALIAS = """\
This is the mail system at host mx.example.

I'm sorry to have to inform you that your message could not be delivered.

<b.stone@inner.example> (expanded from <bob.stone@globe-freight.example>): host
    mx.inner.example said: 550 5.1.1 unknown (in reply to RCPT TO command)
"""

ONE_REASON = """\
Sorry, we could not deliver your email. The following recipients failed:

1. bob.stone@globe-freight.example
2. carla@globe-freight.example

Reason: 554 5.7.1 Relay denied
"""

NAMES = """\
Delivery has failed to these recipients or groups:

Bob Stone (bob.stone@globe-freight.example)
Carla Diaz (carla@globe-freight.example)

The e-mail system had a problem processing this message. It will not be sent again.
"""

MAIL_DELIVERY = """\
This message was created automatically by mail delivery software.
A message that you sent could not be delivered to one or more of its recipients. This is a permanent error.

bob.stone@globe-freight.example Failed to deliver, ERROR CODE :550 - 5.1.1 no such user

"""

MMDF = """\
Your message was not delivered to the following address:

   Unknown user name in "bob.stone@globe-freight.example"

"""

ODD = (
    _sample(
        "qmail",
        odd(QMAIL),
        failed(BOB, "5.1.1", "550 5.1.1 <bob.stone@globe-freight.example>: user unknown"),
        failed(CARLA, "5.1.1", "5.1.1"),
    ),
    _sample(
        "exim, two recipients",
        odd(
            EXIM_TWO,
            sender="Mail Delivery System <Mailer-Daemon@mail.lumenfold.example>",
            subject="Mail delivery failed: returning message to sender",
            extra=f"X-Failed-Recipients: {BOB},\n  {CARLA}\n",
        ),
        failed(BOB, "5.1.1", "550 5.1.1 User unknown"),
        failed(CARLA, "", "mailbox is full"),
    ),
    _sample(
        "exim without its list",
        odd(EXIM_TWO, sender="Mailer-Daemon@mail.lumenfold.example", subject="Mail delivery failed"),
        failed(BOB, "5.1.1", "550 5.1.1 User unknown"),
        failed(CARLA, "", "mailbox is full"),
    ),
    _sample(
        "exim, late",
        odd(
            EXIM_LATE,
            sender="Mail Delivery System <Mailer-Daemon@mail.lumenfold.example>",
            subject="Warning: message 1tp9aB-0001Xy-2Q delayed 24 hours",
            returned="",
        ),
        delayed(BOB, "", "Connection timed out"),
    ),
    _sample(
        "postfix before 2.3, not a report",
        mixed(
            POSTFIX_OLD,
            sender="MAILER-DAEMON@mx.example (Mail Delivery System)",
            subject="Undelivered Mail Returned to Sender",
        ),
        failed(BOB, "5.1.1", "User unknown"),
    ),
    _sample(
        "sendmail without codes",
        odd(
            SENDMAIL_OLD,
            sender="Mail Delivery Subsystem <MAILER-DAEMON@relay.example>",
            subject="Returned mail: User unknown",
        ),
        failed(BOB, "", "550 bob.stone@globe-freight.example... User unknown"),
    ),
    _sample(
        "exchange 5.5",
        mixed(
            EXCHANGE_OLD,
            sender="System Administrator <postmaster@globe-freight.example>",
            subject="Undeliverable: Your renewal in April",
            extra="X-Mailer: Internet Mail Service (5.5.2653.19)\n",
        ),
        failed(BOB, "", "The recipient name is not recognized"),
    ),
    _sample(
        "exchange 5.5, from an administrator",
        mixed(
            EXCHANGE_OLD,
            sender="System Administrator <hq@globe-freight.example>",
            subject="Your renewal in April",
        ),
        failed(BOB, "", "The recipient name is not recognized"),
        envelope_from="hq@globe-freight.example",
    ),
    _sample(
        "exchange 2007 as text",
        odd(
            EXCHANGE_2007,
            sender="postmaster@globe-freight.example",
            subject="Undeliverable: Your renewal in April",
        ),
        failed(BOB, "5.1.1", "550 5.1.1 RESOLVER.ADR.RecipNotFound; not found"),
    ),
    _sample(
        "office 365 as HTML",
        mixed(
            OFFICE_HTML,
            sender="postmaster@lumenfold.example",
            subject="Undeliverable: Your renewal in April",
            part="text/html",
        ),
        failed(BOB, "5.1.10", "550 5.1.10 RESOLVER.ADR.RecipientNotFound"),
    ),
    _sample(
        "gmail as it was",
        odd(
            GMAIL_OLD,
            sender="Mail Delivery Subsystem <mailer-daemon@googlemail.com>",
            subject="Delivery Status Notification (Failure)",
        ),
        failed(BOB, "5.1.1", "5.1.1 unknown recipient"),
    ),
    _sample(
        "gmail as it was, late",
        odd(
            GMAIL_OLD_LATE,
            sender="Mail Delivery Subsystem <mailer-daemon@googlemail.com>",
            subject="Delivery Status Notification (Delay)",
        ),
        delayed(BOB),
    ),
    _sample(
        "yahoo",
        odd(YAHOO, sender="MAILER-DAEMON@yahoo.com", subject="Failure Notice"),
        failed(BOB, "", "554 delivery error: dd This user doesn't have a globe-freight.example account"),
    ),
    _sample(
        "groupwise",
        mixed(
            GROUPWISE,
            sender="Mailer-Daemon@globe-freight.example",
            subject="Message status - undeliverable",
            extra="X-Mailer: Novell GroupWise Internet Agent 5.5.3.1\n",
        ),
        failed(BOB, "", "user not found"),
    ),
    _sample(
        "notes as text",
        odd(
            NOTES,
            sender="postmaster@globe-freight.example",
            subject="DELIVERY FAILURE: User bob.stone not listed",
        ),
        failed(BOB, "", "not listed in public Name & Address Book"),
    ),
    _sample(
        "imail, mailbox full",
        odd(
            IMAIL,
            sender="Postmaster@imail.example",
            subject="Undeliverable Mail",
            extra="X-Mailer: <SMTP32 v20020604>\n",
        ),
        failed(BOB, "", "User mailbox exceeds allowed size"),
    ),
    _sample(
        "imail, unknown user",
        odd(
            IMAIL_UNKNOWN,
            sender="Postmaster@imail.example",
            subject="Undeliverable Mail",
            extra="X-Mailer: <SMTP32 v20020604>\n",
        ),
        failed(BOB, "", "550 not local host"),
    ),
    _sample(
        "aol names only the screen name",
        odd(AOL, sender="MAILER-DAEMON@aol.com", subject="Mail Delivery Problem", returned=""),
        failed("bobstone@aol.com"),
    ),
    _sample(
        "mdaemon",
        odd(MDAEMON, sender="MDaemon@mail.example", subject="Permanent Delivery Failure", returned=""),
        failed(BOB, "5.1.1", "550 5.1.1"),
    ),
    _sample(
        "mailenable",
        odd(MAILENABLE, sender="Postmaster@mail.example", subject="Message Delivery Failure"),
        failed(BOB, "5.1.1", "550 5.1.1 Mailbox not found"),
    ),
    _sample(
        "windows smtp service",
        mixed(SMTPSVC, sender="postmaster@relay.example", subject="Delivery Status Notification (Failure)"),
        failed(BOB),
    ),
    _sample(
        "communigate",
        mixed(
            COMMUNIGATE,
            sender="<MAILER-DAEMON@mail.lumenfold.example>",
            subject="Undeliverable mail: Your renewal in April",
        ),
        failed(BOB, "5.1.1", "550 5.1.1 unknown user bob.stone"),
    ),
    _sample(
        "courier",
        mixed(
            COURIER,
            sender="Courier mail server <MAILER-DAEMON@mail.lumenfold.example>",
            subject="NOTICE: mail delivery status.",
        ),
        failed(BOB, "5.1.1", "550 5.1.1 User unknown"),
    ),
    _sample(
        "german",
        odd(GERMAN, subject="Mail delivery failed", charset="utf-8"),
        failed(BOB, "5.1.1", "550 5.1.1 Empfänger unbekannt"),
    ),
    _sample(
        "german in latin-1, from a service address",
        odd(
            GERMAN,
            sender="Mailsystem <mailsystem@provider.example>",
            subject="Unzustellbar: Ihre Verlaengerung",
            charset="iso-8859-1",
        ),
        failed(BOB, "5.1.1", "550 5.1.1 Empfänger unbekannt"),
        charset="iso-8859-1",
        envelope_from="mailsystem@provider.example",
    ),
    _sample(
        "french",
        odd(FRENCH, subject="=?utf-8?q?=C3=89chec_de_la_remise?=", charset="utf-8"),
        failed(BOB, "5.2.2", "552 5.2.2 Boîte aux lettres pleine"),
    ),
    _sample(
        "spanish",
        odd(SPANISH, subject="Mensaje no entregado", charset="utf-8"),
        failed(BOB, "5.1.1", "550 5.1.1 Usuario desconocido"),
    ),
    _sample(
        "portuguese",
        odd(PORTUGUESE, subject="Mensagem devolvida", charset="utf-8"),
        failed(BOB, "5.7.1", "550 5.7.1 Mensagem recusada"),
    ),
    _sample(
        "italian",
        odd(ITALIAN, subject="Mancato recapito", charset="utf-8"),
        failed(BOB, "5.1.1", "550 5.1.1 Utente sconosciuto"),
    ),
    _sample(
        "dutch",
        odd(DUTCH, subject="Onbestelbaar: Your renewal in April", charset="utf-8"),
        failed(BOB, "5.1.1", "550 5.1.1 Onbekende gebruiker"),
    ),
    _sample(
        "japanese, iso-2022-jp",
        odd(JAPANESE, subject="Returned mail", charset="iso-2022-jp"),
        failed(BOB, "5.1.1", "550 5.1.1 User unknown"),
        charset="iso-2022-jp",
    ),
    _sample(
        "japanese telephone",
        odd(
            JAPANESE_PHONE,
            sender="MAILER-DAEMON@docomo.example",
            subject="=?utf-8?b?44OG44K544OI?=",
            charset="utf-8",
        ),
        failed(BOB, "", "550 Unknown user"),
    ),
    _sample(
        "chinese, gb18030",
        odd(
            CHINESE,
            sender="Postmaster@mail.example",
            subject="=?utf-8?b?57O757uf6YCA5L+h?=",
            charset="gb2312",
            returned="",
        ),
        failed(BOB, "5.1.1", "550 5.1.1 User not found"),
        charset="gb18030",
    ),
    _sample(
        "sina",
        mixed(SINA, sender="MAILER-DAEMON@sina.com", subject="=?utf-8?b?6YCA5L+h?=", charset="utf-8"),
        failed(BOB, "5.1.1", "550 5.1.1 mailbox unavailable"),
    ),
    _sample(
        "russian",
        odd(RUSSIAN, sender="mailer-daemon@corp.example", subject="Mail failure.", charset="utf-8"),
        failed(BOB, "5.1.1", "550 5.1.1 user not found"),
    ),
    _sample(
        "korean",
        odd(KOREAN, subject="=?utf-8?b?67CY7Iah?=", charset="utf-8", returned=""),
        failed(BOB, "5.1.1", "550 5.1.1"),
    ),
    _sample("smail", odd(SMAIL, subject="mail failed, returning to sender"), failed(BOB, "", "unknown host")),
    _sample(
        "spam firewall",
        odd(
            BARRACUDA,
            sender="postmaster@globe-freight.example",
            subject="**Message you sent blocked by our bulk email filter**",
            returned="",
        ),
        failed(BOB, "5.7.1", "554 5.7.1 rejected as content"),
    ),
    _sample(
        "gateway, late",
        odd(
            SYMANTEC_LATE,
            sender="Mail Delivery System <mds@scan.example>",
            subject="Delivery Delayed",
            returned="",
        ),
        delayed(BOB),
    ),
    _sample(
        "cisco",
        odd(
            ADMINISTRATOR,
            sender='"Mail Delivery System" <MAILER-DAEMON@esa.globe-freight.example>',
            subject="Delivery Status Notification (Failure)",
        ),
        failed(BOB, "5.1.0", "5.1.0 - Unknown address error"),
    ),
    _sample(
        "hosting provider",
        odd(
            KUNDENSERVER,
            sender="Mail Delivery System <mailer-daemon@provider.example>",
            subject="Mail delivery failed: returning message to sender",
        ),
        failed(BOB, "5.1.1", "550 5.1.1 unknown user"),
    ),
    _sample(
        "qmail in base64",
        odd(coded(QMAIL), returned="").replace("Encoding: 8bit", "Encoding: base64"),
        failed(BOB, "5.1.1", "user unknown"),
        failed(CARLA, "5.1.1", "5.1.1"),
    ),
    _sample(
        "qmail, from elsewhere and with a sender",
        odd(QMAIL, sender="mail@provider.example"),
        failed(BOB, "5.1.1", "user unknown"),
        failed(CARLA, "5.1.1", "5.1.1"),
        envelope_from="mail@provider.example",
    ),
    _sample(
        "only the returned mail names the recipient",
        mixed(
            "Your message could not be delivered, because the mailbox is full.\n",
            sender="MAILER-DAEMON@mx.example",
            subject="Returned mail",
        ),
        failed(BOB),
    ),
    _sample(
        "no From at all",
        odd(QMAIL).replace("From: MAILER-DAEMON@mx.example\n", ""),
        failed(BOB, "5.1.1", "user unknown"),
        failed(CARLA, "5.1.1", "5.1.1"),
    ),
    _sample(
        "office 365 as text",
        odd(
            OFFICE_TEXT,
            sender="postmaster@lumenfold.example",
            subject="Undeliverable: Your renewal in April",
            returned="",
        ),
        failed(BOB, "5.1.1", "550 5.1.1 <bob.stone@globe-freight.example>: Recipient address rejected"),
    ),
    _sample(
        "telephone company",
        odd(TELEPHONE_COMPANY, subject="Mail System Error - Returned Mail", returned=""),
        failed(BOB, "5.1.1", "550 5.1.1 unknown user"),
    ),
    _sample(
        "pmdf as text",
        odd(
            PMDF,
            sender="postmaster@x400.example",
            subject="Delivery Notification: Delivery has failed",
            returned="",
        ),
        failed(BOB, "5.1.1", "550 5.1.1 unknown"),
    ),
    _sample(
        "mercury: reason above the address",
        odd(MERCURY, sender="Mail Delivery Subsystem <mds@mail.example>"),
        failed(BOB, "5.3.0", "553 5.3.0 no such user here"),
    ),
    _sample(
        "alias in text: the address the sender wrote",
        odd(ALIAS, returned=""),
        failed(BOB, "5.1.1", "550 5.1.1 unknown"),
    ),
    _sample(
        "one reason for all",
        odd(ONE_REASON, returned=""),
        failed(BOB, "5.7.1", "554 5.7.1 Relay denied"),
        failed(CARLA, "5.7.1", "554 5.7.1 Relay denied"),
    ),
    _sample(
        "names with addresses",
        odd(
            NAMES,
            sender="postmaster@globe-freight.example",
            subject="Undeliverable: Your renewal",
            returned="",
        ),
        failed(BOB),
        failed(CARLA, "", "had a problem processing"),
    ),
    _sample(
        "reason on the line of the address",
        odd(MAIL_DELIVERY),
        failed(BOB, "5.1.1", "550 - 5.1.1 no such user"),
    ),
    _sample("mmdf", odd(MMDF), failed(BOB, "", "Unknown user name")),
)
