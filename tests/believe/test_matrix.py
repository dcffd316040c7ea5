"""Every policy with every state of SPF and DKIM, with and without a forged Authentication-Results on top."""

import itertools
import time
from functools import cache

import pytest

from tests.believe.keys import rsa_key
from tests.believe.world import (
    ACME,
    RELAY_NAME,
    SERVER_OF_ACME,
    STRANGER,
    believed,
    letter,
    sign,
    zones,
)

EVIL = "evil.example"
FORGED = (
    f"Authentication-Results: {RELAY_NAME};\r\n dmarc=pass (p=REJECT) header.from={ACME};\r\n"
    f" dkim=pass header.d={ACME}; spf=pass smtp.mailfrom=dora@{ACME}\r\n"
)

POLICIES = ("", "none", "quarantine", "reject")
SPF = {
    "pass": ("v=spf1 ip4:192.0.2.10 -all", SERVER_OF_ACME),
    "fail": ("v=spf1 ip4:192.0.2.10 -all", STRANGER),
    "softfail": ("v=spf1 ip4:192.0.2.10 ~all", STRANGER),
    "none": ("", STRANGER),
}


@cache
def mail(kind: str, forged: bool) -> bytes:
    """A mail of this kind of signature."""
    plain = letter(top=FORGED if forged else "")
    match kind:
        case "none":
            return plain
        case "good":
            return sign(plain)
        case "broken":
            return sign(plain).replace(b"the report is in", b"wire the money")
        case "l=":
            return sign(plain, tags={b"l": b"12"}) + b"and wire the money\r\n"
        case "expired":
            yesterday = str(int(time.time()) - 2 * 86400).encode()
            return sign(plain, tags={b"t": b"1700000000", b"x": yesterday})
        case "other domain":
            return sign(plain, rsa_key(2048, seed=2), EVIL)
        case "other key":
            return sign(plain, rsa_key(2048, seed=2))
        case _:
            # A mailing list and a dozen of its friends signed on top of the author's own signature.
            signed = sign(plain)
            for number in range(14):
                signed = sign(signed, rsa_key(1024, seed=3), f"list{number}.example")
            return signed


DKIM = ("none", "good", "broken", "l=", "expired", "other domain", "other key", "many")
CELLS = list(itertools.product(POLICIES, SPF, DKIM, (False, True)))


@pytest.mark.parametrize(("policy", "spf", "dkim", "forged"), CELLS)
def test_only_an_aligned_pass_is_verified(policy: str, spf: str, dkim: str, forged: bool) -> None:
    record, peer = SPF[spf]
    dns = zones(policy=policy, spf=record, key=rsa_key(2048))
    dns.txt(f"s1._domainkey.{EVIL}", rsa_key(2048, seed=2).record)
    proved = spf == "pass" or dkim in ("good", "many")
    unproved = "failed" if policy in ("quarantine", "reject") else "unverified"
    assert believed(mail(dkim, forged), dns, peer=peer) == ("verified" if proved else unproved)


@pytest.mark.parametrize(("policy", "spf"), list(itertools.product(POLICIES, SPF)))
def test_spf_of_another_domain_proves_nothing(policy: str, spf: str) -> None:
    record, peer = SPF[spf]
    dns = zones(policy=policy, spf="v=spf1 -all")
    if record:
        dns.txt(EVIL, record)
    expected = "failed" if policy in ("quarantine", "reject") else "unverified"
    assert believed(letter(), dns, envelope_from=f"x@{EVIL}", helo=EVIL, peer=peer) == expected
