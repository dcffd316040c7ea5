"""The command line: `gateway VERB …`.

A verb is imported when it is called and not before, so that each starts as quickly as what it needs.
"""

import importlib
import sys
from collections.abc import Sequence
from pathlib import Path

import click

from gateway import __version__
from gateway.cli.context import CONFIG_FILE
from gateway.cli.exits import DATA, INTERRUPTED, USAGE, Failure

VERBS = {
    "serve": ("gateway.cli.serve:serve", "Take mail in and file it, until told to stop."),
    "check-config": ("gateway.cli.check_config:check_config", "Find every mistake of the configuration."),
    "directory": ("gateway.cli.directory:directory", "Import and list accounts, users, contacts and teams."),
    "explain": ("gateway.cli.explain:explain", "Say what would become of a mail, and why."),
    "timeline": ("gateway.cli.timeline:timeline", "Show the touchpoints of an account."),
    "search": ("gateway.cli.search:search", "Find touchpoints by what they say."),
    "queue": ("gateway.cli.queue:queue", "Work the mail that waits for a person."),
    "replay": ("gateway.cli.replay:replay", "Run stored mail again."),
    "send-test": ("gateway.cli.send_test:send_test", "Send a sample mail by SMTP."),
    "outbox": ("gateway.cli.outbox:outbox", "See and work outgoing mail."),
    "token": ("gateway.cli.token:token", "Make, list and revoke tokens of the HTTP API."),
    "keys": ("gateway.cli.keys:keys", "List and rotate the keys that sign addresses."),
    "incinerate": ("gateway.cli.incinerate:incinerate", "Forget the raw form of mail settled long ago."),
    "erase": ("gateway.cli.erase:erase", "Erase a person from everything that is kept."),
    "copy-database": ("gateway.cli.copy_database:copy_database", "Copy an SQLite database into PostgreSQL."),
    "migrate": ("gateway.cli.migrate:migrate", "Bring the database up to this version."),
    "alive": ("gateway.cli.alive:alive", "Ask the running daemon whether it lives."),
    "doctor": ("gateway.cli.doctor:doctor", "Check this machine and installation."),
}
"""Each verb, where its click command is (`module:attribute`), and what the help says of it."""


class Verbs(click.Group):
    """The group of all verbs. Its help is made from `VERBS` alone."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  (click's signature)
        """The verbs, in the order of the table."""
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Import one verb; None when there is no such verb."""
        if cmd_name not in VERBS:
            return None
        module, _, attribute = VERBS[cmd_name][0].partition(":")
        command = getattr(importlib.import_module(module), attribute)
        return command if isinstance(command, click.Command) else None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """List the verbs without importing them."""
        with formatter.section("Verbs"):
            formatter.write_dl([(verb, line) for verb, (_, line) in VERBS.items()])


@click.group(
    cls=Verbs,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    subcommand_metavar="VERB …",
)
@click.version_option(__version__, prog_name="gateway", message="%(prog)s %(version)s")
@click.option(
    "--config",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="The configuration. Else $GATEWAY_CONFIG, ./config.toml, /etc/touchpoint-gateway/config.toml.",
)
@click.pass_context
def cli(ctx: click.Context, config: Path | None) -> None:
    """Files mail as touchpoints on customer accounts."""
    ctx.meta[CONFIG_FILE] = config


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one verb. Exit codes by sysexits.h: 64 usage, 65 data, 75 try later, 78 configuration, 130 ^C.

    Returns the code; the console script hands it to `sys.exit`. A reader that went away (`gateway … | head`)
    ends the program without a word.
    """
    try:
        code = cli.main(arguments, prog_name="gateway", standalone_mode=False)
        sys.stdout.flush()
    except click.UsageError as error:
        error.show()
        return USAGE
    except Failure as error:
        error.show()
        return error.code
    except click.ClickException as error:
        error.show()
        return DATA
    except (click.Abort, KeyboardInterrupt):
        click.echo("Interrupted.", err=True)
        return INTERRUPTED
    except (
        BrokenPipeError,
        SystemExit,
    ):  # click and rich make a SystemExit of a closed pipe, and of nothing else
        _forget_output()
        return 0
    except Exception as error:
        from gateway.cli.failures import in_words

        failure = in_words(error)
        if failure is None:
            raise
        failure.show()
        return failure.code
    return code if isinstance(code, int) else 0


def _forget_output() -> None:
    """Keep the interpreter from writing to a closed pipe once more when it ends (Python library, SIGPIPE)."""
    sys.stdout = open(Path("/dev/null"), "w", encoding="utf-8")  # noqa: SIM115, PTH123  (open until the end)
