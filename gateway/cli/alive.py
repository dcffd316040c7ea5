"""`gateway alive`: does the daemon of this configuration answer?"""

import click

from gateway.cli.context import settings
from gateway.cli.exits import UNAVAILABLE, Failure


@click.command()
@click.pass_context
def alive(ctx: click.Context) -> None:
    """Ask the running daemon whether it lives, for a container's health check.

    Whether it is ready is another question (`/readyz`, `gateway doctor --running`): a full disk is not mended by
    starting again. Exits 0, or 69 when nobody answers.
    """
    from gateway.health import listener
    from gateway.watch.ask import ask, watched

    config = settings(ctx)
    where = watched(config)
    if where is None:
        answered = [listener(listen, running=True) for listen in config.smtp.listen]
        if not any(finding.state == "ok" for finding in answered):
            raise Failure(
                "nobody answers: " + "; ".join(f"{each.check}: {each.found}" for each in answered),
                UNAVAILABLE,
            )
        return
    try:
        status, _ = ask(where, "/healthz")
    except OSError as error:
        raise Failure(f"nobody answers at {where}: {error.strerror or error}", UNAVAILABLE) from error
    if status != 200:
        raise Failure(f"{where} answers {status}", UNAVAILABLE)
