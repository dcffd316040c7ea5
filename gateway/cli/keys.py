"""`gateway keys`: the keys that sign the addresses of threads."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from gateway.cli.context import console, make_folder, print_json_line, settings

if TYPE_CHECKING:
    from gateway.keys import Keys


@click.group()
def keys() -> None:
    """The keys that sign the addresses of threads, return paths and questions."""


@keys.command("list")
@click.option("--json", "as_json", is_flag=True, help="One line of JSON a key.")
@click.pass_context
def list_(ctx: click.Context, as_json: bool) -> None:
    """List the keys, the one that signs marked. Secrets are not shown."""
    from gateway.keys import read_keys

    _show(read_keys(settings(ctx).keys_file), as_json=as_json)


@keys.command()
@click.pass_context
def rotate(ctx: click.Context) -> None:
    """Make a new key that signs from now on. Addresses signed before stay good until their key is retired.

    A running daemon takes the new key up within a second.
    """
    from gateway.keys import rotate as make_new

    config = settings(ctx)
    make_folder(config.keys_file.parent)
    found = make_new(config.keys_file, datetime.now(UTC))
    click.echo(f"Key {found.signing} signs from now on; {len(found.keys)} keys verify.")


@keys.command()
@click.argument("key_id", metavar="ID", type=click.IntRange(0, 255))
@click.confirmation_option(
    "--yes", prompt="Answers to every mail whose addresses this key signed will be refused. Go on?"
)
@click.pass_context
def retire(ctx: click.Context, key_id: int) -> None:
    """Forget key ID: answers to addresses it signed are refused with 550 from now on."""
    from gateway.keys import retire as forget

    found = forget(settings(ctx).keys_file, key_id)
    click.echo(f"Key {key_id} is forgotten; {len(found.keys)} left.")


def _show(found: "Keys", *, as_json: bool) -> None:
    if as_json:
        for key in found.keys:
            made = key.created_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
            print_json_line({"id": key.id, "created_at": made, "signs": key.id == found.signing})
        return
    from rich.table import Table

    table = Table(box=None, header_style="bold", padding=(0, 2, 0, 0))
    for heading in ("Id", "Made (UTC)", ""):
        table.add_column(heading, no_wrap=True)
    for key in found.keys:
        use = "signs" if key.id == found.signing else "verifies"
        table.add_row(str(key.id), f"{key.created_at.astimezone(UTC):%Y-%m-%d %H:%M}", use)
    console().print(table)
