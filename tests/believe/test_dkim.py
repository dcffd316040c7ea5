"""DKIM signatures as strangers write them."""

import time

import dkim
import pytest

from gateway.believe.body import canonical_body
from tests.believe.keys import Key, rsa_key
from tests.believe.world import (
    ACME,
    OWN,
    STRANGER,
    Zones,
    believed,
    ed25519_key,
    evidence_of,
    letter,
    sign,
    zones,
)


def reason(raw: bytes, dns: Zones, **session: object) -> str:
    """Why the first signature did not count."""
    evidence = evidence_of(raw, dns, peer=STRANGER, **session)  # type: ignore[arg-type]
    assert not evidence.dkim[0].passed
    return evidence.dkim[0].why


@pytest.mark.parametrize("canonical", [b"simple/simple", b"relaxed/simple", b"relaxed/relaxed", b"relaxed"])
@pytest.mark.parametrize(
    "key", [rsa_key(2048), rsa_key(1024), ed25519_key()], ids=["2048", "1024", "ed25519"]
)
def test_an_honest_signature_verifies(canonical: bytes, key: Key) -> None:
    raw = sign(letter(), key, canonical=canonical)
    assert believed(raw, zones(policy="reject", key=key), peer=STRANGER) == "verified"


def test_a_file_with_bare_line_feeds_verifies_as_the_mail_did() -> None:
    raw = sign(letter()).replace(b"\r\n", b"\n")
    assert believed(raw, zones(policy="reject", key=rsa_key(2048)), peer=STRANGER) == "verified"


def test_a_signature_that_leaves_out_from_proves_nobody() -> None:
    raw = sign(letter(), covered=(b"to", b"subject", b"x-from"))
    assert "does not cover From" in reason(raw, zones(key=rsa_key(2048)))


def test_a_second_from_slipped_above_a_signed_one_fails() -> None:
    raw = b"From: Boss <boss@lumenfold.example>\r\n" + sign(letter())
    dns = zones(policy="reject", key=rsa_key(2048))
    assert believed(raw, dns, peer=STRANGER, from_fields=2) == "failed"
    assert believed(raw, dns, peer=STRANGER, from_fields=1) == "failed"


def test_sha1_is_not_trusted() -> None:
    raw = sign(letter(), algorithm=b"rsa-sha1")
    assert "algorithm" in reason(raw, zones(key=rsa_key(2048)))


def test_a_short_key_is_not_trusted() -> None:
    raw = sign(letter(), rsa_key(768))
    assert "768 bits" in reason(raw, zones(key=rsa_key(768)))


def test_a_key_made_to_cost_minutes_is_refused_at_once() -> None:
    slow = rsa_key(2048, seed=5, exponent=(1 << 1279) - 1)
    started = time.process_time()
    assert "not one to trust" in reason(sign(letter()), zones(key=slow))
    assert time.process_time() - started < 1


@pytest.mark.parametrize(
    ("record", "seen"),
    [
        ("v=DKIM1; k=rsa; p=", "revoked"),
        ("v=DKIM1; k=rsa; p=MIIB!!", "key cannot be read"),
        ("v=DKIM1; k=rsa; p=" + "A" * 5000, "too long"),
        ("v=spf1 -all", "not published"),
        ("v=DKIM1; k=dsa; p=AAAA", "key cannot be read"),
    ],
)
def test_a_key_that_cannot_be_used(record: str, seen: str) -> None:
    assert seen in reason(sign(letter()), zones().txt(f"s1._domainkey.{ACME}", record))


def test_a_key_for_the_domain_alone_does_not_sign_for_its_sub_domains() -> None:
    raw = sign(letter(), tags={b"i": f"@news.{ACME}".encode()})
    strict = rsa_key(2048).record.replace("k=rsa;", "k=rsa; t=y:s;")
    assert "sub-domains" in reason(raw, zones().txt(f"s1._domainkey.{ACME}", strict))
    assert believed(raw, zones(key=rsa_key(2048)), peer=STRANGER) == "verified"


def test_at_most_ten_signatures_are_tried() -> None:
    raw = sign(letter())
    for _ in range(10):
        raw = sign(raw, rsa_key(1024, seed=3), tags={b"s": b"old"})
    dns = zones(key=rsa_key(2048))
    evidence = evidence_of(raw, dns, peer=STRANGER)
    assert [signature.passed for signature in evidence.dkim] == [False] * 11
    assert "only 10" in evidence.dkim[10].why


def test_other_peoples_signatures_cost_no_question() -> None:
    raw = letter()
    for number in range(12):
        raw = sign(raw, rsa_key(1024, seed=3), f"list{number}.example")
    dns = zones()
    evidence_of(raw, dns, peer=STRANGER)
    assert not [name for name, _ in dns.asked if "_domainkey" in name]


@pytest.mark.parametrize(
    "field",
    [
        b"v=1; a=rsa-sha256; d=acme.example; s=s1; h=from; bh=AA==; b=" + b"A" * 9000,
        b"v=1; a=rsa-sha256; d=acme.example; s=s1; h=from; bh=AA==; b=" + b"\r\n " * 60 + b"!",
        b"v=1; a=rsa-sha256; d=acme.example; d=evil.example; h=from",
        b"no tags at all",
        b"v=1; a=rsa-sha256; c=loose/loose; d=acme.example; s=s1; h=from; bh=AAAA; b=AAAA",
        b"v=1; a=rsa-sha256; d=acme.example; s=s1; h=from; bh=!; b=AAAA",
        b"v=1; a=rsa-sha256; d=acme.example; h=from; bh=AAAA; b=AAAA",
        b"v=1; a=rsa-sha256; d=acme.example; i=x; s=s1; h=from; bh=AAAA; b=AAAA",
        b"v=1; a=rsa-sha256; d=acme .example; s=s1; h=from; bh=AAAA; b=AAAA",
        b"",
    ],
)
def test_a_signature_that_is_none_is_told_and_raises_nothing(field: bytes) -> None:
    raw = b"DKIM-Signature: " + field + b"\r\n" + letter()
    assert reason(raw, zones(policy="reject", key=rsa_key(2048)))


@pytest.mark.parametrize("filler", [b" ", b"\n", b"\r\n", b"\r", b" \r\n", b"\t\r", b"a "], ids=repr)
def test_a_body_of_25_megabytes_takes_linear_time(filler: bytes) -> None:
    body = filler * (25_000_000 // len(filler))
    started = time.process_time()
    canonical_body(body, relaxed=True)
    canonical_body(body + b"!", relaxed=False)
    assert time.process_time() - started < 10


BODIES = (
    b"",
    b"\r\n",
    b"\r\n\r\n\r\n",
    b"one\r\n",
    b"one",
    b"one \t two  \r\n\tthree\r\n \r\n\t\r\n",
    b"\r\n\r\nafter blanks\r\n",
    b"bare\r\r\n\r\n",
    b"  \r\n",
)


@pytest.mark.parametrize("body", BODIES)
@pytest.mark.parametrize("algorithm", [dkim.Simple, dkim.Relaxed])
def test_the_body_is_hashed_as_signers_hash_it(body: bytes, algorithm: bytes) -> None:
    policy = dkim.CanonicalizationPolicy.from_c_value(b"simple/" + algorithm)
    assert canonical_body(body, relaxed=algorithm == dkim.Relaxed) == policy.canonicalize_body(body)


def test_trouble_with_the_key_is_no_proof_of_a_forgery() -> None:
    raw = sign(letter())
    dns = zones(policy="reject", spf="v=spf1 -all").trouble(f"s1._domainkey.{ACME}")
    assert believed(raw, dns, peer=STRANGER) == "unverified"


def test_trouble_with_a_strangers_key_changes_nothing() -> None:
    raw = sign(letter(), rsa_key(1024), "evil.example")
    dns = zones(policy="reject", spf="v=spf1 -all").trouble("s1._domainkey.evil.example")
    assert believed(raw, dns, peer=STRANGER) == "failed"


def test_a_header_without_end_is_not_signed_by_anybody() -> None:
    raw = sign(letter(top="X-Filler: x\r\n" * 30_000))
    dns = zones(policy="reject", key=rsa_key(2048))
    assert evidence_of(raw, dns, peer=STRANGER).dkim == ()
    assert believed(raw, dns, peer=STRANGER) == "failed"


def test_a_bare_cr_in_the_header_makes_every_signature_worthless() -> None:
    hidden = letter().replace(b"Subject: Q", f"Subject: x\rFrom: boss@{OWN}\rQ".encode())
    evidence = evidence_of(sign(hidden), zones(policy="reject", key=rsa_key(2048)), peer=STRANGER)
    assert evidence.dkim == ()
