"""The erasures that were done in this database: after a restore, the others of the file are done anew."""

from sqlalchemy import Connection, insert, select

from rules.tombstones import Tombstone
from storage.tables import tombstones


def applied(conn: Connection) -> dict[str, Tombstone]:
    """Every erasure that was done here, by its id."""
    rows = conn.execute(select(tombstones).order_by(tombstones.c.at, tombstones.c.id))
    return {row.id: Tombstone(row.id, row.at, row.key, tuple(row.digests), row.never_again) for row in rows}


def mark_applied(conn: Connection, tombstone: Tombstone) -> None:
    """Note that an erasure was done here; one that is noted already stays as it is."""
    if conn.execute(select(tombstones.c.id).where(tombstones.c.id == tombstone.id)).first() is not None:
        return
    values = {
        "id": tombstone.id,
        "at": tombstone.at,
        "key": tombstone.key,
        "digests": list(tombstone.digests),
        "never_again": tombstone.never_again,
    }
    conn.execute(insert(tombstones).values(values))
