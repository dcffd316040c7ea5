"""Mail signed in the name of its author's domain (RFC 6376, RFC 8301, RFC 8463). The cryptography is dkimpy's."""

import binascii
import logging
import re
from base64 import b64decode, b64encode
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import dkim
from dkim.crypto import parse_pem_private_key

from rules.addresses import fold_domain

SIGNED = (
    *(b"from", b"reply-to", b"to", b"cc", b"subject", b"date", b"message-id", b"in-reply-to", b"references"),
    *(b"mime-version", b"content-type", b"auto-submitted"),
)
"""Header fields that are signed where the mail has them (RFC 6376 5.4.1)."""

SEALED = (b"from", b"subject", b"date", b"to", b"reply-to")
"""Header fields that are named once more than they occur, so that nobody can add one (RFC 6376 8.15)."""

MIN_RSA = 1024
"""Bits (RFC 8301 3.2)."""

SEED_BYTES = 32
_PEM = re.compile(r"-----BEGIN ([A-Z0-9 ]+)-----\n([A-Za-z0-9+/=\n]+)\n-----END \1-----")
_ED25519 = (  # what stands before the seed: PrivateKeyInfo and OneAsymmetricKey (RFC 8410 7)
    bytes.fromhex("302e020100300506032b657004220420"),
    bytes.fromhex("3051020101300506032b657004220420"),
)

_quiet = logging.getLogger(f"{__name__}.dkimpy")
_quiet.disabled = True


class SigningError(Exception):
    """A key cannot be used. The text names the file, what is wrong and what to do."""


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A key in a file, and where its public half stands in DNS: at `selector._domainkey.domain`.

    The file is a PEM file of an RSA or Ed25519 key without a passphrase, or the base64 of an Ed25519 seed, as
    dkimpy's dknewkey writes it.
    """

    domain: str
    selector: str
    key_file: Path


@dataclass(frozen=True, slots=True)
class _Loaded:
    domain: str
    selector: str
    algorithm: bytes
    secret: bytes = field(repr=False)


class Signer:
    """Signs mail with the keys it was made with. The files are read once; a new key needs a new Signer."""

    def __init__(self, keys: Sequence[SigningKey]) -> None:
        """Raises SigningError for a key that cannot be used."""
        self._keys = [_load(key) for key in keys]

    def sign(self, raw: bytes, from_domain: str) -> bytes:
        """The mail with a DKIM-Signature on top for each key of the author's domain, or of its nearest parent.

        `raw` has CRLF line ends; not a byte of it is changed. Without such a key it comes back as it is: the
        signature of another domain would not count for DMARC (RFC 7489 3.1.1). Raises SigningError for what is no
        mail.
        """
        domain = fold_domain(from_domain)
        fitting = [key for key in self._keys if f".{domain}".endswith(f".{key.domain}")]
        nearest = max((len(key.domain) for key in fitting), default=0)
        signatures = [_signature(raw, key) for key in fitting if len(key.domain) == nearest]
        return b"".join((*signatures, raw))


def _signature(raw: bytes, key: _Loaded) -> bytes:
    """The DKIM-Signature field, CRLF at the end."""
    try:
        signer = dkim.DKIM(raw, logger=_quiet, signature_algorithm=key.algorithm)
        present = [name.lower() for name, _ in signer.headers]
        covered = [name for name in SIGNED for _ in range(present.count(name) + (name in SEALED))]
        made = signer.sign(
            key.selector.encode("ascii"),
            key.domain.encode("ascii"),
            key.secret,
            canonicalize=(b"relaxed", b"relaxed"),
            include_headers=covered,
        )
    except dkim.DKIMException as error:
        raise SigningError(f"A mail from {key.domain} cannot be signed: {error}.") from error
    return bytes(made)


def _load(key: SigningKey) -> _Loaded:
    domain = fold_domain(key.domain)
    if not domain.isascii() or not domain:
        raise SigningError(f"{key.domain!r} is no domain that mail can be signed for.")
    try:
        text = key.key_file.read_text("ascii").replace("\r\n", "\n").strip()
    except OSError as error:
        why = error.strerror or str(error)
        raise SigningError(f"The DKIM key {key.key_file} cannot be read: {why}.") from error
    except UnicodeDecodeError as error:
        raise SigningError(f"The DKIM key {key.key_file} is not a text; a PEM file is needed.") from error
    if "ENCRYPTED" in text:
        raise SigningError(f"The DKIM key {key.key_file} has a passphrase; a key without one is needed.")
    seed = _seed(text)
    if seed:
        return _Loaded(domain, key.selector, b"ed25519-sha256", b64encode(seed))
    return _Loaded(domain, key.selector, b"rsa-sha256", _rsa(text, key.key_file))


def _seed(text: str) -> bytes:
    """The secret of an Ed25519 key, or b"" when the text is none."""
    pem = _PEM.search(text)
    try:
        data = b64decode("".join((pem[2] if pem else text).split()), validate=True)
    except binascii.Error:
        return b""
    if pem is None:
        return data if len(data) == SEED_BYTES else b""
    prefix, seed = data[: len(_ED25519[0])], data[len(_ED25519[0]) :][:SEED_BYTES]
    return seed if prefix in _ED25519 and len(seed) == SEED_BYTES else b""


def _rsa(text: str, path: Path) -> bytes:
    """An RSA key in the form that dkimpy takes."""
    pem = text.encode("ascii")
    try:
        bits = parse_pem_private_key(pem)["modulus"].bit_length()
    except Exception as error:  # dkimpy's reader raises whatever a damaged file makes it
        raise SigningError(f"The DKIM key {path} is no RSA or Ed25519 key in PEM.") from error
    if bits < MIN_RSA:
        raise SigningError(f"The DKIM key {path} has {bits} bits; receivers want at least {MIN_RSA}.")
    return pem
