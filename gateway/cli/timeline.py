"""`gateway timeline`: the touchpoints of an account."""

import click

from gateway.cli.context import console, open_store, print_json_line, settings


@click.command()
@click.argument("account")
@click.option(
    "--limit", type=click.IntRange(1, 10_000), default=20, show_default=True, help="How many, newest first."
)
@click.option("--json", "as_json", is_flag=True, help="One line of JSON a touchpoint.")
@click.option("--full", is_flag=True, help="Show texts to their end, and what was folded away.")
@click.pass_context
def timeline(ctx: click.Context, account: str, limit: int, as_json: bool, full: bool) -> None:
    """Show the touchpoints of ACCOUNT (its key, its name, or the start of either), newest first."""
    from gateway.touchpoint import thread_json, touchpoint_json
    from storage.directory import find_account
    from storage.engine import reading
    from storage.timeline import replies
    from storage.timeline import timeline as read_timeline

    engine = open_store(settings(ctx))
    with reading(engine) as conn:
        account_id, found = find_account(conn, account)
        rows = read_timeline(conn, account_id, limit + 1)
        shown = rows[:limit]
        answers = replies(conn, [row.id for row in shown])
    if as_json:
        for row in shown:
            print_json_line(thread_json(row, answers.get(row.id, ())))
        return
    from rich.padding import Padding
    from rich.text import Text

    from gateway.cli.render import line, mail

    screen = console()
    screen.print(Text.assemble((line(found.name), "bold"), f" ({line(found.key)})"))
    for row in shown:
        origin = f", mail {row.mail_id}" if row.mail_id else ""
        screen.print(mail(touchpoint_json(row), f"Touchpoint {row.id}{origin}", full=full))
        for number, answer in enumerate(answers.get(row.id, ()), 1):
            title = f"Reply {number} to touchpoint {row.id}, mail {answer.mail_id}"
            screen.print(Padding(mail(touchpoint_json(answer), title, full=full), (0, 0, 0, 4)))
    if not shown:
        screen.print("No touchpoints yet. Try: gateway send-test")
    elif len(rows) > limit:
        screen.print(f"Older ones are there: --limit {limit * 2}")
