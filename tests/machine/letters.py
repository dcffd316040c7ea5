"""What people write about deliveries that failed, from addresses we never saw, under subjects like a bounce's."""

from tests.machine.odd_bounces import EXCHANGE_OLD, EXIM_TWO, QMAIL
from tests.machine.people import attached
from tests.machine.replies import mail
from tests.machine.samples import RETURNED, Sample, wire
from tests.machine.standard_bounces import POSTFIX, POSTFIX_SAID
from tests.machine.system_bounces import wrapped_report

DORA = "dora.lind@pine.example"
_DORA = f"Dora Lind <{DORA}>"
_ADMIN = "Admin <admin@pine.example>"
_MAIL = "Pine Joinery <mail@pine.example>"
_NOTE = "550 5.1.1 <anna.weber@lumenfold.example>: Recipient address rejected: User unknown"


def _letter(name: str, subject: str, text: str, sender: str = _DORA) -> Sample:
    return _sample(name, mail(subject, text=text, sender=sender), sender)


def _sample(name: str, text: str, sender: str = _DORA) -> Sample:
    return Sample(f"letter: {name}", wire(text), None, None, sender.partition("<")[2].strip(">") or sender)


_TITLES = (
    ("undelivered parcel", "Undelivered message in our shop", "Hi,\n\nyour app shows an undelivered message since Monday. What does it mean?\n\nDora\n"),
    ("delivery failure of goods", "Delivery failure", "Hello Anna,\n\nthe pallets for site 2 were not delivered yesterday. Please ask the carrier.\n\nDora Lind\n"),
    ("returned mail by post", "Returned mail", "Dear Ms Weber,\n\nyour invoice came back, the street is wrong. Our address is Pine Road 4.\n\nDora Lind\n"),
    ("delivery report", "Delivery report week 9", "Hi all,\n\n40 of 42 deliveries were on time. Two could not be delivered because nobody was at home.\n\nDora\n"),
    ("undeliverable addresses", "Undeliverable addresses in our list", "Hi,\n\nthese addresses were undeliverable in the last campaign:\n\nbob@globe-freight.example\ncarla@globe-freight.example\n\nPlease delete them.\nDora\n"),
    ("bounce list", "Failed recipients of the March campaign", "Hello,\n\nI need the list of recipients that failed. Can you export it?\n\nDora\n"),
    ("german parcel", "Nicht zustellbar: Paket 4711", "Hallo Frau Weber,\n\nunser Paket konnte nicht zugestellt werden. Bitte schicken Sie es noch einmal an die alte Adresse.\n\nViele Grüße\nDora Lind\n"),
    ("german question", "Ihre Nachricht konnte nicht zugestellt werden", "Guten Tag,\n\ndiese Meldung bekomme ich jedes Mal, wenn ich an support@lumenfold.example schreibe. Können Sie das prüfen?\n\nDora Lind\n"),
    ("french question", "Message non délivré", "Bonjour,\n\nmon message à anna.weber@lumenfold.example n'a pas pu être remis. Avez-vous une autre adresse ?\n\nDora\n"),
    ("spanish question", "No se pudo entregar", "Hola:\n\nMi correo a anna.weber@lumenfold.example no se pudo entregar. ¿Me puede dar otra dirección?\n\nDora\n"),
    ("italian question", "Mancato recapito", "Buongiorno,\n\nla mia mail a anna.weber@lumenfold.example non è stata recapitata. Mi può richiamare?\n\nDora\n"),
    ("dutch question", "Niet bezorgd", "Hallo Anna,\n\nmijn mail van gisteren aan bob@globe-freight.example kon niet worden bezorgd. Klopt het adres?\n\nDora\n"),
    ("polish question", "Nie dostarczono wiadomości", "Dzień dobry,\n\nmoja wiadomość do anna.weber@lumenfold.example nie została dostarczona. Proszę o telefon.\n\nDora\n"),
    ("japanese question", "メール配信エラーについて", "ウェーバー様\n\nお世話になっております。anna.weber@lumenfold.example 宛のメールが配信できませんでした。ご確認ください。\n\nリンド\n"),
    ("chinese question", "退信问题", "您好：\n\n我发给 anna.weber@lumenfold.example 的邮件被退回，请帮忙看一下。\n\n林\n"),
    ("one line", "Mail delivery failed", "I tried to reach bob@globe-freight.example but my mail was not delivered. Is he still with you?\n"),
    ("no greeting", "Undelivered mail", "My last three mails to anna.weber@lumenfold.example were not delivered. Please call me on 555 0100.\n"),
    ("blunt", "Delivery failed", "Your mail server rejected my message to anna.weber@lumenfold.example. Fix it please.\n"),
    ("with the error", "Message could not be delivered", f"Hello,\n\nI get this when I write to Anna:\n\n{_NOTE}\n\nThanks\nDora\n"),
    ("with the error first", "Undeliverable mail", f"{_NOTE}\n\nThis is what I get since yesterday. Did Anna leave?\n\nDora\n"),
    ("with a copied title", "Undelivered Mail Returned to Sender", "what does this mean? I only wanted to send the signed contract to bob@globe-freight.example, it was not delivered to him\n"),
    ("help wanted", "Failure notice", "Hi team,\n\nwe get a failure notice for each mail to orders@lumenfold.example. The mailbox is full, it says.\n\nDora\n"),
)  # fmt: skip

_FUNCTIONS = (
    ("administrator writes", "Undeliverable mail from your domain", "Hello,\n\nmail from lumenfold.example to dora.lind@pine.example is undeliverable, as your SPF record is broken. Could you repair it?\n\nTom, IT at Pine\n", _ADMIN),
    ("administrator reports a bounce", "Mail delivery failed", f"Hi,\n\none of our users cannot reach you:\n\n{_NOTE}\n\nKind regards\nTom\n", _ADMIN),
    ("small company's only address", "Delivery failed", "Good morning Anna,\n\nthe shelves were not delivered to dora.lind@pine.example's office on Friday, please check.\n\nDora\n", _MAIL),
    ("small company, bounce asked about", "Returned mail: your offer", "Dear Anna,\n\nmy answer to your offer came back as undeliverable (bob@globe-freight.example). Here it is again: yes!\n\nDora\n", _MAIL),
    ("service desk", "Email delivery error", "Hi Anna,\n\nI am Tom from the service desk. Dora's mails to bob@globe-freight.example could not be delivered, since his mailbox is full. Could you tell him?\n\nTom\n", "Service Desk <servicedesk@pine.example>"),
    ("delivery department", "Delivery problem", "Hello,\n\nwe could not deliver order 17 to Globe Freight; nobody opened. New date? Write to delivery@pine.example.\n\nJo\n", "Pine Delivery <delivery@pine.example>"),
    ("root", "Mail error", "Hi,\n\ndid you change anything? Since noon our mail to anna.weber@lumenfold.example is not delivered.\n\nTom\n", "Tom <root@pine.example>"),
    ("notification address used by hand", "Returned message", "Hi Anna, your message to bob@globe-freight.example was not delivered. I got it by mistake, I am bob@globefreight.example and no customer of yours.\n\nBob Gray\n", "Bob Gray <server@pine.example>"),
)  # fmt: skip

_PASTED = (
    ("exchange below a greeting", "Undeliverable: Your renewal in April", "Hi Anna,\n\nI got this back, what is Bob's new address?\n\n" + EXCHANGE_OLD),
    ("qmail below a word", "failure notice", "Help!\n\n" + QMAIL),
    ("postfix below a word", "Undelivered Mail Returned to Sender", "fyi\n\n" + POSTFIX_SAID),
    ("exim below two lines", "Mail delivery failed: returning message to sender", "Anna, this came back.\nPlease check.\n\n" + EXIM_TWO),
    ("exim above the question", "Mail delivery failed", EXIM_TWO.partition("------")[0] + "\nHi Anna, what can I do about this?\nDora\n"),
    ("quoted", "Undelivered Mail Returned to Sender", "".join(f"> {line}\n" for line in POSTFIX_SAID.splitlines()) + "\nWhat now?\nDora\n"),
)  # fmt: skip

_JO = "Jo <jo@pine.example>"

_SHORT = (
    ("third time", "Delivery failed again","Anna, third time my mail to bob@globe-freight.example bounced. Fix this.\n",_JO),
    ("does not know why", "Undelivered mail","The following mail could not be delivered and I do not know why: the one to bob@globe-freight.example.\n",_JO),
    ("told of a refusal", "Mail delivery failed","Your mails to me are rejected by our server, it seems. Our admin says: 554 5.7.1 for jo@pine.example\n",_JO),
    ("a list", "Returned mail","see the list of returned ones:\n\nbob@globe-freight.example\ncarla@globe-freight.example\n",_JO),
    ("greeting in the line", "Undeliverable","Hi, bob@globe-freight.example is undeliverable, use carla@globe-freight.example.\n",_JO),
    ("german, own words", "Message not delivered","Hallo,\n\nmeine Nachricht an bob@globe-freight.example wurde nicht zugestellt.\n",_JO),
    ("german parcel service", "Zustellung fehlgeschlagen","Die Zustellung an bob@globe-freight.example ist fehlgeschlagen. Wir haben es zweimal versucht. Gibt es eine neue Adresse?\n",_JO),
    ("french delivery", "Échec de livraison","La livraison n'a pas pu être effectuée chez nous ; écrivez à jo@pine.example.\n",_JO),
    ("spanish order", "Error de entrega","El pedido 17 no fue entregado. Contacto: jo@pine.example\n",_JO),
    ("order and a contact", "Delivery notification","Order 17 was not delivered.\n\nContact: jo2@pine.example\n","Pine Delivery <dispatch@pine.example>"),
    ("late order and a signature", "Delivery delayed","Delivery of order 17 has been delayed until Monday.\n\nJo Lind\njo2@pine.example\n","Pine Delivery <delivery@pine.example>"),
    ("operations", "Failure notice","Line 3 failed. Delivery failed for orders 7 and 9.\n\nEscalation: ops@pine.example\n","Ops <ops@pine.example>"),
    ("own mailbox full", "Mailbox full","My mailbox is full, please write to jo.private@pine.example this week.\n",_JO),
    ("another's mailbox full", "Mailbox full","Bob's mailbox is full.\nbob@globe-freight.example\nCan you call him?\n",_JO),
    ("addresses alone", "Undeliverable mail","bob@globe-freight.example\ncarla@globe-freight.example\n",_JO),
    ("parts and a signature", "Undelivered message","Could not deliver the parts to site 2.\n\nJo Lind\nmobile 555\njo2@pine.example\n",_JO),
    ("error asked about", "User unknown","what is this error user unknown about, it shows for bob@globe-freight.example\n",_JO),
    ("goods sent back", "Return to sender","Your sample was returned to sender.\n\nTo: jo2@pine.example\nfrom the warehouse team\n",_JO),
    ("a list with numbers", "Undeliverable mail","The address list has errors. These recipients failed:\n\n1. bob@globe-freight.example\n2. carla@globe-freight.example\n\nJo","Jo <jo@pine.example>"),
    ("told by somebody else", "Mail could not be delivered","the mail to bob@globe-freight.example could not be delivered, says Tom from IT, call him\n","Jo <jo@pine.example>"),
    ("never arrived", "Delivery Failure","FYI the message to carla@globe-freight.example never arrived","Jo <jo@pine.example>"),
    ("came back, will phone", "Returned mail","Message came back from bob@globe-freight.example. We will try the phone. Jo","Jo <jo@pine.example>"),
    ("german, came back", "Nicht zustellbar","Nachricht an bob@globe-freight.example kam zurück, wir versuchen es telefonisch.\n\nGruß Jo","Jo <jo@pine.example>"),
    ("french, send it again", "Non remis : votre offre","Votre message n'a pas été remis à notre chef, renvoyez-le à jo2@pine.example svp\n","Jo <jo@pine.example>"),
    ("two clauses", "Undelivered Mail Returned to Sender","Anna - bob@globe-freight.example bounces. Remove him from the list.\n","Jo <jo@pine.example>"),
    ("refused by the board", "Message rejected","The message of Bob was rejected by the board.\n\nContact: jo2@pine.example\n","Jo <jo@pine.example>"),
    ("courier", "Recipient not found","The courier did not find the recipient at your address. Call 555.\n\nMail: jo2@pine.example\n","Courier <info@courier.example>"),
    ("depot", "Failed delivery","A parcel could not be delivered to your address on Monday.\n\nE-Mail: jo2@pine.example\n","Depot <depot@courier.example>"),
    ("the office's post", "Mail delivery","The office mail delivery is delayed.\n\nContact:\njo2@pine.example\n","Jo <jo@pine.example>"),
    ("order late, from the administrator", "Delivery delayed","Dear customer,\nyour order has been delayed.\nbob@pine.example\n","Pine <admin@pine.example>"),
)  # fmt: skip

_ATTACHED = (
    ("returned mail sent again", attached("Undelivered mail", "Hi Anna,\n\nI attach the mail that I could not get to Bob.\n\nDora\n", RETURNED, sender=_DORA)),
    ("bounce attached, title kept", attached("Undelivered Mail Returned to Sender", "Do you know why?\n", POSTFIX, sender=_DORA)),
    ("bounce attached, title kept, no word", attached("Undelivered Mail Returned to Sender", "", POSTFIX, sender=_DORA)),
    ("bounce attached, by a small company", attached("Mail delivery failed", "Hi, see what came back.\n", POSTFIX, sender=_MAIL)),
    ("mail attached, title", attached("Delivery failure", "See attached, this never arrived at Globe Freight.\n", RETURNED, sender=_DORA)),
    ("wrapped report sent on", wrapped_report("Hi Anna, see below.\n", sender=_DORA, subject="Undeliverable: Your renewal in April")),
    ("wrapped report sent on, no word", wrapped_report("", sender=_DORA, subject="Fwd: Undeliverable: Your renewal in April")),
)  # fmt: skip

LETTERS = (
    *(_letter(*letter) for letter in _TITLES),
    *(_letter(*letter) for letter in _FUNCTIONS),
    *(_letter(*letter) for letter in _PASTED),
    *(_letter(*letter) for letter in _SHORT),
    *(_sample(name, text) for name, text in _ATTACHED),
)
