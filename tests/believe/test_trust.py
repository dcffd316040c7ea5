"""The rule itself: own domains, the operator's word, and what is left undecided."""

from dataclasses import replace

import pytest

from rules.trust import Arc, Dkim, Dmarc, Evidence, Spf, aligned, sender_trust, worth_another_look
from tests.believe.keys import rsa_key
from tests.believe.world import (
    ACME,
    OWN,
    SERVER_OF_ACME,
    SITE,
    STRANGER,
    Zones,
    believed,
    evidence_of,
    letter,
    level_of,
    sign,
    zones,
)

BEN = f"ben@{OWN}"


def own(dns: Zones | None, **session: object) -> str:
    """A mail that says it is from a colleague."""
    return believed(letter(BEN), dns, **{"author": BEN, "peer": STRANGER, **session})


def test_a_colleague_is_verified_like_anybody() -> None:
    assert own(zones(OWN, spf="v=spf1 ip4:203.0.113.66 -all")) == "verified"


def test_a_forged_colleague_fails() -> None:
    assert own(zones(OWN, spf="v=spf1 ip4:192.0.2.10 -all")) == "failed"
    assert own(zones(OWN, policy="none")) == "failed"
    assert own(zones(OWN, policy="none"), envelope_from="x@evil.example") == "failed"


def test_a_forged_colleague_of_a_sub_domain_fails_too() -> None:
    author = f"ben@mail.{OWN}"
    assert believed(letter(author), zones(OWN, policy="none"), author=author, peer=STRANGER) == "failed"


@pytest.mark.parametrize(
    "dns",
    [
        None,
        Zones(),
        zones(OWN, spf="v=spf1 ?all"),
        zones(OWN, spf="v=spf1 ~all"),
        Zones().trouble(f"_dmarc.{OWN}"),
        Zones().trouble(OWN),
        zones(OWN, policy="reject").trouble(OWN),
    ],
    ids=["not asked", "no records", "neutral", "softfail", "no policy answer", "no SPF answer", "both"],
)
def test_a_colleague_nobody_disproves_is_unverified(dns: Zones | None) -> None:
    assert own(dns) == "unverified"


def test_a_signature_saves_a_forwarded_colleague() -> None:
    dns = zones(OWN, policy="none", spf="v=spf1 -all", key=rsa_key(2048))
    raw = sign(letter(BEN), domain=OWN)
    assert believed(raw, dns, author=BEN, peer=STRANGER) == "verified"


def test_the_operators_word_changes_only_the_undecided() -> None:
    undecided, forged = Evidence(dns_asked=True), Evidence(dns_asked=True, dmarc=Dmarc(ACME, "reject"))
    for word in ("verified", "unverified", "failed"):
        site = replace(SITE, trust={ACME: word})
        assert level_of(undecided, site=site) == word
        assert level_of(forged, site=site) == "failed"
    proved = replace(forged, spf=Spf("pass", ACME))
    assert level_of(proved, site=replace(SITE, trust={ACME: "failed"})) == "verified"


@pytest.mark.parametrize(
    "trouble",
    [
        Evidence(dns_asked=True, dmarc=Dmarc(dns_error="DNS gave no answer")),
        Evidence(dns_asked=True, spf=Spf("temperror", ACME)),
        Evidence(dns_asked=True, dkim=(Dkim(ACME, False, temporary=True),)),
        Evidence(dns_asked=True, arc=Arc(temporary=True)),
    ],
    ids=["policy", "SPF", "DKIM", "ARC"],
)
def test_trouble_with_dns_is_never_verified_whatever_the_operator_says(trouble: Evidence) -> None:
    assert level_of(trouble, site=replace(SITE, trust={ACME: "verified"})) == "unverified"
    assert level_of(trouble, site=replace(SITE, trust={ACME: "failed"})) == "failed"
    assert worth_another_look(trouble, ACME, SITE)


def test_only_the_undecided_are_worth_another_look() -> None:
    trouble = Spf("temperror", ACME)
    signed = Evidence(dns_asked=True, spf=trouble, dkim=(Dkim(ACME, True),))
    assert not worth_another_look(signed, ACME, SITE)
    assert not worth_another_look(replace(signed, dkim=(), from_fields=2), ACME, SITE)
    assert not worth_another_look(Evidence(dns_asked=True), ACME, SITE)
    assert not worth_another_look(Evidence(), ACME, SITE)
    strangers = Evidence(dns_asked=True, dkim=(Dkim("evil.example", False, temporary=True),))
    assert not worth_another_look(strangers, ACME, SITE)


def test_the_closest_word_holds() -> None:
    site = replace(SITE, trust={"*": "failed", ACME: "verified", f"news.{ACME}": "unverified"})
    levels = {
        name: sender_trust(Evidence(), name, site)[0]
        for name in (ACME, f"mail.{ACME}", f"news.{ACME}", f"a.news.{ACME}", "other.example", "localhost")
    }
    assert levels == {
        ACME: "verified",
        f"mail.{ACME}": "verified",
        f"news.{ACME}": "unverified",
        f"a.news.{ACME}": "unverified",
        "other.example": "failed",
        "localhost": "failed",
    }


@pytest.mark.parametrize(("fields", "addresses"), [(2, 1), (1, 2), (1, 0), (0, 0), (2, 4)])
def test_more_or_fewer_than_one_author_is_never_believed(fields: int, addresses: int) -> None:
    evidence = Evidence(from_fields=fields, from_addresses=addresses, dns_asked=True, spf=Spf("pass", ACME))
    level, verdict = sender_trust(evidence, ACME, replace(SITE, trust={"*": "verified"}))
    assert level == "failed"
    assert str(addresses) in verdict.why


def test_a_second_from_that_only_the_bytes_show_counts() -> None:
    raw = letter(top=f"From: Boss <boss@{OWN}>\r\n")
    dns = zones(spf="v=spf1 ip4:192.0.2.10 -all")
    assert evidence_of(raw, dns, peer=SERVER_OF_ACME).from_fields == 2


def test_an_author_without_a_domain_is_unverified() -> None:
    assert sender_trust(Evidence(dns_asked=True), "", SITE)[0] == "unverified"
    assert believed(letter("root"), Zones(), author="root") == "unverified"


def test_a_signature_with_l_is_none_even_if_it_holds() -> None:
    evidence = Evidence(dns_asked=True, dkim=(Dkim(ACME, True, has_l=True),))
    assert level_of(evidence) == "unverified"


@pytest.mark.parametrize(
    ("domain", "from_domain", "relaxed", "strict"),
    [
        (ACME, ACME, True, True),
        (f"mail.{ACME}", ACME, True, False),
        (ACME, f"mail.{ACME}", True, False),
        (f"a.{ACME}", f"b.{ACME}", True, False),
        ("acme.co.uk", "other.co.uk", False, False),
        ("co.uk", "acme.co.uk", False, False),
        ("localhost", "localhost", True, True),
        ("", "", False, False),
        ("", ACME, False, False),
    ],
)
def test_alignment(domain: str, from_domain: str, relaxed: bool, strict: bool) -> None:
    assert aligned(domain, from_domain) is relaxed
    assert aligned(domain, from_domain, strict=True) is strict


def test_reasons_say_what_was_seen() -> None:
    raw = sign(letter()).replace(b"report", b"bill")
    dns = zones(policy="reject", spf="v=spf1 -all", key=rsa_key(2048))
    why = sender_trust(evidence_of(raw, dns, peer=STRANGER), ACME, SITE)[1].why
    assert "policy of acme.example is reject" in why
    assert "SPF fail for acme.example" in why
    assert "the body was changed" in why
    quiet = sender_trust(evidence_of(letter(), zones(policy="none"), peer=STRANGER), ACME, SITE)[1]
    assert not quiet.hit
    assert "policy of acme.example is none" in quiet.why
    assert "no DKIM signature of acme.example" in quiet.why
