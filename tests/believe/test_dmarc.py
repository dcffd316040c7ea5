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
        ("v=DMARC1; p=none; np=Reject", Dmarc(ACME, "none", np="reject")),
        ("v=DMARC1; p=reject; np=rejct", Dmarc(ACME, "reject")),
        ("v=DMARC1; p=reject; psd=n", Dmarc(ACME, "reject", organisation=ACME)),
        ("v=DMARC1; p=reject; psd=y", Dmarc(ACME, "reject")),
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


def level(author: str, dns: Zones) -> str:
    """Of an unsigned mail from a stranger's server."""
    return believed(letter(author), dns, author=author, envelope_from="x@evil.example", peer=STRANGER)


def test_a_sub_domain_that_does_not_exist_has_a_policy_of_its_own() -> None:
    dns = zones(policy="v=DMARC1; p=none; sp=none; np=reject")
    assert level(SUB, dns) == "failed"
    assert level(f"dora@{ACME}", dns) == "unverified"
    for kind in ("MX", "A", "AAAA"):
        exists = zones(policy="v=DMARC1; p=none; sp=none; np=reject")
        exists.records[f"news.{ACME}", kind] = ("10 mail.acme.example",)
        assert level(SUB, exists) == "unverified"
    assert level(SUB, zones(policy="v=DMARC1; p=reject; np=none")) == "unverified"
    # When DNS cannot tell, nobody is called a forger for it.
    assert level(SUB, dns.trouble(f"news.{ACME}", "MX")) == "unverified"


def test_a_record_between_is_found_when_the_organisation_has_none() -> None:
    deep = f"dora@eu.news.{ACME}"
    between = Zones().txt(f"_dmarc.news.{ACME}", "v=DMARC1; p=none; sp=reject")
    assert level(deep, between) == "failed"
    assert level(SUB, between) == "unverified"
    # The organisation's own goes before it (RFC 9989 4.10).
    assert level(deep, between.txt(f"_dmarc.{ACME}", "v=DMARC1; p=none")) == "unverified"


def test_a_public_suffix_speaks_for_those_below_only_if_it_says_so() -> None:
    author = "dora@acme.co.uk"
    assert level(author, Zones().txt("_dmarc.co.uk", "v=DMARC1; p=reject; psd=y")) == "failed"
    assert level(author, Zones().txt("_dmarc.co.uk", "v=DMARC1; p=reject")) == "unverified"
    own = (
        Zones().txt("_dmarc.co.uk", "v=DMARC1; p=reject; psd=y").txt("_dmarc.acme.co.uk", "v=DMARC1; p=none")
    )
    assert level(author, own) == "unverified"


def test_an_organisation_within_another_stands_alone() -> None:
    dns = zones(policy="reject", key=rsa_key(2048))
    raw = sign(letter(SUB))
    assert believed(raw, dns, author=SUB, peer=STRANGER) == "verified"
    dns.txt(f"_dmarc.news.{ACME}", "v=DMARC1; p=reject; psd=n")
    assert believed(raw, dns, author=SUB, peer=STRANGER) == "failed"
    deep = f"dora@eu.news.{ACME}"
    dns.txt(f"s1._domainkey.news.{ACME}", rsa_key(2048).record)
    assert believed(sign(letter(deep), domain=f"news.{ACME}"), dns, author=deep, peer=STRANGER) == "verified"
    assert believed(sign(letter(deep)), dns, author=deep, peer=STRANGER) == "failed"


def test_a_name_of_a_hundred_labels_costs_eight_questions() -> None:
    dns = Zones()
    level("dora@" + "x." * 100 + ACME, dns)
    records = [name for name, _ in dns.asked if name.startswith("_dmarc.")]
    assert records[1:8] == [f"_dmarc.{'x.' * (6 - number)}{ACME}" for number in range(7)]
    assert len(records) == 9  # and the public suffix


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
