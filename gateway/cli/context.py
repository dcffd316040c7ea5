"""What the verbs share: the settings, the store, the console."""

import io
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from rich.console import Console
    from sqlalchemy import Engine

    from gateway.config import Settings

CONFIG_FILE = "gateway.config-file"
"""Where `--config` stands in a context's `meta`."""


_PATIENCE_SECONDS = 3600
"""What the service manager is asked to wait for while a large database is brought up to date."""


def settings(ctx: click.Context) -> "Settings":
    """The settings of this call, loaded once, and kept as `ctx.obj` of the outermost context.

    Raises gateway.config.ConfigError, which ends the program with 78.
    """
    from gateway.config import Settings, load

    root = ctx.find_root()
    if not isinstance(root.obj, Settings):
        root.obj = load(ctx.meta.get(CONFIG_FILE))
    return root.obj


def open_store(settings: "Settings") -> "Engine":
    """The database, at this program's revision: an empty or older one is brought up to it first.

    Raises what `storage.migrations.migrate` raises; each ends the program with its own exit code.
    """
    from gateway import notify
    from storage.engine import open_engine
    from storage.migrations import migrate

    make_folder(settings.data_dir)
    engine = open_engine(settings.database_url)
    migrate(engine, lambda: notify.still_starting("bringing the database up to date", _PATIENCE_SECONDS))
    return engine


def make_folder(folder: Path) -> None:
    """Make the data folder, for the owner alone: it holds customers' mail. Raises DatabaseUnavailable."""
    from storage.errors import DatabaseUnavailable

    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        problem = f"the data folder {folder} cannot be made: {error.strerror}"
        raise DatabaseUnavailable(problem) from error


def start_log(settings: "Settings") -> None:
    """Log as the settings say, to standard error: standard output holds what was asked for."""
    from gateway.events import configure

    configure(settings.log.format, settings.log.level)


def console(*, stderr: bool = False) -> "Console":
    """A console for people, on standard output or standard error. Text stays as it is.

    No markup: a subject such as "[dev] news" would lose its bracket, and "[/]" end the program. What the
    terminal's character set lacks is shown as "?".
    """
    from rich.console import Console

    out = sys.stderr if stderr else sys.stdout
    if isinstance(out, io.TextIOWrapper):
        out.reconfigure(errors="replace")
    return Console(stderr=stderr, highlight=False, soft_wrap=True, markup=False, emoji=False)


def print_json_line(value: Mapping[str, Any]) -> None:
    """One object, one line of JSON on standard output, UTF-8 whatever the locale says.

    The texts are those that are stored. What cannot be seen, would drive a terminal, or is no Unicode (a lone
    surrogate out of a broken mail) is written as its escape (RFC 8259 7): the same text to whoever reads the JSON.
    """
    from rules.shown import HIDDEN

    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    if not (text.isascii() and text.isprintable()):
        text = HIDDEN.sub(lambda found: json.dumps(found[0])[1:-1], text)
    click.echo(text.encode())
