"""The schema brought up to date: by whoever starts first, everybody else waits and finds it done.

Alembic does the steps. It is imported only when there is a step to do, for a start must be quick.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from sqlalchemy import Connection, Engine, inspect, text

from storage.engine import reading, rebuilding
from storage.errors import DatabaseForeign, DatabaseNewer

REVISIONS = ("0001", "0002", "0003", "0004", "0005")
"""Every schema revision this program knows, oldest first; a test compares it with the files in `versions`."""


class Schema(Enum):
    """How a database stands to this program."""

    EMPTY = "empty"
    OLDER = "older"
    CURRENT = "current"
    NEWER = "newer"
    FOREIGN = "foreign"


@dataclass(frozen=True, slots=True)
class Migration:
    """What `migrate` did: the revision before, None for an empty database, and the revision now."""

    before: str | None
    after: str


def revision(conn: Connection) -> str | None:
    """The revision the database says it has, or None."""
    if not inspect(conn).has_table("alembic_version"):
        return None
    found: str | None = conn.execute(text("SELECT version_num FROM alembic_version")).scalar_one_or_none()
    return found


def schema(conn: Connection) -> Schema:
    """How the database stands to this program."""
    here = revision(conn)
    if here is None:
        return Schema.FOREIGN if set(inspect(conn).get_table_names()) - {"alembic_version"} else Schema.EMPTY
    if here not in REVISIONS:
        return Schema.NEWER
    return Schema.CURRENT if here == REVISIONS[-1] else Schema.OLDER


def migrate(engine: Engine, begin: Callable[[], None] = lambda: None) -> Migration:
    """Bring an empty or older database up to date; all steps in one transaction, or none.

    `begin` is called before the first step, if there is one: it may take long. Several processes may start at once:
    the first one does it. Raises DatabaseNewer, DatabaseForeign, DatabaseLocked, DatabaseUnavailable; the database is
    then as it was.
    """
    with reading(engine) as conn:
        state, before = schema(conn), revision(conn)
        _refuse(state, before, engine)
    if state is Schema.CURRENT:
        return Migration(before, REVISIONS[-1])
    begin()
    with rebuilding(engine) as conn:
        # Asked again: another process may have been quicker.
        state, before = schema(conn), revision(conn)
        _refuse(state, before, engine)
        if state is not Schema.CURRENT:
            _upgrade(conn)
    return Migration(before, REVISIONS[-1])


def _refuse(state: Schema, here: str | None, engine: Engine) -> None:
    database = engine.url.render_as_string(hide_password=True)
    if state is Schema.NEWER:
        raise DatabaseNewer(
            f"the database {database} is newer than this program: its schema is {here}, this program knows "
            f"{REVISIONS[-1]}. Install the newer program, or restore a backup made with this one."
        )
    if state is Schema.FOREIGN:
        raise DatabaseForeign(
            f"the database {database} holds tables of another program; choose another database"
        )


def _upgrade(conn: Connection) -> None:
    from alembic import command  # noqa: PLC0415  costs a tenth of a second
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = conn
    command.upgrade(config, "head")
