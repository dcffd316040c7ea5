"""One signature of a mail, DKIM's or ARC's: its tags, what it covers, its key (RFC 6376 3, RFC 8301, RFC 8463).

The cryptography is dkimpy's.
"""

import logging
import re
from base64 import b64decode
from collections import Counter
from collections.abc import Callable, Mapping, Sequence

import dkim
from dkim.util import InvalidTagValueList, parse_tag_value

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

_quiet = logging.getLogger(f"{__name__}.dkimpy")
_quiet.disabled = True  # it logs keys and fields of strangers as errors


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
    digest = body.sha256(canonical)
    if digest is None:
        raise UnusableError("fails: its canonicalisation is unknown")
    if digest != b64decode(b"".join(tags.get(b"bh", b"").split()), validate=True):
        raise UnusableError("fails: the body was changed")
    verify_fields(field, tags, _covered(header, names), canonical, questions)


def verify_fields(
    field: Written, tags: Tags, covered: Sequence[Written], canonical: bytes, questions: Questions
) -> None:
    """Returns when the signature in `field` holds for the fields, in their order. Raises as verify_message."""
    _check_algorithm(tags)
    if not _HOST.match(tags.get(b"s", b"").lower()):
        raise UnusableError("fails: its selector is no name")
    verifier = dkim.DKIM(logger=_quiet, minkey=MIN_RSA)
    # dkimpy takes fields from the bottom up. It would hash the body where it sees `bh`, and cut it at `l`.
    verifier.headers = list(reversed(covered))
    sig = {**{tag: value for tag, value in tags.items() if tag not in (b"bh", b"l")}, b"c": canonical}
    names = [name.lower() for name, _ in covered]
    if not verifier.verify_sig(sig, names, field, _key_of(tags, questions)):
        raise UnusableError("fails: the header was changed, or another key signed it")


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


def _key_of(tags: Tags, questions: Questions) -> Callable[..., str]:
    """The look-up of the signature's key in the form that dkimpy calls."""

    def key(name: bytes, timeout: float) -> str:  # noqa: ARG001 - the time is limited for the whole mail
        records = questions.ask(name.decode("ascii"), "TXT")
        record = next((record for record in records if "p=" in record), "")
        if not record:
            raise UnusableError("fails: its key is not published")
        if len(record) > MAX_KEY:
            raise UnusableError("fails: its key is too long")
        try:
            usable = _usable_key(parse_tag_value(record.encode("ascii")), tags)
            modulus, _, kind, _ = dkim.evaluate_pk(name, usable)
        except (dkim.DKIMException, InvalidTagValueList, ValueError, LookupError, TypeError) as error:
            raise UnusableError("fails: its key cannot be read") from error
        if kind == b"rsa":
            bits, exponent = modulus["modulus"].bit_length(), modulus["publicExponent"].bit_length()
            if not MIN_RSA <= bits <= MAX_RSA or exponent > MAX_EXPONENT:
                raise UnusableError(f"fails: its RSA key of {bits} bits is not one to trust (RFC 8301)")
        return usable

    return key


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
