"""A look at the people of a header before the mail is kept: bytes to addresses, linear in time.

Tolerant as mail readers are: an unbalanced quote or parenthesis hides nobody. No header objects: the standard
library's address parser needs seconds for a hostile header, and this runs between the dot and the reply.
"""

import re
from collections.abc import Iterator

PEOPLE = frozenset({b"from", b"to", b"cc"})

_FOLD = re.compile(rb"\r?\n(?=[ \t])")
_TOKEN = re.compile(rb'\\.|[\\"(),;:<>]|[^\\"(),;:<>]+', re.DOTALL)
_UNMARKED = bytes.maketrans(b'\\"()', b"    ")
_BLANK = b"\x00"  # stands for a blank inside quotes, so that splitting at blanks leaves a quoted word whole


_RECEIVED = re.compile(rb"\nreceived[ \t]*:")


def header_of(raw: bytes, limit: int) -> bytes | None:
    """The header of a message whose lines end with CRLF, its empty line left out; None when longer than `limit`."""
    if raw.startswith(b"\r\n"):
        return b""
    end = raw.find(b"\r\n\r\n", 0, limit + 2)
    if end < 0:
        return raw if len(raw) <= limit else None
    return raw[: end + 2]


def received_lines(header: bytes) -> int:
    """How many servers have written a Received field: each does one (RFC 5321 4.4)."""
    # Folded first: for a fixed text to begin with the search is ten times as fast.
    return len(_RECEIVED.findall(b"\n" + header.lower()))


def glance(header: bytes) -> tuple[str, ...]:
    """The addresses in all From, To and Cc fields of a header (RFC 5322 3.4).

    As written, in order, repetitions kept; display names and comments left out. What is no address but holds
    an "@" may be among them.
    """
    return tuple(address for value in _fields(header) for address in _addresses(value))


def _fields(head: bytes) -> Iterator[bytes]:
    """The unfolded values of the fields that name people; the header ends at the first empty line."""
    for line in _FOLD.sub(b"", head).split(b"\n"):
        if line in (b"", b"\r"):
            return
        name, colon, value = line.partition(b":")
        if colon and name.strip().lower() in PEOPLE:
            yield value


def _addresses(value: bytes) -> list[str]:
    found, balanced = _scan(value)
    if not balanced:  # as if the marks were not there: names may pass for addresses then, nobody is hidden
        found, _ = _scan(value.translate(_UNMARKED))
    return [address.replace(_BLANK, b" ").decode("utf-8", "replace") for address in found]


def _scan(value: bytes) -> tuple[list[bytes], bool]:
    """The addresses of an address list, and whether its quotes, comments and brackets are closed."""
    found: list[bytes] = []
    words: list[bytes] = []
    comments, quoted, bracket, balanced = 0, False, False, True
    for match in _TOKEN.finditer(value):
        token = match[0]
        if quoted:
            quoted = token != b'"'
            words.append(_BLANK.join(token.split(b" ")))
        elif token == b"(" and not bracket:
            comments += 1
        elif token == b")" and comments:
            comments -= 1
        elif comments:
            continue
        elif token == b")" and not bracket:
            words.append(b" ")
            balanced = False
        elif token == b'"':
            quoted = True
            words.append(token)
        elif token == b"<":
            bracket, words = True, []
        elif token == b">" and bracket:
            found += _bracketed(words)
            bracket, words = False, []
        elif token in b",;:" and not bracket:
            found += _bare(words)
            words = []
        else:
            words.append(token)
    found += _bare(words)
    closed = balanced and not (comments or quoted or bracket)
    return [address for address in found if address], closed


def _bracketed(words: list[bytes]) -> list[bytes]:
    """The address between angle brackets, its route left out; several, where a sender wrote several."""
    path = b"".join(b"".join(words).split())
    if path.startswith(b"@"):
        path = path.rpartition(b":")[2]
    return path.split(b",")


def _bare(words: list[bytes]) -> list[bytes]:
    """The addresses in text without angle brackets: every word with an "@" outside of quotes."""
    return [word for word in b"".join(words).split() if b"@" in word and b'"' not in word.rpartition(b"@")[2]]
