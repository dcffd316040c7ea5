"""The body of a mail as DKIM and ARC hash it (RFC 6376 3.4).

dkimpy canonicalises it anew for each signature, in time that is quadratic in a run of blanks, and the body is
whatever a stranger sent: so it is hashed here.
"""

import hashlib

_CANONICAL = {b"simple", b"relaxed"}


class Body:
    """The body of a mail, hashed at most twice for each canonicalisation, in linear time."""

    def __init__(self, raw: bytes, start: int) -> None:
        self._raw = raw
        self._start = start
        self._came: dict[bool, bytes] = {}
        self._mended: dict[bool, bytes | None] = {}

    def has_digest(self, canonicalisation: bytes, digest: bytes) -> bool | None:
        """Whether this is its SHA-256 under a `c=` such as relaxed/simple (RFC 6376 3.5); None for an unknown one.

        Lines may end with LF: files on disk often do, and were signed with CRLF (5.3).
        """
        header, _, body = canonicalisation.partition(b"/")
        if not {header, body or b"simple"} <= _CANONICAL:
            return None
        relaxed = body == b"relaxed"
        if relaxed not in self._came:
            self._came[relaxed] = _sha256(self._raw[self._start :], relaxed=relaxed)
        # Nearly all mail ends here: to look for line ends takes longer than to hash.
        if self._came[relaxed] == digest:
            return True
        if relaxed not in self._mended:
            mended = with_crlf(self._raw[self._start :])
            self._mended[relaxed] = None if mended is None else _sha256(mended, relaxed=relaxed)
        return self._mended[relaxed] == digest


def _sha256(body: bytes, *, relaxed: bool) -> bytes:
    return hashlib.sha256(canonical_body(body, relaxed=relaxed)).digest()


def with_crlf(body: bytes) -> bytes | None:
    """The body with CRLF for each bare LF; None when it has none, as no mail that came by SMTP has."""
    if body.count(b"\n") == body.count(b"\r\n"):
        return None
    return body.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


def canonical_body(body: bytes, *, relaxed: bool) -> bytes:
    """The body as it is signed (RFC 6376 3.4.3, 3.4.4): lines end with CRLF, a bare LF is text but at the end."""
    if body and not body.endswith(b"\r\n"):
        body += b"\r\n"
    if relaxed:
        if b"\t" in body:
            body = body.replace(b"\t", b" ")
        # What follows the last blank stays as it is: nearly all of the mail when its last part is a large file.
        end = body.rfind(b" ") + len(b" \r\n")
        if end * 2 < len(body):
            body = b"".join((_without_blanks(body[:end]), memoryview(body)[end:]))
        else:
            body = _without_blanks(body)
    body = _without_empty_lines_at_the_end(body)
    return body or (b"" if relaxed else b"\r\n")


def _without_blanks(lines: bytes) -> bytes:
    """Each run of blanks made one, those at line ends taken off."""
    while b"  " in lines:
        lines = lines.replace(b"  ", b" ")
    return lines.replace(b" \r\n", b"\r\n")


def _without_empty_lines_at_the_end(body: bytes) -> bytes:
    """All but one of the line ends at the end taken off; a bare CR before them is text. Only line ends become ""."""
    text = body.rstrip(b"\r\n")
    bare = body[len(text) :].rfind(b"\r\r")
    text = body[: len(text) + bare + 1]
    return text + b"\r\n" if text else b""
