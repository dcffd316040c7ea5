"""`gateway explain`: what would become of a mail, and why. Decides and files nothing."""

import sys
from contextlib import nullcontext
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

from gateway.cli.context import console, open_store, print_json_line, settings, start_log
from gateway.cli.exits import NO_INPUT
from gateway.cli.progress import bar
from gateway.cli.types import MOMENT

if TYPE_CHECKING:
    from collections.abc import Callable

    from gateway.filing.examine import Believe


@click.command()
@click.argument("files", metavar="FILE…", nargs=-1, required=True, type=click.Path(allow_dash=True))
@click.option(
    "--mail-from", metavar="ADDRESS", help="Envelope sender; '<>' is the null sender. Default: From."
)
@click.option(
    "--rcpt",
    "rcpts",
    metavar="ADDRESS",
    multiple=True,
    help="Envelope recipient; may be repeated. Default: the default logging address.",
)
@click.option("--received-at", type=MOMENT, help="Time of receipt (RFC 3339). Default: now.")
@click.option(
    "--trust", type=click.Choice(["verified", "unverified", "failed"]), help="Stands in for the sender check."
)
@click.option("--dns", is_flag=True, help="Check the sender with DNS, which is otherwise not asked here.")
@click.option("--json", "as_json", is_flag=True, help="One line of JSON a file, in order.")
@click.option("--full", is_flag=True, help="Show texts to their end, and what was folded away.")
@click.pass_context
def explain(
    ctx: click.Context,
    files: tuple[str, ...],
    mail_from: str | None,
    rcpts: tuple[str, ...],
    received_at: datetime | None,
    trust: str | None,
    dns: bool,
    as_json: bool,
    full: bool,
) -> int:
    """Say what would become of each FILE ("-" is standard input), and why; nothing is kept or sent."""
    decide = _decider(ctx, mail_from, rcpts, received_at, trust, dns)
    screen = None if as_json else console()
    missing = False
    # Where the answers scroll over the screen they are the progress; a bar would only tear them.
    with bar("Explaining", len(files)) if _worth_a_bar(files) else nullcontext() as advance:
        for name in files:
            try:
                raw = sys.stdin.buffer.read() if name == "-" else _read(name)
            except OSError as error:
                missing = True
                click.echo(f"gateway: {name}: {error.strerror}", err=True)
                raw = None
            value = {"file": name, **decide(raw)}
            if screen is None:
                print_json_line(value)
            else:
                from gateway.cli.render import mail

                screen.print(mail(value, name, misses=True, full=full))
            if advance is not None:
                advance(1)
    return NO_INPUT if missing else 0


def _read(name: str) -> bytes:
    with open(name, "rb") as file:  # noqa: PTH123  (a name, not a path: it is printed as it was given)
        return file.read()


def _decider(
    ctx: click.Context,
    mail_from: str | None,
    rcpts: tuple[str, ...],
    received_at: datetime | None,
    trust: str | None,
    dns: bool,
) -> "Callable[[bytes | None], dict[str, Any]]":
    from gateway.filing.belief import Belief, settled
    from gateway.filing.directory import StoredDirectory
    from gateway.filing.examine import Inbound
    from gateway.filing.preview import preview, unreadable
    from gateway.site import sites

    config = settings(ctx)
    start_log(config)
    site = sites(config)()
    directory = StoredDirectory(open_store(config))
    sender = None if mail_from is None else _bare(mail_from)
    recipients = tuple(map(_bare, rcpts)) or (site.logging[0].address,)
    believe: Believe
    if trust is not None:
        believe = settled(trust, f"--trust {trust} was given")
    else:
        believe = Belief(config, dns=dns).of(sender, {})

    def decide(raw: bytes | None) -> dict[str, Any]:
        at = received_at or datetime.now(UTC)
        if raw is None:
            return unreadable("The file cannot be opened.", at, site)
        inbound = Inbound(raw, sender, recipients, at, accepted=False)
        return preview(inbound, site, directory, believe, config.filing.deadline_seconds)

    return decide


def _bare(address: str) -> str:
    """An address as SMTP writes it, without its angle brackets: "<>" is the null sender (RFC 5321 4.1.2)."""
    address = address.strip()
    return address[1:-1].strip() if address.startswith("<") and address.endswith(">") else address


def _worth_a_bar(files: tuple[str, ...]) -> bool:
    return len(files) > 1 and not sys.stdout.isatty()
