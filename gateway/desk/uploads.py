"""Files sent ahead of the touchpoint they belong to."""

import re
import threading
from datetime import timedelta
from typing import IO, Any

from gateway.desk.desk import Desk
from gateway.desk.problems import forbidden, invalid, too_large
from gateway.mail.filenames import default_name, safe_name
from gateway.people import for_people
from rules.decision import rfc3339
from rules.permissions import Actor
from rules.typed import Flaw
from storage.engine import writing
from storage.uploads import Upload, add, sweep

KEPT = timedelta(days=1)
"""How long an upload waits to be used."""

UNTYPED = "application/octet-stream"

_MEDIA = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]{0,126}/[a-z0-9][a-z0-9!#$&^_.+-]{0,126}\Z")
_AT_ONCE = threading.BoundedSemaphore(4)
"""Each holds a whole file in memory."""


def upload(desk: Desk, actor: Actor, content: IO[bytes], filename: str, content_type: str) -> dict[str, Any]:
    """Keep a file for its sender to use within a day. Raises Problem, 413 when it is too large."""
    require_upload(actor)
    with _AT_ONCE:
        data = content.read(size_limit(desk) + 1)
        if len(data) > size_limit(desk):
            raise upload_too_large(desk)
        if not data:
            raise invalid([Flaw("body", "The file is empty: send its bytes as the body of the request.")])
        media = media_type(content_type)
        name = safe_name(filename, default_name(media))
        now = desk.clock()
        sha256 = desk.blobs.put(data)
        with writing(desk.engine) as conn:
            made = add(conn, actor.email, sha256, name, media, len(data), now)
            for digest in sweep(conn, now - KEPT):
                desk.blobs.delete(digest)
            # Whoever swept between our writing it and this transaction took it for one that nobody needs.
            if not desk.blobs.exists(sha256):
                desk.blobs.put(data)
    return upload_json(made)


def require_upload(actor: Actor) -> None:
    """Raises Problem 403 when the actor could use no upload."""
    if not actor.permissions & {"create", "edit"}:
        raise forbidden(f"{actor.email} may write no touchpoints, and so send no files for them.")


def size_limit(desk: Desk) -> int:
    """Bytes that a file may have: as many as a mail."""
    return int(desk.settings.smtp.size_limit)


def upload_too_large(desk: Desk) -> Exception:
    """The problem of a file that is too large."""
    limit = size_limit(desk) / 1024**2
    return too_large(f"A file has at most {limit:,.0f} MiB here.", "Send a smaller one, or a link to it.")


def media_type(written: str) -> str:
    """The media type without parameters, in lower case; one for unknown content where it makes no sense."""
    media = written.partition(";")[0].strip().lower()
    return media if _MEDIA.match(media) else UNTYPED


def upload_json(made: Upload) -> dict[str, Any]:
    """An upload as the outside reads it."""
    told: dict[str, Any] = for_people(
        {
            "id": made.id,
            "filename": made.filename,
            "content_type": made.content_type,
            "size": made.size,
            "sha256": made.sha256,
            "expires_at": rfc3339(made.created_at + KEPT),
        }
    )
    return told
