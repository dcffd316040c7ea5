"""RSA key pairs from a seed, so that every run signs with the same keys and none is stored."""

import random
from base64 import b64encode
from dataclasses import dataclass
from functools import cache

_RSA_ALGORITHM = bytes.fromhex("300d06092a864886f70d0101010500")  # rsaEncryption, NULL (RFC 8017 A.1)
_SMALL_PRIMES = [p for p in range(3, 2000, 2) if all(p % q for q in range(3, int(p**0.5) + 1, 2))]


@dataclass(frozen=True, slots=True)
class Key:
    """`private` as dkimpy wants it (PEM), `record` as it stands in DNS (RFC 6376 3.6.1)."""

    private: bytes
    record: str
    algorithm: bytes = b"rsa-sha256"


@cache
def rsa_key(bits: int, seed: int = 1, exponent: int = 65537) -> Key:
    """A key pair of this many bits."""
    chance = random.Random(f"{bits}/{seed}/{exponent}")
    p, q = (_prime(bits // 2, chance, exponent) for _ in range(2))
    phi, n = (p - 1) * (q - 1), p * q
    d = pow(exponent, -1, phi)
    private = _sequence(*map(_integer, (0, n, exponent, d, p, q, d % (p - 1), d % (q - 1), pow(q, -1, p))))
    point = _sequence(_integer(n), _integer(exponent))
    public = _sequence(_RSA_ALGORITHM, _tlv(0x03, b"\0" + point))
    pem = b"-----BEGIN RSA PRIVATE KEY-----\n" + b64encode(private) + b"\n-----END RSA PRIVATE KEY-----\n"
    return Key(pem, f"v=DKIM1; k=rsa; p={b64encode(public).decode()}")


def _prime(bits: int, chance: random.Random, exponent: int) -> int:
    while True:
        candidate = chance.getrandbits(bits) | (3 << (bits - 2)) | 1
        if any(candidate % p == 0 for p in _SMALL_PRIMES) or candidate % exponent == 1:
            continue
        if all(pow(base, candidate - 1, candidate) == 1 for base in (2, 3, 5, 7)):
            return candidate


def _integer(number: int) -> bytes:
    return _tlv(0x02, number.to_bytes(number.bit_length() // 8 + 1, "big"))


def _sequence(*parts: bytes) -> bytes:
    return _tlv(0x30, b"".join(parts))


def _tlv(tag: int, content: bytes) -> bytes:
    size = len(content)
    octets = size.to_bytes((size.bit_length() + 7) // 8 or 1, "big")
    length = octets if size < 0x80 else bytes([0x80 | len(octets)]) + octets
    return bytes([tag]) + length + content
