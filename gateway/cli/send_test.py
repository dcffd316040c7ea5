"""`gateway send-test`: a sample mail by real SMTP, as a colleague would write it."""

import smtplib
import socket
import sys
from dataclasses import replace
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid, parseaddr
from html import escape
from pathlib import Path

import click

from gateway.cli.context import settings as load_settings
from gateway.cli.exits import DATA, TRY_LATER, Failure
from gateway.config.values import Listen

SENDER = "Nora Feld <nora.feld@lumenfold.example>"
CONTACT = "Ada Marsh <ada.marsh@acme.example>"
SUBJECT = "Rollout plan for the second site"
TEXT = """\
Hello Ada,

thank you for the call today. As agreed:

- we start with the second site on Monday,
- Jonas trains the two new colleagues,
- the plan with all dates is attached.

Tell me if a date does not suit you.

Best regards
Nora Feld
Customer Success, Lumenfold
"""
PLAN = "date;step;who\r\n2026-03-02;start of the second site;Nora\r\n2026-03-04;training;Jonas\r\n"
SECONDS = 30
"""How long a reply of the server is waited for."""


@click.command("send-test")
@click.option("--from", "sender", default=SENDER, show_default=True, metavar="ADDRESS", help="Who writes.")
@click.option("--to", "to", multiple=True, default=[CONTACT], show_default=True, metavar="ADDRESS")
@click.option("--subject", default=SUBJECT, show_default=True)
@click.option("--text", default=TEXT, help="The text; the default is a short letter.", metavar="TEXT")
@click.option(
    "--rcpt",
    multiple=True,
    metavar="ADDRESS",
    help="Who gets it, as by BCC.  [default: the first logging address]",
)
@click.option("--server", metavar="HOST:PORT", help="[default: the first place the gateway listens on]")
@click.option("--unix", type=click.Path(path_type=Path), help="A Unix socket, instead of --server.")
@click.option("--lmtp", is_flag=True, help="Speak LMTP to --server or --unix.")
@click.pass_context
def send_test(
    ctx: click.Context,
    *,
    sender: str,
    to: tuple[str, ...],
    subject: str,
    text: str,
    rcpt: tuple[str, ...],
    server: str | None,
    unix: Path | None,
    lmtp: bool,
) -> None:
    """Send a sample mail by SMTP.

    The mail goes from a user of the sample directory to a contact at Acme, with the logging address in BCC.
    Exits 75 when the server cannot be reached or asks to try later, 65 when it refuses the mail.
    """
    if server and unix:
        raise click.UsageError("--server and --unix are two places; name one.")
    recipients = list(rcpt)
    place = _place(server, unix, lmtp=lmtp)
    if not recipients or place is None:
        settings = load_settings(ctx)
        recipients = recipients or [settings.logging[0].address]
        place = place or next((each for each in settings.smtp.listen if not each.for_people), None)
        if place is None:
            raise click.UsageError(
                "Everybody logs in at smtp.listen, and this does not; name another --server."
            )
    mail = sample_mail(sender, to, subject, text, datetime.now(UTC))
    reply = _send(place, mail, recipients)
    click.echo(f"{place} answered: {reply}")
    gateway = sys.argv[0]  # as it was called: in a virtual environment it may not be on the PATH
    click.echo(f"Try next: {gateway} timeline acme, {gateway} queue list")


def sample_mail(sender: str, to: tuple[str, ...], subject: str, text: str, now: datetime) -> EmailMessage:
    """A mail with plain text, HTML and a small table attached. Raises click.UsageError for odd headers."""
    mail = EmailMessage()
    try:
        mail["From"] = sender
        mail["To"] = ", ".join(to)
        mail["Subject"] = subject
    except ValueError as error:  # a line break in a header
        raise click.UsageError(str(error)) from None
    mail["Date"] = format_datetime(now)
    mail["Message-ID"] = make_msgid(domain="send-test.lumenfold.example")
    mail.set_content(text)
    mail.add_alternative(_as_html(text), subtype="html")
    mail.add_attachment(PLAN, subtype="csv", filename="Rollout plan.csv")
    return mail


def _as_html(text: str) -> str:
    body = "<br>\n".join(escape(line, quote=False) for line in text.splitlines())
    return f"<html><body><p>{body}</p></body></html>\n"


def _place(server: str | None, unix: Path | None, *, lmtp: bool) -> Listen | None:
    if unix:
        return Listen(path=str(unix.absolute()), kind="lmtp" if lmtp else "smtp")
    if server is None:
        return None
    try:
        place = Listen.parse(server)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--server") from None
    return replace(place, kind="lmtp") if lmtp else place


def _send(place: Listen, mail: EmailMessage, recipients: list[str]) -> str:
    """Hand the mail over; the server's last word. Raises Failure with what to try."""
    try:
        with _connect(place) as server:
            server.ehlo_or_helo_if_needed()
            _expect(server.mail(_bare(mail["From"])), "MAIL")
            for recipient in recipients:
                _expect(server.rcpt(recipient), f"RCPT TO:<{recipient}>")
            return _expect(server.data(mail.as_bytes(policy=mail.policy.clone(linesep="\r\n"))), "the mail")
    except smtplib.SMTPResponseException as error:
        raise _refused(error.smtp_code, _text(error.smtp_error), "the session") from error
    except (OSError, smtplib.SMTPException) as error:
        problem = f"{place} cannot be reached: {error}\nTry: gateway serve (or make run) in another terminal"
        raise Failure(problem, TRY_LATER) from error


def _connect(place: Listen) -> smtplib.SMTP:
    if place.path and place.kind != "lmtp":
        return _UnixSmtp(place.path, timeout=SECONDS)
    if place.kind == "lmtp":
        # smtplib gives a Unix socket to LMTP alone, named by its path
        return smtplib.LMTP(place.path or _reachable(place.host), place.port or 0)
    return smtplib.SMTP(_reachable(place.host), place.port, timeout=SECONDS)


class _UnixSmtp(smtplib.SMTP):
    """SMTP over a Unix socket; the path stands where a host name does."""

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:  # noqa: ARG002
        channel = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        channel.settimeout(timeout)
        channel.connect(host)
        return channel


def _reachable(host: str) -> str:
    """Where to reach a listener: "every interface" is none to connect to."""
    return {"": "127.0.0.1", "0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104


def _bare(address: str) -> str:
    return parseaddr(address)[1]


def _expect(reply: tuple[int, bytes], what: str) -> str:
    code, text = reply
    if code >= 400:
        raise _refused(code, _text(text), what)
    return f"{code} {_text(text)}"


def _refused(code: int, text: str, what: str) -> Failure:
    retry = 400 <= code < 500
    hint = (
        "a matter of the moment: try again" if retry else "gateway explain says what would become of a mail"
    )
    return Failure(f"{what} was refused: {code} {text}\nTry: {hint}", TRY_LATER if retry else DATA)


def _text(reply: bytes | str) -> str:
    from gateway.cli.render import line

    text = reply.decode("utf-8", "replace") if isinstance(reply, bytes) else reply
    return line(text.replace("\n", " / "))  # whoever answers there could drive the terminal
