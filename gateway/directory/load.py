"""A directory read and written: all of it in one transaction, or nothing."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Engine

from gateway.directory.read import USERS, Background, Reading, read_directory
from gateway.directory.rows import Problem, Progress, silent
from rules.addresses import address_key
from storage.dialects import import_alone
from storage.directory import look_up
from storage.engine import reading, writing
from storage.errors import DatabaseLocked
from storage.imports import Count, known_accounts, known_users, write_directory


class DirectoryRefused(Exception):  # noqa: N818  it is the directory that is at fault
    """Nothing was imported. `problems` are all that was found, in the order of files and lines."""

    def __init__(self, problems: list[Problem], warnings: list[Problem]) -> None:
        super().__init__(f"nothing was imported: {len(problems)} problems")
        self.problems = problems
        self.warnings = warnings


@dataclass(frozen=True, slots=True)
class Imported:
    """What was written, by noun (accounts, users, contacts, team), and what to look at."""

    counts: Mapping[str, Count]
    warnings: list[Problem]


def import_directory(
    engine: Engine,
    folder: Path,
    *,
    own_domains: Collection[str] = (),
    free_mail: Collection[str] = (),
    progress: Progress = silent,
) -> Imported:
    """Import the CSV files of a folder. `own_domains` and `free_mail` are the operator's, for the warnings.

    Raises DirectoryRefused when anything is wrong with them; DatabaseLocked, also when another import changed
    the directory in the meantime.
    """
    with reading(engine) as conn:
        known = known_accounts(conn), known_users(conn)
    background = Background(*known, own_domains=own_domains, free_mail=free_mail)
    read = read_directory(folder, background, progress)
    if read.problems:
        raise DirectoryRefused(read.problems, read.warnings)
    # The files are read before the database is locked: intake must not wait for that.
    with writing(engine) as conn:
        import_alone(conn)
        if (known_accounts(conn), known_users(conn)) != known:
            raise DatabaseLocked("another import has just changed the directory; try again")
        counts = write_directory(conn, read.directory, progress)
    return Imported(counts, [*read.warnings, *_users_among_contacts(engine, read)])


def _users_among_contacts(engine: Engine, read: Reading) -> list[Problem]:
    """Users that are contacts from an earlier import: contacts.csv of this one was checked on reading."""
    users = read.directory.users or ()
    if not users or read.directory.contacts is not None:
        return []
    with reading(engine) as conn:
        contacts = look_up(conn, {address_key(user.email) for user in users}).contacts
    return [
        Problem(USERS.file, 0, "email", f"{user.email!r} is also a contact, and counts as internal")
        for user in users
        if address_key(user.email) in contacts
    ]
