"""Which blobs the rows of the database still need."""

from collections.abc import Collection, Sequence

from sqlalchemy import Connection, String, cast, select

from storage.chunks import chunks
from storage.dialects import delete_blobs
from storage.tables import assets, attachments, letters, mails, outbox, uploads


def unused(conn: Connection, digests: Collection[str]) -> list[str]:
    """Those of the blobs that nothing refers to, in order.

    Delete them in the same transaction, until whose end nobody else can name them: whoever keeps the same bytes then
    commits later and finds them missing (`gateway.intake`, `gateway.filing.file`).
    """
    wanted = list(dict.fromkeys(digests))
    delete_blobs(conn, wanted)
    used: set[str] = set()
    for some in chunks(wanted):
        for table in (attachments, assets, uploads):
            used |= set(conn.execute(select(table.c.sha256).where(table.c.sha256.in_(some))).scalars())
        # Asked with both: only the digest of the mail has an index.
        raw = select(mails.c.raw_blob).where(mails.c.sha256.in_(some), mails.c.raw_blob == mails.c.sha256)
        used |= set(conn.execute(raw).scalars())
    left = [digest for digest in wanted if digest not in used]
    if not left:
        return []
    ordered = _ordered(conn)
    return [digest for digest in left if not any(digest in content for content in ordered)]


def _ordered(conn: Connection) -> Sequence[str]:
    """The letters that wait: what was ordered goes out as it was, whatever an edit took off the touchpoint."""
    query = (
        select(cast(letters.c.content, String))
        .join(outbox, outbox.c.letter_id == letters.c.id)
        .where(outbox.c.state == "waiting", cast(letters.c.content, String).contains("sha256"))
    )
    return conn.execute(query.distinct()).scalars().all()
