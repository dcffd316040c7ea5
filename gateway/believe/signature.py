"""One signature of a mail, DKIM's or ARC's: its tags, what it covers, its key (RFC 6376 3, RFC 8301, RFC 8463).

Keys, canonical fields and what of them is signed are dkimpy's.
"""

import hashlib
import re
from base64 import b64decode
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import dkim
from dkim.canonicalization import CanonicalizationPolicy
from dkim.crypto import EMSA_PKCS1_v1_5_encode
from dkim.util import InvalidTagValueList, parse_tag_value
from nacl.exceptions import BadSignatureError

from gateway.believe.body import Body
from gateway.believe.dns import DnsTroubleError, Questions
from gateway.believe.header import Header, Written

MAX_FIELD = 4096
"""Octets of one signature: three times what an RSA-4096 signature over forty fields takes."""

MAX_COVERED = 200
"""Fields that one signature covers. Signers name each field that mail may have at most twice: some sixty."""

MAX_KEY = 2048
"""Characters of a key record: RSA-4096 takes 740."""

MIN_RSA, MAX_RSA, MAX_EXPONENT = 1024, 4096, 64
"""Bits (RFC 8301 3.2). Longer keys and exponents only cost time: a signature would take minutes."""

ONCE = frozenset(
    {
        *(b"from", b"sender", b"reply-to", b"to", b"cc", b"subject", b"date", b"message-id", b"in-reply-to"),
        *(b"references", b"mime-version", b"content-type", b"content-transfer-encoding"),
    }
)
"""Fields that a mail has once (RFC 5322 3.6, RFC 2045). Of two, a signature covers the lower one and people are shown
the upper one: whoever hands a signed mail on could put another subject over it (RFC 6376 8.15)."""

Tags = Mapping[bytes, bytes]

_MANY_BLANKS = re.compile(rb"\s{100}")
_HOST = re.compile(rb"[a-z0-9_.-]+\Z")
_KINDS = {b"rsa-sha256": b"rsa", b"ed25519-sha256": b"ed25519"}
_COLON = re.compile(rb"\s*:\s*")


class UnusableError(Exception):
    """The signature or its key cannot be used, or it does not hold; the text says why."""


def read_tags(value: bytes) -> Tags:
    """The tags of a signature (RFC 6376 3.2). Raises UnusableError."""
    if len(value) > MAX_FIELD or _MANY_BLANKS.search(value):
        raise UnusableError("the signature is too long to be one")
    try:
        tags: Tags = parse_tag_value(value)
    except InvalidTagValueList as error:
        raise UnusableError("the signature cannot be read") from error
    return tags


def signer_of(tags: Tags) -> str:
    """The domain that signs, or "" when it is not written as the very name that DNS is asked for."""
    domain = tags.get(b"d", b"").lower()
    return domain.decode("ascii") if _HOST.match(domain) else ""


def explain(error: Exception) -> str:
    """Why a check ended with this error, which is whatever dkimpy makes of what a stranger wrote."""
    if isinstance(error, DnsTroubleError | UnusableError):
        return str(error)
    if isinstance(error, dkim.ValidationError):
        return f"fails: {str(error).partition(' (')[0]}"
    return f"cannot be checked ({type(error).__name__})"


def verify_message(field: Written, tags: Tags, header: Header, body: Body, questions: Questions) -> None:
    """Returns when a signature of the mail holds: DKIM's or that of an ARC set.

    Raises UnusableError, DnsTroubleError, or what dkimpy raises; `explain` words it.
    """
    _check_algorithm(tags)
    names = [name.lower() for name in _COLON.split(tags.get(b"h", b"").strip())]
    if b"from" not in names:
        raise UnusableError("fails: it does not cover From (RFC 6376 5.4)")
    if len(names) > MAX_COVERED:
        raise UnusableError(f"fails: it covers more than {MAX_COVERED} fields")
    if not header.written:
        raise UnusableError("fails: the header has lines that are no fields")
    _check_doubles(header, names)
    canonical = tags.get(b"c", b"simple/simple")
    holds = body.has_digest(canonical, b64decode(b"".join(tags.get(b"bh", b"").split()), validate=True))
    if holds is None:
        raise UnusableError("fails: its canonicalisation is unknown")
    if not holds:
        raise UnusableError("fails: the body was changed")
    verify_fields(field, tags, _covered(header, names), canonical, questions)


def verify_fields(
    field: Written, tags: Tags, covered: Sequence[Written], canonical: bytes, questions: Questions
) -> None:
    """Returns when the signature in `field` holds for the fields, in their order. Raises as verify_message."""
    _check_algorithm(tags)
    if not _HOST.match(tags.get(b"s", b"").lower()):
        raise UnusableError("fails: its selector is no name")
    kind, key = _key_of(tags, questions)
    policy = CanonicalizationPolicy.from_c_value(canonical)
    digest = hashlib.sha256()  # of every algorithm that is one to trust
    # dkimpy takes fields from the bottom up, and From once more than it is named: no field may have been added.
    headers = policy.canonicalize_headers(list(reversed(covered)))
    names = [name.lower() for name, _ in covered]
    dkim.hash_headers(digest, policy, headers, [*names, b"from"] if b"from" in names else names, field, tags)
    signature = b64decode(b"".join(tags[b"b"].split()))
    if not (_rsa_holds if kind == b"rsa" else _ed25519_holds)(key, digest, signature):
        raise UnusableError("fails: the header was changed, or another key signed it")


def _rsa_holds(key: Any, digest: Any, signature: bytes) -> bool:
    """RSASSA-PKCS1-v1_5 (RFC 8017 8.2.2). As dkimpy does it, which turns numbers into octets one by one."""
    octets = (key["modulus"].bit_length() + 7) // 8
    number = pow(int.from_bytes(signature), key["publicExponent"], key["modulus"])
    return bool(number.to_bytes(octets) == EMSA_PKCS1_v1_5_encode(digest, octets))


def _ed25519_holds(key: Any, digest: Any, signature: bytes) -> bool:
    """RFC 8463 3."""
    try:
        key.verify(digest.digest(), signature)
    except BadSignatureError:
        return False
    return True


def _check_doubles(header: Header, names: Sequence[bytes]) -> None:
    """Nothing that is read may stand above what is signed, and the subject is signed where there is one."""
    there = Counter(name.lower() for name, _ in header.written)
    signed = Counter(names)
    for name in ONCE:
        if there[name] > max(1, signed[name]):
            shown = name.decode("ascii").title()
            raise UnusableError(
                f"fails: it does not cover each of {there[name]} {shown} fields (RFC 6376 8.15)"
            )
    if there[b"subject"] > signed[b"subject"]:
        raise UnusableError("fails: it does not cover Subject (RFC 6376 5.4.1)")


def _check_algorithm(tags: Tags) -> None:
    if tags.get(b"a") not in _KINDS:
        raise UnusableError("fails: its algorithm is not one to trust (RFC 8301)")


def _covered(header: Header, names: Sequence[bytes]) -> list[Written]:
    """The fields that `h=` names (RFC 6376 5.4.2): each name takes the lowest field that is not taken yet."""
    wanted = set(names)
    found: dict[bytes, list[Written]] = {}
    for field in header.written:
        name = field[0].lower()
        if name in wanted:
            found.setdefault(name, []).append(field)
    return [found[name].pop() for name in names if found.get(name)]


def _key_of(tags: Tags, questions: Questions) -> tuple[bytes, Any]:
    """The kind of the signature's key (rsa or ed25519), and the key as dkimpy reads it."""
    name = tags[b"s"] + b"._domainkey." + tags[b"d"] + b"."
    records = questions.ask(name.decode("ascii"), "TXT")
    record = next((record for record in records if "p=" in record), "")
    if not record:
        raise UnusableError("fails: its key is not published")
    if len(record) > MAX_KEY:
        raise UnusableError("fails: its key is too long")
    try:
        key, kind = _known_key(_usable_key(parse_tag_value(record.encode("ascii")), tags))
    except (dkim.DKIMException, InvalidTagValueList, ValueError, LookupError, TypeError) as error:
        raise UnusableError("fails: its key cannot be read") from error
    if kind == b"rsa":
        bits, exponent = key["modulus"].bit_length(), key["publicExponent"].bit_length()
        if not MIN_RSA <= bits <= MAX_RSA or exponent > MAX_EXPONENT:
            raise UnusableError(f"fails: its RSA key of {bits} bits is not one to trust (RFC 8301)")
    return kind, key


@lru_cache(1000)
def _known_key(record: str) -> tuple[Any, bytes]:
    """The key in a record, and its kind. dkimpy reads ASN.1 octet by octet, and few domains send most mail."""
    key, _, kind, _ = dkim.evaluate_pk(b"", record)
    return key, kind


def _usable_key(record: Tags, tags: Tags) -> str:
    """The record with what dkimpy reads; what RFC 6376 3.6.1 says besides is looked at here."""
    if record.get(b"v", b"DKIM1") != b"DKIM1":
        raise UnusableError("fails: its key cannot be read")
    if not record.get(b"p"):
        raise UnusableError("fails: its key was revoked")
    kind = record.get(b"k", b"rsa")
    if kind in _KINDS.values() and kind != _KINDS[tags[b"a"]]:
        raise UnusableError("fails: its key is of another algorithm")
    if b"h" in record and b"sha256" not in _list(record[b"h"]):
        raise UnusableError("fails: its key is for other hashes")
    if not {b"*", b"email"} & _list(record.get(b"s", b"*")):
        raise UnusableError("fails: its key is not for e-mail")
    identity = tags.get(b"i", b"").rpartition(b"@")
    if b"s" in _list(record.get(b"t", b"")) and identity[1] and identity[2].lower() != tags[b"d"].lower():
        raise UnusableError("fails: its key is not for sub-domains")
    return f"k={kind.decode('ascii')}; p={record[b'p'].decode('ascii')}"


def _list(value: bytes) -> set[bytes]:
    return set(_COLON.split(value.strip()))
