"""Bytes to text, in the charset the sender meant rather than the one the mail names (RFC 2045, RFC 2978).

Only the codecs listed here are ever used: Python knows "charsets" such as zlib, idna and undefined that raise
or do something else entirely. Nothing here raises, whatever the label says.
"""

import re
from encodings.aliases import aliases as _python_aliases

_SINGLE_BYTE = frozenset(
    {
        "koi8_r",
        "koi8_u",
        "koi8_t",
        "mac_roman",
        "mac_cyrillic",
        "mac_greek",
        "mac_latin2",
        "mac_turkish",
        "kz1048",
    }
    | {
        f"cp{page}"
        for page in (437, 720, 737, 775, 850, 852, 855, 857, 858, 860, 861, 862, 863, 864, 865, 866)
    }
    | {f"cp{page}" for page in (869, 874, 1250, 1251, 1252, 1253, 1254, 1255, 1256, 1257, 1258)}
    | {f"iso8859_{part}" for part in (2, 3, 4, 5, 6, 7, 8, 10, 13, 14, 15, 16)}
)
_MULTI_BYTE = frozenset({"gb18030", "cp950", "big5hkscs", "cp932", "cp949", "euc_jp", "johab"})
_WIDE = frozenset({"utf_16", "utf_16_le", "utf_16_be", "utf_32", "utf_32_le", "utf_32_be"})
_ESCAPING = frozenset({"utf_7", "hz", "iso2022_jp", "iso2022_kr"})
_ALLOWED = _SINGLE_BYTE | _MULTI_BYTE | _WIDE | _ESCAPING | {"ascii", "utf_8"}

_MEANT = {
    # Labels that mean a larger charset than they say, as every sender and reader treats them.
    "latin_1": "cp1252",
    "iso8859_1": "cp1252",
    "iso8859_9": "cp1254",
    "iso8859_11": "cp874",
    "tis_620": "cp874",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "big5": "cp950",
    "euc_kr": "cp949",
    "shift_jis": "cp932",
    "shift_jis_2004": "cp932",
    "shift_jisx0213": "cp932",
    "euc_jis_2004": "euc_jp",
    "euc_jisx0213": "euc_jp",
    "iso2022_jp_1": "iso2022_jp",
    "iso2022_jp_2": "iso2022_jp",
    "iso2022_jp_2004": "iso2022_jp",
    "iso2022_jp_3": "iso2022_jp",
    "iso2022_jp_ext": "iso2022_jp",
    "utf_8_sig": "utf_8",
}
_EXTRA = {
    "usascii": "ascii",
    "ansix341968": "ascii",
    "646": "ascii",
    "7bit": "ascii",
    "8bit": "",
    "unknown8bit": "",
    "unknown": "",
    "default": "",
    "defaultcharset": "",
    "none": "",
    "binary": "",
    "ansi": "cp1252",
    "windowslatin1": "cp1252",
    "iso88598i": "cp1255",
    "iso88598e": "cp1255",
    "iso885911": "cp874",
    "ksc5601": "cp949",
    "ksc56011987": "cp949",
    "ksc56011989": "cp949",
    "windows949": "cp949",
    "gb231280": "gb18030",
    "windows936": "gb18030",
    "hzgb2312": "hz",
    "windows31j": "cp932",
    "mskanji": "cp932",
    "sjis": "cp932",
    "cp50220": "iso2022_jp",
    "cp50221": "iso2022_jp",
    "cp50222": "iso2022_jp",
    "jis": "iso2022_jp",
    "eucjpms": "euc_jp",
    "cp51932": "euc_jp",
    "big5eten": "cp950",
    "utf8mb4": "utf_8",
    "unicode11utf8": "utf_8",
    "unicode11utf7": "utf_7",
    "unicode": "utf_16",
    "ucs2": "utf_16",
    "macintosh": "mac_roman",
    "mac": "mac_roman",
    "koi8": "koi8_r",
    "dos866": "cp866",
}
_SQUEEZE = re.compile(r"[^a-z0-9]+")
_JIS_ESCAPE = re.compile(rb"\x1b(\$[@B]|\$\([DOPQ]|\([BJHI])")
_MAX_HAND_DECODED = 1 << 20
_HIGH = bytes(range(0x80, 0x100))
_SURROGATE = re.compile("[\ud800-\udfff]")


def _table() -> dict[str, str]:
    table = {}
    for alias, target in _python_aliases.items():
        table[_SQUEEZE.sub("", alias.lower())] = _MEANT.get(target, target)
    for codec in (*_ALLOWED, *_MEANT):
        table[_SQUEEZE.sub("", codec)] = _MEANT.get(codec, codec)
    table = {label: codec for label, codec in table.items() if codec in _ALLOWED}
    return table | _EXTRA


_CODECS = _table()


def codec_of(label: str) -> str:
    """The Python codec for a charset label, or "" when the label says nothing that can be used."""
    squeezed = _SQUEEZE.sub("", label.partition("*")[0].lower()[:64])
    for candidate in (
        squeezed,
        squeezed.removeprefix("x"),
        squeezed.removeprefix("cs"),
        squeezed.removeprefix("xcs"),
    ):
        if candidate in _CODECS:
            return _CODECS[candidate]
    return ""


def decode(data: bytes, label: str = "") -> str:
    """Text of `data` under a charset label, which may be missing, unknown or wrong.

    A label of one byte a character gives way to UTF-8 where the bytes are valid UTF-8: text in those charsets
    never is by accident. The result holds no lone surrogates, no NUL and no byte order mark.
    """
    codec = codec_of(label)
    if codec in _ESCAPING or (codec in ("", "ascii", "utf_8") and b"\x1b$" in data):
        text = _escaped(data, codec)
    elif codec in _WIDE:
        text = _wide(data, codec)
    elif data.isascii():
        text = data.decode("ascii")
    elif codec in _MULTI_BYTE:
        text = _multi_byte(data, codec)
    else:
        text = _eight_bit(data, codec)
    return clean(text)


def clean(text: str) -> str:
    """The text without what no database or terminal takes: lone surrogates, NUL, a byte order mark."""
    text = text.removeprefix("\ufeff")
    if "\0" in text:
        text = text.replace("\0", "")
    try:
        text.encode()
    except UnicodeEncodeError:
        return _SURROGATE.sub("\ufffd", text)
    return text


def _eight_bit(data: bytes, codec: str) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError:
        pass
    if codec in _SINGLE_BYTE:
        return data.decode(codec, "replace")
    if codec == "utf_8":
        # A cut or damaged character among many good ones is still UTF-8; mostly damage is another charset.
        text = data.decode(errors="replace")
        if text.count("\ufffd") * 4 <= len(data) - len(data.translate(None, _HIGH)):
            return text
    return data.decode("cp1252", "replace")


def _multi_byte(data: bytes, codec: str) -> str:
    for candidate in (codec, "utf_8", "big5hkscs" if codec == "cp950" else codec):
        try:
            return data.decode(candidate)
        except UnicodeDecodeError:
            continue
    return data.decode(codec, "replace")


def _wide(data: bytes, codec: str) -> str:
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return data.decode("utf_16", "replace")
    if b"\0" not in data[:512]:
        return _eight_bit(data, "")  # the label is left over from a file; the mail went out in bytes
    return data.decode({"utf_16": "utf_16_le", "utf_32": "utf_32_le"}.get(codec, codec), "replace")


def _escaped(data: bytes, codec: str) -> str:
    if codec in ("", "ascii", "utf_8"):
        codec = "iso2022_jp"
    if codec == "iso2022_jp":
        return _japanese(data)
    if not data.isascii():
        return _eight_bit(data, "")
    try:
        return data.decode(codec)
    except UnicodeDecodeError:
        return data.decode(codec, "replace") if codec != "utf_7" else data.decode("ascii", "replace")


def _japanese(data: bytes) -> str:
    for codec in ("iso2022_jp_ext", "iso2022_jp_2004"):
        try:
            return data.decode(codec)
        except UnicodeDecodeError:
            continue
    if not data.isascii():
        return _multi_byte(data, "cp932")
    if len(data) > _MAX_HAND_DECODED:
        return data.decode("iso2022_jp_ext", "replace")
    pieces = _JIS_ESCAPE.split(data)
    text = [pieces[0].decode("ascii", "replace")]
    for escape, piece in zip(pieces[1::2], pieces[2::2], strict=True):
        if escape in (b"$B", b"$@"):
            text.append(_double_byte(piece))
        elif escape == b"(I":
            text.append(
                bytes(byte | 0x80 if 0x20 < byte < 0x60 else byte for byte in piece).decode(
                    "cp932", "replace"
                )
            )
        elif escape in (b"(B", b"(J", b"(H"):
            text.append(piece.decode("ascii", "replace"))
        else:
            text.append((b"\x1b" + escape + piece + b"\x1b(B").decode("iso2022_jp_2004", "replace"))
    return "".join(text)


def _double_byte(piece: bytes) -> str:
    """JIS rows as Shift_JIS, whose Microsoft table knows the circled digits that the standard rows lack."""
    shifted = bytearray()
    at = 0
    while at < len(piece):
        row = piece[at]
        cell = piece[at + 1] if at + 1 < len(piece) else 0
        if not (0x21 <= row <= 0x7E and 0x21 <= cell <= 0x7E):
            shifted.append(row)
            at += 1
            continue
        lead = (row - 0x21) // 2 + 0x81
        shifted.append(lead if lead < 0xA0 else lead + 0x40)
        if row % 2:
            shifted.append(cell + (0x1F if cell < 0x60 else 0x20))
        else:
            shifted.append(cell + 0x7E)
        at += 2
    return shifted.decode("cp932", "replace")
