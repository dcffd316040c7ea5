"""People at their mail clients: what each client makes of an answer, down to how it quotes."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import format_datetime, formataddr, getaddresses
from html import escape

CRLF = policy.SMTP.clone(max_line_length=998)

Answer = tuple[str, str]
"""Plain text and HTML ("" for none) of an answer, history and all."""

Style = Callable[[str, EmailMessage], Answer]
"""From what somebody writes and the mail they answer to what their client sends."""


@dataclass
class Person:
    """Somebody with a mailbox and a client. `inbox` is what arrived, oldest first."""

    name: str
    email: str
    style: Style
    message_id: str
    inbox: list[EmailMessage] = field(default_factory=list)

    @property
    def latest(self) -> EmailMessage:
        """The newest mail in the mailbox."""
        return self.inbox[-1]

    def receive(self, raw: bytes) -> EmailMessage:
        """A mail arrives."""
        mail = message_from_bytes(raw, policy=policy.default)
        assert isinstance(mail, EmailMessage)
        self.inbox.append(mail)
        return mail

    def answer(
        self,
        number: int,
        text: str,
        date: datetime,
        *,
        to_all: bool = True,
        files: Sequence[tuple[str, bytes]] = (),
        mail: EmailMessage | None = None,
        without: str = "",
    ) -> tuple[bytes, list[str]]:
        """The answer to the latest mail, or `mail`, as the client sends it, and its recipients.

        `without` leaves out addresses that begin so.
        """
        answered = mail or self.latest
        to = addresses(answered, "Reply-To") or addresses(answered, "From")
        cc = addresses(answered, "To") + addresses(answered, "Cc") if to_all else []
        to = [each for each in to if not (without and each[1].startswith(without))]
        skipped = {self.email, *(address for _, address in to)}
        cc = [each for each in cc if each[1] not in skipped and not (without and each[1].startswith(without))]
        made = EmailMessage(policy=CRLF)
        made["From"] = formataddr((self.name, self.email))
        made["To"] = ", ".join(map(formataddr, to))
        if cc:
            made["Cc"] = ", ".join(map(formataddr, cc))
        subject = " ".join(str(answered["Subject"]).split())
        made["Subject"] = subject if re.match(r"(re|aw):", subject, re.IGNORECASE) else f"Re: {subject}"
        made["Date"] = format_datetime(date)
        made["Message-ID"] = self.message_id.format(number=number)
        made["In-Reply-To"] = str(answered["Message-ID"])
        made["References"] = " ".join(f"{answered.get('References', '')} {answered['Message-ID']}".split())
        plain, html = self.style(text, answered)
        made.set_content(plain, cte="quoted-printable")
        if html:
            made.add_alternative(html, subtype="html", cte="quoted-printable")
        for name, content in files:
            made.add_attachment(content, maintype="application", subtype="pdf", filename=name)
        return made.as_bytes(), [address for _, address in (*to, *cc)]


def addresses(mail: EmailMessage, name: str) -> list[tuple[str, str]]:
    """The mailboxes of a field as (name, address)."""
    return getaddresses([str(value) for value in mail.get_all(name, [])])


def words(mail: EmailMessage) -> str:
    """The plain text of a mail."""
    body = mail.get_body(("plain",))
    return str(body.get_content()).replace("\r\n", "\n") if body is not None else ""


def sender(mail: EmailMessage) -> tuple[str, str]:
    """Name and address of From."""
    return addresses(mail, "From")[0]


def when(mail: EmailMessage) -> datetime:
    """The Date of a mail."""
    found = mail["Date"].datetime
    assert isinstance(found, datetime)
    return found


def gmail(text: str, answered: EmailMessage) -> Answer:
    """Gmail in a browser: above the history, plain text and HTML."""
    name, address = sender(answered)
    date = f"{when(answered):%a, %b %-d, %Y at %-I:%M} {when(answered):%p}"
    intro = f"On {date} {name} <{address}> wrote:"
    quoted = "\n".join(f"> {line}".rstrip() for line in words(answered).rstrip("\n").split("\n"))
    html = (
        f'<div dir="ltr">{lines(text)}</div><br><div class="gmail_quote gmail_quote_container">'
        f'<div dir="ltr" class="gmail_attr">On {date} {escape(name)} &lt;<a href="mailto:{address}">{address}</a>'
        f'&gt; wrote:<br></div><blockquote class="gmail_quote" style="margin:0px 0px 0px 0.8ex;border-left:1px solid '
        f'rgb(204,204,204);padding-left:1ex">{lines(words(answered))}</blockquote></div>'
    )
    return f"{text}\n\n{intro}\n\n{quoted}\n", html


def outlook(text: str, answered: EmailMessage) -> Answer:
    """Outlook on Windows: above a block with the header of the mail that is answered, in HTML and text."""
    name, address = sender(answered)
    to = "; ".join(f"{each[0] or each[1]} <{each[1]}>" for each in addresses(answered, "To"))
    block = (
        f"From: {name} <{address}>\nSent: {when(answered):%A, %B %-d, %Y %-I:%M %p}\nTo: {to}\n"
        f"Subject: {' '.join(str(answered['Subject']).split())}"
    )
    fields = "<br>".join(
        f"<b>{label}:</b>{escape(value)}"
        for label, value in (line.split(":", 1) for line in block.split("\n"))
    )
    html = (
        '<html xmlns:o="urn:schemas-microsoft-com:office:office"><body lang="EN-US"><div class="WordSection1">'
        + "".join(
            f'<p class="MsoNormal">{escape(line) or "&nbsp;"}<o:p></o:p></p>' for line in text.split("\n")
        )
        + '<p class="MsoNormal"><o:p>&nbsp;</o:p></p><div><div style="border:none;border-top:solid #E1E1E1 1.0pt;'
        f'padding:3.0pt 0in 0in 0in"><p class="MsoNormal">{fields}<o:p></o:p></p></div></div>'
        + "".join(
            f'<p class="MsoNormal">{escape(line) or "&nbsp;"}</p>' for line in words(answered).split("\n")
        )
        + "</div></body></html>"
    )
    return f"{text}\n\n{block}\n\n{words(answered)}", html


def iphone(text: str, answered: EmailMessage) -> Answer:
    """Mail on an iPhone: above its signature and the history, plain text alone."""
    name, address = sender(answered)
    quoted = "\n".join(f"> {line}".rstrip() for line in words(answered).rstrip("\n").split("\n"))
    intro = f"On {when(answered):%-d %b %Y, at %H:%M}, {name} <{address}> wrote:"
    return f"{text}\n\nSent from my iPhone\n\n> {intro}\n> \n{quoted}\n", ""


def thunderbird(text: str, answered: EmailMessage) -> Answer:
    """Thunderbird, answering between the lines: each paragraph below one of those that it answers."""
    name, _ = sender(answered)
    theirs = [
        block for block in words(answered).split("\n\n") if block.strip() and not block.startswith("-- ")
    ]
    mine = text.split("\n\n")
    parts = [f"On {when(answered):%d/%m/%Y %H:%M}, {name} wrote:"]
    for index, block in enumerate(theirs):
        parts.append("\n".join(f"> {line}" for line in block.strip("\n").split("\n")))
        if index < len(mine):
            rest = mine[index:] if index == len(theirs) - 1 else [mine[index]]
            parts.extend(rest)
    if len(theirs) < 1:
        parts.extend(mine)
    elif len(mine) > len(theirs):
        pass
    return "\n\n".join(parts) + "\n", ""


def lines(text: str) -> str:
    """Text as Gmail writes it in HTML."""
    return "".join(f"<div>{escape(line) or '<br>'}</div>" for line in text.rstrip("\n").split("\n"))
