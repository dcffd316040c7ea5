"""`gateway erase`: a person taken out of everything that is kept, and looked for afterwards."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from gateway.cli.context import CONFIG_FILE, console, open_store, print_json_line, settings, start_log
from gateway.cli.exits import DATA, Failure
from gateway.cli.progress import bar

if TYPE_CHECKING:
    from gateway.erasing.proof import Proof, Remains
    from gateway.erasing.survey import Survey


@click.command()
@click.argument("address")
@click.option("--dry-run", is_flag=True, help="Only say what would be done.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--user", is_flag=True, help="Erase a Totango user: login, every address, all they wrote.")
@click.option(
    "--drop-waiting", is_flag=True, help="Let mail of others go that cannot wait without the person."
)
@click.option(
    "--with-attachments", is_flag=True, help="Delete attachments of others, too, in which the address stands."
)
@click.option("--never-again", is_flag=True, help="Refuse mail with this person from now on.")
@click.option(
    "--search",
    "more",
    type=click.Path(exists=True, path_type=Path),
    multiple=True,
    metavar="PATH",
    help="Look for the person in this file or folder, too (a log, a backup); may be repeated.",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@click.pass_context
def erase(
    ctx: click.Context,
    address: str,
    dry_run: bool,
    yes: bool,
    user: bool,
    drop_waiting: bool,
    with_attachments: bool,
    never_again: bool,
    more: tuple[Path, ...],
    as_json: bool,
) -> int:
    """Erase the person with ADDRESS ("-": read it from standard input) from database, blobs and outbox.

    Their own mails and touchpoints are emptied, those of others stay without them. Then every file is searched for
    the address. Works beside a running daemon. It cannot be undone.

    Exits 0 when nothing is left, 65 when something is, or stands against it, 64 when it was not confirmed, 75 when it
    was broken off: run it again, or start the daemon, which goes on with what was allowed here, and no more.
    """
    from gateway.config.load import search
    from gateway.erasing.catch_up import catch_up
    from gateway.erasing.eraser import Eraser, Wish
    from gateway.erasing.proof import places, prove
    from gateway.erasing.survey import survey
    from gateway.erasing.tombstones import TombstoneFile
    from rules.erasure import Person
    from storage.blobs import open_blobs
    from storage.engine import reading
    from storage.traces import count_with_raw

    if address == "-":
        address = sys.stdin.readline().strip()
    person = Person([_checked(address)])
    config = settings(ctx)
    ours = [entry.address for entry in config.logging]
    if any(person.has(each) for each in (*ours, config.administrator)):
        raise Failure("this is an address of the gateway itself, in the settings; it is no person's", DATA)
    start_log(config)
    engine, blobs = open_store(config), open_blobs(config.blobs_place)
    catch_up(config, engine)
    with reading(engine) as conn:
        total = count_with_raw(conn)
    with bar("Reading", total) as advance:
        found = survey(engine, blobs, person, advance, user=user)
    if not as_json:
        _show(found, address)
    value: dict[str, Any] = {"found": found.counts(), "waiting": list(found.stuck)}
    if objection := _objection(found, user=user, drop_waiting=drop_waiting):
        if dry_run and as_json:
            print_json_line({**value, "objection": objection, "erased": False})
        raise Failure(objection, DATA)
    if dry_run:
        if as_json:
            print_json_line({**value, "objection": None, "erased": False})
        return 0
    if not yes:
        _confirm(address)
    wish = Wish(user=user, waiting=drop_waiting, never_again=never_again)
    eraser = Eraser(engine, blobs, TombstoneFile(config.tombstones_file))
    with bar("Erasing", found.steps) as advance:
        done = eraser.erase(found, wish, advance)
    person, left = done.person, done.left
    file = search(ctx.find_root().meta.get(CONFIG_FILE))
    elsewhere = (*more, *([file] if file is not None and file.exists() else []))
    size = sum(path.stat().st_size for path in places(config, blobs, elsewhere) if path.exists())
    with bar("Searching", size) as advance:
        proof = prove(config, engine, blobs, person, elsewhere, advance)
    if with_attachments and (digests := {each.blob for each in proof.addresses if each.blob}):
        eraser.erase_files(digests)
        proof = prove(config, engine, blobs, person, elsewhere)
    if as_json:
        counts = left.counts() if left is not None else {}
        told = {"objection": None, "erased": left is None, "left": counts, "proof": _proof_json(proof)}
        print_json_line({**value, **told})
    else:
        if left is not None:
            _tell_left(left)
        _tell(proof)
    return DATA if proof.addresses or left is not None else 0


def _checked(address: str) -> str:
    local, at, domain = address.strip().rpartition("@")
    if not (local and at and domain) or address.strip().split() != [address.strip()]:
        raise click.UsageError(f"{address!r} is no address; write it like ada.marsh@acme.example")
    return address.strip()


def _objection(found: "Survey", *, user: bool, drop_waiting: bool) -> str:
    """What stands against it, and what to do; "" when nothing does."""
    if found.trace.users and not user:
        return (
            "this is a Totango user. Take them out of what users.csv is made from, then say --user: their login "
            "goes, and what they wrote, which is what your company knows of its customers"
        )
    if found.stuck and not drop_waiting:
        ids = ", ".join(map(str, found.stuck[:10]))
        return (
            f"mail {ids}{' …' if len(found.stuck) > 10 else ''} of others waits, and cannot be kept without the "
            "person. Work it first (gateway queue list), or say --drop-waiting"
        )
    return ""


def _confirm(address: str) -> None:
    if not sys.stdin.isatty():
        raise click.UsageError("Say --yes to erase, or --dry-run to see what would be done.")
    click.confirm(f"Erase {address} for good?", abort=True, err=True)


def _show(found: "Survey", address: str) -> None:
    from rich.table import Table

    from gateway.cli.render import line

    screen = console()
    counts = found.counts()
    if not counts:
        screen.print(f"{line(address)} stands nowhere.")
        return
    table = Table(box=None, header_style="bold", padding=(0, 2, 0, 0))
    table.add_column("number", justify="right")
    table.add_column("what")
    for what, count in counts.items():
        table.add_row(f"{count:,}", what)
    screen.print(table)
    also = sorted(name for name in found.person.names if len(name.split()) > 1)
    if also:
        screen.print(
            f"Known as {', '.join(line(name) for name in also)}: the name goes where the person stands."
        )


def _tell_left(left: "Survey") -> None:
    screen = console()
    screen.print("Not finished. The person still stands here, or came back meanwhile:")
    for what, count in left.counts().items():
        screen.print(f"  {what}: {count:,} to do")
    if left.stuck:
        screen.print(
            f"Mail {', '.join(map(str, left.stuck[:10]))} of others waits, and cannot be kept without the person."
        )
    screen.print("Run it again. Until it is finished every start of the daemon tries again, too.")


def _tell(proof: "Proof") -> None:
    from gateway.cli.render import line

    screen = console()
    searched = f"{proof.files:,} files ({proof.size / 1024**2:,.1f} MiB) and {proof.rows:,} rows"
    number = sum(each.number for each in proof.addresses)
    screen.print(
        f"Erased. Searched {searched}, in text, UTF-16, quoted-printable and base64: {number} found."
    )
    for each in proof.addresses:
        screen.print(f"  {line(each.place)}: {each.number} ({', '.join(each.forms)})")
    if proof.addresses:
        screen.print(
            "Delete what is found in attachments with --with-attachments; other files are yours to mend."
        )
    if proof.possibly:
        screen.print(
            "Possibly the address, possibly a part of somebody else's, which nobody but you can tell:"
        )
        for each in proof.possibly:
            screen.print(f"  {line(each.place)}: {each.number} ({', '.join(each.forms)})")
    if proof.names:
        screen.print("The name also stands here, where it may be somebody else's:")
        for each in proof.names:
            screen.print(f"  {line(each.place)}: {each.number} ({', '.join(each.forms)})")
    screen.print("What is compressed (archives, PDF) was not opened. Older backups still hold the person.")


def _proof_json(proof: "Proof") -> dict[str, Any]:
    def told(found: "list[Remains]") -> list[dict[str, Any]]:
        return [{"place": each.place, "number": each.number, "forms": list(each.forms)} for each in found]

    return {
        "files": proof.files,
        "size": proof.size,
        "rows": proof.rows,
        "addresses": told(proof.addresses),
        "possibly": told(proof.possibly),
        "names": told(proof.names),
    }
