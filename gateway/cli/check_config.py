"""`gateway check-config`: every mistake at once, each with its remedy."""

import click

from gateway.cli.context import CONFIG_FILE, console, print_json_line
from gateway.cli.context import settings as load_settings
from gateway.cli.exits import CONFIGURATION
from gateway.config import ConfigError, ConfigProblem, Settings, search
from gateway.config.checks import advice
from gateway.config.files import file_problems


@click.command("check-config")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@click.pass_context
def check_config(ctx: click.Context, as_json: bool) -> None:
    """Find every mistake of the configuration.

    Exits 78 when there is one. What is said as advice works, but is seldom meant.
    """
    given = ctx.meta.get(CONFIG_FILE)
    settings, hints = None, []
    try:
        settings = load_settings(ctx)
        problems = list(file_problems(settings))
        hints = list(advice(settings))
    except ConfigError as error:
        problems = error.problems
    file = search(given)
    if as_json:
        print_json_line(
            {
                "ok": not problems,
                "file": str(file) if file else None,
                "problems": [_fields(problem) for problem in problems],
                "advice": [_fields(hint) for hint in hints],
            }
        )
    else:
        _show(str(file or "no file, the defaults"), settings, problems, hints)
    if problems:
        ctx.exit(CONFIGURATION)


def _fields(problem: ConfigProblem) -> dict[str, str]:
    return {
        "key": problem.key,
        "problem": problem.problem,
        "example": problem.example,
        "source": problem.source,
    }


def _show(
    file: str, settings: Settings | None, problems: list[ConfigProblem], hints: list[ConfigProblem]
) -> None:
    out = console(stderr=bool(problems))
    if problems:
        count = "1 mistake" if len(problems) == 1 else f"{len(problems)} mistakes"
        out.print(f"{file}: {count}", style="bold red")
    else:
        out.print(f"{file}: good", style="bold green")
    for problem in problems:
        out.print(f"  {str(problem).replace(chr(10), chr(10) + '  ')}")
    if settings and not problems:
        logging = ", ".join(f"{entry.address} → {entry.flow}" for entry in settings.logging)
        out.print(f"  listens on  {', '.join(map(str, settings.smtp.listen))}")
        out.print(f"  logs for    {logging}")
        out.print(f"  keeps in    {settings.shown_database}, {settings.blobs_place}")
    for hint in hints:
        out.print(f"  advice: {str(hint).replace(chr(10), chr(10) + '  ')}", style="yellow")
