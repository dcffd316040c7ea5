"""The erasures that were done in this database: after a restore, the others of the file are done anew."""

from collections.abc import Collection

from sqlalchemy import Connection, select, update

from rules.tombstones import Tombstone
from storage.dialects import inserted
from storage.tables import tombstones


def applied(conn: Connection) -> dict[str, Tombstone]:
    """Every erasure that was done here, by its id."""
    rows = conn.execute(select(tombstones).order_by(tombstones.c.at, tombstones.c.id))
    return {
        row.id: Tombstone(
            row.id, row.at, row.key, tuple(row.digests), row.never_again, row.with_user, row.with_waiting
        )
        for row in rows
    }


def mark_applied(conn: Connection, tombstone: Tombstone) -> None:
    """Note that an erasure was done in the rows here; one that is noted already stays as it is.

    The file of the database is still to be written anew: `mark_rewritten`.
    """
    values = {
        "id": tombstone.id,
        "at": tombstone.at,
        "key": tombstone.key,
        "digests": list(tombstone.digests),
        "never_again": tombstone.never_again,
        "with_user": tombstone.user,
        "with_waiting": tombstone.waiting,
        "rewritten": False,
    }
    conn.execute(inserted(conn)(tombstones).values(values).on_conflict_do_nothing())


def to_rewrite(conn: Connection) -> list[str]:
    """The ids of erasures after which the file of the database was not written anew."""
    return list(conn.execute(select(tombstones.c.id).where(~tombstones.c.rewritten)).scalars())


def mark_rewritten(conn: Connection, ids: Collection[str]) -> None:
    """Note that the file was written anew since these erasures."""
    conn.execute(update(tombstones).where(tombstones.c.id.in_(list(ids))).values(rewritten=True))
