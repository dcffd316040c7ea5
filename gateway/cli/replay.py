"""`gateway replay`: stored mail run again."""

from collections import Counter
from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from gateway.cli.context import console, open_store, print_json_line, settings, start_log
from gateway.cli.exits import DATA
from gateway.cli.progress import bar
from gateway.cli.queue import STATES
from gateway.cli.types import AGE

if TYPE_CHECKING:
    from gateway.filing.rerun import Rerun


@click.command()
@click.argument("ids", metavar="[ID]…", type=int, nargs=-1)
@click.option("--state", "states", type=click.Choice(STATES), multiple=True, help="Mails in this state.")
@click.option("--since", type=AGE, help="Mails received at this time or later (RFC 3339, or 7d, 12h, 30m).")
@click.option("--until", type=AGE, help="Mails received before this time.")
@click.option("--all", "everything", is_flag=True, help="All mails.")
@click.option("--apply", is_flag=True, help="Change filed touchpoints, too, where they would differ.")
@click.option("--json", "as_json", is_flag=True, help="One line of JSON a mail.")
@click.pass_context
def replay(
    ctx: click.Context,
    ids: tuple[int, ...],
    states: tuple[str, ...],
    since: datetime | None,
    until: datetime | None,
    everything: bool,
    apply: bool,
    as_json: bool,
) -> int:
    """Decide stored mails again, chosen by ID, state, time, or --all.

    What waits is filed when its account can be told now. A touchpoint that would change is shown with the
    difference, and changed only with --apply. There is never a second touchpoint for one mail. Exits 65 when a
    mail could not be read, or an ID is not there.
    """
    if not (ids or states or since or until or everything):
        raise click.UsageError("Say which mails: IDs, --state, --since, --until or --all.")
    from gateway.filing.rerun import Runner
    from storage.engine import reading
    from storage.queue import Selection, select_ids

    config = settings(ctx)
    start_log(config)
    engine = open_store(config)
    selection = Selection(ids or None, states or None, since, until)
    with reading(engine) as conn:
        chosen = list(select_ids(conn, selection))
    missing = _name_missing(ids, chosen)
    runner = Runner(config, engine)
    results: Counter[str] = Counter()
    with bar("Replaying", len(chosen)) as advance:
        for mail_id in chosen:
            rerun = runner.replay(mail_id, apply=apply)
            results[rerun.result] += 1
            _tell(rerun, as_json=as_json)
            advance(1)
    if not as_json:
        _sum_up(results, apply=apply)
    return DATA if missing or results["failed"] else 0


def _name_missing(ids: tuple[int, ...], chosen: list[int]) -> list[int]:
    missing = sorted(set(ids) - set(chosen))
    if missing:
        click.echo(f"gateway: not among the chosen mails: {', '.join(map(str, missing))}", err=True)
    return missing


def _tell(rerun: "Rerun", *, as_json: bool) -> None:
    if as_json:
        print_json_line(_as_json(rerun))
        return
    if rerun.result == "unchanged":
        return
    from rich.text import Text

    from gateway.cli.render import line, outcome

    head = Text(f"Mail {rerun.mail_id}: ")
    head.append_text(outcome(rerun.before))
    if rerun.after != rerun.before:
        head.append(" → ").append_text(outcome(rerun.after))
    touchpoint = f", touchpoint {rerun.touchpoint_id}" if rerun.touchpoint_id else ""
    head.append(f"  {rerun.result}{touchpoint}  {line(rerun.why)}")
    screen = console()
    screen.print(head)
    for key, before, after in rerun.changes:
        screen.print(Text(f"  {key}", style="bold"))
        screen.print(Text(f"  - {line(_short(before))}", style="red"))
        screen.print(Text(f"  + {line(_short(after))}", style="green"))


def _short(value: Any) -> str:
    import json

    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 300 else f"{text[:300]}…"


def _as_json(rerun: "Rerun") -> dict[str, Any]:
    return {
        "mail": rerun.mail_id,
        "result": rerun.result,
        "before": rerun.before,
        "after": rerun.after,
        "why": rerun.why,
        "touchpoint": rerun.touchpoint_id,
        "changes": [{"key": key, "before": before, "after": after} for key, before, after in rerun.changes],
    }


def _sum_up(results: Counter[str], *, apply: bool) -> None:
    total = sum(results.values())
    counts = ", ".join(f"{count} {result}" for result, count in results.most_common()) or "none chosen"
    click.echo(f"{total} mail{'' if total == 1 else 's'}: {counts}")
    if results["differs"] and not apply:
        click.echo("Nothing filed was changed. To change it: the same with --apply")
