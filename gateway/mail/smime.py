"""Opaque S/MIME parts: what kind they are, and the content of signed ones (RFC 8551 3.5, RFC 5652).

Nothing is verified. Only as much BER is read as leads to the content: tag, length, and the pieces of a string.
"""

from collections.abc import Iterator

SIGNED = bytes.fromhex("2a864886f70d010702")
ENVELOPED = bytes.fromhex("2a864886f70d010703")
AUTH_ENVELOPED = bytes.fromhex("2a864886f70d0109100117")
_SEQUENCE, _OCTETS, _OID, _EXPLICIT, _CONSTRUCTED_OCTETS = 0x30, 0x04, 0x06, 0xA0, 0x24
_MAX_PIECES = 100_000


def kind_of(data: bytes) -> str:
    """What a CMS object is: "signed", "enveloped" or "" when that cannot be told."""
    if SIGNED in data[:64]:
        return "signed"
    return "enveloped" if ENVELOPED in data[:64] or AUTH_ENVELOPED in data[:64] else ""


def signed_content(data: bytes) -> bytes | None:
    """The MIME entity inside a SignedData object; None when it holds none or cannot be read."""
    try:
        at, _ = _enter(data, 0, _SEQUENCE)  # ContentInfo
        at = _skip(data, at, _OID)
        at, _ = _enter(data, at, _EXPLICIT)
        at, _ = _enter(data, at, _SEQUENCE)  # SignedData
        at = _skip(data, at, 0x02)  # version
        at = _skip(data, at, 0x31)  # digestAlgorithms
        at, _ = _enter(data, at, _SEQUENCE)  # encapContentInfo
        at = _skip(data, at, _OID)
        at, _ = _enter(data, at, _EXPLICIT)
        return b"".join(_pieces(data, at)) or None
    except (IndexError, ValueError):
        return None


def _header(data: bytes, at: int) -> tuple[int, int, int | None]:
    """Tag, offset of the content, length of the content (None: indefinite)."""
    tag, first = data[at], data[at + 1]
    at += 2
    if first < 0x80:
        return tag, at, first
    if first == 0x80:
        return tag, at, None
    count = first & 0x7F
    if count > 4 or at + count > len(data):
        raise ValueError
    return tag, at + count, int.from_bytes(data[at : at + count], "big")


def _enter(data: bytes, at: int, wanted: int) -> tuple[int, int | None]:
    tag, content, length = _header(data, at)
    if tag != wanted:
        raise ValueError
    return content, length


def _skip(data: bytes, at: int, wanted: int) -> int:
    """The offset behind an element, whose content may have indefinite lengths inside."""
    content, length = _enter(data, at, wanted)
    if length is not None:
        return content + length
    depth = 1
    for _ in range(_MAX_PIECES):
        if data[content : content + 2] == b"\0\0":
            content += 2
            depth -= 1
            if not depth:
                return content
            continue
        _, content, inner = _header(data, content)
        if inner is None:
            depth += 1
        else:
            content += inner
    raise ValueError


def _pieces(data: bytes, at: int) -> Iterator[bytes]:
    tag, content, length = _header(data, at)
    if tag == _OCTETS and length is not None:
        yield data[content : content + length]
        return
    if tag != _CONSTRUCTED_OCTETS:
        raise ValueError
    end = content + length if length is not None else len(data)
    for _ in range(_MAX_PIECES):
        if content >= end or data[content : content + 2] == b"\0\0":
            return
        tag, start, size = _header(data, content)
        if tag != _OCTETS or size is None:
            raise ValueError
        yield data[start : start + size]
        content = start + size
