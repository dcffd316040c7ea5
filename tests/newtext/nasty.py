"""Replies written by hand: rare clients, and mails in which something only looks like history.

Each case is the text of a mail and what the person wrote in it. In `REPLIES` the rest has to be folded; in `KEPT`
nothing may be lost, whatever else is kept.
"""

REPLIES: dict[str, tuple[str, str]] = {
    "zoho": (
        "Works for me.\n\n---- On Tue, 03 Mar 2026 14:05:00 +0100 Jane Doe "
        "<jane@kunde.example> wrote ----\n\n"
        "Shall we meet?\n",
        "Works for me.",
    ),
    "zoho with three dashes at the end": (
        "Works for me.\n\n---- On Tue, 03 Mar 2026 14:05:00 +0100 jane@kunde.example wrote ---\n\n"
        "> Shall we meet?\n",
        "Works for me.",
    ),
    "lotus notes dashes": (
        "Passt so.\n\n-----Jane Doe <jane@kunde.example> schrieb: -----\nAn: bob@vendor.example\n"
        "Von: Jane Doe <jane@kunde.example>\nDatum: 03.03.2026 14:05\nBetreff: Termin\n\n"
        "Passt der Termin?\n",
        "Passt so.",
    ),
    "lotus notes columns": (
        "Passt so.\n\n\n\nVon:        Jane Doe/ACME\nAn:        Bob Ross/Vendor@Vendor\nKopie:        \n"
        "Datum:        03.03.2026 14:05\nBetreff:        Termin\n\n\n\nPasst der Termin?\n",
        "Passt so.",
    ),
    "proton": (
        "Works for me.\n\nSent with Proton Mail secure email.\n\n"
        "On Tuesday, March 3rd, 2026 at 2:05 PM, Jane Doe <jane@kunde.example> wrote:\n\n"
        "> Shall we meet?\n",
        "Works for me.",
    ),
    "proton, unicode hyphens": (
        "Works for me.\n\nSent with ProtonMail Secure Email.\n\n‐‐‐‐‐‐‐ Original Message ‐‐‐‐‐‐‐\n"
        "On Tuesday, March 3rd, 2026 at 2:05 PM, Jane Doe <jane@kunde.example> wrote:\n\n"
        "> Shall we meet?\n",
        "Works for me.",
    ),
    "tutanota": (
        "Works for me.\n-- \n Secured with Tuta Mail\n\n\n"
        "3. Mar 2026, 14:05 by jane@kunde.example:\n\n> Shall we meet?\n",
        "Works for me.",
    ),
    "gmx": (
        "Passt so.\n \n \n\nGesendet: Dienstag, 03. März 2026 um 14:05 Uhr\n"
        'Von: "Jane Doe" <jane@kunde.example>\n'
        'An: "Bob Ross" <bob@vendor.example>\nBetreff: Termin\n\nPasst der Termin?\n',
        "Passt so.",
    ),
    "ionos": (
        "Passt so.\n\n> Jane Doe <jane@kunde.example> hat am 03.03.2026 14:05 geschrieben:\n>\n>\n"
        "> Passt der Termin?\n",
        "Passt so.",
    ),
    "t-online": (
        "Passt so.\n\n-----Original-Nachricht-----\nBetreff: Termin\nDatum: 2026-03-03T14:05:00+0100\n"
        'Von: "Jane Doe" <jane@kunde.example>\nAn: "bob@vendor.example" <bob@vendor.example>\n\n'
        "Passt der Termin?\n",
        "Passt so.",
    ),
    "k-9": (
        "Passt so.\n\nAm 3. März 2026 14:05:00 MEZ schrieb Jane Doe <jane@kunde.example>:\n"
        ">Passt der Termin?\n>\n>Jane\n",
        "Passt so.",
    ),
    "mail.ru": (
        "Подходит.\n\n\n>Вторник, 3 марта 2026, 14:05 +03:00 от Jane Doe <jane@kunde.example>:\n>\n"
        ">Подходит ли время?\n",
        "Подходит.",
    ),
    "yandex": (
        'Подходит.\n\n03.03.2026, 14:05, "Jane Doe" <jane@kunde.example>:\n\n> Подходит ли время?\n',
        "Подходит.",
    ),
    "qq": (
        '可以。\n\n\n------------------ 原始邮件 ------------------\n发件人: "Jane Doe"<jane@kunde.example>;\n'
        '发送时间: 2026年3月3日(星期二) 下午2:05\n收件人: "Bob"<bob@vendor.example>;\n主题: 会议\n\n时间合适吗？\n',
        "可以。",
    ),
    "netease": (
        '可以。\n\n\n\n\nAt 2026-03-03 14:05:00, "Jane Doe" <jane@kunde.example> wrote:\n\n时间合适吗？\n',
        "可以。",
    ),
    "groupwise": (
        "Works for me.\n\n>>> Jane Doe <jane@kunde.example> 3/3/2026 2:05 PM >>>\nHi Bob,\n\n"
        "shall we meet?\n\nJane\n",
        "Works for me.",
    ),
    "old gmail without verb": (
        "Works for me.\n\n2026/3/3 Jane Doe <jane@kunde.example>\n\n> Shall we meet?\n",
        "Works for me.",
    ),
    "gmail with zone": (
        "Works for me.\n\n2026-03-03 14:05 GMT+01:00 Jane Doe <jane@kunde.example>:\n\n> Shall we meet?\n",
        "Works for me.",
    ),
    "name above a wrapped address": (
        "Passt.\n\nJane Doe\n<jane@kunde.example> schrieb am Di., 3. März 2026, 14:05:\n\n"
        "> Passt der Termin?\n",
        "Passt.",
    ),
    "attribution over four lines": (
        "Works for me.\n\nOn Tue, Mar 3, 2026 at 2:05 PM\n"
        "Dr. Jane Alexandra Doe-Roe (Customer Relations)\n"
        "<jane.alexandra.doe-roe@international.kunde.example>\nwrote:\n\n> Shall we meet?\n",
        "Works for me.",
    ),
    "no colon before the quotes": (
        "Works for me.\n\nOn Tue, Mar 3, 2026 at 2:05 PM Jane Doe <jane@kunde.example> wrote\n"
        "> Shall we meet?\n",
        "Works for me.",
    ),
    "mutt": (
        "* Jane Doe <jane@kunde.example> [2026-03-03 14:05]:\n> Shall we meet?\n\nWorks for me.\n",
        "Works for me.",
    ),
    "name alone above quotes": ("Jane Doe wrote:\n> Shall we meet?\n\nWorks for me.\n", "Works for me."),
    "quotes without attribution": ("> Shall we meet?\n\nWorks for me.\n", "Works for me."),
    "outlook quoting with marks": (
        "-----Original Message-----\nFrom: Jane Doe [mailto:jane@kunde.example]\n"
        "Sent: Tuesday, March 3, 2026 2:05 PM\n"
        "To: Bob\nSubject: Meeting\n\n> Shall we meet?\n\nWorks for me.\n\n> In your office?\n\nYes.\n",
        "Works for me.\n\nYes.",
    ),
    "recipients wrapped over many lines": (
        "Works for me.\n\nFrom: Jane Doe <jane@kunde.example>\nSent: Tuesday, March 3, 2026 2:05 PM\n"
        "To: Bob Ross <bob@vendor.example>; Ann Lee\n"
        "<ann@vendor.example>; Cy Young <cy@vendor.example>;\n"
        "Di Fox <di@vendor.example>\nCc: Ed Poe\nSubject: Meeting\n\nShall we meet?\n",
        "Works for me.",
    ),
    "headers with empty lines between": (
        "Works for me.\n\n________________________________\n\nFrom: Jane Doe\n\n"
        "Sent: Tuesday, March 3, 2026 2:05 PM\n\n"
        "To: Bob\n\nSubject: Meeting\n\nShall we meet?\n",
        "Works for me.",
    ),
    "headers on one line": (
        "Works for me.\n\nFrom: Jane Doe <jane@kunde.example> Sent: Tuesday, March 3, 2026 2:05 PM "
        "To: Bob Ross "
        "Subject: Meeting\n\nShall we meet?\n",
        "Works for me.",
    ),
    "header labels with full-width colons": (
        "可以。\n\n发件人： Jane Doe <jane@kunde.example>\n日期： 2026年3月3日 星期二 14:05\n"
        "收件人： Bob <bob@vendor.example>\n"
        "主题： 会议\n\n时间合适吗？\n",
        "可以。",
    ),
    "outlook for ios": (
        "Works for me.\n\nGet Outlook for iOS<https://aka.ms/o0ukef>\n________________________________\n"
        "From: Jane Doe <jane@kunde.example>\nSent: Tuesday, March 3, 2026 2:05:11 PM\nTo: Bob Ross\n"
        "Subject: Meeting\n\nShall we meet?\n",
        "Works for me.",
    ),
    "mail for windows": (
        "Works for me.\n\nSent from Mail<https://go.microsoft.com/fwlink/?LinkId=550986> for "
        "Windows 10\n\n"
        "From: Jane Doe<mailto:jane@kunde.example>\nSent: Tuesday, 3 March 2026 14:05\n"
        "To: Bob Ross<mailto:bob@vendor.example>\n"
        "Subject: Meeting\n\nShall we meet?\n",
        "Works for me.",
    ),
    "samsung, german": (
        "Passt.\n\n\nVon meinem Samsung Galaxy Smartphone gesendet.\n\n"
        "-------- Ursprüngliche Nachricht --------\n"
        "Von: Jane Doe <jane@kunde.example> \nDatum: 03.03.26 14:05 (GMT+01:00) \n"
        "An: bob@vendor.example \n"
        "Betreff: Termin \n\nPasst der Termin?\n",
        "Passt.",
    ),
    "device line with an apology": (
        "Works for me.\n\nSent from my iPhone - please excuse brevity and typos\n\n"
        "On 3 Mar 2026, at 14:05, Jane Doe "
        "<jane@kunde.example> wrote:\n\n> Shall we meet?\n",
        "Works for me.",
    ),
    "device line below the quotes": (
        "Works for me.\n\nOn 3 Mar 2026, at 14:05, Jane Doe <jane@kunde.example> wrote:\n\n"
        "> Shall we meet?\n\nSent from my iPad\n",
        "Works for me.",
    ),
    "mailing list footer": (
        "On 3 Mar 2026, at 14:05, Jane Doe <jane@kunde.example> wrote:\n> Shall we meet?\n\n"
        "Works for me.\n"
        "_______________________________________________\nusers mailing list\n"
        "users@lists.kunde.example\n"
        "https://lists.kunde.example/listinfo/users\n",
        "Works for me.",
    ),
    "help desk marker": (
        "Works for me.\n\n##- Please type your reply above this line -##\n\nJane Doe (Support)\n\n"
        "Shall we meet?\n",
        "Works for me.",
    ),
    "two dashes, name and telephone": (
        "Works for me.\n\n--\nBob Ross\nVendor Inc.\nTel. +1 555 010 9999\n\n"
        "On 3 Mar 2026, at 14:05, Jane Doe "
        "<jane@kunde.example> wrote:\n\n> Shall we meet?\n",
        "Works for me.",
    ),
    "history of three mails": (
        "Yes.\n\nOn Wed, Mar 4, 2026 at 9:00 AM Jane Doe <jane@kunde.example> wrote:\n\n"
        "> So we meet?\n>\n"
        "> On Tue, Mar 3, 2026 at 2:05 PM Bob Ross <bob@vendor.example> wrote:\n>\n>> Perhaps.\n>>\n"
        ">>> Shall we meet?\n",
        "Yes.",
    ),
    "unquoted history that holds quotes": (
        "Yes.\n\nOn Tuesday, March 3, 2026 at 02:05:00 PM GMT+1, Jane Doe "
        "<jane@kunde.example> wrote:\n\nSo we meet?\n\n"
        "On Mon, Mar 2, 2026 at 2:05 PM Bob Ross <bob@vendor.example> wrote:\n\n> Perhaps.\n",
        "Yes.",
    ),
    "passage repeated from the history": (
        "> Shall we meet on Friday?\n\nYes, we shall.\n\nFrom: Jane Doe <jane@kunde.example>\n"
        "Sent: Tuesday, March 3, 2026 2:05 PM\nTo: Bob\nSubject: Meeting\n\nShall we\n"
        "meet on Friday?\n\nJane\n",
        "Yes, we shall.",
    ),
    "horde": ("Passt.\n\nZitat von Jane Doe <jane@kunde.example>:\n\n> Passt der Termin?\n", "Passt."),
    "headers behind the separator": (
        "Va bene.\n\n-------- Messaggio originale --------Da: Jane Doe <jane@kunde.example> "
        "Data: 03/03/26  14:05  (GMT+01:00) A: bob@vendor.example Oggetto: Incontro \nVa bene?\n",
        "Va bene.",
    ),
    "apple mail, forwarded on": (
        "Look at this.\n\nBegin forwarded message:\n\nFrom: Jane Doe <jane@kunde.example>\nSubject: Meeting\n"
        "Date: March 3, 2026 at 2:05:00 PM GMT+1\nTo: Bob Ross <bob@vendor.example>\n\nShall we meet?\n",
        "Look at this.",
    ),
    "becky": (
        "大丈夫です。\n\nOn Tue, 3 Mar 2026 14:05:00 +0900\nJane Doe <jane@kunde.example> wrote:\n\n"
        "> いかがですか。\n",
        "大丈夫です。",
    ),
    "evolution": (
        "On Tue, 2026-03-03 at 14:05 +0100, Jane Doe wrote:\n> Shall we meet?\n\nWorks for me.\n",
        "Works for me.",
    ),
    "gnus": ("Jane Doe <jane@kunde.example> writes:\n\n> Shall we meet?\n\nWorks for me.\n", "Works for me."),
    "zimbra": (
        'Passt.\n\n----- Ursprüngliche Mail -----\nVon: "Jane Doe" <jane@kunde.example>\n'
        'An: "Bob" <bob@vendor.example>\n'
        "Gesendet: Dienstag, 3. März 2026 14:05:00\nBetreff: Termin\n\nPasst der Termin?\n",
        "Passt.",
    ),
    "a separator in words nobody listed": (
        "Oui.\n\n----- Courrier antérieur -----\nDe: Jane Doe <jane@kunde.example>\nÀ: Bob\n"
        "Envoyé: Mardi 3 Mars 2026 14:05:00\nObjet: Contrat\n\nEt alors ?\n",
        "Oui.",
    ),
    "portuguese thunderbird": (
        "Às 14:05 de 03/03/2026, Jane Doe escreveu:\n> Podemos?\n\nCombinado.\n",
        "Combinado.",
    ),
    "hotmail": (
        "Works for me.\n\nDate: Tue, 3 Mar 2026 14:05:00 +0100\nSubject: Meeting\nFrom: jane@kunde.example\n"
        "To: bob@vendor.example\n\nShall we meet?\n",
        "Works for me.",
    ),
    "bold headers below a rule of dashes": (
        "Works for me.\n\n ------------------------------\n*From:* Jane Doe [mailto:jane@kunde.example]\n"
        "*Sent:* Tuesday, March 3, 2026 2:05 PM\n*To:* Bob\n*Subject:* Meeting\n\nShall we meet?\n",
        "Works for me.",
    ),
    "hebrew": (
        "מתאים.\n\n\u202bבתאריך יום ג׳, 3 במרץ 2026 ב-14:05 מאת \u202aJane Doe\u202c\u200f "
        "<\u202ajane@kunde.example\u202c\u200f>:\u202c\n\n"
        "> מתאים?\n",
        "מתאים.",
    ),
    "arabic": (
        "مناسب.\n\nفي الثلاثاء، ٣ مارس ٢٠٢٦ في ٢:٠٥ م تمت كتابة ما يلي بواسطة Jane Doe "
        "<jane@kunde.example>:\n\n> هل الموعد مناسب؟\n",
        "مناسب.",
    ),
    "thai": (
        "ได้ครับ\n\nในวันที่ อ. 3 มี.ค. 2026 เวลา 14:05 Jane Doe <jane@kunde.example> เขียนว่า:\n\n> สะดวกไหมคะ\n",
        "ได้ครับ",
    ),
    "vietnamese": (
        "Được.\n\nVào Th 3, 3 thg 3, 2026 vào lúc 14:05 Jane Doe <jane@kunde.example> đã viết:\n\n"
        "> Có tiện không?\n",
        "Được.",
    ),
    "brazilian outlook": (
        "Combinado.\n\nEnviado do meu Samsung Mobile da Claro\n\nDe: Jane Doe <jane@kunde.example>\n"
        "Enviada em: terça-feira, 3 de março de 2026 14:05\nPara: Bob Ross <bob@vendor.example>\n"
        "Assunto: Reunião\n\nPodemos?\n",
        "Combinado.",
    ),
    "yahoo on a telephone, the history on the same line": (
        "Works for me.\n\nSent from Yahoo Mail on Android \n \n"
        "  On Tue, Mar 3, 2026 at 2:05 PM, Jane Doe<jane@kunde.example> wrote:   Hello Bob,\nshall we meet?  \n",
        "Works for me.",
    ),
    "yahoo on a telephone, french": (
        "D'accord.\n\nYahoo Mail: Search, Organize, Conquer \n \n"
        "  Le mar., mars 3, 2026 à 14:05, Jane Doe<jane@kunde.example> a écrit :   Bonjour Bob,\nça va ?  \n",
        "D'accord.",
    ),
    "netease, a table": (
        "可以。\n\n---- 回复的原邮件 ----\n| 发件人 | Jane Doe<jane@kunde.example> |\n"
        "| 日期 | 2026年03月03日 14:05 |\n| 收件人 | Bob<bob@vendor.example> |\n| 抄送至 | |\n| 主题 | 会议 |\n周四可以吗？\n",
        "可以。",
    ),
    "netease, a table in english": (
        "Works for me.\n\n---- Replied Message ----\n| From | Jane Doe<jane@kunde.example> |\n"
        "| Date | 03/03/2026 14:05 |\n| To | <bob@vendor.example> |\n| Subject | Meeting |\nShall we meet?\n",
        "Works for me.",
    ),
    "sfr": (
        "D'accord.\n\n========================================\nMessage du : 03/03/2026 14:05\n"
        'De : Jane Doe <jane@kunde.example>\nA : "Bob" <bob@vendor.example>\nCopie à : \nSujet : Re: Réunion\n\n'
        "On se voit jeudi ?\n",
        "D'accord.",
    ),
    "a rule above quoted headers": (
        "Works for me.\n\n________________________________\n> Date: Tue, 3 Mar 2026 14:05:00 +0100 \n"
        "> From: jane@kunde.example \n> To: bob@vendor.example \n> Subject: Meeting \n> \n> Shall we meet?\n",
        "Works for me.",
    ),
    "lotus notes, labels above their values": (
        'Passt so.\n\n\n\n\nJane Doe <jane@kunde.example> \n03.03.2026 14:05\n\nAn\n"Bob Ross" <bob@vendor.example>\n'
        "Kopie\n\nThema\nTermin\n\n\n\n\n\nPasst der Termin?\n",
        "Passt so.",
    ),
    "lotus notes, with an address for answers": (
        "Works for me.\n\n\n\nJane Doe <jane@kunde.example> \n03/03/2026 02:05 PM\nPlease respond to\njane@kunde.example\n\n"
        "To\nBob Ross/Vendor@Vendor\ncc\n\nSubject\nRe: Meeting\n\n\n\n\nShall we meet?\n",
        "Works for me.",
    ),
    "turkish capital letters in the separator": (
        "Uygundur.\n\n-----Özgün İleti-----\nKimden: Jane Doe [mailto:jane@kunde.example]\n"
        "Gönderildi: 3 Mart 2026 Salı 14:05\nKime: Bob\nKonu: Toplantı\n\nGörüşelim mi?\n",
        "Uygundur.",
    ),
    "catalan gmail, wrapped": (
        "D'acord.\n\nMissatge de Jane Doe <jane@kunde.example> del dia dt., 3 de març 2026 a les\n14:05:\n\n> Ens veiem?\n",
        "D'acord.",
    ),
    "polish apple mail, unquoted": (
        "Zgoda.\n\nWiadomość napisana przez Jane Doe <jane@kunde.example> w dniu 3 mar 2026, o godz. 14:05:\n\nSpotkamy się?\n",
        "Zgoda.",
    ),
    "croatian attribution, where je is no dutch pronoun": (
        "Može.\n\nDana 3. 3. 2026. u 14:05, Jane Doe je napisao/la:\n\nVidimo se?\n",
        "Može.",
    ),
    "slovenian thunderbird": (
        "Velja.\n\nDne 3. 03. 26 ob 14:05 je Jane Doe napisal(a):\n> Se vidimo?\n",
        "Velja.",
    ),
    "the colon alone on its line": (
        "D'accord.\n\nLe mardi 3 mars 2026 à 14:05, Jane Doe <jane@kunde.example> a écrit\n:\n\n> On se voit jeudi ?\n",
        "D'accord.",
    ),
    "an address that was wrapped before its bracket": (
        "Works for me.\n\nOn Tue, Mar 03, 2026 at 2:05 PM, Jane Doe < jane@kunde.example\n> wrote:\n\n> Shall we meet?\n",
        "Works for me.",
    ),
    "dashes above the line of a telephone": (
        "Договорились.\n\n--\nОтправлено из Mail.ru для Android\n\n"
        "вторник, 03 марта 2026г., 14:05 +03:00 от Jane Doe jane@kunde.example:\n\n> Встретимся?\n",
        "Договорились.",
    ),
    "gmail in hebrew, unquoted": (
        "מתאים לי.\n\n\u202bבתאריך יום ג׳, 3 במרץ 2026 ב-14:05 מאת \u202aJane Doe\u202c\u200f <\u202ajane@kunde.example\u202c\u200f>:\u202c\n\n"
        "ניפגש?\n",
        "מתאים לי.",
    ),
}

KEPT: dict[str, tuple[str, str]] = {
    "answers in blue inside the quoted lines": (
        "Hi Jane, my answers are in blue inside your mail.\n\nOn Tue, Mar 3, 2026 at 2:05 PM Jane Doe <jane@kunde.example> wrote:\n\n"
        "> Shall we meet?\n> Yes, on Friday.\n> Where?\n",
        "Hi Jane, my answers are in blue inside your mail.\n\n> Yes, on Friday.",
    ),
    "a table with a column From": (
        "Hi Jane,\n\n| From | To | Date |\n|---|---|---|\n| Berlin | Munich | 3 March |\n\nPlease book it.\n",
        "Hi Jane,\n\n| From | To | Date |\n|---|---|---|\n| Berlin | Munich | 3 March |\n\nPlease book it.",
    ),
    "an address, a date and a list of what goes where": (
        "The note says:\n\nJane Doe <jane@kunde.example>\n03.03.2026 14:05\n\nTo\nthe warehouse\n\nWe sent it.\n",
        "The note says:\n\nJane Doe <jane@kunde.example>\n03.03.2026 14:05\n\nTo\nthe warehouse\n\nWe sent it.",
    ),
    "a dash above the last line": (
        "Hi Jane,\n\nthe offer stands\n—\nuntil Friday\n",
        "Hi Jane,\n\nthe offer stands\n—\nuntil Friday",
    ),
    "answers in red inside the history": (
        "Hi Jane,\n\nplease see my answers below in red.\n\nBob\n\nFrom: Jane Doe <jane@kunde.example>\n"
        "Sent: Tuesday, March 3, 2026 2:05 PM\nTo: Bob\nSubject: Meeting\n\nShall we meet?\n"
        "Yes, on Friday.\nJane\n",
        "Hi Jane,\n\nplease see my answers below in red.\n\nBob\n\nYes, on Friday.",
    ),
    "antworten im text": (
        "Hallo Jane,\n\nmeine Antworten stehen unten im Text.\n\nVon: Jane Doe <jane@kunde.example>\n"
        "Gesendet: Dienstag, 3. März 2026 14:05\nAn: Bob\nBetreff: Termin\n\nPasst der Termin?\n"
        "Ja, am Freitag.\n",
        "Hallo Jane,\n\nmeine Antworten stehen unten im Text.\n\nJa, am Freitag.",
    ),
    "answers marked with the name": (
        "Hi Jane, done.\n\nFrom: Jane Doe <jane@kunde.example>\n"
        "Sent: Tuesday, March 3, 2026 2:05 PM\nTo: Bob\n"
        "Subject: Meeting\n\nShall we meet?\n[Bob Ross] Yes, on Friday.\n",
        "Hi Jane, done.\n\n[Bob Ross] Yes, on Friday.",
    ),
    "answers marked with initials": (
        "Hi Jane, done.\n\nFrom: Jane Doe <jane@kunde.example>\nSent: Tuesday, March 3, 2026 2:05 PM\nTo: Bob\n"
        "Subject: Meeting\n\nShall we meet?\n[BR] Yes, on Friday.\n",
        "Hi Jane, done.\n\n[BR] Yes, on Friday.",
    ),
    "answer below an outlook block": (
        "-----Original Message-----\nFrom: Jane Doe <jane@kunde.example>\n"
        "Sent: Tuesday, March 3, 2026 2:05 PM\nTo: Bob\n"
        "Subject: Meeting\n\nShall we meet?\n\nYes, on Friday.\n",
        "Yes, on Friday.",
    ),
    "answer below an unquoted attribution": (
        "On Tuesday, March 3, 2026 at 02:05:00 PM GMT+1, Jane Doe <jane@kunde.example> wrote:\n\n"
        "Shall we meet?\n\n"
        "Yes, on Friday.\n",
        "Yes, on Friday.",
    ),
    "answer between attribution and quotes": (
        "Hi Jane,\n\nOn Tue, Mar 3, 2026 at 2:05 PM Jane Doe <jane@kunde.example> wrote:\n\n"
        "Yes, on Friday.\n\n"
        "> Shall we meet?\n",
        "Hi Jane,\n\nYes, on Friday.",
    ),
    "a log announced by the writer": (
        "Hi Jane,\n\nthis is what the log says:\n> ERROR 17: disk full\n> ERROR 18: giving up\n\n"
        "What now?\n\n"
        "On Tue, Mar 3, 2026 at 2:05 PM Jane Doe <jane@kunde.example> wrote:\n> Does it work?\n",
        "Hi Jane,\n\nthis is what the log says:\n> ERROR 17: disk full\n> ERROR 18: giving up\n\nWhat now?",
    ),
    "a poem above the history": (
        "Hi Jane,\n\nI thought of this one.\n\n> The fog comes in on little feet\n"
        "> and sits and looks.\n\nBob\n\n"
        "On Tue, Mar 3, 2026 at 2:05 PM Jane Doe <jane@kunde.example> wrote:\n> How is the weather?\n",
        "Hi Jane,\n\nI thought of this one.\n\n> The fog comes in on little feet\n"
        "> and sits and looks.\n\nBob",
    ),
    "prose that tells what was written": (
        'Hi Jane,\n\nOn Monday we wrote:\n"You will get it on Friday."\n\nThat still holds.\n',
        'Hi Jane,\n\nOn Monday we wrote:\n"You will get it on Friday."\n\nThat still holds.',
    ),
    "prose with a date and a verb": (
        "As I said on 3 March 2026 at 14:05, this is not what you wrote:\nthe price was fixed.\n\nBob\n",
        "As I said on 3 March 2026 at 14:05, this is not what you wrote:\nthe price was fixed.\n\nBob",
    ),
    "a dated sentence above an own quotation": (
        'On 3 March 2026 Jane wrote:\n"Never again."\n\nThe poem goes so\n\n> The fog comes in\n\nBob\n\n'
        "On Tue, Mar 3, 2026 at 2:05 PM Jane Doe <jane@kunde.example> wrote:\n> How is the weather?\n",
        'On 3 March 2026 Jane wrote:\n"Never again."\n\nThe poem goes so\n\n> The fog comes in\n\nBob',
    ),
    "lists with labels": (
        "Hi,\n\nSent: two boxes\nTo: Munich\nFrom: Berlin\nDate: Friday\n\nPlease confirm.\n",
        "Hi,\n\nSent: two boxes\nTo: Munich\nFrom: Berlin\nDate: Friday\n\nPlease confirm.",
    ),
    "lines that begin with From": (
        "From what I see we are done.\nFrom: nobody\nOn Monday I am away.\n",
        "From what I see we are done.\nFrom: nobody\nOn Monday I am away.",
    ),
    "dashes as separators": (
        "First the price.\n--\nThen the date.\n--\nLast the place.\n\nBob\n",
        "First the price.\n--\nThen the date.\n--\nLast the place.\n\nBob",
    ),
    "options with dashes": (
        "We can do:\n-- the small one\n-- the large one\n\nTell me which.\n",
        "We can do:\n-- the small one\n-- the large one\n\nTell me which.",
    ),
    "answer below a device line": (
        "Sent from my iPhone\n\nYes, on Friday.\n\n"
        "On 3 Mar 2026, at 14:05, Jane Doe <jane@kunde.example> wrote:\n\n> Shall we?\n",
        "Yes, on Friday.",
    ),
    "answer below the signature": (
        "-- \nBob Ross\nVendor Inc.\n\nYes, on Friday.\n\n"
        "On 3 Mar 2026, at 14:05, Jane Doe <jane@kunde.example> wrote:\n\n> Shall we?\n",
        "Yes, on Friday.",
    ),
    "postscript below the signature": (
        "Yes, on Friday.\n\n-- \nBob Ross\n\nP.S. Bring the contract.\n\n"
        "On 3 Mar 2026, at 14:05, Jane Doe <jane@kunde.example> wrote:\n\n> Shall we?\n",
        "Yes, on Friday.\n\nP.S. Bring the contract.",
    ),
    "a text about devices": (
        "Yes, on Friday.\n\nSent from my old account, please use the new one from now on.\n",
        "Yes, on Friday.\n\nSent from my old account, please use the new one from now on.",
    ),
    "an order to get a device": ("Hi Ann,\n\nGet Samsung to fix it.\n", "Hi Ann,\n\nGet Samsung to fix it."),
    "a mark amid a sentence": (
        "On 3 Mar 2026, at 14:05, Jane Doe <jane@kunde.example> wrote:\n> How was the year?\n\n"
        "The growth was\n"
        "> 50 percent in March and it\nwill go on so.\n",
        "The growth was\n> 50 percent in March and it\nwill go on so.",
    ),
    "python prompts": (
        "On 3 Mar 2026, at 14:05, Jane Doe <jane@kunde.example> wrote:\n> How do I add?\n\n"
        "Type this\n\n>>> 1 + 1\n\nand see.\n",
        "Type this\n\n>>> 1 + 1\n\nand see.",
    ),
    "an announced mail pasted by the writer": (
        "Hi Jane,\n\nthis is what your colleague sent us:\n\nFrom: Ann Lee <ann@kunde.example>\n"
        "Sent: Monday, March 2, 2026 2:05 PM\n"
        "To: Bob\nSubject: Price\n\nToo high.\n\nWhat do you say to that?\n",
        "Hi Jane,\n\nthis is what your colleague sent us:\n\nWhat do you say to that?",
    ),
    "a ruled line in the text": (
        "First part.\n\n________________________________\n\nSecond part.\n",
        "First part.\n\n________________________________\n\nSecond part.",
    ),
    "bottom posting with text above too": (
        "Hi Jane,\n\nOn Tue, Mar 3, 2026 at 2:05 PM Jane Doe <jane@kunde.example> wrote:\n"
        "> Shall we meet?\n\nYes.\n\n"
        "One more thing: bring the contract.\n\nBob\n",
        "Hi Jane,\n\nYes.\n\nOne more thing: bring the contract.\n\nBob",
    ),
    "answers to two mails": (
        "On Mon, Mar 2, 2026 at 2:05 PM Jane Doe <jane@kunde.example> wrote:\n> Shall we meet?\nYes.\n\n"
        "On Tue, Mar 3, 2026 at 2:05 PM Ann Lee <ann@kunde.example> wrote:\n> And when?\nOn Friday.\n",
        "Yes.\n\nOn Friday.",
    ),
    "nothing but an answer": ("Yes, on Friday.\n", "Yes, on Friday."),
}
