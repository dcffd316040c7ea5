"""`gateway copy-database`: from an SQLite file to PostgreSQL, when one machine is no longer enough."""

from typing import TYPE_CHECKING

import click

from gateway.cli.context import console, print_json_line, settings
from gateway.cli.exits import CONFIGURATION, DATA, USAGE, Failure
from gateway.cli.progress import bar

if TYPE_CHECKING:
    from storage.copying import Sum


@click.command("copy-database")
@click.argument("target", metavar="URL")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@click.pass_context
def copy_database(ctx: click.Context, target: str, as_json: bool) -> None:
    """Copy the SQLite database of this configuration into an empty PostgreSQL database.

    URL is its SQLAlchemy URL: postgresql://user:password@host/name. Everything goes over in one transaction, in which
    both are read again and compared, row by row. Nobody else may write meanwhile: stop the daemon first. Blobs and
    keys are no part of the database and stay where they are.
    """
    from storage import copying
    from storage.engine import open_engine, writing
    from storage.errors import DatabaseForeign
    from storage.migrations import Schema, migrate, schema

    config = settings(ctx)
    if config.database_file is None:
        raise Failure(f"{config.shown_database} is no SQLite database.", CONFIGURATION)
    if not config.database_file.exists():
        raise Failure(f"{config.database_file} is not there: there is nothing to copy.", CONFIGURATION)
    if not target.startswith(("postgresql://", "postgresql+psycopg://")):
        raise Failure("The database to copy to is named by a URL: postgresql://user@host/name", USAGE)
    _refuse_a_running_daemon(ctx)
    here, there = open_engine(config.database_url), open_engine(target)
    try:
        # As if we wrote: whoever wants to write waits, and the copy is what the database was at one moment.
        with writing(here) as source:
            if schema(source) is not Schema.CURRENT:
                raise Failure("The database is not at this program's schema: gateway migrate", CONFIGURATION)
            migrate(there)
            total = sum(copying.count(source).values())
            try:
                with writing(there) as copy:
                    with bar("Copying", total) as advance:
                        copying.copy(source, copy, advance)
                    with bar("Comparing", 2 * total) as advance:
                        tables = copying.compare(source, copy, advance)
            except (DatabaseForeign, copying.CopyDiffers) as error:
                raise Failure(str(error), DATA) from error
    finally:
        here.dispose()
        there.dispose()
    _tell(tables, as_json=as_json)


def _refuse_a_running_daemon(ctx: click.Context) -> None:
    from gateway.watch.ask import ask, watched

    where = watched(settings(ctx))
    if where is None:
        return
    try:
        ask(where, "/healthz")
    except OSError:
        return
    raise Failure(
        "A daemon runs on this configuration; what it takes from now on would not be in the copy.\n"
        "Stop it first: its senders try again for days.",
        USAGE,
    )


def _tell(tables: "list[Sum]", *, as_json: bool) -> None:
    if as_json:
        print_json_line(
            {
                "rows": sum(table.rows for table in tables),
                "tables": {table.name: {"rows": table.rows, "sha256": table.digest} for table in tables},
            }
        )
        return
    from rich.table import Table

    shown = Table(box=None, pad_edge=False)
    shown.add_column("table")
    shown.add_column("rows", justify="right")
    shown.add_column("sha256")
    for table in tables:
        shown.add_row(table.name, f"{table.rows:,}", table.digest[:16])
    console().print(shown)
    click.echo(
        "\nThe copy is complete: every row was compared.\n"
        "Now set storage.database to its URL (one with a password: as the credential gateway_storage__database) and\n"
        "start the daemon. The SQLite file is as it was: keep it until you trust the new one; start nothing on it."
    )
