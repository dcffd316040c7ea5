"""`gateway search`: touchpoints by what they say."""

import click

from gateway.cli.context import console, open_store, print_json_line, settings
from gateway.cli.exits import USAGE, Failure


@click.command(
    # -word leaves a word out: it is no option, whatever it begins with.
    context_settings={"ignore_unknown_options": True, "help_option_names": ["--help"]}
)
@click.argument("typed", metavar="WORDS…", nargs=-1, required=True, type=click.UNPROCESSED)
@click.option(
    "--account", metavar="ACCOUNT", help="Only this one: its key, its name, or the start of either."
)
@click.option(
    "--limit", type=click.IntRange(1, 10_000), default=20, show_default=True, help="How many, newest first."
)
@click.option("--json", "as_json", is_flag=True, help="One line of JSON a touchpoint.")
@click.pass_context
def search(
    ctx: click.Context, typed: tuple[str, ...], account: str | None, limit: int, as_json: bool
) -> None:
    """Find touchpoints and replies, newest first, in which all WORDS stand: in subject, text, people or file names.

    '"second site"' (with quotes that the shell leaves) is found as it stands, begin* by its beginning, and -word
    must not be there.
    """
    from rules.search import read_query
    from rules.search import snippet as snippet_of
    from rules.typed import Flaw
    from storage import searching
    from storage.directory import find_account
    from storage.engine import reading

    query = read_query(" ".join(typed), "WORDS")
    if isinstance(query, Flaw):
        raise Failure(query.why, USAGE)
    with reading(open_store(settings(ctx))) as conn:
        account_ids = None if account is None else [find_account(conn, account)[0]]
        rows = searching.search(conn, query, limit + 1, account_ids=account_ids)
    shown = [(row, snippet_of(row, query)) for row in rows[:limit]]
    if as_json:
        from gateway.desk.search import snippet_json
        from gateway.touchpoint import touchpoint_json

        for row, snippet in shown:
            print_json_line({**touchpoint_json(row), "snippet": snippet_json(snippet)})
        return
    from rich.table import Table
    from rich.text import Text

    from gateway.cli.render import line

    table = Table(box=None, header_style="bold", padding=(0, 2, 0, 0))
    for heading in ("Id", "Date (UTC)", "Account"):
        table.add_column(heading, no_wrap=True)
    table.add_column("Subject, and where it was found", overflow="fold")
    for row, snippet in shown:
        said = Text(line(row.subject) or "(no subject)", style="bold")
        if row.thread_id is not None:
            said.append(f"  reply to {row.thread_id}", style="not bold bright_black")
        said.append("\n")
        for text, matches in snippet.parts:
            said.append(text, style="not bold yellow" if matches else "not bold")
        table.add_row(str(row.id), f"{row.date:%Y-%m-%d %H:%M}", line(row.account_key), said)
    screen = console()
    if not shown:
        screen.print("Nothing was found.")
        return
    screen.print(table)
    if len(rows) > limit:
        screen.print(f"Older ones are there: --limit {limit * 2}")
