"""`gateway migrate`: the database brought up to this program."""

import click

from gateway.cli.context import make_folder, print_json_line
from gateway.cli.context import settings as load_settings
from gateway.erasing.catch_up import catch_up, outstanding
from gateway.erasing.tombstones import TombstoneFile
from storage.engine import open_engine, reading
from storage.migrations import REVISIONS, revision
from storage.migrations import migrate as run


@click.command("migrate")
@click.option("--check", is_flag=True, help="Only say what would be done.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@click.pass_context
def migrate(ctx: click.Context, check: bool, as_json: bool) -> None:
    """Bring the database up to this version of the program.

    The daemon does so by itself when it starts. Who was erased since a backup was made is erased once more. A
    database that a newer gateway made is left alone (exit 78).
    """
    settings = load_settings(ctx)
    left = 0
    if not check:
        make_folder(settings.data_dir)
    file, erased = settings.database_file, 0
    if check and file is not None and not file.exists():
        before = None  # looking would make the file
    else:
        engine = open_engine(settings.database_url)
        try:
            if check:
                with reading(engine) as conn:
                    before = revision(conn)
            else:
                before = run(engine).before
                erased = catch_up(settings, engine)
                left = len(outstanding(engine, TombstoneFile(settings.tombstones_file)))
        finally:
            engine.dispose()
    target = REVISIONS[-1]
    if erased and not as_json:
        click.echo(f"A restored backup, or a break: {erased} erasures were done once more.")
    if left and not as_json:
        click.echo(
            f"{left} erasures could not be finished: what stands against them is in the log.", err=True
        )
    done = not check and before != target
    if as_json:
        print_json_line(
            {
                "database": settings.shown_database,
                "before": before,
                "target": target,
                "migrated": done,
                "erased": erased,
                "not_erased": left,
            }
        )
        return
    click.echo(f"{settings.shown_database} is at {before or 'nothing'}, this program at {target}.")
    if before == target:
        click.echo("Nothing to do.")
    else:
        click.echo("Done." if done else "To do it: gateway migrate")
