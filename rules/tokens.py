"""Signed local parts: the addresses of threads, of single copies, and of questions that can be answered by mail.

A token is 25 bytes in lower-case base32 (RFC 4648 section 6): version, key id, number, tag. 25 bytes are exactly 40
letters, so no letter has a bit to spare: there is one spelling of each token, letter case aside. The tag is an
HMAC-SHA256 (RFC 2104) over tenant, purpose, domain and number, cut to 128 bits. Checked without any look-up; whether
the thread still exists is another question.
"""

import base64
import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

VERSION = 1
MAX_NUMBER = (1 << 56) - 1
_NUMBER_BYTES = 7
_TAG_BYTES = 16
LENGTH = 40
"""Letters of a token. With the longest prefix an address has 56 octets before the @; RFC 5321 4.5.3.1.1 allows 64."""

THREAD, COPY, QUESTION = "thread", "copy", "question"
"""Purposes. THREAD numbers a touchpoint, COPY an outgoing mail (its return path), QUESTION a mail that waits."""

_TOKEN = re.compile(rf"[a-z2-7]{{{LENGTH}}}\Z")


@dataclass(frozen=True, slots=True)
class KeyRing:
    """The keys of one deployment. `keys` are secrets of 32 bytes by id (0 to 255); `signing` is the id that signs.

    `tenant` tells deployments apart that share a domain or, by mistake, a key. An empty ring signs and accepts
    nothing.
    """

    tenant: str = ""
    signing: int = -1
    keys: Mapping[int, bytes] = field(default_factory=dict, repr=False)


def sign(ring: KeyRing, purpose: str, domain: str, number: int) -> str:
    """The token of a number, in lower case. Raises ValueError for a number out of range, KeyError without a key."""
    if not 0 <= number <= MAX_NUMBER:
        raise ValueError(f"{number} cannot be signed")
    head = bytes((VERSION, ring.signing if ring.signing >= 0 else 0)) + number.to_bytes(_NUMBER_BYTES, "big")
    tag = _tag(ring.keys[ring.signing], ring.tenant, purpose, domain, head)
    return base64.b32encode(head + tag).decode("ascii").lower()


def verify(ring: KeyRing, purpose: str, domain: str, token: str) -> int | None:
    """The number in a token, whatever its letter case; None when this deployment did not sign it for this purpose."""
    folded = _lower(token)
    if not _TOKEN.match(folded):
        return None
    data = base64.b32decode(folded.upper())
    head, tag = data[: 2 + _NUMBER_BYTES], data[2 + _NUMBER_BYTES :]
    if head[0] != VERSION:
        return None
    key = ring.keys.get(head[1])
    # An unknown key takes as long as a wrong tag.
    right = hmac.compare_digest(_tag(key or bytes(32), ring.tenant, purpose, domain, head), tag)
    return int.from_bytes(head[2:], "big") if right and key is not None else None


def thread_root(ring: KeyRing, domain: str, number: int) -> str:
    """The message id that stands first in the References of every mail of a thread (RFC 5322 3.6.4).

    No mail bears it; it ties the mails of a thread together whatever a relay does to their own ids. It does not
    change with the keys.
    """
    seed = f"{ring.tenant}\0{domain.lower()}\0{number}".encode()
    return f"<touchpoint-{number}-{hashlib.sha256(seed).hexdigest()[:20]}@{domain}>"


def looks_like_token(text: str) -> bool:
    """Whether a text has the form of a token."""
    return _TOKEN.match(_lower(text)) is not None


def _lower(text: str) -> str:
    """ASCII letters in lower case; others stay, for `str.lower` makes a "k" of the Kelvin sign."""
    return text.lower() if text.isascii() else text


def _tag(key: bytes, tenant: str, purpose: str, domain: str, head: bytes) -> bytes:
    digest = hmac.new(key, digestmod=hashlib.sha256)
    for part in (tenant.encode(), purpose.encode(), domain.lower().encode(), head):
        digest.update(len(part).to_bytes(4, "big"))
        digest.update(part)
    return digest.digest()[:_TAG_BYTES]
