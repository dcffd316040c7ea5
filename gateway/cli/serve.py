"""`gateway serve`: the daemon."""

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from gateway.cli.context import open_store, settings
from gateway.cli.exits import CONFIGURATION, UNAVAILABLE, Failure

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop
    from collections.abc import Callable

    from sqlalchemy import Engine


@click.command()
@click.pass_context
def serve(ctx: click.Context) -> None:
    """Take mail in and file it, until told to stop by SIGTERM or ^C.

    Exits 78 when the configuration or the certificate is at fault, 69 when a socket cannot be opened, 74 when the
    disk did not take what was written: the mail under way was answered 451, and a service manager starts it again.
    """
    from gateway.intake.committing import fork

    forked = fork()  # while there is little in memory, and neither a thread nor a loop nor a socket

    import asyncio

    from gateway import lean

    lean.asyncio_engine()  # before the daemon is loaded

    from gateway import events
    from gateway.daemon import run
    from gateway.erasing.catch_up import catch_up
    from gateway.smtp.server import ListenError, inherited_sockets
    from gateway.smtp.tls import TlsError

    config = settings(ctx)
    inherited = inherited_sockets(os.environ)
    events.configure(config.log.format, config.log.level)
    engine = open_store(config)
    catch_up(config, engine)  # before anybody sees what a restored backup has brought back
    _keys(config.keys_file, engine)
    engine.dispose()

    def started(addresses: Sequence[str]) -> None:
        _welcome(addresses, config.logging[0].address)

    try:
        with asyncio.Runner(loop_factory=_loop_factory()) as runner:
            runner.run(run(config, forked, inherited, started))
    except ListenError as error:
        raise Failure(f"{error}\nChange smtp.listen, or stop what listens there.", UNAVAILABLE) from error
    except TlsError as error:
        raise Failure(str(error), CONFIGURATION) from error
    sys.stdout.flush()


def _keys(path: Path, engine: "Engine") -> None:
    """The keys of signed addresses, made by the first start. A later one must not: nobody could answer any more."""
    from datetime import UTC, datetime

    from gateway.keys import ensure_keys
    from storage.engine import reading
    from storage.outgoing import count_entries

    if not path.exists():
        with reading(engine) as conn:
            signed = count_entries(conn)
        if signed:
            raise Failure(
                f"{path} is not there, and {signed} mails were sent whose answers it lets in.\n"
                "Restore it from the backup, or run gateway keys rotate to do without those answers.",
                CONFIGURATION,
            )
    ensure_keys(path, datetime.now(UTC))


def _loop_factory() -> "Callable[[], AbstractEventLoop] | None":
    """uvloop where there is one: it carries a third more sessions."""
    try:
        import uvloop
    except ImportError:
        return None
    return uvloop.new_event_loop


def _welcome(addresses: Sequence[str], logging_address: str) -> None:
    """What to try next, for the person at the terminal; a service manager is told by sd_notify."""
    if "NOTIFY_SOCKET" in os.environ:
        return
    gateway = sys.argv[0]  # as it was called: in a virtual environment it may not be on the PATH
    click.echo(
        f"\nThe touchpoint gateway listens on {', '.join(addresses)}; mail to {logging_address} is filed.\n"
        "Try in a second terminal:\n"
        f"  {gateway} send-test        a colleague writes to a customer, the logging address in BCC\n"
        f"  {gateway} timeline acme    the touchpoint it became\n"
        f"  {gateway} queue list       mail that waits for a person\n"
        "^C stops the gateway.\n",
        err=True,
    )
