"""Structured header fields: a value with parameters (RFC 2045 5.1, RFC 2183, RFC 2231)."""

import re
from urllib.parse import unquote_to_bytes

from gateway.mail.charsets import decode
from gateway.mail.words import decode_words, one_line

MAX_PARAMETERS = 100
"""No mail client writes more than a dozen; filenames in pieces (RFC 2231 3) may need a few more."""

_PARAMETER = re.compile(r';\s*([^\s=;"]{1,100})\s*=\s*("(?:[^"\\]|\\.)*"?|[^;]*)', re.DOTALL)
_PIECE = re.compile(r"([^*]+)(?:\*([0-9]{1,4}))?(\*)?\Z")
_QUOTED_PAIR = re.compile(r'\\(["\\])')


def read_parameters(value: str) -> tuple[str, dict[str, str]]:
    """The value of a structured field in lower case, and its parameters, names in lower case, values decoded.

    Reads RFC 2231 pieces and charsets, and the encoded words that many clients use there instead. Of a repeated
    parameter the first counts. Linear in the value, which the caller keeps short.
    """
    main, semicolon, rest = value.partition(";")
    pieces: dict[str, list[tuple[int, bool, str]]] = {}
    plain: dict[str, str] = {}
    for number, match in enumerate(_PARAMETER.finditer(semicolon + rest)):
        if number >= MAX_PARAMETERS:
            break
        text = _unquoted(match[2].strip())
        piece = _PIECE.match(match[1].lower())
        if piece is None or (piece[2] is None and piece[3] is None):
            plain.setdefault(match[1].lower(), text)
        else:
            pieces.setdefault(piece[1], []).append((int(piece[2] or 0), piece[3] is not None, text))
    parameters = {name: one_line(decode_words(text)) for name, text in plain.items()}
    for name, found in pieces.items():
        parameters[name] = _joined(found)
    return "".join(main.split()).lower(), parameters


def _unquoted(text: str) -> str:
    if not text.startswith('"'):
        return text
    inner = text[1:-1] if len(text) > 1 and text.endswith('"') else text[1:]
    # A backslash before anything else is a Windows path, not a quoted pair.
    return _QUOTED_PAIR.sub(r"\1", inner)


def _joined(pieces: list[tuple[int, bool, str]]) -> str:
    """RFC 2231 4.1: the charset stands once, in the first piece; encoded and plain pieces may be mixed."""
    pieces.sort(key=lambda piece: piece[0])
    charset = ""
    data = b""
    for number, (_, encoded, text) in enumerate(pieces):
        if number == 0 and encoded and text.count("'") >= 2:
            charset, _, text = text.split("'", 2)  # noqa: PLW2901 - the rest of the piece is its text
        data += unquote_to_bytes(text) if encoded else text.encode("utf-8", "surrogateescape")
    text = decode(data, charset or "utf-8")
    return one_line(text if charset else decode_words(text))
