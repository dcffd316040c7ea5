"""The whole look at a mail: it never raises, and without DNS it asks nothing."""

import random
import subprocess
import sys

import pytest

from tests.believe.keys import rsa_key
from tests.believe.world import ACME, RELAY, RELAY_NAME, STRANGER, believed, evidence_of, letter, sign, zones

TOP = f"Authentication-Results: {RELAY_NAME}; spf=fail (x) smtp.mailfrom=a@b.example; dkim=fail (y)\r\n"
PIECES = (
    b"\r\n",
    b"\n",
    b"\r",
    b"\0",
    b":",
    b";",
    b"=",
    b"(",
    b'"',
    b"\xff",
    b" " * 50,
    b"DKIM-Signature:",
    b"\\",
)


@pytest.mark.parametrize("seed", range(20))
def test_a_damaged_mail_raises_nothing(seed: int) -> None:
    chance = random.Random(seed)
    whole = TOP.encode() + sign(sign(letter()), tags={b"i": b"@acme.example", b"x": b"4000000000"})
    for _ in range(40):
        raw = bytearray(whole)
        for _ in range(chance.randint(1, 6)):
            at = chance.randrange(len(raw))
            raw[at : at + chance.randrange(4)] = chance.choice(PIECES)
        dns = zones(policy="reject", key=rsa_key(2048), spf="v=spf1 -all")
        peer = chance.choice((RELAY, STRANGER))
        assert evidence_of(bytes(raw), dns, peer=peer).dns_asked


@pytest.mark.parametrize(
    "raw", [b"", b"\r\n", b"\r\n\r\n", b" folded first\r\n\r\n", b":\r\n", b"\xff" * 1000]
)
def test_what_is_hardly_a_mail_raises_nothing(raw: bytes) -> None:
    assert believed(raw, zones(policy="reject"), peer=STRANGER) == "failed"
    assert believed(raw, None) == "unverified"


@pytest.mark.parametrize(
    ("envelope_from", "helo"),
    [
        ("", ""),
        ("@", "@"),
        ("a@", "\0"),
        ("ä@ö.example", "ü"),
        ("x" * 70_000, "y" * 70_000),
        ("a@[192.0.2.1]", "[]"),
    ],
)
def test_an_odd_envelope_raises_nothing(envelope_from: str, helo: str) -> None:
    dns = zones(policy="reject", spf="v=spf1 +all")
    assert believed(letter(), dns, envelope_from=envelope_from, helo=helo) == "failed"


@pytest.mark.parametrize(
    "author", ["@", "a@", "a@" + "x." * 5000, "a@[192.0.2.1]", "a@\u202eexample", "a@.."]
)
def test_an_odd_author_is_never_verified(author: str) -> None:
    assert believed(letter(), zones(spf="v=spf1 +all"), author=author) == "unverified"


def test_without_dns_nothing_of_it_is_even_loaded() -> None:
    code = "import sys, gateway.believe.gather; print({'dns', 'dkim', 'spf', 'nacl'} & set(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.strip() == "set()"


def test_without_dns_a_good_signature_proves_nothing() -> None:
    raw = sign(letter())
    evidence = evidence_of(raw, None)
    assert not evidence.dns_asked
    assert believed(raw, None, author=f"dora@{ACME}") == "unverified"
