"""Forwards as mail clients write them, whole mails with what must be read from them. Made the same every time.

Each client is a function from a `Draft` (who, when, what, in which language) to the parts of a mail; the corpus
is every client in every language it speaks, with the subject kept and with a subject that says nothing.
"""

import html
import textwrap
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, timezone
from email.header import Header
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, formataddr
from typing import TypeVar

from tests.forwards.languages import LANGUAGES, Language

Person = tuple[str, str]
T = TypeVar("T")

HERE = timezone(timedelta(hours=1))
FORWARDER: Person = ("Jana Reuter", "jana.reuter@vendor.example")
LOGGING: Person = ("", "log@touch.vendor.example")


@dataclass(frozen=True)
class Draft:
    """The mail that is forwarded, the language of the client, and what the forwarder writes above it."""

    language: Language
    sender: Person
    to: tuple[Person, ...]
    cc: tuple[Person, ...]
    when: datetime
    subject: str
    body: str
    comment: str

    @property
    def code(self) -> str:
        return self.language.code


@dataclass(frozen=True)
class Made:
    """The parts of the forwarding mail: plain text, HTML, an attached mail.

    `expected` holds what the client leaves out or changes of the draft; a subject of None stands in no block.
    """

    plain: str = ""
    html: str = ""
    attached: bytes = b""
    prefix: str = "Fwd"
    answers: bool = False
    expected: dict[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class Expected:
    sender: Person
    to: tuple[Person, ...]
    cc: tuple[Person, ...]
    date: datetime
    subject: str
    body: str
    comment: str


@dataclass(frozen=True)
class Case:
    """One mail of the corpus: `raw` as it comes in, and the original that must be found in it."""

    name: str
    client: str
    language: str
    kept: bool
    raw: bytes
    expected: Expected
    plain: str
    subject: str


Client = Callable[[Draft], Made]
CLIENTS: list[tuple[str, Client, frozenset[str] | None]] = []


def client(name: str, languages: str = "") -> Callable[[Client], Client]:
    """Enters a client into the corpus, for some languages or for all."""

    def enter(made: Client) -> Client:
        CLIENTS.append((name, made, frozenset(languages.split()) or None))
        return made

    return enter


# --- what people write -----------------------------------------------------------------------------------------

BODIES = (
    "Hello Ben,\n\nthe nightly export stopped on Monday. Could you have a look today?\n\nMany thanks\nMira Castell",
    "Hallo zusammen,\n\ndie Schulung für die Außenstelle Köln wäre uns am Donnerstag recht.\nBitte um kurze Bestätigung.\n\n"
    "Viele Grüße\nOle Brandt\n\n-- \nOle Brandt | Fjordline AG | +49 221 5550100",
    "Thanks, that works.\n\nOn Mon, Jan 5, 2026 at 9:12 AM Ben Haas <ben.haas@vendor.example> wrote:\n"
    "> Shall we say Wednesday?\n> \n> Ben\n",
    "Bonjour,\n\nvoici les points ouverts :\n- facture n° 4711 ;\n- accès de Mme Lefèvre ;\n- date de la formation.\n\nCordialement\nLuc",
    "One line only.",
    "Please note:\n\nDate: Friday works for us\nTo: be decided\n\nand the rest later.\n\nR.",
    "お世話になっております。\n\n契約更新の件、ご連絡いたします。\n\nよろしくお願いいたします。\n山田",
    "Hi,\n\nthe second paragraph is long enough that a client which wraps at seventy-odd columns has to break\nit somewhere, "
    "and so it does.\n\n________________________________\nRosa Lind\nHead of Operations",
    "Привет!\n\nОтчёт за квартал во вложении.\n\nС уважением,\nОлег",
)
COMMENTS = (
    "",
    "FYI, please file this with the account.",
    "Hi team,\n\nsee below. They renew in May: worth a call.\n\nJana",
    "Zur Ablage.\n\nVG\nJana",
)
SUBJECTS = (
    "Nightly export",
    "Re: Schulung am 12.",
    "Invoice 4711: second reminder",
    "Angebot für 2026 – Köln",
    "契約更新の件",
    "Отчёт",
)
REWRITTEN = ("Please file", "customer asked again", "for the record: export", "Ablage")
SENDERS: tuple[Person, ...] = (
    ("Mira Castell", "mira.castell@fjordline.example"),
    ("Ole Brandt", "o.brandt@fjordline.example"),
    ("Lefèvre, Luc", "luc@lefevre-et-fils.example"),
    ("山田 太郎", "t.yamada@sakura.example"),
    ("Rosa Lind", "Rosa_Lind+crm@nordwind.example"),
)
RECIPIENTS: tuple[tuple[Person, ...], ...] = (
    (("Ben Haas", "ben.haas@vendor.example"),),
    (("Ben Haas", "ben.haas@vendor.example"), ("Jana Reuter", "jana.reuter@vendor.example")),
    (("Haas, Ben", "ben.haas@vendor.example"), ("", "support@vendor.example")),
)
COPIES: tuple[tuple[Person, ...], ...] = (
    (),
    (),
    (("Ida Voss", "ida.voss@fjordline.example"),),
    (("", "office@nordwind.example"),),
)
DATES = (
    datetime(2026, 3, 3, 14, 5, 33, tzinfo=HERE),
    datetime(2026, 1, 12, 9, 41, 7, tzinfo=HERE),
    datetime(2026, 2, 4, 12, 0, 59, tzinfo=HERE),
    datetime(2025, 12, 28, 0, 15, 2, tzinfo=HERE),
    datetime(2025, 11, 5, 18, 30, 0, tzinfo=HERE),
    datetime(2025, 8, 21, 7, 5, 12, tzinfo=HERE),
)


def draft_of(language: Language, number: int) -> Draft:
    """The `number`-th draft in a language: every list is walked at its own pace, so combinations differ."""

    def pick(choices: tuple[T, ...], stride: int) -> T:
        return choices[(number * stride + number // len(choices)) % len(choices)]

    return Draft(
        language,
        sender=pick(SENDERS, 2),
        to=pick(RECIPIENTS, 1),
        cc=pick(COPIES, 3),
        when=pick(DATES, 5),
        subject=pick(SUBJECTS, 1),
        body=pick(BODIES, 4),
        comment=pick(COMMENTS, 1),
    )


# --- ways to write things down -------------------------------------------------------------------------------


def minute(when: datetime) -> datetime:
    return when.replace(second=0)


def angle(people: tuple[Person, ...], between: str = ", ", quotes: str = "") -> str:
    """`Ben Haas <ben@x>`; names with a comma in quotes if asked for, a bare address as it is."""
    written = []
    for name, email in people:
        shown = f'"{name}"' if quotes == "all" or (quotes == "commas" and "," in name) else name
        written.append(f"{shown} <{email}>" if name else email)
    return between.join(written)


def quoted(text: str) -> str:
    return "\n".join(f"> {line}".rstrip() if not line else f"> {line}" for line in text.split("\n"))


def flow(text: str) -> str:
    """Plain text as paragraphs of HTML: a `<div>` a line, as editors write it."""
    return "".join(f"<div>{html.escape(line) or '<br>'}</div>" for line in text.split("\n"))


def html_body(text: str) -> str:
    """A forwarded text as HTML, its quoted lines in a blockquote."""
    out, inside = [], False
    for line in text.rstrip("\n").split("\n"):
        quote = line.startswith(">")
        if quote != inside:
            out.append('<blockquote type="cite">' if quote else "</blockquote>")
            inside = quote
        out.append(f"<div>{html.escape(line[2:] if quote else line) or '<br>'}</div>")
    return "".join(out) + ("</blockquote>" if inside else "")


def link(email: str) -> str:
    return f'<a href="mailto:{email}">{email}</a>'


def html_people(people: tuple[Person, ...], between: str = ", ") -> str:
    return between.join(
        f"{html.escape(name)} &lt;{link(email)}&gt;" if name else link(email) for name, email in people
    )


def pairs(
    draft: Draft, family: str, order: str, date: str, people: Callable[[tuple[Person, ...]], str]
) -> list[tuple[str, str]]:
    """Label and value of each header in the client's order: f(rom) d(ate) t(o) c(c) s(ubject)."""
    labels = dict(zip("fdtcs", draft.language.labels(family), strict=True))
    values = {
        "f": people((draft.sender,)),
        "d": date,
        "t": people(draft.to),
        "c": people(draft.cc),
        "s": draft.subject,
    }
    return [(labels[key], values[key]) for key in order if key != "c" or draft.cc]


def lines_of(headers: list[tuple[str, str]], colon: str = ": ") -> str:
    return "\n".join(f"{label}{colon}{value}" for label, value in headers)


def above(comment: str) -> str:
    return f"{comment}\n\n" if comment else ""


# --- the clients -----------------------------------------------------------------------------------------------


@client("gmail plain")
def gmail_plain(draft: Draft) -> Made:
    own = draft.language.labels("outlook")[0]
    date = draft.language.date(draft.language.gmail_date, draft.when)
    headers = [
        (own, angle((draft.sender,))),
        ("Date", date),
        ("Subject", draft.subject),
        ("To", angle(draft.to)),
    ]
    if draft.cc:
        headers.append(("Cc", angle(draft.cc)))
    text = f"{above(draft.comment)}---------- Forwarded message ---------\n{lines_of(headers)}\n\n\n{draft.body}\n"
    return Made(text, answers=True, expected={"date": minute(draft.when)})


@client("gmail html")
def gmail_html(draft: Draft) -> Made:
    own = draft.language.labels("outlook")[0]
    date = (
        draft.language.date(draft.language.gmail_date, draft.when)
        .replace(" AM", "\u202fAM")
        .replace(" PM", "\u202fPM")
    )
    name, email = draft.sender
    head = (
        f'<div dir="ltr" class="gmail_attr">---------- Forwarded message ---------<br>{own}: '
        f'<b class="gmail_sendername" dir="auto">{html.escape(name)}</b> <span dir="auto">&lt;{link(email)}&gt;</span>'
        f"<br>Date: {date}<br>Subject: {html.escape(draft.subject)}<br>To: {html_people(draft.to)}<br>"
        + (f"Cc: {html_people(draft.cc)}<br>" if draft.cc else "")
        + "</div><br><br>"
    )
    body = f'<div dir="ltr">{flow(draft.comment)}<br><div class="gmail_quote gmail_quote_container">{head}{html_body(draft.body)}</div></div>'
    return Made(html=body, answers=True, expected={"date": minute(draft.when)})


@client("apple plain")
def apple_plain(draft: Draft) -> Made:
    date = draft.language.date(draft.language.apple_date, draft.when, "GMT+1")
    headers = lines_of(pairs(draft, "apple", "fsdtc", date, lambda people: angle(people, quotes="commas")))
    text = quoted(f"{draft.language.opening}\n\n{headers}\n\n{draft.body.rstrip()}")
    return Made(f"{above(draft.comment)}{text}\n")


@client("apple phone plain")
def apple_phone(draft: Draft) -> Made:
    date = draft.language.date(draft.language.apple_date, draft.when, "GMT+1")
    headers = lines_of(pairs(draft, "apple", "fdtcs", date, lambda people: angle(people, quotes="commas")))
    text = quoted(f"{headers}\n\n{draft.body.rstrip()}")
    return Made(f"{above(draft.comment)}{draft.language.opening}\n\n{text}\n")


@client("apple html")
def apple_html(draft: Draft) -> Made:
    date = draft.language.date(draft.language.apple_date, draft.when, "GMT+1")
    style = 'style="margin-top: 0px; margin-right: 0px; margin-bottom: 0px; margin-left: 0px;"'
    head = "".join(
        f"<div {style}><span><b>{label}: </b></span><span>{value}<br></span></div>"
        for label, value in pairs(draft, "apple", "fsdtc", date, html_people)
    )
    body = (
        f'<body>{flow(draft.comment)}<div><br><blockquote type="cite"><div>{draft.language.opening}</div>'
        f'<br class="Apple-interchange-newline">{head}<br><div>{html_body(draft.body)}</div></blockquote></div><br></body>'
    )
    return Made(html=body)


def outlook_people(people: tuple[Person, ...]) -> str:
    return angle(people, "; ")


@client("outlook desktop plain")
def outlook_plain(draft: Draft) -> Made:
    date = draft.language.date(draft.language.long, draft.when)
    headers = lines_of(pairs(draft, "outlook", "fdtcs", date, outlook_people))
    text = f"{above(draft.comment)}-----{draft.language.original}-----\n{headers}\n\n{draft.body}\n"
    return Made(text, prefix=draft.language.forward, answers=True, expected={"date": minute(draft.when)})


@client("outlook desktop bare plain")
def outlook_bare(draft: Draft) -> Made:
    date = draft.language.date(draft.language.long, draft.when)
    headers = lines_of(pairs(draft, "outlook", "fdtcs", date, outlook_people), ": ")
    text = f"{above(draft.comment)}\n{headers}\n\n{draft.body}\n"
    return Made(text, prefix=draft.language.forward, answers=False, expected={"date": minute(draft.when)})


@client("outlook mailto plain")
def outlook_mailto(draft: Draft) -> Made:
    date = draft.language.date(draft.language.long, draft.when)

    def people(group: tuple[Person, ...]) -> str:
        return "; ".join(f"{name or email} [mailto:{email}]" for name, email in group)

    headers = lines_of(pairs(draft, "outlook", "fdtcs", date, people))
    text = f"{above(draft.comment)}{headers}\n\n{draft.body}\n"
    return Made(text, prefix=draft.language.forward, expected={"date": minute(draft.when)})


@client("outlook desktop html")
def outlook_html(draft: Draft) -> Made:
    date = draft.language.date(draft.language.long, draft.when)
    head = "<br>".join(
        f"<b>{label}:</b> {value}"
        for label, value in pairs(draft, "outlook", "fdtcs", date, lambda p: html_people(p, "; "))
    )
    own = "".join(
        f"<p class=MsoNormal>{html.escape(line) or '<o:p>&nbsp;</o:p>'}</p>"
        for line in draft.comment.split("\n")
    )
    body = (
        f'<html xmlns:o="urn:schemas-microsoft-com:office:office"><body lang=EN-US><div class=WordSection1>{own}'
        '<p class=MsoNormal><o:p>&nbsp;</o:p></p><div><div style="border:none;border-top:solid #E1E1E1 1.0pt;'
        f'padding:3.0pt 0cm 0cm 0cm"><p class=MsoNormal>{head}<o:p></o:p></p></div></div>'
        f"<p class=MsoNormal><o:p>&nbsp;</o:p></p>{html_body(draft.body)}</div></body></html>"
    )
    return Made(html=body, prefix=draft.language.forward, answers=True, expected={"date": minute(draft.when)})


@client("outlook web html")
def outlook_web(draft: Draft) -> Made:
    date = draft.language.date(draft.language.long, draft.when)
    head = "<br>".join(
        f"<b>{label}:</b>&nbsp;{value}"
        for label, value in pairs(draft, "outlook", "fdtcs", date, lambda p: html_people(p, "; "))
    )
    body = (
        f'<html><body dir="ltr"><div class="elementToProof">{flow(draft.comment)}</div><div id="appendonsend"></div>'
        '<hr style="display:inline-block;width:98%" tabindex="-1"><div id="divRplyFwdMsg" dir="ltr">'
        f'<font face="Calibri, sans-serif">{head}</font><div>&nbsp;</div></div>{html_body(draft.body)}</body></html>'
    )
    return Made(html=body, prefix=draft.language.forward, answers=True, expected={"date": minute(draft.when)})


@client("outlook web plain")
def outlook_web_plain(draft: Draft) -> Made:
    english = replace(draft, language=LANGUAGES[0])
    date = english.language.date(english.language.long, draft.when)
    headers = lines_of(pairs(english, "outlook", "fdtcs", date, outlook_people))
    text = f"{above(draft.comment)}________________________________\n{headers}\n\n{draft.body}\n"
    return Made(text, prefix=draft.language.forward, expected={"date": minute(draft.when)})


@client("outlook phone bold plain")
def outlook_phone(draft: Draft) -> Made:
    date = draft.language.date(draft.language.long, draft.when)

    def people(group: tuple[Person, ...]) -> str:
        return "; ".join(
            f"{name} <{email}<mailto:{email}>>" if name else f"{email}<mailto:{email}>"
            for name, email in group
        )

    headers = "\n".join(
        f"*{label}:* {value}" for label, value in pairs(draft, "outlook", "fdtcs", date, people)
    )
    text = f"{above(draft.comment)}{'_' * 32}\n{headers}\n\n{draft.body}\n"
    return Made(text, prefix=draft.language.forward, expected={"date": minute(draft.when)})


@client("outlook mac plain")
def outlook_mac(draft: Draft) -> Made:
    date = draft.language.date(draft.language.short, draft.when)
    name, email = draft.sender
    if draft.code in ("nl", "no", "fi", "cs", "sk", "hu", "hr", "el", "zh-cn", "zh-tw", "ko", "ja"):
        name = "Mira Castell"  # those languages put no quotes around the name
    line = draft.language.wrote.format(date=date, name=name, email=email)
    indented = textwrap.indent(draft.body.rstrip(), "    ")
    text = f"{above(draft.comment)}{line}\n\n{indented}\n"
    expected = {"date": minute(draft.when), "sender": (name, email), "to": (), "cc": (), "subject": None}
    return Made(text, prefix="FW", expected=expected)


@client("thunderbird plain")
def thunderbird_plain(draft: Draft) -> Made:
    date = format_datetime(draft.when)
    headers = lines_of(
        pairs(draft, "thunderbird", "sdftc", date, lambda people: angle(people, quotes="commas"))
    )
    dashes = "-" * 8
    text = f"{above(draft.comment)}\n\n{dashes} {draft.language.forwarded} {dashes}\n{headers}\n\n\n\n{draft.body}\n"
    return Made(text)


@client("thunderbird html")
def thunderbird_html(draft: Draft) -> Made:
    rows = "".join(
        f'<tr><th valign="BASELINE" align="RIGHT" nowrap="nowrap">{label}: </th><td>{value}</td></tr>'
        for label, value in pairs(draft, "thunderbird", "sdftc", format_datetime(draft.when), html_people)
    )
    body = (
        f'<html><body><p>{"<br>".join(map(html.escape, draft.comment.split(chr(10))))}</p><div class="moz-forward-container"><br><br>'
        f'-------- {draft.language.forwarded} --------<table class="moz-email-headers-table" cellspacing="0" cellpadding="0" '
        f'border="0"><tbody>{rows}</tbody></table><br><br>{html_body(draft.body)}</div></body></html>'
    )
    return Made(html=body)


@client("yahoo plain")
def yahoo_plain(draft: Draft) -> Made:
    date = draft.language.date(draft.language.long, draft.when) + " GMT+1"
    headers = pairs(draft, "yahoo", "ftcds", date, lambda people: angle(people, quotes="commas"))
    run_on = "".join(f"{label}: {value}" for label, value in headers)
    text = f"{above(draft.comment)}   ----- {draft.language.forwarded} ----- {run_on}\n{textwrap.indent(draft.body, '  ', lambda _: False)}\n"
    return Made(text, prefix="Fw", expected={"date": minute(draft.when)})


@client("yahoo html")
def yahoo_html(draft: Draft) -> Made:
    date = draft.language.date(draft.language.long, draft.when) + " GMT+1"
    head = "".join(
        f"<div><b>{label}:</b> {value}</div>"
        for label, value in pairs(draft, "yahoo", "ftcds", date, html_people)
    )
    body = (
        f'<html><body><div class="yahoo-style-wrap">{flow(draft.comment)}<div><br></div></div><div id="yahoo_quoted_1" '
        f'class="yahoo_quoted"><div><div>----- {draft.language.forwarded} -----</div>{head}<div><br></div>'
        f"{html_body(draft.body)}</div></div></body></html>"
    )
    return Made(html=body, prefix="Fw", expected={"date": minute(draft.when)})


@client("samsung plain")
def samsung(draft: Draft) -> Made:
    date = f"{draft.language.date(draft.language.short, draft.when)}  (GMT+01:00)"
    headers = "\n".join(
        f"{label}: {value} " for label, value in pairs(draft, "thunderbird", "fdtcs", date, angle)
    )
    text = f"{above(draft.comment)}-------- {draft.language.original} --------\n{headers}\n\n{draft.body}\n"
    return Made(text, expected={"date": minute(draft.when)})


@client("attached")
def attached(draft: Draft) -> Made:
    inner = mail(draft.sender, draft.to, draft.cc, draft.when, draft.subject, Made(draft.body), "inner")
    return Made(draft.comment or " ", attached=inner, prefix=draft.language.forward)


@client("gmx plain", "de en fr es")
def gmx(draft: Draft) -> Made:
    date = draft.language.date(
        "{wd}, {dd}. {mon} {y} um {t} Uhr" if draft.code == "de" else "{wd}, {mon} {dd}, {y} at {t12}",
        draft.when,
    )
    if draft.code in ("fr", "es"):
        date = draft.language.date(draft.language.long, draft.when)
    headers = lines_of(pairs(draft, "outlook", "dftcs", date, lambda people: angle(people, quotes="all")))
    text = f"{above(draft.comment)}Gesendet mit der mobilen Mail App\n\n\n{headers}\n\n{draft.body}\n"
    comment = f"{above(draft.comment)}Gesendet mit der mobilen Mail App\n\n"
    return Made(text, expected={"date": minute(draft.when), "comment": comment})


@client("t-online plain", "de")
def t_online(draft: Draft) -> Made:
    headers = lines_of(
        pairs(
            draft,
            "apple",
            "sdftc",
            f"{draft.when:%Y-%m-%dT%H:%M:%S+0100}",
            lambda people: angle(people, quotes="all"),
        )
    )
    return Made(
        f"{above(draft.comment)}-----Weitergeleitete Nachricht-----\n{headers}\n\n{draft.body}\n",
        prefix="Wtrlt",
    )


@client("mail.ru plain", "ru")
def mail_ru(draft: Draft) -> Made:
    date = draft.language.date(
        "{wd}, {d} {mon} {y}, {t} +03:00", draft.when.astimezone(timezone(timedelta(hours=3)))
    )
    headers = lines_of(pairs(draft, "outlook", "ftcds", date, angle)).replace("Отправлено: ", "Дата: ")
    text = f"{above(draft.comment)}-------- Пересылаемое сообщение --------\n{headers}\n \n{draft.body}\n"
    return Made(text, expected={"date": minute(draft.when)})


@client("yandex plain", "ru")
def yandex(draft: Draft) -> Made:
    name, email = draft.sender
    text = (
        f'{above(draft.comment)}-------- Пересылаемое сообщение --------\n{draft.when:%d.%m.%Y, %H:%M}, "{name}" <{email}>:\n\n'
        f"{draft.body.rstrip()}\n\n-------- Конец пересылаемого сообщения --------\n"
    )
    return Made(text, expected={"date": minute(draft.when), "to": (), "cc": (), "subject": None})


@client("proton plain", "en de fr es it")
def proton(draft: Draft) -> Made:
    day = draft.when.day
    suffix = "th" if 10 < day < 20 else {1: "st", 2: "nd", 3: "rd"}.get(day % 10, "th")
    date = LANGUAGES[0].date("On {wd}, {mon} {d}SUFFIX, {y} at {t12}", draft.when).replace("SUFFIX", suffix)
    headers = [
        ("From", angle((draft.sender,))),
        ("Date", date),
        ("Subject", draft.subject),
        ("To", angle(draft.to)),
    ]
    if draft.cc:
        headers.append(("CC", angle(draft.cc)))
    text = f"{above(draft.comment)}------- Forwarded Message -------\n{lines_of(headers)}\n\n\n{quoted(draft.body.rstrip())}\n"
    return Made(text, expected={"date": minute(draft.when)})


@client("hubspot plain", "en de fr es it nl pt-br sv fi pl ja")
def hubspot(draft: Draft) -> Made:
    words = {
        "de": "Weitergeleitete Nachricht",
        "ja": "メッセージを転送",
        "pl": "Wiadomość przesłana dalej",
        "en": "Forwarded message",
    }
    phrase = words.get(draft.code, draft.language.forwarded)
    colon = "：" if draft.code == "ja" else ": "
    date = format_datetime(draft.when)
    headers = lines_of(pairs(draft, "apple", "fdstc", date, angle), colon)
    if draft.code == "ja":
        headers = headers.replace("差出人：", "送信元：").replace("宛先：", "送信先：")
    text = f"{above(draft.comment)}---------- {phrase} ----------\n{headers}\n\n{draft.body}\n"
    return Made(text)


@client("missive plain", "en de fr")
def missive(draft: Draft) -> Made:
    date = LANGUAGES[0].date("{mon} {d}, {y} at {t12}", draft.when)
    headers = [
        ("From", angle((draft.sender,))),
        ("Date", date),
        ("Subject", draft.subject),
        ("To", angle(draft.to)),
    ]
    if draft.cc:
        headers.append(("Cc", angle(draft.cc)))
    text = f"{above(draft.comment)}---------- Forwarded message ----------\n{lines_of(headers)}\n\n{draft.body}\n"
    return Made(text, expected={"date": minute(draft.when)})


@client("front plain", "en")
def front(draft: Draft) -> Made:
    date = LANGUAGES[0].date("{mon} {d}, {y}, {t12} GMT+1", draft.when)
    headers = lines_of(
        [
            ("From", angle((draft.sender,))),
            ("Sent", date),
            ("To", angle(draft.to)),
            ("Subject", draft.subject),
        ]
    )
    text = f"{above(draft.comment)}---------- Forwarded message ----------\n{headers}\n\n\n{quoted(draft.body.rstrip())}\n"
    return Made(text, expected={"date": minute(draft.when), "cc": ()})


@client("notes plain", "en de")
def notes(draft: Draft) -> Made:
    shown = (
        LANGUAGES[0].date("{mm}/{dd}/{y} {t12}", draft.when)
        if draft.code == "en"
        else f"{draft.when:%d.%m.%Y %H:%M}"
    )
    line = (
        f"----- Forwarded by Jana Reuter/VENDOR on {shown} -----"
        if draft.code == "en"
        else f"----- Weitergeleitet von Jana Reuter/VENDOR am {shown} -----"
    )
    labels = draft.language.labels("apple")
    values = (angle((draft.sender,)), shown, angle(draft.to), angle(draft.cc), draft.subject)
    headers = "\n".join(f"{labels[at]}:\t{values[at]}" for at in (0, 2, 3, 1, 4))
    return Made(
        f"{above(draft.comment)}{line}\n\n{headers}\n\n\n\n{draft.body}\n",
        prefix="Fw",
        expected={"date": minute(draft.when)},
    )


@client("ionos plain", "en de")
def ionos(draft: Draft) -> Made:
    date = f"{draft.when:%d/%m/%Y %H:%M} CET" if draft.code == "en" else f"{draft.when:%d.%m.%Y %H:%M} CET"
    headers = lines_of(pairs(draft, "apple", "ftcds", date, angle))
    phrase = "Original Message" if draft.code == "en" else "Ursprüngliche Nachricht"
    text = quoted(f"---------- {phrase} ----------\n{headers}\n\n{draft.body.rstrip()}")
    return Made(f"{above(draft.comment)}{text}\n", expected={"date": minute(draft.when)})


@client("mutt plain", "en")
def mutt(draft: Draft) -> Made:
    headers = lines_of(
        pairs(
            draft,
            "apple",
            "dftcs",
            format_datetime(draft.when),
            lambda people: angle(people, quotes="commas"),
        )
    )
    name, email = draft.sender
    text = (
        f"{above(draft.comment)}----- Forwarded message from {name} <{email}> -----\n\n{headers}\n\n{draft.body.rstrip()}\n\n"
        "----- End forwarded message -----\n"
    )
    return Made(text)


@client("kmail plain", "en de")
def kmail(draft: Draft) -> Made:
    phrase = "Forwarded Message" if draft.code == "en" else "Weitergeleitete Nachricht"
    headers = lines_of(
        pairs(
            draft,
            "apple",
            "sdftc",
            format_datetime(draft.when),
            lambda people: angle(people, quotes="commas"),
        )
    )
    text = f"{above(draft.comment)}----------  {phrase}  ----------\n\n{headers}\n\n{draft.body.rstrip()}\n{'-' * 55}\n"
    return Made(text)


@client("wrapped plain", "en de fr es")
def wrapped(draft: Draft) -> Made:
    """Outlook's plain text, broken at 76 columns in the middle of lists and subjects."""
    many = (
        *draft.to,
        ("Annemarie van der Meulen", "annemarie.vandermeulen@vendor.example"),
        ("Kai", "kai@vendor.example"),
    )
    long_subject = f"{draft.subject} and everything else we talked about in the meeting of last Thursday"
    full = replace(draft, to=many, subject=long_subject)
    date = draft.language.date(draft.language.long, draft.when)
    headers = "\n".join(
        "\n".join(textwrap.wrap(f"{label}: {value}", 76, break_long_words=False, break_on_hyphens=False))
        for label, value in pairs(full, "outlook", "fdtcs", date, outlook_people)
    )
    text = f"{above(draft.comment)}-----{draft.language.original}-----\n{headers}\n\n{draft.body}\n"
    expected = {"date": minute(draft.when), "to": many, "subject": long_subject}
    return Made(text, prefix=draft.language.forward, expected=expected)


# --- whole mails ---------------------------------------------------------------------------------------------


def mail(
    sender: Person,
    to: tuple[Person, ...],
    cc: tuple[Person, ...],
    when: datetime,
    subject: str,
    made: Made,
    number: str,
) -> bytes:
    """The mail as bytes with CRLF, UTF-8 throughout."""
    message = EmailMessage(policy=SMTP)
    message["From"] = written((sender,))
    message["To"] = written(to)
    if cc:
        message["Cc"] = written(cc)
    message["Date"] = format_datetime(when)
    message["Subject"] = subject
    message["Message-ID"] = f"<{number}@mail.vendor.example>"
    if made.answers:
        message["In-Reply-To"] = "<original@mail.fjordline.example>"
        message["References"] = "<original@mail.fjordline.example>"
    if made.plain:
        message.set_content(made.plain, charset="utf-8", cte="8bit" if made.plain.isascii() else "base64")
    if made.html:
        message.set_content(made.html, subtype="html", charset="utf-8", cte="base64")
    raw = message.as_bytes()
    return with_attached(raw, made.attached) if made.attached else raw


def written(people: tuple[Person, ...]) -> str:
    return ", ".join(
        formataddr((str(Header(name, "utf-8")) if not name.isascii() else name, email))
        for name, email in people
    )


def with_attached(raw: bytes, inner: bytes) -> bytes:
    """The mail as multipart/mixed with a message/rfc822 part behind its text."""
    head, _, text = raw.partition(b"\r\n\r\n")
    fields = head.split(b"\r\n")
    content = [line for line in fields if line.lower().startswith((b"content-", b"mime-version"))]
    others = [line for line in fields if line not in content]
    own = b"\r\n".join(line for line in content if not line.lower().startswith(b"mime-version"))
    return b"\r\n".join(
        [
            *others,
            b"MIME-Version: 1.0",
            b'Content-Type: multipart/mixed; boundary="=_seam"',
            b"",
            b"--=_seam",
            own,
            b"",
            text,
            b"--=_seam",
            b"Content-Type: message/rfc822",
            b"Content-Disposition: attachment",
            b"",
            inner,
            b"--=_seam--",
            b"",
        ]
    )


def forwards() -> Iterator[Case]:
    """The corpus: every client in its languages, subject kept and rewritten."""
    number = 0
    for name, make, languages in CLIENTS:
        for language in LANGUAGES:
            if languages is not None and language.code not in languages:
                continue
            for kept in (True, False):
                number += 1
                yield build(name, make, draft_of(language, number), kept, number)


def build(name: str, make: Client, draft: Draft, kept: bool, number: int) -> Case:
    """One case: the draft written by the client, put into a mail."""
    made = make(draft)
    shown = made.expected.get("subject", draft.subject)
    subject = f"{made.prefix}: {shown or draft.subject}" if kept else REWRITTEN[number % len(REWRITTEN)]
    values: dict[str, object] = {
        "sender": draft.sender,
        "to": draft.to,
        "cc": draft.cc,
        "date": draft.when,
        "body": draft.body,
        "comment": draft.comment,
        **made.expected,
        "subject": shown or (draft.subject if kept else subject),
    }
    sent = draft.when + timedelta(days=number % 9, hours=2)
    raw = mail(FORWARDER, (LOGGING,), (), sent, subject, made, f"f{number}")
    label = f"{name} · {draft.code} · {'kept' if kept else 'rewritten'}"
    return Case(label, name, draft.code, kept, raw, Expected(**values), made.plain, subject)  # type: ignore[arg-type]
