"""`gateway outbox`: every mail that the gateway sends, its attempts and its fate."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from gateway.cli.context import console, open_store, print_json_line, settings
from gateway.cli.exits import DATA

if TYPE_CHECKING:
    from sqlalchemy import Connection

STATES = ("waiting", "sent", "undelivered", "failed", "cancelled")


@click.group()
def outbox() -> None:
    """See and work outgoing mail."""


@outbox.command("list")
@click.option("--state", "states", type=click.Choice(STATES), multiple=True, help="[default: every state]")
@click.option("--touchpoint", type=int, metavar="ID", help="Only mail about this touchpoint.")
@click.option("--recipient", default="", metavar="ADDRESS", help="Only mail to this address.")
@click.option("--limit", type=click.IntRange(1, 100_000), default=50, show_default=True)
@click.option("--before", type=int, metavar="ID", help="Only mail with a lower id.")
@click.option("--json", "as_json", is_flag=True, help="One line of JSON a mail.")
@click.pass_context
def list_(
    ctx: click.Context,
    states: tuple[str, ...],
    touchpoint: int | None,
    recipient: str,
    limit: int,
    before: int | None,
    as_json: bool,
) -> None:
    """List outgoing mail, newest first."""
    from storage.engine import reading
    from storage.outgoing import count_entries, list_entries

    with reading(open_store(settings(ctx))) as conn:
        rows = list_entries(
            conn, states, touchpoint_id=touchpoint, recipient=recipient, limit=limit, before=before
        )
        total = count_entries(conn, states, touchpoint_id=touchpoint, recipient=recipient)
    if as_json:
        from gateway.desk.outbox import entry_json

        for row in rows:
            print_json_line(entry_json(row))
        return
    from rich.table import Table
    from rich.text import Text

    from gateway.cli.render import address, line

    screen = console()
    if not rows:
        screen.print("Nothing there.")
        return
    table = Table(box=None, header_style="bold", padding=(0, 2, 0, 0))
    for heading in ("Id", "State", "Tries", "Ordered (UTC)"):
        table.add_column(heading, no_wrap=True)
    table.add_column("To, subject and what the relay said", overflow="fold")
    for row in rows:
        said = Text(f"{address(row.recipient)}  {line(row.subject or row.kind)}\n")
        said.append(line(row.diagnostic or row.last_error or ""), style="bright_black")
        said.rstrip()
        state = Text(row.state, style=_COLORS[row.state])
        table.add_row(str(row.id), state, str(row.attempts), f"{row.created_at:%Y-%m-%d %H:%M}", said)
    screen.print(table)
    screen.print(f"{len(rows)} of {total}. Next: gateway outbox show ID")


@outbox.command()
@click.argument("entry_id", metavar="ID", type=int)
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@click.pass_context
def show(ctx: click.Context, entry_id: int, as_json: bool) -> None:
    """Show outgoing mail ID: what it is, every attempt at it, and its fate."""
    from storage.engine import reading
    from storage.outgoing import get_entry

    with reading(open_store(settings(ctx))) as conn:
        row, attempts = get_entry(conn, entry_id)
    if as_json:
        from gateway.desk.outbox import whole_entry_json

        print_json_line(whole_entry_json(row, attempts))
        return
    from rich.text import Text

    from gateway.cli.render import address, grid, line

    screen = console()
    about = [
        f"touchpoint {row.touchpoint_id}" if row.touchpoint_id else "",
        f"mail {row.mail_id}" if row.mail_id else "",
    ]
    screen.print(
        grid(
            [
                ("State", Text(row.state, style=_COLORS[row.state])),
                ("To", address(row.recipient) + (f", {row.side}" if row.side else "")),
                ("Subject", line(row.subject or "–")),
                ("Kind", row.kind),
                ("About", ", ".join(filter(None, about)) or "–"),
                ("Message-ID", line(row.message_id or "–")),
                ("Status", line(" ".join(filter(None, (row.status, row.diagnostic))) or "–")),
                (
                    "Next try",
                    f"{row.not_before:%Y-%m-%d %H:%M:%S} UTC"
                    if row.state == "waiting" and row.not_before
                    else "–",
                ),
            ]
        )
    )
    happened = [("Ordered", f"{row.created_at:%Y-%m-%d %H:%M:%S}")]
    happened += [(each.outcome, f"{each.at:%Y-%m-%d %H:%M:%S}  {line(each.answer)}") for each in attempts]
    screen.print()
    screen.print(grid(happened))


@outbox.command()
@click.argument("entry_ids", metavar="ID…", type=int, nargs=-1, required=True)
@click.pass_context
def retry(ctx: click.Context, entry_ids: tuple[int, ...]) -> int:
    """Try mails now, whatever the schedule says; one that was given up or refused begins anew."""
    from storage.outgoing import retry as again

    return _each(
        ctx, entry_ids, lambda conn, entry_id: again(conn, entry_id, datetime.now(UTC)), "is due now"
    )


@outbox.command()
@click.argument("entry_ids", metavar="ID…", type=int, nargs=-1, required=True)
@click.pass_context
def cancel(ctx: click.Context, entry_ids: tuple[int, ...]) -> int:
    """Let waiting mails never be sent."""
    from storage.outgoing import cancel as never

    return _each(
        ctx, entry_ids, lambda conn, entry_id: never(conn, entry_id, datetime.now(UTC)), "is cancelled"
    )


_COLORS = {
    "waiting": "yellow",
    "sent": "green",
    "undelivered": "red",
    "failed": "red",
    "cancelled": "bright_black",
}


def _each(
    ctx: click.Context, entry_ids: tuple[int, ...], act: "Callable[[Connection, int], None]", done: str
) -> int:
    """Do it to each mail, and say of each what came of it; 65 when one could not be done."""
    from storage.engine import writing
    from storage.errors import NotFound, WrongState

    engine = open_store(settings(ctx))
    code = 0
    for entry_id in entry_ids:
        try:
            with writing(engine) as conn:
                act(conn, entry_id)
            click.echo(f"Outgoing mail {entry_id} {done}.")
        except (NotFound, WrongState) as error:
            click.echo(f"gateway: {error}", err=True)
            code = DATA
    return code
