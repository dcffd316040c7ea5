"""Files that a person has sent ahead of the touchpoint they belong to."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, insert, select

from storage.blob_uses import unused
from storage.chunks import chunks
from storage.dialects import name_blobs
from storage.directory import user_id
from storage.tables import uploads


@dataclass(frozen=True, slots=True)
class Upload:
    """A file whose content is in the blob store. `filename` is safe to show and to save; `size` in bytes."""

    id: int
    sha256: str
    filename: str
    content_type: str
    size: int
    created_at: datetime


def add(
    conn: Connection, email: str, sha256: str, filename: str, content_type: str, size: int, now: datetime
) -> Upload:
    """Note a file of a user. Raises NotFound for an unknown user."""
    values = {
        "user_id": user_id(conn, email),
        "sha256": sha256,
        "filename": filename,
        "content_type": content_type,
        "size": size,
        "created_at": now,
    }
    name_blobs(conn, [sha256])
    made = conn.execute(insert(uploads).values(values)).inserted_primary_key
    assert made is not None
    return Upload(int(made[0]), sha256, filename, content_type, size, now)


def of_user(conn: Connection, email: str, ids: Collection[int]) -> dict[int, Upload]:
    """Those of the uploads that this user sent, by id, in a transaction that writes. Raises NotFound."""
    owner = user_id(conn, email)
    columns = (
        *(uploads.c.id, uploads.c.sha256, uploads.c.filename, uploads.c.content_type, uploads.c.size),
        uploads.c.created_at,
    )
    found: dict[int, Upload] = {}
    for some in chunks(sorted(ids)):
        # Held: who sweeps old uploads waits, and sees then that a row names the blob.
        mine = uploads.c.user_id == owner, uploads.c.id.in_(some)
        query = select(*columns).where(*mine).order_by(uploads.c.id).with_for_update()
        found.update({row.id: Upload(*row) for row in conn.execute(query)})
    return found


def sweep(conn: Connection, before: datetime) -> list[str]:
    """Forget the uploads that are older; returns the digests of blobs that nothing refers to any more.

    Delete those before the commit, while nobody else can write.
    """
    old = uploads.c.created_at < before
    digests = list(conn.execute(select(uploads.c.sha256).where(old).distinct()).scalars())
    if not digests:
        return []
    conn.execute(delete(uploads).where(old))
    return unused(conn, digests)
