"""Bare CR and LF in a message (RFC 5321 2.3.8), mended."""


def mended(piece: bytearray) -> bytearray:
    """The piece with CRLF for every bare CR and LF. It ends with no CR whose LF is still to come."""
    return piece.replace(b"\r\n", b"\n").replace(b"\r", b"\n").replace(b"\n", b"\r\n")
