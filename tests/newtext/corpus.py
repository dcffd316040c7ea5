"""Replies as clients write them: client by language by posting style, as raw mail with what must come out."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from html import escape
from textwrap import wrap

from tests.newtext.phrases import PHRASES, Phrases

NAME = "Jane Doe"
EMAIL = "jane.doe@kunde.example"
WHO = f"{NAME} <{EMAIL}>"
SUBJECT = "Contract 4711"
RULE = "________________________________"


@dataclass(frozen=True, slots=True)
class Reply:
    """A raw mail; `wrote` is the text that the person wrote in it. `client` and `style` name the case."""

    client: str
    style: str
    language: str
    raw: bytes
    wrote: str

    @property
    def name(self) -> str:
        return f"{self.client}-{self.style}-{self.language}"


def replies() -> list[Reply]:
    """The whole corpus, always the same."""
    return [
        reply
        for make in _MAKERS
        for language, phrases in PHRASES.items()
        for reply in make(language, phrases)
    ]


def mail(text: str | None, html: str | None = None) -> bytes:
    """A reply from Bob Ross to Jane Doe as bytes on the wire."""
    message = EmailMessage(policy=SMTP)
    message["From"] = Address("Bob Ross", "bob", "vendor.example")
    message["To"] = Address(NAME, addr_spec=EMAIL)
    message["Subject"] = f"Re: {SUBJECT}"
    message["Date"] = "Wed, 04 Mar 2026 09:30:00 +0100"
    message["Message-ID"] = "<reply-1@vendor.example>"
    message["In-Reply-To"] = "<question-1@kunde.example>"
    message["References"] = "<question-1@kunde.example>"
    if text is not None:
        message.set_content(text, cte="base64")
    if html is not None:
        if text is None:
            message.set_content(html, subtype="html", cte="base64")
        else:
            message.add_alternative(html, subtype="html", cte="base64")
    return message.as_bytes()


def _attribution(template: str) -> str:
    return template.format(who=WHO, name=NAME)


def _wrapped(attribution: str) -> str:
    return "\n".join(wrap(attribution, 72, break_long_words=False, break_on_hyphens=False))


def _quoted(lines: tuple[str, ...]) -> str:
    return "\n".join(f"> {line}".rstrip() for line in lines)


def _gmail(language: str, phrases: Phrases) -> Iterator[Reply]:
    """Gmail on the web: wrapped attribution, answer above; with a signature; HTML alone."""
    attribution = _attribution(phrases.gmail)
    history = f"{_wrapped(attribution)}\n\n{_quoted(phrases.asked)}\n"
    answer = "\n".join(phrases.answered)
    yield Reply("gmail", "top", language, mail(f"{answer}\n\n{history}"), answer)
    signed = f"{answer}\n\n-- \nBob Ross\nVendor GmbH, +49 30 1234567\n\n{history}"
    yield Reply("gmail", "signed", language, mail(signed), answer)
    quote = "".join(f"<div>{escape(line)}</div>" for line in phrases.asked)
    html = (
        f'<div dir="ltr">{"".join(f"<div>{escape(line)}</div>" for line in phrases.answered)}</div><br>'
        f'<div class="gmail_quote gmail_quote_container"><div dir="ltr" class="gmail_attr">'
        f"{escape(attribution)}<br></div>"
        f'<blockquote class="gmail_quote" style="margin:0px 0px 0px 0.8ex;border-left:1px solid rgb(204,204,204);'
        f'padding-left:1ex"><div dir="ltr">{quote}</div></blockquote></div>'
    )
    yield Reply("gmail", "html", language, mail(None, html), answer)


def _inline(language: str, phrases: Phrases) -> Iterator[Reply]:
    """Answers between the quoted lines, with and without empty lines."""
    attribution = _wrapped(_attribution(phrases.gmail))
    pairs = list(zip(phrases.asked, phrases.answered, strict=True))
    loose = "\n\n".join(f"> {asked}\n\n{answered}" for asked, answered in pairs)
    answer = "\n\n".join(phrases.answered)
    yield Reply("gmail", "inline", language, mail(f"{attribution}\n\n{loose}\n"), answer)
    tight = "\n".join(f"> {asked}\n{answered}" for asked, answered in pairs)
    head = _attribution(phrases.thunderbird)
    yield Reply("thunderbird", "inline", language, mail(f"{head}\n{tight}\n"), answer)


def _thunderbird(language: str, phrases: Phrases) -> Iterator[Reply]:
    """Thunderbird's default: the answer below the quoted lines, the signature at the end."""
    head = f"{_attribution(phrases.thunderbird)}\n{_quoted(phrases.asked)}\n"
    answer = "\n".join(phrases.answered)
    yield Reply("thunderbird", "bottom", language, mail(f"{head}\n{answer}\n\n-- \nBob Ross\n"), answer)


def _apple(language: str, phrases: Phrases) -> Iterator[Reply]:
    """Apple Mail on a telephone: a device line, then an attribution inside the quote marks."""
    answer = "\n".join(phrases.answered)
    quoted = _quoted((_attribution(phrases.apple), "", *phrases.asked))
    text = f"{answer}\n\n{phrases.sent_from}\n\n{quoted}\n"
    yield Reply("iphone", "top", language, mail(text), answer)
    mac = f"{answer}\n\n{_attribution(phrases.apple)}\n\n{_quoted(phrases.asked)}\n"
    yield Reply("apple-mail", "top", language, mail(mac), answer)


def _block(phrases: Phrases, pattern: str = "{label}: {value}") -> str:
    from_, sent, to, subject, date = phrases.outlook
    values = ((from_, WHO), (sent, date), (to, "Bob Ross <bob@vendor.example>"), (subject, SUBJECT))
    return "\n".join(pattern.format(label=label, value=value) for label, value in values)


def _outlook(language: str, phrases: Phrases) -> Iterator[Reply]:
    """Outlook: the header block bare, ruled off, bold, or below "Original Message"; in HTML; names alone."""
    answer = "\n".join(phrases.answered)
    history = "\n\n".join(phrases.asked)
    forms: dict[str, Callable[[], str]] = {
        "bare": lambda: _block(phrases),
        "ruled": lambda: f"{RULE}\n{_block(phrases)}",
        "bold": lambda: _block(phrases, "*{label}:* {value}"),
        "original": lambda: f"-----{phrases.original}-----\n{_block(phrases)}",
        "name-only": lambda: _block(phrases).replace(WHO, NAME).replace(" <bob@vendor.example>", ""),
    }
    for style, form in forms.items():
        text = f"{answer}\n\nBob\n\n{form()}\n\n{history}\n"
        yield Reply("outlook", style, language, mail(text), f"{answer}\n\nBob")
    from_, sent, to, subject, date = phrases.outlook
    paragraphs = "".join(f'<p class="MsoNormal">{escape(line)}</p>' for line in phrases.answered)
    old = "".join(f'<p class="MsoNormal">{escape(line)}</p>' for line in phrases.asked)
    html = (
        f"<html><body>{paragraphs}<div id='appendonsend'></div>"
        "<hr style='display:inline-block;width:98%' tabindex='-1'>"
        f"<div id='divRplyFwdMsg' dir='ltr'><font face='Calibri, sans-serif'><b>{from_}:</b> {escape(WHO)}<br>"
        f"<b>{sent}:</b> {date}<br><b>{to}:</b> Bob Ross &lt;bob@vendor.example&gt;<br>"
        f"<b>{subject}:</b> {SUBJECT}</font><div>&nbsp;</div></div><div>{old}</div></body></html>"
    )
    yield Reply("outlook", "html", language, mail(None, html), "\n\n".join(phrases.answered))


def _samsung(language: str, phrases: Phrases) -> Iterator[Reply]:
    """Samsung's mail: dashes around "Original message", a header block with a date in figures."""
    from_, _, to, subject, _ = phrases.outlook
    answer = "\n".join(phrases.answered)
    block = (
        f"{from_}: {WHO}\nDate: 03.03.26 14:05 (GMT+01:00)\n{to}: bob@vendor.example\n{subject}: {SUBJECT}"
    )
    text = f"{answer}\n\n\n-------- {phrases.original} --------\n{block}\n\n{phrases.asked[0]}\n"
    yield Reply("samsung", "top", language, mail(text), answer)


def _yahoo(language: str, phrases: Phrases) -> Iterator[Reply]:
    """Yahoo's plain part: an attribution, then the history without quote marks."""
    if language not in ("en", "de", "fr", "es", "pt", "it", "nl"):
        return
    answer = "\n".join(phrases.answered)
    head = {
        "en": "On Tuesday, March 3, 2026 at 02:05:00 PM GMT+1, {who} wrote:",
        "de": "Am Dienstag, 3. März 2026 um 14:05:00 MEZ hat {who} Folgendes geschrieben:",
        "fr": "Le mardi 3 mars 2026 à 14:05:00 UTC+1, {who} a écrit :",
        "es": "En martes, 3 de marzo de 2026, 14:05:00 CET, {who} escribió:",
        "pt": "Em terça-feira, 3 de março de 2026 14:05:00 BRT, {who} escreveu:",
        "it": "Il martedì 3 marzo 2026 alle ore 14:05:00 CET, {who} ha scritto:",
        "nl": "Op dinsdag 3 maart 2026 om 14:05:00 CET schreef {who}:",
    }[language]
    history = "\n".join(f" {line} " for line in phrases.asked)
    text = f" {answer}\n    {_attribution(head)}  \n \n {history}"
    yield Reply("yahoo", "top", language, mail(text), answer)


_MAKERS = (_gmail, _inline, _thunderbird, _apple, _outlook, _samsung, _yahoo)
