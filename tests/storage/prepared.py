"""Mail ready to be kept, as intake makes it of what a socket brought."""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from storage.blobs import Blobs
from storage.inbound import INLINE_LIMIT, NewMail


def prepare(
    content: bytes,
    *,
    mail_from: str,
    recipients: Sequence[str],
    peer: Mapping[str, Any],
    received_at: datetime,
    blobs: Blobs,
    inline_limit: int = INLINE_LIMIT,
) -> NewMail:
    """The mail ready to be kept; a large one is put into the blob store first."""
    inline = len(content) <= inline_limit
    sha256 = hashlib.sha256(content).hexdigest()
    if not inline:
        blobs.put(content, sha256)
    return NewMail(
        received_at=received_at,
        mail_from=mail_from,
        recipients=tuple(recipients),
        peer=peer,
        size=len(content),
        sha256=sha256,
        raw=content if inline else None,
        raw_blob=None if inline else sha256,
    )
