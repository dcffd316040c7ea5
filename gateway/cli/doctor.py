"""`gateway doctor`: the checks of `gateway.health`, as a table."""

from datetime import UTC, datetime

import click
from rich.table import Table
from rich.text import Text

from gateway.cli.context import console, print_json_line
from gateway.cli.context import settings as load_settings
from gateway.cli.exits import CONFIGURATION, UNAVAILABLE
from gateway.cli.render import line
from gateway.config import ConfigError
from gateway.health import Finding, examine

STYLES = {"ok": "green", "warn": "yellow", "fail": "bold red"}


@click.command("doctor")
@click.option("--running", is_flag=True, help="A daemon that does not answer is a failure.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a check.")
@click.pass_context
def doctor(ctx: click.Context, running: bool, as_json: bool) -> None:
    """Check this machine and installation.

    Exits 69 when a check fails, 78 when the configuration itself does, 0 else.
    """
    code = 0
    try:
        settings = load_settings(ctx)
    except ConfigError as error:
        findings = [Finding("configuration", "fail", str(each), "mend it") for each in error.problems]
        code = CONFIGURATION
    else:
        findings = [Finding("configuration", "ok", "can be used")]
        findings += examine(settings, datetime.now(UTC), running=running)
        if any(finding.state == "fail" for finding in findings):
            code = UNAVAILABLE
    if as_json:
        for finding in findings:
            print_json_line(
                {
                    "check": finding.check,
                    "state": finding.state,
                    "found": finding.found,
                    "remedy": finding.remedy,
                }
            )
    else:
        _show(findings)
    ctx.exit(code)


def _show(findings: list[Finding]) -> None:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("check", "", "found", "what to do"):
        table.add_column(heading, overflow="fold")
    for each in findings:
        state = Text(each.state, STYLES[each.state])
        table.add_row(line(each.check), state, line(each.found), line(each.remedy))
    console().print(table)
