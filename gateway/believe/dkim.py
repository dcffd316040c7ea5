"""DKIM signatures (RFC 6376, RFC 8301, RFC 8463).

The cryptography is dkimpy's. The body is hashed here: dkimpy canonicalises it anew for each signature, in
time that is quadratic in a run of blanks, and the body is whatever a stranger sent.
"""

import hashlib
import logging
import re
from base64 import b64decode
from collections.abc import Callable

import dkim
from dkim.util import InvalidTagValueList, parse_tag_value

from gateway.believe.dns import DnsTroubleError, Questions
from gateway.believe.header import Header
from rules.trust import Dkim, aligned

MAX_SIGNATURES = 10
"""Signatures that are tried. RFC 6376 6.1 lets a verifier choose; honest mail has one to three."""

MAX_FIELD = 4096
"""Octets of one DKIM-Signature: three times what an RSA-4096 signature over forty fields takes."""

MAX_KEY = 2048
"""Characters of a key record: RSA-4096 takes 740."""

MIN_RSA, MAX_RSA, MAX_EXPONENT = 1024, 4096, 64
"""Bits (RFC 8301 3.2). Longer keys and exponents only cost time: a signature would take minutes."""

_MANY_BLANKS = re.compile(rb"\s{100}")
_HOST = re.compile(rb"[a-z0-9_.-]+\Z")
_CANONICAL = {b"simple", b"relaxed"}
_HASHES = {b"rsa-sha256", b"ed25519-sha256"}

_quiet = logging.getLogger(f"{__name__}.dkimpy")
_quiet.disabled = True  # it logs keys and fields of strangers as errors


class _UnusableError(Exception):
    """The signature or its key cannot be used; the text says why."""


def check_dkim(raw: bytes, header: Header, domain: str, questions: Questions) -> tuple[Dkim, ...]:
    """Each signature of the mail, from the top.

    Only signatures of a domain aligned with `domain`, the one in From (A-label), are verified: no other can
    prove the sender, and each would let a stranger spend our time.
    """
    signatures = [value for name, value in header.fields if name == "dkim-signature"]
    if not signatures:
        return ()
    body = _Body(raw, header.body_at)
    results: list[Dkim] = []
    tried = 0
    for index, value in enumerate(signatures):
        result = _look(value, domain)
        if result is None:
            tried += 1
            result = _try(index, value, header, body, questions, wanted=tried <= MAX_SIGNATURES)
        results.append(result)
    return tuple(results)


def _look(value: bytes, domain: str) -> Dkim | None:
    """What can be said without trying; None when the signature is worth a try."""
    if len(value) > MAX_FIELD or _MANY_BLANKS.search(value):
        return Dkim("", False, why="the signature is too long to be one")
    try:
        tags = parse_tag_value(value)
    except InvalidTagValueList:
        return Dkim("", False, why="the signature cannot be read")
    signer = _signer(tags)
    if not aligned(signer, domain):
        return Dkim(signer, False, why="another domain's signature, not looked at")
    if b"l" in tags:
        return Dkim(signer, False, has_l=True, why="covers only the start of the body (l=), counts as none")
    return None


def _signer(tags: dict[bytes, bytes]) -> str:
    """The domain that signs, or "" when it is not written as the very name that DNS is asked for."""
    domain = tags.get(b"d", b"").lower()
    return domain.decode("ascii") if _HOST.match(domain) else ""


def _try(
    index: int, value: bytes, header: Header, body: "_Body", questions: Questions, *, wanted: bool
) -> Dkim:
    tags = parse_tag_value(value)
    signer = _signer(tags)
    if not wanted:
        return Dkim(signer, False, why=f"not tried, only {MAX_SIGNATURES} are")
    if questions.over:
        return Dkim(signer, False, temporary=True, why="no time was left to check it")
    try:
        _verify(index, tags, header, body, questions)
    except DnsTroubleError as trouble:
        return Dkim(signer, False, temporary=True, why=str(trouble))
    except _UnusableError as reason:
        return Dkim(signer, False, why=str(reason))
    except dkim.ValidationError as error:
        return Dkim(signer, False, why=f"fails: {str(error).partition(' (')[0]}")
    except Exception as error:  # noqa: BLE001 - dkimpy meets keys and fields that a stranger wrote
        return Dkim(signer, False, why=f"cannot be checked ({type(error).__name__})")
    return Dkim(signer, True, why="passes")


def _verify(
    index: int, tags: dict[bytes, bytes], header: Header, body: "_Body", questions: Questions
) -> None:
    """Returns when the signature holds. Raises _UnusableError, DnsTroubleError, or what dkimpy raises."""
    if tags.get(b"a") not in _HASHES:
        raise _UnusableError("fails: its algorithm is not one to trust (RFC 8301)")
    if b"from" not in re.split(rb"[:\s]+", tags.get(b"h", b"").lower()):
        raise _UnusableError("fails: it does not cover From (RFC 6376 5.4)")
    verifier = dkim.DKIM(header.raw, logger=_quiet, minkey=MIN_RSA)
    sig, included, fields = verifier.verify_headerprep(index)
    if body.sha256(sig.get(b"c", b"simple/simple")) != b64decode(b"".join(sig[b"bh"].split()), validate=True):
        raise _UnusableError("fails: the body was changed")
    # dkimpy hashes the body when it sees `bh`; the signed field itself is passed on untouched.
    without_body = {name: tag for name, tag in sig.items() if name != b"bh"}
    if not verifier.verify_sig(without_body, included, fields[index], _key_of(sig, questions)):
        raise _UnusableError("fails: the header was changed, or another key signed it")


def _key_of(sig: dict[bytes, bytes], questions: Questions) -> Callable[..., str]:
    """The look-up of the signature's key in the form that dkimpy calls."""

    def key(name: bytes, timeout: float) -> str:  # noqa: ARG001 - the time is limited for the whole mail
        records = questions.ask(name.decode("ascii"), "TXT")
        record = next((record for record in records if "p=" in record), "")
        if not record:
            raise _UnusableError("fails: its key is not published")
        if len(record) > MAX_KEY:
            raise _UnusableError("fails: its key is too long")
        try:
            _check_key(parse_tag_value(record.encode("ascii")), sig)
            modulus, _, kind, _ = dkim.evaluate_pk(name, record)
        except (dkim.DKIMException, InvalidTagValueList, ValueError, LookupError, TypeError) as error:
            raise _UnusableError("fails: its key cannot be read") from error
        if kind == b"rsa":
            bits, exponent = modulus["modulus"].bit_length(), modulus["publicExponent"].bit_length()
            if not MIN_RSA <= bits <= MAX_RSA or exponent > MAX_EXPONENT:
                raise _UnusableError(f"fails: its RSA key of {bits} bits is not one to trust (RFC 8301)")
        return record

    return key


def _check_key(record: dict[bytes, bytes], sig: dict[bytes, bytes]) -> None:
    """What RFC 6376 3.6.1 says of a key and dkimpy does not look at."""
    if not record.get(b"p"):
        raise _UnusableError("fails: its key was revoked")
    flags = record.get(b"t", b"").replace(b" ", b"").split(b":")
    identity = sig.get(b"i", b"@" + sig[b"d"]).rpartition(b"@")[2]
    if b"s" in flags and identity.lower() != sig[b"d"].lower():
        raise _UnusableError("fails: its key is not for sub-domains")


class _Body:
    """The body of a mail, hashed once for each canonicalisation, in linear time."""

    def __init__(self, raw: bytes, start: int) -> None:
        self._raw = raw
        self._start = start
        self._known: dict[bool, bytes] = {}

    def sha256(self, canonicalisation: bytes) -> bytes:
        """The SHA-256 digest under a `c=` value such as relaxed/simple (RFC 6376 3.4, 3.5)."""
        header, _, body = canonicalisation.partition(b"/")
        if not {header, body or b"simple"} <= _CANONICAL:
            raise _UnusableError("fails: its canonicalisation is unknown")
        relaxed = body == b"relaxed"
        if relaxed not in self._known:
            canonical = canonical_body(self._raw[self._start :], relaxed=relaxed)
            self._known[relaxed] = hashlib.sha256(canonical).digest()
        return self._known[relaxed]


def canonical_body(body: bytes, *, relaxed: bool) -> bytes:
    """The body as it is signed (RFC 6376 3.4.3, 3.4.4). Lines may end with LF: files on disk often do."""
    body = body.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
    if body and not body.endswith(b"\r\n"):
        body += b"\r\n"
    if relaxed:
        body = body.replace(b"\t", b" ")
        while b"  " in body:
            body = body.replace(b"  ", b" ")
        body = body.replace(b" \r\n", b"\r\n")
    body = _without_empty_lines_at_the_end(body)
    return body or (b"" if relaxed else b"\r\n")


def _without_empty_lines_at_the_end(body: bytes) -> bytes:
    """All but one of the CRLFs at the end taken off; a bare CR before them is text. Only CRLFs become ""."""
    text = body.rstrip(b"\r\n")
    bare = body[len(text) :].rfind(b"\r\r")
    text = body[: len(text) + bare + 1]
    return text + b"\r\n" if text else b""
