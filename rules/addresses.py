"""Addresses compared: the one form under which two spellings of the same mailbox are equal.

Nothing here refuses an address: what no standard allows is folded as far as it can be, and so compared.
"""

import re
import unicodedata

import idna

MAX_DOMAIN = 255
"""Octets of a domain (RFC 5321 4.5.3.1.2). Longer ones are junk and are not worth an IDNA conversion."""

_PLAIN_DOMAIN = re.compile(r"[a-z0-9_.-]+\Z")
_DOT_ATOM = re.compile(r"[^\s\"(),:;<>@\[\\\]\x00-\x1f\x7f]+\Z")


def address_key(email: str) -> str:
    """The key that an address is compared by; equal for all spellings of one mailbox.

    Letter case is folded, a plus-tag is taken off (`ann+news@x` is `ann@x`), needless quotes of the local
    part go (RFC 5321 4.1.2), the domain becomes lower-case A-labels. Idempotent. Text without "@" is folded.
    """
    local, at, domain = email.strip().rpartition("@")
    if not at:
        return _fold(domain)
    return f"{_fold_local(local)}@{fold_domain(domain)}"


def domain_of(email: str) -> str:
    """The folded domain of an address, or "" when it has none."""
    _, at, domain = email.rpartition("@")
    return fold_domain(domain) if at else ""


def fold_domain(domain: str) -> str:
    """A domain as lower-case A-labels without a root dot (UTS 46, non-transitional; RFC 5891). Idempotent.

    What IDNA refuses (an underscore, an address literal, junk) comes back in lower case.
    """
    folded = unicodedata.normalize("NFC", "".join(domain.split()).lower()).rstrip(".")
    plain = _PLAIN_DOMAIN.match(folded) is not None
    if len(folded) > MAX_DOMAIN or (plain and "xn--" not in folded) or not folded:
        return folded
    try:
        return idna.encode(folded, uts46=True, transitional=False).decode("ascii").rstrip(".")
    except UnicodeError:  # idna.IDNAError is one
        return folded


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
