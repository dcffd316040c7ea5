"""Bounces that mail systems write under names of their own, with and without a return path."""

from rules.message import DeliveryReport
from tests.machine.odd_bounces import BOB, CARLA, mixed, odd
from tests.machine.samples import OURS, RETURNED, Sample, delayed, dsn, failed, wire
from tests.machine.standard_bounces import HEADERS_ONLY


def _system(
    name: str,
    sender: str,
    subject: str,
    said: str,
    *reports: DeliveryReport,
    returned: str = "",
    extra: str = "",
) -> Sample:
    """A bounce of one text, with whatever stands below it."""
    text = odd(said, sender=sender, subject=subject, charset="utf-8", returned=returned, extra=extra)
    return _sample(name, text, *reports)


def _with_mail(
    name: str, sender: str, subject: str, said: str, *reports: DeliveryReport, extra: str = ""
) -> Sample:
    """A bounce of a text and the mail that came back."""
    return _sample(name, mixed(said, sender=sender, subject=subject, charset="utf-8", extra=extra), *reports)


def _sample(name: str, text: str, *reports: DeliveryReport) -> Sample:
    return Sample(name, wire(text.removeprefix("Return-Path: <>\n")), "bounce", reports)


_SCANNERS = (
    _with_mail(
        "content scanner, by its error number",
        "E500_SMTP_Mail_Service@gw1.globe-freight.example",
        "Returned Mail - Error During Delivery",
        "------ Failed Recipients ------\n<bob.stone@globe-freight.example>: Requested action not taken: mailbox "
        "unavailable. [SMTP Error Code 550]\n\n-------- Returned Mail --------\n",
        failed(BOB, "", "mailbox unavailable"),
    ),
    _with_mail(
        "content scanner, transcript",
        "imss@gw2.globe-freight.example",
        "Mail could not be delivered",
        "****** Message from the messaging security suite ******\n\n"
        "Sent <<< RCPT TO:<bob.stone@globe-freight.example>\n"
        "Received >>> 550 5.1.1 <bob.stone@globe-freight.example>... User unknown\n\n"
        "Could not deliver mail to this user.\n<bob.stone@globe-freight.example>\n"
        "***************     End of message     ***************\n",
        failed(BOB, "5.1.1", "User unknown"),
    ),
    _with_mail(
        "virus wall",
        "InterScan_VirusWall@gw3.globe-freight.example",
        "Mail could not be delivered",
        "The following mail could not be delivered.\nReason: Exceeded maximum number of delivery attempts.\n",
        failed(BOB, "", ""),
    ),
    _with_mail(
        "virus wall, a person's looking address",
        "viruswall.gw3@globe-freight.example",
        "Mail could not be delivered.",
        "The following mail could not be delivered.\n\nReason: Unable to connect to mail server.\n",
        failed(BOB, "", ""),
    ),
    _system(
        "virus scanner, failed",
        "Symantec_AntiVirus_for_SMTP_Gateways@globe-freight.example",
        "Delivery failure notification",
        "Your message with Subject: Your renewal in April\n"
        "could not be delivered to the following recipients:\n\nbob.stone@globe-freight.example\n\n"
        "Please do not resend your original message.\n",
        failed(BOB),
    ),
    _system(
        "virus scanner, late",
        "Symantec_AntiVirus_for_SMTP_Gateways@globe-freight.example",
        "Delivery delay notification",
        "Your message with Subject: Your renewal in April\nhas not been delivered to the following recipients:\n\n"
        "bob.stone@globe-freight.example\n\nPlease do not resend your original message. "
        "Delivery attempts will continue to be made for 2 day(s).\n",
        delayed(BOB),
    ),
    _with_mail(
        "scanner with a display name",
        "MailScanner <scan@globe-freight.example>",
        "Undeliverable mail: virus detected",
        "The message you sent to bob.stone@globe-freight.example was not delivered, because it held a file of a type "
        "that is not allowed here.\n",
        failed(BOB, "", "was not delivered, because it held a file"),
    ),
    _system(
        "spam filter",
        '"Mail Filter" <filter@globe-freight.example>',
        "Rejected mail: Your renewal in April",
        "Your message to <carla@globe-freight.example> has been rejected: 554 5.7.1 Message scored as spam\n",
        failed(CARLA, "5.7.1", "Message scored as spam"),
    ),
    _system(
        "cloud filter",
        "Mail Gateway <no-reply@eu-smtp-7.mailfilter.example>",
        "[Postmaster] Email Delivery Failure",
        "This is an automatically generated message from the mail gateway.\n\nThe email could not be delivered to the "
        "following recipients:\n\nbob.stone@globe-freight.example\n\nRemote server returned: 550 Invalid Recipient - "
        "https://help.mailfilter.example/550\n",
        failed(BOB, "", "550 Invalid Recipient"),
    ),
    _with_mail(
        "large attachment",
        "attachment-manager@globe-freight.example",
        "Message could not be delivered",
        "A message addressed to bob.stone@globe-freight.example could not be delivered.\n"
        "552 5.3.4 Message size exceeds fixed limit\n",
        failed(BOB, "5.3.4", "Message size exceeds"),
    ),
)

_X400 = """\
Your message

  To:      Stone, Bob; anna.weber@lumenfold.example
  Cc:      info@globe-freight.example
  Subject: Your renewal in April
  Sent:    Tue, 3 Mar 2026 14:05:00 +0100

did not reach the following recipient(s):

c=US;a= ;p=Globe;o=Freight;dda:SMTP=bob.stone@globe-freight.example; on Tue,
3 Mar 2026 14:05:12 +0100
    The recipient name is not recognized
\tThe MTS-ID of the original message is: c=us;a= ;p=Globe;l=HUB0303031305
    MSEXCH:IMS:Globe:HUB:HUB01 0 (000C05A6) Unknown Recipient
"""

_EXCHANGE = (
    _with_mail(
        "exchange 5.5, an x.400 address",
        "System Administrator <hub@globe-freight.example>",
        "Undeliverable: Your renewal in April",
        _X400,
        failed(BOB, "", "The recipient name is not recognized"),
    ),
    _with_mail(
        "exchange 5.5, from a person's looking address",
        '"System Administrator" <globe.hub@globe-freight.example>',
        "Undeliverable: Your renewal in April",
        _X400.replace("dda:SMTP=", "dda:smtp=").replace("o=Freight;", ""),
        failed(BOB, "", "The recipient name is not recognized"),
    ),
    _with_mail(
        "exchange 5.5, an internet address",
        "System Administrator <hub@globe-freight.example>",
        "Undeliverable: Your renewal in April",
        "Your message\n\n  To:      Carla Diaz <carla@globe-freight.example>\n  Subject: Your renewal in April\n  "
        "Sent:    Tue, 3 Mar 2026 14:05:00 +0100\n\ndid not reach the following recipient(s):\n\n"
        "'bob.stone@globe-freight.example' on Tue, 3 Mar 2026 14:05:12 +0100\n"
        "    The e-mail system was unable to deliver the message, but did not report a specific reason.\n",
        failed(BOB, "", "was unable to deliver the message"),
    ),
    _system(
        "exchange, german",
        "ndr@globe-freight.example",
        "Unzustellbar: Ihre Verlängerung im April",
        "Ihre Nachricht hat einige oder alle Empfänger nicht erreicht.\n\n"
        "      Betreff:\tIhre Verlängerung im April\n      Gesendet am:\t03.03.2026 14:05\n\n"
        "Folgende(r) Empfänger kann/können nicht erreicht werden:\n\n"
        "      bob.stone@globe-freight.example am 03.03.2026 14:05\n"
        "            Das E-Mail-Konto ist in der Organisation nicht vorhanden.\n"
        "            < mail.globe-freight.example #5.1.1>\n",
        failed(BOB, "5.1.1", ""),
    ),
    _system(
        "exchange, french",
        "Administrateur système <systeme@globe-freight.example>",
        "Non remis : Votre renouvellement en avril",
        "Votre message n'est pas parvenu à certains des destinataires.\n\n"
        "      Objet :\tVotre renouvellement en avril\n      Date :\t03/03/2026 14:05\n\n"
        "Impossible de contacter le ou les destinataires suivants :\n\n"
        "      bob.stone@globe-freight.example le 03/03/2026 14:05\n"
        "            Le compte de messagerie n'existe pas dans l'organisation.\n"
        "            < mail.globe-freight.example #5.1.1>\n",
        failed(BOB, "5.1.1", ""),
    ),
    _system(
        "exchange, spanish",
        "Administrador del sistema <sistema@globe-freight.example>",
        "No se puede entregar: Su renovación en abril",
        "El mensaje no llegó a algunos o a todos los destinatarios.\n\n"
        "      Asunto:\tSu renovación en abril\n      Enviado el:\t03/03/2026 14:05\n\n"
        "No se puede encontrar a los destinatarios siguientes:\n\n"
        "      bob.stone@globe-freight.example el 03/03/2026 14:05\n"
        "            La cuenta de correo electrónico no existe en la organización.\n"
        "            < mail.globe-freight.example #5.1.1>\n",
        failed(BOB, "5.1.1", ""),
    ),
    _system(
        "exchange, italian",
        "ndr@globe-freight.example",
        "Non recapitabile: Rinnovo in aprile",
        "Il messaggio non è stato recapitato ad alcuni o a tutti i destinatari.\n\n"
        "Impossibile raggiungere i seguenti destinatari:\n\n"
        "      bob.stone@globe-freight.example il 03/03/2026 14:05\n"
        "            < mail.globe-freight.example #5.1.1 smtp;550 5.1.1 Utente sconosciuto>\n",
        failed(BOB, "5.1.1", "Utente sconosciuto"),
    ),
    _system(
        "exchange, dutch",
        "System Administrator <exchange@globe-freight.example>",
        "Niet bezorgd: Uw verlenging in april",
        "Het bericht is niet bezorgd bij enkele of alle geadresseerden.\n\n"
        "De volgende geadresseerde(n) kunnen niet worden bereikt:\n\n"
        "      bob.stone@globe-freight.example op 3-3-2026 14:05\n"
        "            <mail.globe-freight.example #5.2.2 smtp;552 5.2.2 Postvak vol>\n",
        failed(BOB, "5.2.2", "Postvak vol"),
    ),
    _system(
        "exchange, swedish",
        "ndr@globe-freight.example",
        "Kan inte levereras: Er förnyelse i april",
        "Meddelandet kunde inte levereras till följande mottagare:\n\n"
        "bob.stone@globe-freight.example\n550 5.1.1 Mottagaren finns inte\n",
        failed(BOB, "5.1.1", "Mottagaren"),
    ),
    _system(
        "exchange, polish",
        "System <system@globe-freight.example>",
        "Niedostarczalne: Odnowienie w kwietniu",
        "Wiadomość nie została dostarczona do następujących adresatów:\n\n"
        "bob.stone@globe-freight.example\n550 5.1.1 Nieznany użytkownik\n",
        failed(BOB, "5.1.1", "Nieznany"),
    ),
    _system(
        "office 365, from the cloud's own postbox",
        "Microsoft Outlook <MicrosoftExchange329e71ec88ae4615bbc36ab6ce41109e@lumenfold.example>",
        "Undeliverable: Your renewal in April",
        "Delivery has failed to these recipients or groups:\n\nBob Stone (bob.stone@globe-freight.example)<mailto:"
        "bob.stone@globe-freight.example>\nYour message wasn't delivered because the recipient's email provider "
        "rejected it.\n\nDiagnostic information for administrators:\n\nGenerating server: "
        "AM0PR02MB1234.eurprd02.prod.outlook.com\n\nbob.stone@globe-freight.example\nRemote server returned '550 5.7.1 "
        "Recipient not authorized'\n",
        failed(BOB, "5.7.1", "Recipient not authorized"),
    ),
)

_NAMED = (
    _system(
        "exim under a hosting company's address",
        "Mail Delivery System <noreply@hosting.example>",
        "Mail delivery failed: returning message to sender",
        "This message was created automatically by mail delivery software.\n\nA message that you sent could not be "
        "delivered to one or more of its\nrecipients. This is a permanent error. The following address(es) failed:\n\n"
        "  bob.stone@globe-freight.example\n    host mx.globe-freight.example [198.51.100.4]\n    SMTP error from "
        "remote mail server after RCPT TO:<bob.stone@globe-freight.example>:\n    550-5.1.1 The address was not found.\n"
        "    550 5.1.1 Check it for typing errors.\n",
        failed(BOB, "5.1.1", "The address was not found"),
    ),
    _system(
        "postfix under a mailing list",
        "newsletter-bounces@lists.globe-freight.example",
        "Undelivered Mail Returned to Sender",
        "This is the mail system at host lists.globe-freight.example.\n\nI'm sorry to have to inform you that your message "
        "could not\nbe delivered to one or more recipients. It's attached below.\n\n<bob.stone@globe-freight.example>: "
        "mail for globe-freight.example loops back to\n    myself\n",
        failed(BOB, "", "loops back to myself"),
    ),
    _system(
        "a shop's mail robot",
        "mailrobot@globe-freight.example",
        "Delivery Failure",
        "The following recipients could not be reached:\n\n  * bob.stone@globe-freight.example (mailbox full)\n",
        failed(BOB, "", "mailbox full"),
    ),
    _with_mail(
        "ticket system",
        "Helpdesk <mailer@helpdesk.example>",
        "Failed mail: Your renewal in April",
        "Could not deliver message to <bob.stone@globe-freight.example>.\nSMTP error: 554 5.4.14 Hop count exceeded\n",
        failed(BOB, "5.4.14", "Hop count exceeded"),
    ),
    _system(
        "german service",
        "Mailserver <mailservice@globe-freight.example>",
        "Ihre Nachricht konnte nicht zugestellt werden",
        "Ihre E-Mail an <bob.stone@globe-freight.example> konnte nicht zugestellt werden.\n\n"
        "Grund: Das Postfach ist voll.\n",
        failed(BOB, "", "Das Postfach ist voll"),
    ),
    _system(
        "german freemailer",
        "Mail Delivery System <mailer@freemail.example>",
        "Mail delivery failed: returning message to sender",
        "Diese E-Mail wurde automatisch von einem Mailserver erzeugt.\n\nDie folgende(n) Adresse(n) konnten nicht "
        "erreicht werden:\n\nbob.stone@globe-freight.example:\nSMTP error from remote server for RCPT TO command, host: "
        "mx.globe-freight.example (198.51.100.4) reason: 550 Requested action not taken: mailbox unavailable\n",
        failed(BOB, "", "mailbox unavailable"),
    ),
    _system(
        "french provider",
        "Service de messagerie <no-reply@fournisseur.example>",
        "Échec de la remise de votre message",
        "Votre message n'a pas pu être délivré à l'adresse suivante :\n\n    bob.stone@globe-freight.example\n\n"
        "Le serveur distant a répondu : 550 5.1.1 Adresse d au moins un destinataire invalide. (OFR_416)\n",
        failed(BOB, "5.1.1", "destinataire invalide"),
    ),
    _system(
        "portuguese provider",
        "Mail Delivery <naoresponda@provedor.example>",
        "Falha na entrega da mensagem",
        "Sua mensagem não pôde ser entregue ao destinatário:\n\nbob.stone@globe-freight.example\n\n"
        "Motivo: 552 5.2.2 Caixa postal cheia\n",
        failed(BOB, "5.2.2", "Caixa postal cheia"),
    ),
    _system(
        "italian provider",
        "Mail Delivery Service <server@posta.example>",
        "Mancata consegna del messaggio",
        "Il messaggio inviato non è stato recapitato.\n\nDestinatario: bob.stone@globe-freight.example\n"
        "Errore: 550 5.1.1 Casella inesistente\n",
        failed(BOB, "5.1.1", "Casella inesistente"),
    ),
    _system(
        "chinese provider",
        "系统管理员 <system@youxiang.example>",
        "系统退信/Systems bounce",
        "抱歉，您的邮件被退回来了\n\n无法发送到 bob.stone@globe-freight.example\n\n退信原因：收件人邮件地址不存在\n"
        "550 User not found: bob.stone@globe-freight.example\n",
        failed(BOB, "", "550 User not found"),
    ),
    _system(
        "korean provider",
        "mailadmin@pyeonji.example",
        "반송된 메일: Your renewal in April",
        "보내신 메일이 아래와 같은 이유로 반송되었습니다.\n\n받는사람: bob.stone@globe-freight.example\n"
        "사유: 550 5.1.1 해당 사용자를 찾을 수 없습니다\n",
        failed(BOB, "5.1.1", "사용자"),
    ),
    _system(
        "japanese provider",
        "mail-error@purobaida.example",
        "メール配信エラーのお知らせ",
        "以下の宛先にメールを配信できませんでした。\n\n<bob.stone@globe-freight.example>\n理由: メールボックスが一杯です\n",
        failed(BOB, "", "メールボックスが一杯です"),
    ),
    _system(
        "russian provider",
        "Почтовая служба <robot@pochta.example>",
        "Недоставленное сообщение",
        "Ваше письмо не было доставлено следующим адресатам:\n\n<bob.stone@globe-freight.example>\n"
        "550 5.7.1 Письмо отклонено как спам\n",
        failed(BOB, "5.7.1", "отклонено"),
    ),
    _system(
        "turkish provider",
        "Posta Sistemi <sistem@posta.example>",
        "Teslim edilemedi: Nisan yenilemesi",
        "İletiniz aşağıdaki alıcıya teslim edilemedi:\n\nbob.stone@globe-freight.example\n"
        "550 5.1.1 Kullanıcı bulunamadı\n",
        failed(BOB, "5.1.1", "bulunamad"),
    ),
    _system(
        "full mailbox",
        "quota@globe-freight.example",
        "Undelivered message: mailbox full",
        "Your message to bob.stone@globe-freight.example was not delivered, as the mailbox is over quota.\n",
        failed(BOB, "", "over quota"),
    ),
    _system(
        "late, by a relay",
        "mta7@relay.example",
        "Warning: message 1tq2Lk-0003Bq-7F delayed 72 hours",
        "This message was created automatically by mail delivery software.\nA message that you sent has not yet been "
        "delivered to one or more of its\nrecipients after more than 72 hours on the queue on relay.example.\n\nThe "
        "following address(es) have not yet been delivered:\n\n  bob.stone@globe-freight.example\n    Delay reason: "
        "SMTP error from remote mail server after RCPT TO: 451 4.7.1 Try again later\n\nNo action is required on your "
        "part.\n",
        delayed(BOB, "4.7.1", "Try again later"),
    ),
    _system(
        "mailing service",
        "Delivery Notification <notify@send.example>",
        "Delivery Status Notification (Failure)",
        "An error occurred while trying to deliver the mail to the following recipients:\n"
        "bob.stone@globe-freight.example\n",
        failed(BOB, "", ""),
    ),
)

_WRAPPED_INSIDE = dsn(
    "Your message could not be delivered.\n",
    "Reporting-MTA: dns; mail.globe-freight.example\n\nFinal-Recipient: rfc822;bob.stone@globe-freight.example\n"
    "Action: failed\nStatus: 5.1.1\nDiagnostic-Code: smtp;550 5.1.1 no such mailbox\n",
    sender="postmaster@globe-freight.example",
    subject="Undeliverable: Your renewal in April",
).removeprefix("Return-Path: <>\n")


def wrapped_report(said: str, *, sender: str, subject: str, inside: str = _WRAPPED_INSIDE) -> str:
    """A mail that holds a mail."""
    return f"""\
From: {sender}
To: {OURS}
Subject: {subject}
Date: Tue, 03 Mar 2026 14:07:00 +0100
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary="=_scan"

--=_scan
Content-Type: text/plain; charset=utf-8

{said}
--=_scan
Content-Type: message/rfc822

{inside}
--=_scan--
"""


_REASON = "550 5.1.1 no such mailbox"

_WRAPPED = (
    _sample(
        "report wrapped by a scanner under the postmaster's name",
        wrapped_report(
            "", sender="postmaster@globe-freight.example", subject="Undeliverable: Your renewal in April"
        ),
        failed(BOB, "5.1.1", _REASON),
    ),
    _sample(
        "report wrapped by a scanner",
        wrapped_report(
            "\n", sender="scanmail@gw.globe-freight.example", subject="Undeliverable: Your renewal in April"
        ),
        failed(BOB, "5.1.1", _REASON),
    ),
)

_BARE = (
    _system(
        "directory without such a user",
        "Mail Delivery Subsystem <daemon@globe-freight.example>",
        "Returned mail: user unknown",
        "The following addresses could not be matched in the directory of globe-freight.example:\n\n"
        "bstone           No matches to nameserver query\n\n"
        "To find the right address, ask the directory: send mail with the subject\n"
        "help to directory@globe-freight.example, or write to somebody in the form of\n"
        "j-doe@example.edu.\n",
        failed("bstone@globe-freight.example", "", "No matches to nameserver query"),
        returned="\n ----- Unsent message follows -----\n" + RETURNED,
    ),
    _system(
        "directory, in a transcript",
        "MAILER-DAEMON@globe-freight.example (Mail Delivery Subsystem)",
        "Returned mail: unknown mailer error 1",
        "   ----- Transcript of session follows -----\nbstone: No matches to nameserver query.\n"
        "   ----- Message header follows -----\n",
        failed("bstone@globe-freight.example", "", "No matches to nameserver query"),
        returned=HEADERS_ONLY,
    ),
    _system(
        "local user of the server",
        "Mail System <mailer-daemon@globe-freight.example>",
        "Undeliverable mail",
        "Your mail could not be delivered.\n\n  bstone    unknown user\n\nExample of a right address: "
        "firstname.lastname@globe-freight.example\n",
        failed("bstone@globe-freight.example", "", "unknown user"),
    ),
)

_STATUS = (
    _sample(
        "the rewritten address in the text is the same recipient",
        dsn(
            "Delivery has failed to these recipients or groups:\n\nb.stone@inner.globe-freight.example\n"
            "550 5.1.1 RESOLVER.ADR.RecipNotFound; not found\n",
            "Reporting-MTA: dns;hub.globe-freight.example\n\nOriginal-Recipient: rfc822;bob.stone@globe-freight.example\n"
            "Final-Recipient: rfc822;b.stone@inner.globe-freight.example\nAction: failed\nStatus: 5.1.1\n",
            sender="postmaster@globe-freight.example",
        ),
        failed(BOB, "5.1.1"),
    ),
    _sample(
        "the original recipient after a blank line",
        dsn(
            "Your message was not delivered to b.stone@inner.globe-freight.example.\n",
            "Reporting-MTA: dns;hub.globe-freight.example\n\n"
            "Final-Recipient: rfc822;b.stone@inner.globe-freight.example\nAction: failed\nStatus: 5.2.2\n\n"
            "Original-Recipient: rfc822;bob.stone@globe-freight.example\n",
        ),
        failed(BOB, "5.2.2"),
    ),
    _sample(
        "the same recipient in two groups",
        dsn(
            "Not delivered.\n",
            "Reporting-MTA: dns;hub.globe-freight.example\n\n"
            "Final-Recipient: rfc822;bob.stone@globe-freight.example\nAction: failed\nStatus: 5.0.0\n\n"
            "Final-Recipient: rfc822;Bob.Stone@Globe-Freight.example\nAction: failed\nStatus: 5.0.0\n"
            "Diagnostic-Code: smtp;550 no such user\n",
        ),
        failed(BOB, "5.0.0", "550 no such user"),
    ),
    _sample(
        "the status part as plain text beside a text that repeats it",
        dsn(
            "Final-Recipient: rfc822;b.stone@inner.globe-freight.example\n"
            "Original-Recipient: rfc822;bob.stone@globe-freight.example\nAction: failed\nStatus: 5.1.1\n",
            "Reporting-MTA: dns;hub.globe-freight.example\n\nOriginal-Recipient: rfc822;bob.stone@globe-freight.example\n"
            "Final-Recipient: rfc822;b.stone@inner.globe-freight.example\nAction: failed\nStatus: 5.1.1\n"
            "Diagnostic-Code: smtp;550 5.1.1 gone\n",
            status_type="text/plain; name=details.txt",
        ),
        failed(BOB, "5.1.1", "550 5.1.1 gone"),
    ),
)

SYSTEM = (*_SCANNERS, *_EXCHANGE, *_NAMED, *_WRAPPED, *_BARE, *_STATUS)
"""All of them are told from a null return path, and from one that is not."""
