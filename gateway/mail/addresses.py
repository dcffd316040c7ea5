"""Address fields: mailboxes with their display names (RFC 5322 3.4), and what senders write instead.

mail-parser reads a field first: its grammar is strict and refuses what could be taken two ways, such as
`alice@example.org)bob@example.com` (CVE-2023-27043). A field it does not read whole is read again by a lenient
scan that keeps every person and guesses nobody: an item that makes no sense stays one odd address as written.
"""

import re
from collections import deque
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any

from mailparser.utils import get_addresses

from gateway.mail.words import decode_words, find_words, one_line
from rules.message import Address

MAX_EMAIL = 320
"""Characters of an address that is kept: 64 for the local part, 255 for the domain (RFC 5321 4.5.3.1)."""

_MAX_KNOWN = 320
"""Characters of a field whose reading is remembered."""

_MARK = re.compile("=~([0-9]{1,5})~=")
_BREAKS = re.compile(r"""["\\()<>,:;]""")
_SPACES = re.compile(r"\s+")
_GROUP_NAME = re.compile(r"""[^@"<>]*\Z""")
_MAX_COMMENT_DEPTH = 50
_MAX_NAME_PIECES = 5


def read_addresses(values: Sequence[str], *, bare_names: bool = False) -> Iterator[Address]:
    """Everyone in the fields of one name, in order; never raises.

    Groups give their members, `undisclosed-recipients:;` nobody. `bare_names` keeps a single word without "@" as
    an address too: mail systems write `From: MAILER-DAEMON`.
    """
    for value in values:
        marked, originals = _marked(one_line(value))
        pairs = _strict(marked)
        if pairs is None:
            pairs = list(_lenient(marked, bare_names=bare_names))
        for name, email in pairs:
            address = _address(_restored(name, originals), _restored(email, originals))
            if address:
                yield address


def _marked(value: str) -> tuple[str, list[str]]:
    """The value with each encoded word as one plain atom: words hold commas and blanks where senders err."""
    if "=?" not in value or _MARK.search(value):
        return value, []
    words = find_words(value)
    text = []
    at = 0
    for number, word in enumerate(words):
        text.append(value[at : word.start])
        # Words may stand right beside other text or each other; atoms may not.
        text.append(f" =~{number}~= ")
        at = word.end
    text.append(value[at:])
    return "".join(text), [value[word.start : word.end] for word in words]


def _restored(text: str, originals: list[str]) -> str:
    if not originals:
        return decode_words(text)

    def original(match: re.Match[str]) -> str:
        number = int(match[1])
        return originals[number] if number < len(originals) else match[0]

    return decode_words(_MARK.sub(original, text))


def _strict(value: str) -> list[tuple[str, str]] | None:
    """mail-parser's reading of one field, or None where it had to leave anything out."""
    return _known(value) if len(value) <= _MAX_KNOWN else _asked(value)


def _asked(value: str) -> list[tuple[str, str]] | None:
    if not value:
        return []
    problems: list[dict[str, Any]] = []
    try:
        pairs = get_addresses(value, defects=problems)
    except Exception:  # noqa: BLE001 - any failure of the library means that the lenient scan reads the field
        return None
    if any(not problem.get("recovered") for problem in problems):
        return None
    return [(str(name), str(email)) for name, email in pairs if email]


# The same people write to the same people.
_known = lru_cache(1024)(_asked)


def _lenient(value: str, *, bare_names: bool) -> Iterator[tuple[str, str]]:
    """Items between commas; one without an address lends its text to the name of the next ("Doe, Jane <j@x>")."""
    left: deque[str] = deque(maxlen=_MAX_NAME_PIECES)
    nobody = True
    for text, angles, comments in _items(value):
        if angles:
            yield ", ".join((*left, text) if text else left) or " ".join(comments), angles[0]
            # More than one address in an item is somebody's trick; all of them are shown.
            yield from (("", email) for email in angles[1:])
        elif "@" in text:
            yield from _bare(text, comments)
        else:
            if text:
                left.append(text)
            continue
        nobody = False
        left.clear()
    if bare_names and nobody and len(left) == 1 and " " not in left[0]:
        yield " ".join(comments), left[0]


def _bare(text: str, comments: list[str]) -> Iterator[tuple[str, str]]:
    """An item without angle brackets: one address, several between blanks, or words around one address."""
    tokens = text.split()
    addresses = [token.strip("'\"") for token in tokens if "@" in token]
    if all("@" in token for token in tokens):
        yield from (("", address) for address in addresses)
    elif len(addresses) == 1:
        words = " ".join(token for token in tokens if "@" not in token)
        yield words or " ".join(comments), addresses[0]
    else:
        yield "", "".join(tokens)


def _items(value: str) -> Iterator[tuple[str, list[str], list[str]]]:
    """Each item of a list as (its text, what stood in angle brackets, its comments). One pass over the value."""
    text: list[str] = []
    angles: list[str] = []
    comments: list[str] = []
    at = 0
    quotes_close = True
    while at < len(value):
        match = _BREAKS.search(value, at)
        end = match.start() if match else len(value)
        text.append(value[at:end])
        if match is None:
            break
        mark, at = match[0], match.end()
        if mark == '"' and quotes_close:
            quoted, at, quotes_close = _quoted(value, at)
            text.append(quoted)
        elif mark == "<":
            close = value.find(">", at)
            until = close if close >= 0 else len(value)
            angles.append(value[at:until].strip())
            at = until + 1
        elif mark == "(" and (closed := _comment_end(value, at)):
            comments.append(value[at : closed - 1].strip())
            at = closed
        elif mark == ":" and not angles and _GROUP_NAME.match("".join(text)):
            text, comments = [], []  # the name of a group says nothing about its members
        elif mark in ",;":
            yield _SPACES.sub(" ", "".join(text)).strip(), angles, comments
            text, angles, comments = [], [], []
        elif mark not in '>"':
            text.append(mark)
    yield _SPACES.sub(" ", "".join(text)).strip(), angles, comments


def _quoted(value: str, at: int) -> tuple[str, int, bool]:
    """A quoted string's text, where it ends, and whether it does: a stray quote quotes nothing, nor do later ones."""
    close = value.find('"', at)
    while close > at and value[close - 1] == "\\":
        close = value.find('"', close + 1)
    if close < 0:
        return "", at, False
    inner = value[at:close]
    if value[close + 1 : close + 2] == "@":
        return f'"{inner}"', close + 1, True  # a quoted local part keeps its quotes
    return inner.replace('\\"', '"').replace("\\\\", "\\"), close + 1, True


def _comment_end(value: str, at: int) -> int:
    """The offset behind the comment that begins at `at`, or 0 when it never closes."""
    depth = 1
    while depth <= _MAX_COMMENT_DEPTH:
        close = value.find(")", at)
        if close < 0:
            return 0
        depth += value.count("(", at, close) - 1
        at = close + 1
        if depth == 0:
            return at
    return 0


def _address(name: str, email: str) -> Address | None:
    """The address with its domain in lower case, and a name that says more than the address; None if empty."""
    email = one_line(email).lstrip("<")
    if email.startswith("[") and email.endswith("]"):
        email = email[1:-1]
    if email[:7].lower() == "mailto:":
        email = email[7:]
    if not email.startswith('"'):
        email = "".join(email.split())
    email = email[:MAX_EMAIL]
    local, at, domain = email.rpartition("@")
    if at and not local:
        return None  # "@domain": old mailers write it for undisclosed recipients
    if at:
        email = f"{local}@{domain.lower().rstrip('.')}"
    if not at and email.endswith(":;"):
        return None  # an empty group in angle brackets
    if not email.strip("<>()\"'@.,;:"):
        return None
    name = _SPACES.sub(" ", one_line(name)).strip()
    for quote in "\"'":
        if len(name) > 1 and name.startswith(quote) and name.endswith(quote):
            name = name[1:-1].strip()
    return Address(email, "" if name.lower() == email.lower() else name)
