"""What was kept beside the text, as attachments: names, digests, and whether the HTML shows them (RFC 2392)."""

import hashlib
import mimetypes
import re
from collections.abc import Iterable
from urllib.parse import unquote

from gateway.mail.allowance import Allowance
from gateway.mail.filenames import default_name, mail_name, safe_name
from gateway.mail.walk import Kept
from rules.message import Attachment

_CID = re.compile(r"""cid:([^"'\s>)&]{1,998})""", re.IGNORECASE)
_SOURCE = re.compile(r"""(?:src|background)\s{0,9}=\s{0,9}["']?([^"'\s>]{1,2000})""", re.IGNORECASE)
_TYPES = mimetypes.MimeTypes()


def referred(html: str) -> frozenset[str]:
    """The Content-IDs and Content-Locations that HTML shows."""
    if not html:
        return frozenset()
    ids = {unquote(match[1]) for match in _CID.finditer(html)}
    return frozenset(ids | {match[1] for match in _SOURCE.finditer(html)})


def attachment_of(kept: Kept, shown: frozenset[str], subject: str, allowance: Allowance) -> Attachment:
    """One attachment. `shown` is what `referred` found; `subject` names a nested mail.

    Over the allowance the content is left out: `size` and `sha256` still tell what it was.
    """
    media = kept.media or _TYPES.guess_type(kept.name)[0] or "application/octet-stream"
    fallback = mail_name(subject) if kept.mail is not None else default_name(media)
    return Attachment(
        filename=safe_name(kept.name, fallback) if kept.name else fallback,
        content_type=media,
        size=len(kept.content),
        sha256=hashlib.sha256(kept.content).hexdigest(),
        inline=bool(
            (kept.content_id and kept.content_id in shown) or (kept.location and kept.location in shown)
        ),
        content_id=kept.content_id,
        content=kept.content if allowance.keep(len(kept.content)) else b"",
    )


def left_out(attachments: Iterable[Attachment]) -> tuple[str, ...]:
    """A notice for every attachment whose content was not kept."""
    return tuple(
        f"The attachment {attachment.filename} was too large to be kept."
        for attachment in attachments
        if attachment.size and not attachment.content
    )
