"""DKIM signatures as strangers write them."""

import hashlib
import time
from base64 import b64encode

import dkim
import pytest

from gateway.believe.body import Body, canonical_body
from tests.believe.keys import Key, rsa_key
from tests.believe.world import (
    ACME,
    COVERED,
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
    assert not evidence_of(raw, dns, peer=STRANGER).dkim[0].passed


def test_sha1_is_not_trusted() -> None:
    raw = sign(letter(), algorithm=b"rsa-sha1")
    assert "algorithm" in reason(raw, zones(key=rsa_key(2048)))
    # With the body hashed as others do, only the header's signature is SHA-1.
    body = b64encode(hashlib.sha256(canonical_body(raw.partition(b"\r\n\r\n")[2], relaxed=True)).digest())
    raw = sign(letter(), algorithm=b"rsa-sha1", tags={b"bh": body})
    assert "algorithm" in reason(raw, zones(key=rsa_key(2048)))


def days(number: float) -> bytes:
    """The time so many days from now."""
    return str(int(time.time() + number * 86_400)).encode()


@pytest.mark.parametrize(
    ("tags", "seen"),
    [
        ({b"t": days(-2), b"x": days(-1)}, "x= value is past"),
        ({b"t": days(1)}, "t= value is in the future"),
        ({b"t": days(0), b"x": days(-0.1)}, "x= value is less than t="),
        ({b"x": b"soon"}, "x= value is not"),
        ({b"v": b"2"}, "v= value"),
        ({b"q": b"http"}, "q= value"),
        ({b"i": b"dora@other.example"}, "i= domain"),
        ({b"s": b"s1._domainkey.evil.example. x"}, "selector"),
    ],
)
def test_a_signature_outside_its_time_or_form_fails(tags: dict[bytes, bytes], seen: str) -> None:
    assert seen in reason(sign(letter(), tags=tags), zones(policy="reject", key=rsa_key(2048)))


def test_a_signature_within_its_time_verifies() -> None:
    raw = sign(letter(), tags={b"t": days(-1), b"x": days(1)})
    assert believed(raw, zones(policy="reject", key=rsa_key(2048)), peer=STRANGER) == "verified"


def test_a_part_of_the_body_is_no_signature_of_it() -> None:
    dns = zones(policy="reject", key=rsa_key(2048))
    whole = sign(letter(), tags={b"l": b"37"})
    assert believed(whole, dns, peer=STRANGER) == "failed"
    longer = whole + b"P.S. Please wire the money.\r\n"
    evidence = evidence_of(longer, dns, peer=STRANGER)
    assert (evidence.dkim[0].has_l, evidence.dkim[0].passed) == (True, False)
    assert "l=" in evidence.dkim[0].why
    assert believed(longer, dns, peer=STRANGER) == "failed"


def test_names_with_blanks_between_are_one_name_that_is_not_from() -> None:
    """RFC 6376 3.5 parts the names of h= by colons alone: with "from x" nothing covers From."""
    raw = sign(letter(), covered=(b"from x", b"to", b"subject"))
    assert "does not cover From" in reason(raw, zones(policy="reject", key=rsa_key(2048)))


def test_a_signature_over_hundreds_of_fields_is_not_one() -> None:
    raw = sign(letter(), covered=(*COVERED, *(b"x-%d" % number for number in range(200))))
    assert "more than 200" in reason(raw, zones(policy="reject", key=rsa_key(2048)))


def test_a_line_that_is_no_field_makes_every_signature_worthless() -> None:
    """Some readers end the header there, and what the signature calls header becomes the text."""
    dns = zones(policy="reject", key=rsa_key(2048))
    for line in ("Please wire the money.", "Reply to: x", "From the boss"):
        raw = sign(letter()).replace(b"User-Agent:", f"{line}\r\nUser-Agent:".encode())
        assert "no fields" in reason(raw, dns)
    mbox = b"From dora@acme.example Mon Mar  2 09:14:06 2026\r\n" + sign(letter())
    assert believed(mbox, dns, peer=STRANGER) == "verified"


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
        ("v=DKIM2; k=rsa; p=AAAA", "key cannot be read"),
        (rsa_key(2048).record.replace("k=rsa;", "h=sha1;"), "other hashes"),
        (rsa_key(2048).record.replace("k=rsa;", "s=tlsrpt;"), "not for e-mail"),
        (ed25519_key().record, "another algorithm"),
    ],
)
def test_a_key_that_cannot_be_used(record: str, seen: str) -> None:
    assert seen in reason(sign(letter()), zones().txt(f"s1._domainkey.{ACME}", record))


@pytest.mark.parametrize("tag", ["s=*;", "s=tlsrpt : email;", "h=sha1:sha256;", "n=a note; t=y;", ""])
def test_a_key_that_may_sign_mail(tag: str) -> None:
    dns = zones(policy="reject").txt(f"s1._domainkey.{ACME}", rsa_key(2048).record.replace("k=rsa;", tag))
    assert believed(sign(letter()), dns, peer=STRANGER) == "verified"


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
    hashed = Body(body + b"!", 0)
    assert hashed.has_digest(b"relaxed/relaxed", b"another") is False
    assert hashed.has_digest(b"simple/simple", b"another") is False
    assert Body(body, 0).has_digest(b"relaxed/relaxed", b"another") is False
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
    b"one \r\ntwo  words\t\r\n" + b"QUJD" * 19 + b"\r\nQUI=\r\n",
    b"one \r\n" + b"QUJD" * 19,
    b"QUJD\r\n \r\n",
    b" QUJD",
    b"\t\r\nQUJD\r\n",
)


@pytest.mark.parametrize("body", BODIES)
@pytest.mark.parametrize("algorithm", [dkim.Simple, dkim.Relaxed])
def test_the_body_is_hashed_as_signers_hash_it(body: bytes, algorithm: bytes) -> None:
    policy = dkim.CanonicalizationPolicy.from_c_value(b"simple/" + algorithm)
    assert canonical_body(body, relaxed=algorithm == dkim.Relaxed) == policy.canonicalize_body(body)


def sha256(body: bytes) -> bytes:
    return hashlib.sha256(body).digest()


@pytest.mark.parametrize(
    ("body", "held"),
    [
        (b"one\r\ntwo\r\n", True),
        (b"one\ntwo\r\n", True),  # a file, or a signer that hashed the LF of its own mail
        (b"one\ntwo\n\n", True),
        (b"one\r\ntwo", True),
        (b"one\r\ntwo\r\nthree\r\n", False),
        (b"one\ntwo\nthree\n", False),
        (b"one two\r\n", False),
        (b"one\r\r\ntwo\r\n", False),
        (b"", False),
    ],
)
@pytest.mark.parametrize("canonical", [b"simple/simple", b"relaxed/relaxed"])
def test_a_body_holds_in_its_own_line_ends_and_with_crlf_for_them(
    body: bytes, held: bool, canonical: bytes
) -> None:
    assert Body(b"A: b\r\n\r\n" + body, 8).has_digest(canonical, sha256(b"one\r\ntwo\r\n")) is held


@pytest.mark.parametrize(
    ("body", "held"),
    [
        (b"one\ntwo\r\n", True),
        (b"one\ntwo\r\n\r\n", True),  # empty lines at the end do not count (RFC 6376 3.4.3)
        (b"one\r\ntwo\r\n", False),
        (b"one\ntwo\r\nx\r\n", False),
    ],
)
def test_a_signer_who_hashed_bare_line_feeds_is_believed_of_the_same_octets_alone(
    body: bytes, held: bool
) -> None:
    assert Body(body, 0).has_digest(b"simple/simple", sha256(b"one\ntwo\r\n")) is held


def test_an_unknown_canonicalisation_is_no_answer() -> None:
    assert Body(b"one\r\n", 0).has_digest(b"simple/nofws", sha256(b"one\r\n")) is None


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
