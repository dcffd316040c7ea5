"""`gateway directory`: the accounts, users, contacts and teams that mail is matched with."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from gateway.cli.context import console, open_store, print_json_line, settings
from gateway.cli.exits import DATA, Failure

if TYPE_CHECKING:
    from gateway.directory import Problem
    from gateway.directory.rows import Progress

PAGE = 1000

_IN_JSON_ONLY = ("contract_value", "contract_value_privileged", "attributes")
"""Left out of tables: too wide, and not for every eye that passes a screen."""


@click.group()
def directory() -> None:
    """Import and list accounts, users, contacts and teams."""


@directory.command("import")
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="One line of JSON a problem, a warning and a count.")
@click.pass_context
def import_(ctx: click.Context, folder: Path, as_json: bool) -> None:
    """Import accounts.csv, users.csv, contacts.csv and team.csv from DIR.

    Rows known already are updated by key; a missing file leaves its rows as they are. Either all of it is
    imported, or nothing: every mistake is then listed, and the exit code is 65.
    """
    from gateway.directory import DirectoryRefused, import_directory

    config = settings(ctx)
    engine = open_store(config)
    try:
        with _bar() as progress:
            imported = import_directory(
                engine,
                folder,
                own_domains=config.own_domains,
                free_mail=config.free_mail,
                progress=progress,
            )
    except DirectoryRefused as refused:
        _report("warning", refused.warnings, as_json=as_json)
        _report("problem", refused.problems, as_json=as_json)
        count = len(refused.problems)
        raise Failure(f"nothing was imported: {count:,} problem{'s' if count != 1 else ''}", DATA) from None
    finally:
        engine.dispose()
    _report("warning", imported.warnings, as_json=as_json)
    for noun, counted in imported.counts.items():
        new, changed, unchanged = counted.new, counted.changed, counted.unchanged
        if as_json:
            print_json_line({"imported": noun, "new": new, "changed": changed, "unchanged": unchanged})
        else:
            click.echo(f"{noun}: {new:,} new, {changed:,} changed, {unchanged:,} unchanged")


@directory.command("list")
@click.argument("noun", type=click.Choice(["accounts", "users", "contacts", "team"]))
@click.option("--limit", type=click.IntRange(min=1), help="At most this many rows.  [default: all of them]")
@click.option("--json", "as_json", is_flag=True, help="One line of JSON a row.")
@click.pass_context
def list_(ctx: click.Context, noun: str, limit: int | None, as_json: bool) -> None:
    """List what the directory holds, in the order of its keys."""
    engine = open_store(settings(ctx))
    rows = _pages(engine, noun, limit)
    if as_json:
        for row in rows:
            print_json_line(row)
        return
    from rich.table import Table

    from gateway.cli.render import line

    table: Table | None = None
    for each in rows:
        row = {name: value for name, value in each.items() if name not in _IN_JSON_ONLY}
        if table is None:
            table = Table(
                *(name.replace("_", " ").capitalize() for name in row), box=None, header_style="bold"
            )
        table.add_row(*(line(_cell(value)) for value in row.values()))
    if table is None:
        click.echo(f"There are no {noun}." if noun != "team" else "No account has a team.")
        return
    console().print(table)


@directory.command("user-address")
@click.argument("email")
@click.option("--rotate", is_flag=True, help="Make a new address; the one before is refused from now on.")
@click.pass_context
def user_address(ctx: click.Context, email: str, rotate: bool) -> None:
    """Show the logging address that only the user EMAIL may write to; the first time, one is made."""
    from datetime import UTC, datetime

    from gateway.directory.secret import new_secret
    from storage.directory import rotate_user_secret, user_secret
    from storage.engine import writing

    config = settings(ctx)
    engine = open_store(config)
    with writing(engine) as conn:
        secret = user_secret(conn, email)
        if secret is None or rotate:
            secret = new_secret()
            rotate_user_secret(conn, email, datetime.now(UTC), secret)
    engine.dispose()
    domain = config.logging[0].address.rpartition("@")[2]
    click.echo(f"{config.user_prefix}{secret}@{domain}")


def _pages(engine: Any, noun: str, limit: int | None) -> Iterator[dict[str, Any]]:
    """The rows of a noun as JSON objects, a page read at a time."""
    from dataclasses import asdict

    from storage import listing
    from storage.engine import reading

    read: dict[str, Callable[..., list[Any]]] = {
        "accounts": listing.list_accounts,
        "users": listing.list_users,
        "contacts": listing.list_contacts,
        "team": listing.list_team,
    }
    done = 0
    with reading(engine) as conn:
        while limit is None or done < limit:
            size = PAGE if limit is None else min(PAGE, limit - done)
            page = read[noun](conn, size, done)
            for row in page:
                value = asdict(row)
                if noun == "contacts":
                    value["accounts"] = [{"account": key, "title": title} for key, title in row.accounts]
                yield value
            done += len(page)
            if len(page) < size:
                break
    engine.dispose()


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        return ", ".join(f"{key}: {each}" for key, each in value.items())
    if isinstance(value, (list, tuple)):
        return " ".join(_cell(each) for each in value)
    return str(value)


def _report(kind: str, found: "list[Problem]", *, as_json: bool) -> None:
    """Problems and warnings: on standard output as JSON, on standard error for a person."""
    for each in found:
        if as_json:
            place = {"file": each.file, "line": each.line or None, "column": each.column or None}
            print_json_line({"level": kind, **place, "message": each.message})
        else:
            from gateway.cli.render import line

            click.echo(f"warning: {line(each)}" if kind == "warning" else line(each), err=True)


@contextmanager
def _bar() -> Iterator["Progress"]:
    """A progress bar on standard error for steps that follow each other; nothing where that is no terminal."""
    from gateway.directory.rows import silent

    if not sys.stderr.isatty():
        yield silent
        return
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console(stderr=True), transient=True) as shown:
        task = shown.add_task("", total=None)
        yield lambda done, total, what: shown.update(task, description=what, completed=done, total=total or 1)
