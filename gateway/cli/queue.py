"""`gateway queue`: the mail that waits for a person."""

import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

from gateway.cli.context import console, open_store, print_json_line, settings, start_log
from gateway.cli.exits import DATA

if TYPE_CHECKING:
    from collections.abc import Callable

    from rich.console import RenderableType
    from sqlalchemy import Connection

STATES = (
    "received",
    "filed",
    "replied",
    "unresolved",
    "quarantined",
    "ignored",
    "passed-on",
    "failed",
    "dropped",
)


@click.group()
def queue() -> None:
    """Work the unresolved, quarantined and failed mail."""


@queue.command("list")
@click.option(
    "--state",
    "states",
    type=click.Choice(STATES),
    multiple=True,
    help="[default: unresolved, quarantined, failed]",
)
@click.option("--limit", type=click.IntRange(1, 100_000), default=50, show_default=True)
@click.option("--after", type=int, default=0, metavar="ID", help="Only mails with a higher id.")
@click.option("--json", "as_json", is_flag=True, help="One line of JSON a mail.")
@click.pass_context
def list_(ctx: click.Context, states: tuple[str, ...], limit: int, after: int, as_json: bool) -> None:
    """List the mail that waits, oldest first."""
    from storage.engine import reading
    from storage.queue import WAITING, Selection, count_mails, list_mails

    selection = Selection(states=states or WAITING)
    with reading(open_store(settings(ctx))) as conn:
        rows = list_mails(conn, selection, limit, after)
        total = count_mails(conn, selection)
    if as_json:
        from gateway.mailbox import summary_json

        for row in rows:
            print_json_line(summary_json(row))
        return
    from rich.table import Table
    from rich.text import Text

    from gateway.cli.render import address, line, outcome

    table = Table(box=None, header_style="bold", padding=(0, 2, 0, 0))
    for heading in ("Id", "State", "Received (UTC)"):
        table.add_column(heading, no_wrap=True)
    table.add_column("From, subject and why", overflow="fold")
    for row in rows:
        decision = row.decision or {}
        said = Text(f"{address(row.mail_from) or '<>'}  {line(decision.get('subject', ''))}\n")
        said.append(line(row.error or decision.get("reason", "")), style="bright_black")
        table.add_row(str(row.id), outcome(row.state), f"{row.received_at:%Y-%m-%d %H:%M}", said)
    screen = console()
    if not rows:
        screen.print("Nothing waits.")
        return
    screen.print(table)
    screen.print(f"{len(rows)} of {total}. Next: gateway queue show ID, gateway queue assign ID ACCOUNT")


@queue.command()
@click.argument("mail_id", metavar="ID", type=int)
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@click.option("--full", is_flag=True, help="Show texts to their end, and what was folded away.")
@click.option("--raw", "as_raw", is_flag=True, help="The mail itself, byte for byte.")
@click.pass_context
def show(ctx: click.Context, mail_id: int, as_json: bool, full: bool, as_raw: bool) -> None:
    """Show mail ID: what was decided and why, and everything that happened to it."""
    from gateway.mailbox import mail_json
    from storage.engine import reading
    from storage.history import history, why_gone
    from storage.queue import get_mail

    config = settings(ctx)
    with reading(open_store(config)) as conn:
        row = get_mail(conn, mail_id)
        if as_raw:
            from storage.blobs import open_blobs
            from storage.inbound import raw

            content = raw(conn, open_blobs(config.blobs_place), mail_id)
            if content is None:
                raise click.ClickException(f"the raw form of mail {mail_id} {why_gone(conn, mail_id)}")
            sys.stdout.buffer.write(content)
            return
        events = history(conn, mail_id)
        gone = "" if row.has_raw else why_gone(conn, mail_id)
    value = mail_json(row, events, config.site())
    if as_json:
        print_json_line(value)
        return
    from gateway.cli.render import address, grid, line, mail, outcome

    screen = console()
    screen.print(mail(value, f"Mail {mail_id}", full=full))
    state = outcome(row.state)
    if row.error:
        state.append(f"  {line(row.error)}", style="red")
    facts: list[tuple[str, RenderableType | str]] = [
        ("State", state),
        ("Envelope", f"{address(row.mail_from) or '<>'} → {', '.join(map(address, row.recipients))}"),
        ("Peer", line(", ".join(f"{key} {each}" for key, each in row.peer.items() if each))),
        ("Stored", f"{row.size:,} bytes" if row.has_raw else f"its raw form {gone}"),
    ]
    screen.print(grid(facts))
    happened = [(f"{event.at:%Y-%m-%d %H:%M:%S}", _told(event.event, event.detail)) for event in events]
    screen.print(grid(happened))


def _told(event: str, detail: Mapping[str, Any]) -> str:
    from gateway.cli.render import line

    said = ", ".join(f"{key}: {line(value)}" for key, value in detail.items() if value not in ("", None))
    return f"{event} {said}".strip()


@queue.command()
@click.argument("mail_id", metavar="ID", type=int)
@click.argument("account")
@click.option("--remember", is_flag=True, help="Make the unknown people of the mail contacts of the account.")
@click.pass_context
def assign(ctx: click.Context, mail_id: int, account: str, remember: bool) -> None:
    """File mail ID on ACCOUNT."""
    from gateway.filing.examine import Unreadable
    from gateway.filing.rerun import Runner

    config = settings(ctx)
    start_log(config)
    try:
        filed, added = Runner(config, open_store(config)).assign(mail_id, account, remember=remember)
    except Unreadable as error:
        raise click.ClickException(f"mail {mail_id} cannot be read: {error}") from error
    known = "" if filed.created else " (it was there already)"
    click.echo(f"Mail {mail_id} is touchpoint {filed.touchpoint_id}{known}.")
    if remember:
        click.echo(f"{added} new contact{'' if added == 1 else 's'} remembered.")


@queue.command()
@click.argument("mail_ids", metavar="ID…", type=int, nargs=-1, required=True)
@click.pass_context
def retry(ctx: click.Context, mail_ids: tuple[int, ...]) -> int:
    """Send mails through the gateway again: the workers take them up as if they had just come in."""
    from storage.queue import requeue

    return _each(
        ctx, mail_ids, lambda conn, mail_id: requeue(conn, mail_id, datetime.now(UTC)), "is received again"
    )


@queue.command()
@click.argument("mail_ids", metavar="ID…", type=int, nargs=-1, required=True)
@click.option("--reason", default="", help="Kept in the history of the mail.")
@click.pass_context
def drop(ctx: click.Context, mail_ids: tuple[int, ...], reason: str) -> int:
    """Take mails out of the queue. They stay stored and can be retried."""
    from storage.queue import drop as drop_mail

    return _each(
        ctx, mail_ids, lambda conn, mail_id: drop_mail(conn, mail_id, datetime.now(UTC), reason), "is dropped"
    )


def _each(
    ctx: click.Context, mail_ids: tuple[int, ...], act: "Callable[[Connection, int], None]", done: str
) -> int:
    """Do it to each mail, and say of each what came of it; 65 when one could not be done."""
    from storage.engine import writing
    from storage.errors import NotFound, WrongState

    engine = open_store(settings(ctx))
    code = 0
    for mail_id in mail_ids:
        try:
            with writing(engine) as conn:
                act(conn, mail_id)
        except (NotFound, WrongState) as error:
            click.echo(f"gateway: {error}", err=True)
            code = DATA
        else:
            click.echo(f"Mail {mail_id} {done}.")
    return code
