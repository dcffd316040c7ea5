"""Header fields written from our own data, whatever that holds (RFC 5322, RFC 2047, RFC 2231).

Each function gives the pieces of a value; `field` puts them together and breaks lines between pieces only. No piece
holds a control character or a line end, so no value can begin a field of its own.
"""

import base64
import re
import unicodedata
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from email.utils import format_datetime
from urllib.parse import quote

from gateway.outbound.letter import Mailbox
from rules.addresses import fold_domain
from rules.shown import shown

MAX_LINE = 998
"""Octets of a line without its CRLF (RFC 5322 2.1.1)."""

FOLD = 76
"""Octets that a line is kept to where it can be broken (RFC 2047 2: 76 beside encoded words)."""

MAX_WORD = 64
"""Octets of a piece that has a choice: it fits beside the longest name of a field, so that no first line is empty."""

MAX_TEXT = 2000
"""Characters of a subject; more than any client shows, and far below what relays take as a header."""

MAX_NAME = 200
"""Characters of a display name."""

MAX_VALUE = 255
"""Octets of a parameter's value in UTF-8: the longest file name; with each octet escaped it still fits a line."""

MAX_EMAIL = 254
"""Octets of an address (RFC 5321 4.5.3.1.3, its angle brackets taken off)."""

MAX_ID = 900
"""Octets of a message id: with the name of any field it fits a line."""

MAX_IDS = 20
"""Ids in References. The first names the thread and the newest its state; relays cut long headers anywhere."""

_BREAKS = re.compile("[\t-\r\x1c-\x1f \x85\u2028\u2029]+")
_LOST = re.compile(
    "[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\u202a-\u202e\u2066-\u2069\ufeff\ufffe\uffff\ud800-\udfff]+"
)
_ATOMS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~ -]+")
_QUOTABLE = re.compile(r"[ !#-\[\]-~]+")
_WRITABLE = re.compile("[^\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]+")
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,39}")
_LOCAL = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_DOTTED = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]+")
_QUOTED_LOCAL = re.compile(r'"(?:[!#-\[\]-~]|\\[!-~])+"')
_DOMAIN = re.compile(r"[a-z0-9_-]+(?:\.[a-z0-9_-]+)*|\[[a-z0-9.:-]+\]")
_NOT_ASCII = re.compile("[^\x00-\x7f]")
_ID = re.compile(r"<[^<>\s\x00-\x20\x7f]+>")
_EXTENSION = re.compile(r"\.[A-Za-z0-9]{1,16}\Z")
_WORD_OCTETS = (MAX_WORD - len("=?utf-8?B??=")) // 4 * 3
_ATTRIBUTE_CHARS = "!#$&+^`{|}"  # with those that `quote` never escapes: attribute-char of RFC 2231 7


def clean(text: str, most: int = MAX_TEXT) -> str:
    """The text as it can stand in a header: one line, at most `most` characters.

    Line ends, tabs and runs of blanks become one blank; what cannot be seen (`rules.shown`) and lone surrogates go.
    """
    return _BREAKS.sub(" ", _LOST.sub("", shown(text))).strip()[:most].strip()


def field(name: str, pieces: Sequence[str]) -> str:
    """A header field, CRLF at the end, folded before pieces where a line would grow beyond 76 octets.

    Raises ValueError for what would break the header: a control character in a piece, a line over 998 octets.
    """
    if not _NAME.fullmatch(name):
        raise ValueError(f"{name!r} is no name of a header field.")
    if pieces and not (all(pieces) and _WRITABLE.fullmatch("".join(pieces))):
        raise ValueError(f"The header field {name} cannot hold {clean(' '.join(pieces))[:80]!r}.")
    whole = " ".join((f"{name}:", *pieces))
    if len(whole) <= FOLD:
        return f"{whole}\r\n"
    line = f"{name}:"
    lines = []
    for number, piece in enumerate(pieces):
        if number and len(line) + len(piece) >= FOLD:
            lines.append(line)
            line = ""
        line += f" {piece}"
    lines.append(line)
    written = "\r\n".join(lines) + "\r\n"
    if len(written.encode()) > MAX_LINE and any(len(line.encode()) > MAX_LINE for line in lines):
        raise ValueError(f"The header field {name} has a line of more than {MAX_LINE} octets.")
    return written


def unstructured(text: str) -> list[str]:
    """The pieces of a subject: its words where it is plain, else encoded words (RFC 2047 5 (1))."""
    text = clean(text)
    words = text.split(" ") if text else []
    if text.isascii() and "=?" not in text and all(len(word) <= MAX_WORD for word in words):
        return words
    return encoded_words(text)


def encoded_words(text: str) -> list[str]:
    """UTF-8 in base64, at most 64 octets each, no character in two of them (RFC 2047 4.1, 5)."""
    data = text.encode()
    words = []
    at = 0
    while at < len(data):
        end = min(at + _WORD_OCTETS, len(data))
        while end < len(data) and data[end] & 0xC0 == 0x80:
            end -= 1
        words.append(f"=?utf-8?B?{base64.b64encode(data[at:end]).decode('ascii')}?=")
        at = end
    return words


def phrase(name: str) -> list[str]:
    """The pieces of a display name: atoms, one quoted string, or encoded words (RFC 5322 3.2.5, RFC 2047 5 (3)).

    Quotes and backslashes are encoded rather than escaped: many readers get escapes wrong, and what is left of a
    name is then read as an address.
    """
    name = clean(name, MAX_NAME)
    words = name.split(" ") if name else []
    if "=?" not in name:
        if _ATOMS.fullmatch(name) and all(len(word) <= MAX_WORD for word in words):
            return words
        if _QUOTABLE.fullmatch(name) and len(name) <= MAX_WORD - 2:
            return [f'"{name}"']
    return encoded_words(name)


def address(email: str, *, utf8: bool = False) -> str:
    """An address as it stands in a header and an envelope (RFC 5322 3.4.1), the domain as A-labels.

    A local part that is not ASCII is written as it is when `utf8` says that the mail goes by SMTPUTF8 (RFC 6532).
    Raises ValueError with a sentence for what is no address, or none that can be written.
    """
    local, at, domain = email.rpartition("@")
    shown = f"{clean(email, 80)!r}"
    if not (at and local) or domain.split() != [domain]:
        raise ValueError(f"{shown} is no mail address.")
    folded = fold_domain(domain)
    if not _DOMAIN.fullmatch(folded):
        raise ValueError(f"The domain of {shown} cannot be written in a mail.")
    written = f"{_local(local, shown, utf8=utf8)}@{folded}"
    if len(written.encode()) > MAX_EMAIL:
        raise ValueError(f"The address {shown} is longer than {MAX_EMAIL} octets.")
    return written


def mailbox(person: Mailbox, *, utf8: bool = False) -> list[str]:
    """The pieces of one mailbox (RFC 5322 3.4). Raises ValueError for an address that cannot be written."""
    written = address(person.email, utf8=utf8)
    name = phrase(person.name)
    return [*name, f"<{written}>"] if name else [written]


def mailboxes(people: Iterable[Mailbox], *, utf8: bool = False) -> list[str]:
    """The pieces of an address list (RFC 5322 3.4). Raises ValueError for an address that cannot be written."""
    pieces: list[str] = []
    for person in people:
        if pieces:
            pieces[-1] += ","
        pieces += mailbox(person, utf8=utf8)
    return pieces


def message_ids(ids: Iterable[str]) -> list[str]:
    """The ids that can be written (RFC 5322 3.6.4), each once, in order; of more than 20 the first and the newest."""
    good = list(dict.fromkeys(each for each in ids if is_message_id(each)))
    return good if len(good) <= MAX_IDS else [good[0], *good[1 - MAX_IDS :]]


def is_message_id(text: str) -> bool:
    """Whether this can be written as a message id: ASCII in angle brackets, no blank or control, 900 octets."""
    return text.isascii() and len(text) <= MAX_ID and _ID.fullmatch(text) is not None


def date(when: datetime) -> list[str]:
    """RFC 5322 3.3, in the zone of `when`. Raises ValueError for a time without a zone."""
    offset = when.utcoffset()
    if offset is None:
        raise ValueError("The date of a mail needs a zone.")
    # Zones of old times count seconds, which a mail cannot say.
    return [format_datetime(when if offset.total_seconds() % 60 == 0 else when.astimezone(UTC))]


def parameterised(value: str, parameters: Iterable[tuple[str, str]]) -> list[str]:
    """The pieces of a value with parameters, such as a Content-Type (RFC 2045 5.1, RFC 2231)."""
    pieces = [value]
    for name, text in parameters:
        pieces += parameter(name, text)
    return [*(f"{piece};" for piece in pieces[:-1]), pieces[-1]]


def parameter(name: str, value: str) -> list[str]:
    """One parameter: quoted where it is plain, else percent-encoded UTF-8 (RFC 2231 4) with a plain fallback.

    The encoded form comes first, because readers take the first of two, and is not cut into continuations, which
    fewer readers know. Values are cut to 255 octets.
    """
    value = clean(value.encode(errors="ignore")[:MAX_VALUE].decode(errors="ignore"))
    if len(value) <= MAX_WORD - len(name) and "=?" not in value and (not value or _QUOTABLE.fullmatch(value)):
        return [f'{name}="{value}"']
    return [f"{name}*=UTF-8''{quote(value, safe=_ATTRIBUTE_CHARS)}", f'{name}="{_fallback(value)}"']


def _fallback(value: str) -> str:
    """A value for readers that do not know RFC 2231: no accents, other letters as "_", the extension kept."""
    letters = unicodedata.normalize("NFKD", value)
    ascii_only = "".join(each for each in letters if not unicodedata.combining(each))
    plain = re.sub(r"[^A-Za-z0-9 .,()+&@#-]+", "_", ascii_only)
    match = _EXTENSION.search(plain)
    extension = match[0] if match else ""
    stem = plain.removesuffix(extension)[: 50 - len(extension)].strip(" ._")
    return (stem or "attachment") + extension


def _local(local: str, shown: str, *, utf8: bool) -> str:
    ascii_form = local if local.isascii() else _NOT_ASCII.sub("x", local)
    if _LOCAL.fullmatch(ascii_form) or _QUOTED_LOCAL.fullmatch(ascii_form):
        written = local
    elif _DOTTED.fullmatch(ascii_form):
        written = f'"{local}"'  # some telephone companies gave out "ann..b" and "ann."
    else:
        raise ValueError(f"{shown} is no mail address.")
    if ascii_form != local:
        if clean(local, len(local)) != local or local.split() != [local]:
            raise ValueError(f"{shown} is no mail address.")
        if not utf8:
            raise ValueError(f"The address {shown} needs a relay that takes addresses in UTF-8.")
    return written
