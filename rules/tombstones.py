"""Tombstones: who was erased, as digests that nobody can turn back into addresses without the key."""

import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime

from rules.addresses import address_key


@dataclass(frozen=True, slots=True)
class Tombstone:
    """One erasure. `id` is its own, for a person may be erased twice; `key` names the key of the digests.

    `digests` are those of all the person's address keys. `never_again`: mail with this person is kept out. `user` and
    `waiting` are what was allowed besides: whoever goes on with a broken-off erasure may do no more than that.
    """

    id: str
    at: datetime
    key: str
    digests: tuple[str, ...]
    never_again: bool = False
    # Where it was not noted, by an older gateway, both are done as ever.
    user: bool = True
    waiting: bool = True


@dataclass(frozen=True, slots=True)
class NeverAgain:
    """Erased people whose mail is kept out: the key of the digests, and the digests."""

    secret: bytes = b""
    digests: frozenset[str] = frozenset()

    def holds(self, email: str) -> bool:
        """Whether this address is one of theirs, however it is spelled."""
        return bool(self.digests) and digest(self.secret, email) in self.digests


def digest(secret: bytes, email: str) -> str:
    """HMAC-SHA256 (RFC 2104) of the address key, in hex: the same for every spelling of one mailbox.

    A plain hash could be reversed by hashing a list of addresses; this one only by who has the secret.
    """
    return hmac.new(secret, address_key(email).encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()


def key_name(secret: bytes) -> str:
    """What a key is called: enough to tell it from another one, and nothing of it."""
    return hashlib.sha256(b"tombstones\0" + secret).hexdigest()[:12]
