"""Whole mails in the shape that widespread clients give them."""

from gateway.mail import read
from tests.mail.build import joined, wire

GMAIL_REPLY = """MIME-Version: 1.0
References: <a1@k.example> <CAB+x1=2@mail.gmail.example>
In-Reply-To: <CAB+x1=2@mail.gmail.example>
From: =?UTF-8?Q?J=C3=B6rg_Wei=C3=9F?= <joerg.weiss@k.example>
Date: Mon, 4 Mar 2024 10:15:00 +0100
Message-ID: <CAJ=y_9@mail.gmail.example>
Subject: =?UTF-8?Q?Re=3A_Angebot_f=C3=BCr_die_Br=C3=BCcke?=
To: Anna Keller <anna.keller@vendor.example>
Content-Type: multipart/alternative; boundary="000000000000d5"

""" + joined(
    "000000000000d5",
    'Content-Type: text/plain; charset="UTF-8"\nContent-Transfer-Encoding: quoted-printable\n\n'
    "Passt so, danke!\n\nAm Mo., 4. M=C3=A4rz 2024 um 09:00 Uhr schrieb Anna Keller <\n"
    "anna.keller@vendor.example>:\n\n> Guten Morgen\n>\n",
    'Content-Type: text/html; charset="UTF-8"\nContent-Transfer-Encoding: quoted-printable\n\n'
    '<div dir=3D"ltr">Passt so, danke!</div><br><div class=3D"gmail_quote"><blockquote class=3D"gma=\n'
    'il_quote">Guten Morgen</blockquote></div>\n',
).decode()

EXCHANGE = """From: "Ott, Ida" <Ida.Ott@K.Example>
To: "'anna.keller@vendor.example'" <anna.keller@vendor.example>
CC: =?iso-8859-1?Q?M=FCller=2C_Jo?= <jo.mueller@k.example>
Subject: =?iso-8859-1?Q?WG:_Pr=FCfung?=
Thread-Topic: Pr=?iso-8859-1?Q?=FCfung?=
Date: Mon, 4 Mar 2024 09:15:00 +0000
Message-ID:
 <AM0PR01MB1234567890ABCDEF@AM0PR01MB1234.eurprd01.prod.exchange.example>
Accept-Language: de-DE, en-US
X-MS-Has-Attach: yes
X-Auto-Response-Suppress: DR, OOF, AutoReply
Content-Type: multipart/related;
	boundary="_004_AM0PR01_";
	type="multipart/alternative"
MIME-Version: 1.0

""" + joined(
    "_004_AM0PR01_",
    b'Content-Type: multipart/alternative;\n\tboundary="_000_AM0PR01_"\n\n'
    + joined(
        "_000_AM0PR01_",
        'Content-Type: text/plain; charset="iso-8859-1"\nContent-Transfer-Encoding: quoted-printable\n\n'
        "Sch=F6ne Gr=FC=DFe =96 Ida\n\n[cid:image001.png@01DA6E1B]\n",
        'Content-Type: text/html; charset="iso-8859-1"\nContent-Transfer-Encoding: quoted-printable\n\n'
        '<p class=3D"MsoNormal">Sch=F6ne Gr=FC=DFe</p><img src=3D"cid:image001.png@01DA6E1B">\n',
    ),
    'Content-Type: image/png; name="image001.png"\nContent-Description: image001.png\n'
    'Content-Disposition: inline; filename="image001.png"; size=3;\n'
    '\tcreation-date="Mon, 04 Mar 2024 09:15:00 GMT"\n'
    "Content-ID: <image001.png@01DA6E1B>\nContent-Transfer-Encoding: base64\n\ncG5n\n",
).decode()

APPLE = """From: Ida Ott <i@k.example>
Content-Type: multipart/mixed;
	boundary="Apple-Mail=_1"
Mime-Version: 1.0 (Mac OS X Mail 16.0 \\(3774.400.31\\))
Subject: Fotos
Date: Mon, 4 Mar 2024 10:15:00 +0100
To: anna.keller@vendor.example

""" + joined(
    "Apple-Mail=_1",
    "Content-Transfer-Encoding: 7bit\nContent-Type: text/plain;\n\tcharset=us-ascii\n\nFirst photo:\n\n",
    "Content-Disposition: inline;\n\tfilename*=utf-8''Bru%CC%88cke.heic\nContent-Type: image/heic;\n"
    '\tx-unix-mode=0644;\n\tname="=?utf-8?Q?Bru=CC=88cke=2Eheic?="\nContent-Transfer-Encoding: base64\n\naGVpYw==\n',
    "Content-Transfer-Encoding: 7bit\nContent-Type: text/plain;\n\tcharset=us-ascii\n\n\n\nSent from my iPhone\n",
).decode()

THUNDERBIRD = """Message-ID: <0f8fad5b-d9cb-469f-a165-70867728950e@k.example>
Date: Mon, 4 Mar 2024 10:15:00 +0100
MIME-Version: 1.0
User-Agent: Mozilla Thunderbird
Subject: Re: Angebot
Content-Language: de-DE
To: Anna Keller <anna.keller@vendor.example>
From: Ida Ott <i@k.example>
Content-Type: text/plain; charset=UTF-8; format=flowed
Content-Transfer-Encoding: 8bit

Am 04.03.24 um 09:00 schrieb Anna Keller:
> Das ist ein langer Absatz, der in der Zeile umgebrochen wurde, weil er so\x20
> lang ist.

Ja, das passt.

--\x20
Ida Ott
"""

DOCOMO = (
    b"From: taro..yamada.@docomo.example\nTo: anna.keller@vendor.example\n"
    b"Subject: =?Shift_JIS?B?jKmQz4LJgsKCooLE?=\nDate: Mon, 04 Mar 2024 18:15:00 +0900\n"
    b"MIME-Version: 1.0\nContent-Type: text/plain; charset=Shift_JIS\nContent-Transfer-Encoding: 8bit\n\n"
    + "①見積をお願いします。".encode("cp932")
    + b"\n"
)

NOTES = """MIME-Version: 1.0
Sensitivity:\x20
To: anna.keller@vendor.example
Subject: =?ISO-8859-1?Q?R=FCckruf?=
From: Ida.Ott@k.example
Message-ID: <OF2B.3C-ONC1.2-C1.3@k.example>
Date: Mon, 4 Mar 2024 10:15:00 +0100
X-MIMETrack: Serialize by Router on NOTES01/K(Release 9.0.1FP8|February 23, 2017) at
 04.03.2024 10:15:01,
	Serialize complete at 04.03.2024 10:15:01
Content-Type: multipart/alternative; boundary="=_alternative 0032C1_="

This is a multipart message in MIME format.
""" + joined(
    "=_alternative 0032C1_=",
    'Content-Type: text/plain; charset="ISO-8859-1"\nContent-Transfer-Encoding: quoted-printable\n\nBitte R=FCckruf',
    'Content-Type: text/html; charset="ISO-8859-1"\nContent-Transfer-Encoding: quoted-printable\n\n'
    "<font size=3D2>Bitte R=FCckruf</font>",
).decode()


def test_a_reply_from_gmail() -> None:
    message = read(wire(GMAIL_REPLY))
    assert message.from_[0].name == "Jörg Weiß"
    assert message.subject == "Re: Angebot für die Brücke"
    assert message.references == ("<a1@k.example>", "<CAB+x1=2@mail.gmail.example>")
    assert message.text == (
        "Passt so, danke!\n\nAm Mo., 4. März 2024 um 09:00 Uhr schrieb Anna Keller <\n"
        "anna.keller@vendor.example>:\n\n> Guten Morgen\n>"
    )
    assert '<blockquote class="gmail_quote">' in message.html


def test_a_mail_from_outlook_and_exchange() -> None:
    message = read(wire(EXCHANGE))
    assert (message.from_[0].name, message.from_[0].email) == ("Ott, Ida", "Ida.Ott@k.example")
    assert (message.to[0].name, message.to[0].email) == ("", "anna.keller@vendor.example")
    assert message.cc[0].name == "Müller, Jo"
    assert message.subject == "WG: Prüfung"
    assert message.message_id == "<AM0PR01MB1234567890ABCDEF@AM0PR01MB1234.eurprd01.prod.exchange.example>"
    assert message.text == "Schöne Grüße – Ida\n\n[cid:image001.png@01DA6E1B]"
    assert [(entry.filename, entry.inline, entry.content) for entry in message.attachments] == [
        ("image001.png", True, b"png")
    ]


def test_photos_in_the_text_from_apple_mail() -> None:
    message = read(wire(APPLE))
    assert message.text == "First photo:\n\nSent from my iPhone"
    assert [(entry.filename, entry.inline) for entry in message.attachments] == [("Brücke.heic", False)]


def test_a_reply_from_thunderbird() -> None:
    assert read(wire(THUNDERBIRD)).text == (
        "Am 04.03.24 um 09:00 schrieb Anna Keller:\n"
        "> Das ist ein langer Absatz, der in der Zeile umgebrochen wurde, weil er so lang ist.\n"
        "\nJa, das passt.\n\n-- \nIda Ott"
    )


def test_a_japanese_mobile_phone() -> None:
    message = read(wire(DOCOMO))
    assert message.from_[0].email == "taro..yamada.@docomo.example"
    assert message.subject == "見積について"
    assert message.text == "①見積をお願いします。"
    assert message.date is not None
    assert message.date.hour == 18


def test_lotus_notes() -> None:
    message = read(wire(NOTES))
    assert (message.subject, message.text) == ("Rückruf", "Bitte Rückruf")
    assert message.header("X-MIMETrack").endswith("Serialize complete at 04.03.2024 10:15:01")
