"""Addresses compared: the one form under which two spellings of the same mailbox are equal.

Nothing here refuses an address: what no standard allows is folded as far as it can be, and so compared.
"""

import re
import unicodedata
from functools import lru_cache

import idna

MAX_DOMAIN = 255
"""Octets of a domain (RFC 5321 4.5.3.1.2). Longer ones are junk and are not worth an IDNA conversion."""

_MAX_KNOWN = 320
"""Characters of an address whose key is remembered: longer ones are junk, and take memory."""

_MOST_KNOWN = 4096

_PLAIN_DOMAIN = re.compile(r"[a-z0-9_.-]+\Z")
_DOT_ATOM = re.compile(r"[^\s\"(),:;<>@\[\\\]\x00-\x1f\x7f]+\Z")


def address_key(email: str) -> str:
    """The key that an address is compared by; equal for all spellings of one mailbox.

    Letter case is folded, a plus-tag is taken off (`ann+news@x` is `ann@x`), needless quotes of the local
    part go (RFC 5321 4.1.2), the domain becomes lower-case A-labels. Idempotent. Text without "@" is folded.
    """
    return _known_key(email) if len(email) <= _MAX_KNOWN else _key(email)


def domain_of(email: str) -> str:
    """The folded domain of an address, or "" when it has none."""
    _, at, domain = email.rpartition("@")
    return fold_domain(domain) if at else ""


def fold_domain(domain: str) -> str:
    """A domain as lower-case A-labels without a root dot (UTS 46, non-transitional; RFC 5891). Idempotent.

    What IDNA refuses (an underscore, an address literal, junk) comes back in lower case.
    """
    return _known_domain(domain) if len(domain) <= _MAX_KNOWN else _folded(domain)


def _key(email: str) -> str:
    local, at, domain = email.strip().rpartition("@")
    if not at:
        return _fold(domain)
    return f"{_fold_local(local)}@{fold_domain(domain)}"


def _folded(domain: str) -> str:
    folded = unicodedata.normalize("NFC", "".join(domain.split()).lower()).rstrip(".")
    plain = _PLAIN_DOMAIN.match(folded) is not None
    if len(folded) > MAX_DOMAIN or (plain and "xn--" not in folded) or not folded:
        return folded
    try:
        return idna.encode(folded, uts46=True, transitional=False).decode("ascii").rstrip(".")
    except UnicodeError:  # idna.IDNAError is one
        return folded


# The rules ask for the same few addresses of a mail fifty times, and the next mail has some of them again.
_known_key = lru_cache(_MOST_KNOWN)(_key)
_known_domain = lru_cache(_MOST_KNOWN)(_folded)


def unfold_domain(domain: str) -> str:
    """A folded domain with its A-labels as U-labels (RFC 5891 5.4), those that cannot be decoded as they are."""
    if "xn--" not in domain:
        return domain
    labels = []
    for label in domain.split("."):
        try:
            labels.append(idna.ulabel(label) if label.startswith("xn--") else label)
        except UnicodeError:
            labels.append(label)
    return ".".join(labels)


def _fold_local(local: str) -> str:
    folded = _fold(local)
    if folded.startswith('"'):
        if not (folded.endswith('"') and _DOT_ATOM.match(folded[1:-1])):
            return folded
        folded = folded[1:-1]
    return folded.partition("+")[0].strip() or folded


def _fold(text: str) -> str:
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).casefold()).strip()
