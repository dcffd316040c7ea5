"""SPF through the gateway's own resolver, with pyspf's limits."""

import time

import pytest

from rules.trust import Spf
from tests.believe.world import (
    ACME,
    OWN,
    SERVER_OF_ACME,
    STRANGER,
    Zones,
    believed,
    evidence_of,
    letter,
    zones,
)


def spf(dns: Zones, **session: object) -> Spf:
    """The SPF part of the evidence."""
    return evidence_of(letter(), dns, **session).spf  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("record", "result"),
    [
        ("v=spf1 ip4:192.0.2.0/24 -all", "pass"),
        ("v=spf1 a:mail.acme.example -all", "pass"),
        ("v=spf1 mx -all", "pass"),
        ("v=spf1 include:_spf.provider.example ~all", "pass"),
        ("v=spf1 redirect=_spf.provider.example", "pass"),
        ("v=spf1 exists:%{i}._ip.%{d} -all", "pass"),
        ("v=spf1 ptr -all", "pass"),
        ("v=spf1 ip6:2001:db8::/32 -all", "fail"),
        ("v=spf1 ?all", "neutral"),
        ("v=spf1 ipv4:192.0.2.10 mistake -all", "permerror"),
        ("v=spf1 " + "ip4:192.0.2.10 " * 200 + "-all", "permerror"),
        ("v=spf1 include:acme.example -all", "permerror"),
        ("v=spf1 redirect=acme.example", "permerror"),
        ("v=spf1 ip4:192.0.2.10/" + "9" * 1900, "permerror"),
        ("no record of ours", "none"),
    ],
)
def test_each_mechanism_asks_the_gateways_resolver(record: str, result: str) -> None:
    dns = zones(spf=record)
    dns.records |= {
        ("mail.acme.example", "A"): (SERVER_OF_ACME,),
        ("acme.example", "MX"): ("10 mail.acme.example", "20 backup.acme.example"),
        ("_spf.provider.example", "TXT"): ("v=spf1 ip4:192.0.2.10 -all",),
        ("192.0.2.10._ip.acme.example", "A"): ("127.0.0.2",),
        ("10.2.0.192.in-addr.arpa", "PTR"): ("mail.acme.example",),
    }
    assert spf(dns).result == result


def test_ipv6() -> None:
    dns = zones(spf="v=spf1 a:mail.acme.example -all")
    dns.records["mail.acme.example", "AAAA"] = ("2001:db8::10",)
    assert spf(dns, peer="2001:db8::10").result == "pass"
    assert spf(dns, peer="2001:db8::11").result == "fail"
    assert spf(zones(spf="v=spf1 ip4:192.0.2.10 -all"), peer="::ffff:192.0.2.10").result == "pass"


def test_a_null_sender_is_judged_by_its_greeting() -> None:
    dns = zones(policy="reject").txt(f"mail.{ACME}", "v=spf1 ip4:192.0.2.10 -all")
    assert believed(letter(), dns, envelope_from="") == "verified"
    assert believed(letter(), dns, envelope_from="", peer=STRANGER) == "failed"


@pytest.mark.parametrize("peer", [None, "127.0.0.1", "10.1.2.3", "::1", "fe80::1", "not an address"])
def test_a_peer_nearby_disproves_nothing(peer: str | None) -> None:
    dns = zones(OWN, policy="reject", spf="v=spf1 -all")
    assert believed(letter(f"ben@{OWN}"), dns, author=f"ben@{OWN}", peer=peer) == "unverified"


def test_a_record_of_thousands_of_questions_is_cut_short() -> None:
    dns = zones(spf="v=spf1 " + " ".join(f"include:i{n}.acme.example" for n in range(12)) + " -all")
    for n in range(12):
        dns.txt(f"i{n}.acme.example", "v=spf1 " + " ".join(f"a:h{n}x{m}.example" for m in range(12)))
    assert spf(dns, peer=STRANGER).result == "permerror"
    assert len(dns.asked) < 30


def test_macros_that_grow_are_bounded() -> None:
    dns = zones(spf="v=spf1 exists:" + "%{s}." * 300 + "acme.example -all")
    started = time.process_time()
    assert spf(dns, envelope_from="x" * 300 + f"@{ACME}").result in ("fail", "permerror")
    assert spf(dns, envelope_from="x" * 400 + f"@{ACME}").result == "permerror"
    assert time.process_time() - started < 2


def test_patterns_stay_quick_on_the_worst_records() -> None:
    started = time.process_time()
    for record in ("v=spf1 a:x." + "a" * 2000 + "!", "v=spf1 a:" + "a." * 900 + "%!", "v=spf1 " + "%{" * 900):
        spf(zones(spf=record[:2048]))
    assert time.process_time() - started < 2


def test_trouble_is_neither_pass_nor_fail() -> None:
    dns = zones(policy="reject").trouble(ACME)
    assert spf(dns).result == "temperror"
    assert believed(letter(), dns) == "unverified"


def test_the_strangers_explanation_is_not_asked_for() -> None:
    dns = zones(spf="v=spf1 -all exp=why.acme.example")
    assert spf(dns, peer=STRANGER).result == "fail"
    assert ("why.acme.example", "TXT") not in dns.asked
