"""`gateway incinerate`: what is kept for a time only, gone now instead of within the hour."""

import click

from gateway.cli.context import open_store, print_json_line, settings, start_log
from gateway.cli.progress import bar


@click.command()
@click.option(
    "--days",
    type=click.IntRange(1, 36_500),
    help="Days after which mail was settled long ago.  [default: retention.raw_mail_days]",
)
@click.option("--dry-run", is_flag=True, help="Only say what would be done.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@click.pass_context
def incinerate(ctx: click.Context, days: int | None, dry_run: bool, as_json: bool) -> None:
    """Incinerate the raw form of mail that was settled long ago, and files that nothing needs any more.

    The daemon does so by itself, every hour. Touchpoints, attachments and the trail stay; the mail can no longer be
    run again. Mail that waits for a person keeps its raw form.
    """
    from gateway.retention import Retention, half_written
    from storage.blobs import open_blobs

    config = settings(ctx)
    start_log(config)
    kept = config.retention.raw_mail_days if days is None else days
    blobs = open_blobs(config.blobs_place)
    retention = Retention(open_store(config), blobs, kept, half_written=half_written(config))
    due = retention.due()
    if dry_run:
        done = due
    else:
        with bar("Incinerating", due.mails + due.letters) as advance:
            done = retention.run(advance)
    if as_json:
        counts = {"mails": done.mails, "size": done.size, "letters": done.letters, "blobs": done.blobs}
        print_json_line({"days": kept, "dry_run": dry_run, **counts})
        return
    if not kept:
        click.echo("Raw mail is kept for ever (retention.raw_mail_days = 0).")
    click.echo(
        f"{'Would incinerate' if dry_run else 'Incinerated'} the raw form of {done.mails:,} mails "
        f"({done.size / 1024**2:,.1f} MiB) and the text of {done.letters:,} letters"
        + ("." if dry_run else f", and deleted {done.blobs:,} files that nothing needs.")
    )
