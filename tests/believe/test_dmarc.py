"""DMARC records as domains publish them, and the alignment they ask for."""

import pytest

from gateway.believe.dmarc import parse_dmarc
from rules.trust import Dmarc
from tests.believe.keys import rsa_key
from tests.believe.world import ACME, STRANGER, Zones, believed, letter, sign, zones

SUB = f"dora@news.{ACME}"


@pytest.mark.parametrize(
    ("record", "expected"),
    [
        ("v=DMARC1; p=reject", Dmarc(ACME, "reject")),
        ("v=DMARC1;p=Quarantine;sp=none;adkim=s;aspf=s;", Dmarc(ACME, "quarantine", "none", "s", "s")),
        ("V=DMARC1 ; P = reject ; rua = mailto:d@acme.example", Dmarc(ACME, "reject")),
        ("v=DMARC1; p=quarantine; pct=0", Dmarc(ACME, "quarantine", testing=True)),
        ("v=DMARC1; p=quarantine; pct=20", Dmarc(ACME, "quarantine")),
        ("v=DMARC1; p=reject; t=y", Dmarc(ACME, "reject", testing=True)),
        ("v=DMARC1; p=rejct; rua=mailto:d@acme.example", Dmarc(ACME, "none")),
        ("v=DMARC1; rua=mailto:d@acme.example", Dmarc(ACME, "none")),
        ("v=DMARC1; p=reject; p=none", Dmarc(ACME, "reject")),
        ("v=DMARC1; p=reject; adkim=strict; ;; nonsense; sp", Dmarc(ACME, "reject")),
        ("v=DMARC1", None),
        ("v=DMARC1; p=rejct", None),
        ("v=DMARC2; p=reject", None),
        ("v=dmarc1; p=reject", None),
        ("p=reject; v=DMARC1", None),
        ("", None),
        (";" * 60_000, None),
    ],
)
def test_records(record: str, expected: Dmarc | None) -> None:
    assert parse_dmarc(record, ACME) == expected


def test_a_sub_domain_falls_under_its_organisation() -> None:
    assert believed(letter(SUB), zones(policy="reject"), author=SUB, peer=STRANGER) == "failed"
    gentle = zones(policy="v=DMARC1; p=reject; sp=none")
    assert believed(letter(SUB), gentle, author=SUB, peer=STRANGER) == "unverified"
    assert believed(letter(), gentle, peer=STRANGER) == "failed"
    own_record = zones(policy="v=DMARC1; p=none; sp=none").txt(f"_dmarc.news.{ACME}", "v=DMARC1; p=reject")
    assert believed(letter(SUB), own_record, author=SUB, peer=STRANGER) == "failed"


def test_two_records_are_none() -> None:
    dns = Zones().txt(f"_dmarc.{ACME}", "v=DMARC1; p=reject", "v=DMARC1; p=reject")
    assert believed(letter(), dns, peer=STRANGER) == "unverified"


def test_other_texts_beside_the_record_are_passed_over() -> None:
    dns = Zones().txt(f"_dmarc.{ACME}", "some-verification=1", "v=DMARC1; p=reject")
    assert believed(letter(), dns, peer=STRANGER) == "failed"


def test_strict_alignment_wants_the_very_domain() -> None:
    raw = sign(letter(SUB))
    relaxed, strict = (
        zones(policy="reject", key=rsa_key(2048)),
        zones(
            policy="v=DMARC1; p=reject; adkim=s; aspf=s", key=rsa_key(2048), spf="v=spf1 ip4:192.0.2.10 -all"
        ),
    )
    assert believed(raw, relaxed, author=SUB, peer=STRANGER) == "verified"
    assert believed(raw, strict, author=SUB, envelope_from=f"x@{ACME}") == "failed"


def test_a_policy_that_is_being_tried_out_stops_nothing() -> None:
    assert believed(letter(), zones(policy="v=DMARC1; p=quarantine; pct=0"), peer=STRANGER) == "unverified"
    assert believed(letter(), zones(policy="v=DMARC1; p=reject; t=y"), peer=STRANGER) == "failed"


@pytest.mark.parametrize(
    "signer",
    [
        f"{ACME}.evil.example",
        f"evil{ACME}",
        "example",
        "acme-example.example",
        "xn--cme-7cd.example",  # the first letter is Cyrillic
    ],
)
def test_look_alikes_are_not_aligned(signer: str) -> None:
    key = rsa_key(2048, seed=2)
    raw = sign(letter(), key, signer)
    dns = zones(policy="reject")
    dns.txt(f"s1._domainkey.{signer}", key.record).txt(signer, "v=spf1 +all")
    assert believed(raw, dns, envelope_from=f"x@{signer}", helo=signer, peer=STRANGER) == "failed"


def test_a_name_in_two_spellings_is_one_domain() -> None:
    author, label = "jörg@bücher.example", "xn--bcher-kva.example"
    raw = sign(letter(author), domain=label)
    assert believed(raw, zones(label, policy="reject", key=rsa_key(2048)), author=author) == "verified"


def test_customers_of_one_host_do_not_speak_for_each_other() -> None:
    victim, evil = "dora@victim.github.io", "evil.github.io"
    raw = sign(letter(victim), domain=evil)
    dns = zones(evil, key=rsa_key(2048), spf="v=spf1 +all")
    assert believed(raw, dns, author=victim, envelope_from=f"x@{evil}") == "unverified"


def test_when_the_policy_cannot_be_asked_nothing_is_verified() -> None:
    raw = sign(letter())
    dns = zones(spf="v=spf1 ip4:192.0.2.10 -all", key=rsa_key(2048)).trouble(f"_dmarc.{ACME}")
    assert believed(raw, dns) == "unverified"
