"""`gateway token`: who may use the HTTP API, and submit mail."""

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import click

from gateway.cli.context import console, open_store, print_json_line, settings
from rules.permissions import PERMISSIONS

if TYPE_CHECKING:
    from storage.api_tokens import Token


@click.group()
def token() -> None:
    """Make, list and revoke the tokens of the HTTP API, which are passwords for submitting mail, too."""


@token.command()
@click.argument("email")
@click.option("--name", default="", help="What it is for, so that it is known when it is listed.")
@click.option("--days", type=click.IntRange(1, 3650), help="How long it is good.  [default: until revoked]")
@click.option(
    "--permission",
    "permissions",
    type=click.Choice(PERMISSIONS),
    multiple=True,
    help="Narrow it to these of its user's permissions; may be repeated.  [default: all of them]",
)
@click.option("--read-only", is_flag=True, help="Narrow it to none of them: it only reads.")
@click.pass_context
def create(
    ctx: click.Context, email: str, name: str, days: int | None, permissions: tuple[str, ...], read_only: bool
) -> None:
    """Make a token for the Totango user EMAIL, and print it: it is shown this once, and kept nowhere."""
    from gateway.api_tokens import digest_of, new_token
    from storage.api_tokens import create as keep
    from storage.engine import writing

    if read_only and permissions:
        raise click.UsageError("--read-only leaves no --permission")
    made, now = new_token(), datetime.now(UTC)
    narrowed = () if read_only else permissions or None
    expires = now + timedelta(days=days) if days else None
    with writing(open_store(settings(ctx))) as conn:
        token_id = keep(conn, email, digest_of(made), name, narrowed, now, expires)
    click.echo(made)
    click.echo(f"Token {token_id} of {email}. Send it as: Authorization: Bearer tpg_…", err=True)


@token.command("list")
@click.option("--json", "as_json", is_flag=True, help="One line of JSON a token.")
@click.pass_context
def list_(ctx: click.Context, as_json: bool) -> None:
    """List the tokens, in the order in which they were made. The tokens themselves are kept nowhere."""
    from storage.api_tokens import list_tokens
    from storage.engine import reading

    with reading(open_store(settings(ctx))) as conn:
        found = list_tokens(conn)
    if as_json:
        for each in found:
            print_json_line(_json(each))
        return
    from rich.table import Table

    from gateway.cli.render import line

    screen = console()
    if not found:
        screen.print("No tokens yet. Next: gateway token create EMAIL")
        return
    table = Table(box=None, header_style="bold", padding=(0, 2, 0, 0))
    for heading in ("Id", "State", "Made"):
        table.add_column(heading, no_wrap=True)
    table.add_column("User, name and permissions", overflow="fold")
    for each in found:
        may = "all" if each.permissions is None else ", ".join(each.permissions) or "only reads"
        said = f"{line(each.user.email)}  {line(each.name)}\n{may}"
        table.add_row(str(each.id), _state(each), f"{each.created_at:%Y-%m-%d}", said)
    screen.print(table)


@token.command()
@click.argument("token_id", metavar="ID", type=int)
@click.pass_context
def revoke(ctx: click.Context, token_id: int) -> None:
    """Let token ID be good for nothing from now on."""
    from storage.api_tokens import revoke as end
    from storage.engine import writing

    with writing(open_store(settings(ctx))) as conn:
        end(conn, token_id, datetime.now(UTC))
    click.echo(f"Token {token_id} is revoked.")


def _state(each: "Token") -> str:
    if each.revoked_at is not None:
        return "revoked"
    return "expired" if each.expires_at is not None and each.expires_at <= datetime.now(UTC) else "good"


def _json(each: "Token") -> dict[str, Any]:
    from rules.decision import rfc3339

    return {
        "id": each.id,
        "user": each.user.email,
        "name": each.name,
        "permissions": None if each.permissions is None else list(each.permissions),
        "state": _state(each),
        "created_at": rfc3339(each.created_at),
        "expires_at": rfc3339(each.expires_at) if each.expires_at else None,
        "revoked_at": rfc3339(each.revoked_at) if each.revoked_at else None,
    }
