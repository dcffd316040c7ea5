"""Bare CR and LF in a message (RFC 5321 2.3.8), mended."""

import io


def mended(piece: bytearray) -> bytearray:
    """The piece with CRLF for every bare CR and LF. It ends with no CR whose LF is still to come."""
    # By the library's own reader of line ends: half the time of three replacements.
    reader = io.IncrementalNewlineDecoder(None, translate=True)
    text = reader.decode(str(piece, "latin-1"), final=True)
    return bytearray(text.replace("\n", "\r\n"), "latin-1")
