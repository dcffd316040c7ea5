"""ARC: a configured sealer is believed, nobody else, and only while his chain holds (RFC 8617)."""

import re
import time
from dataclasses import replace

import pytest

from rules.trust import Arc, ArcSet, Dmarc, Evidence, UpstreamResult, sender_trust
from tests.believe.keys import Key, rsa_key
from tests.believe.world import (
    ACME,
    COVERED,
    SITE,
    STRANGER,
    Checks,
    Zones,
    evidence_of,
    letter,
    level_of,
    seal,
    sign,
    zones,
)

LIST, PROVIDER, EVIL = "lists.example.org", "provider.example.net", "evil.example"
KEYS = {LIST: rsa_key(2048, seed=11), PROVIDER: rsa_key(2048, seed=12), EVIL: rsa_key(2048, seed=2)}
PASS = f"dmarc=pass (p=reject) header.from={ACME}; dkim=pass header.d={ACME}"
FAIL = f"dmarc=fail (p=reject) header.from={ACME}; arc=pass"
CHECKS = Checks(arc_sealers=(LIST, PROVIDER))


def world(policy: str = "reject") -> Zones:
    """Everybody's records."""
    dns = zones(policy=policy, key=rsa_key(2048), spf="v=spf1 ip4:192.0.2.10 -all")
    for domain, key in KEYS.items():
        dns.txt(f"s1._domainkey.{domain}", key.record)
    return dns


def changed(raw: bytes) -> bytes:
    """As a mailing list passes it on: with a footer, and its name in the subject."""
    return raw.replace(b"Subject: ", b"Subject: [users] ") + b"-- \r\nunsubscribe: users-leave\r\n"


def relayed(told: str = PASS, sealer: str = LIST, **how: object) -> bytes:
    """A signed mail that a list changed and sealed."""
    return seal(changed(sign(letter())), sealer, told, KEYS[sealer], **how)  # type: ignore[arg-type]


def level(raw: bytes, dns: Zones | None = None, checks: Checks = CHECKS) -> str:
    """Of a mail that a stranger's server hands in."""
    return level_of(_evidence(raw, dns, checks))


def why(raw: bytes, dns: Zones | None = None, checks: Checks = CHECKS) -> str:
    """What is said of the chain."""
    return _evidence(raw, dns, checks).arc.why


def _evidence(raw: bytes, dns: Zones | None = None, checks: Checks = CHECKS) -> Evidence:
    return evidence_of(raw, dns or world(), envelope_from=f"bounce@{LIST}", peer=STRANGER, checks=checks)


def test_a_configured_sealer_is_believed_by_name() -> None:
    assert level(relayed()) == "verified"
    verdict = sender_trust(_evidence(relayed()), ACME, SITE)[1]
    assert LIST in verdict.why
    assert f"DMARC pass for {ACME}" in verdict.why


def test_without_the_setting_no_seal_counts() -> None:
    assert level(relayed(), checks=Checks()) == "failed"
    assert level(relayed(), checks=Checks(arc_sealers=(PROVIDER,))) == "failed"
    assert level(relayed(sealer=EVIL)) == "failed"


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        (f"dkim=pass header.d={ACME}", "verified"),
        (f"spf=pass smtp.mailfrom=dora@{ACME}", "verified"),
        (f"dkim=pass header.d={EVIL}; spf=pass smtp.mailfrom=x@{EVIL}", "failed"),
        (f"dmarc=pass header.from={EVIL}", "failed"),
        (f"dmarc=fail header.from={ACME}; dkim=pass header.d={ACME}", "failed"),
        (f"dmarc=pass header.from={ACME}; dmarc=fail header.from={ACME}", "failed"),
        (f"spf=fail (x); dmarc=pass header.from={ACME} (@y)) smtp.mailfrom={EVIL}", "failed"),
        ("none", "failed"),
        ("arc=pass", "failed"),
    ],
)
def test_what_the_sealer_tells_is_weighed_like_an_upstreams_word(told: str, expected: str) -> None:
    assert level(relayed(told)) == expected


def test_of_two_sealers_the_older_is_believed_only_if_both_are_configured() -> None:
    both = seal(relayed(), PROVIDER, FAIL, KEYS[PROVIDER])
    assert level(both) == "verified"
    assert level(seal(relayed(), EVIL, FAIL, KEYS[EVIL])) == "failed"
    # A stranger in the middle could have written the mail anew; what he kept of older sets proves nothing.
    middle = seal(seal(relayed(), EVIL, PASS, KEYS[EVIL]), PROVIDER, FAIL, KEYS[PROVIDER])
    assert level(middle) == "failed"
    # The newest saw the pass himself: who sealed before does not matter.
    old = seal(relayed(sealer=EVIL), PROVIDER, PASS, KEYS[PROVIDER])
    assert level(old) == "verified"


def test_the_sets_may_stand_in_any_order() -> None:
    raw = seal(relayed(), PROVIDER, FAIL, KEYS[PROVIDER])
    fields = re.findall(rb"ARC-[^\r]+(?:\r\n[ \t][^\r]+)*\r\n", raw)
    assert len(fields) == 6
    rest = raw[sum(map(len, fields)) :]
    assert level(b"".join(fields[3:] + fields[:3]) + rest) == "verified"
    assert level(b"".join(fields[::-1]) + rest) == "verified"


@pytest.mark.parametrize(
    ("before", "after", "seen"),
    [
        (b"the report is in", b"wire the money", "body was changed"),
        (b"Subject: [users]", b"Subject: [urgent]", "header was changed"),
        (b"From: Dora", b"From: Nora", "header was changed"),
        (f" i=1; mx.{LIST};".encode(), f" i=1; my.{LIST};".encode(), "header was changed"),
        (b"cv=none", b"cv=fail", "a sealer says so"),
        (b"cv=none", b"cv=pass", "a sealer says so"),
        (b"ARC-Seal:", b"X-ARC-Seal:", ""),
        (b"ARC-Message-Signature:", b"X-Seal:", "not complete"),
        (b"ARC-Authentication-Results: i=1", b"ARC-Authentication-Results: i=2", "not complete"),
        (b"ARC-Seal: i=1", b"ARC-Seal: i=0", "not complete"),
        (b"ARC-Seal: i=1", b"ARC-Seal: i=x", "cannot be read"),
        (b"To: Ben", b"no field\r\nTo: Ben", "no fields"),
    ],
)
def test_a_chain_that_was_touched_proves_nothing(before: bytes, after: bytes, seen: str) -> None:
    raw = relayed()
    assert before in raw
    raw = raw.replace(before, after, 1)
    assert level(raw) == "failed"
    assert seen in why(raw)


def test_a_broken_seal_below_breaks_the_chain() -> None:
    raw = relayed(f"dmarc=pass header.from={ACME}; x=good").replace(b"x=good", b"x=evil")
    assert level(seal(raw, PROVIDER, PASS, KEYS[PROVIDER])) == "failed"


def test_a_sealer_that_found_the_chain_broken_ends_it() -> None:
    assert level(seal(relayed(), PROVIDER, PASS, KEYS[PROVIDER], cv="fail")) == "failed"


@pytest.mark.parametrize(
    ("how", "seen"),
    [
        ({"signature_tags": {b"l": b"12"}}, "l="),
        ({"covered": (b"to", b"subject", b"date")}, "does not cover From"),
        ({"covered": (*COVERED, b"arc-seal")}, "covers seals"),
        ({"signature_tags": {b"t": b"4000000000"}}, "t= value is in the future"),
        ({"signature_tags": {b"t": b"1700000000", b"x": b"1700000001"}}, "x= value is past"),
        ({"signature_tags": {b"d": EVIL.encode()}}, "not that of a configured sealer"),
        ({"seal_tags": {b"h": b"from"}}, "a seal is none"),
        ({"seal_tags": {b"d": f"mx.{LIST}".encode()}}, "not that of a configured sealer"),
        ({"seal_tags": {b"s": b"s 1"}}, "selector"),
    ],
)
def test_a_set_made_otherwise_than_sets_are_proves_nothing(how: dict, seen: str) -> None:
    raw = relayed(**how)
    assert level(raw) == "failed"
    assert seen in why(raw)


@pytest.mark.parametrize(
    ("key", "seen"),
    [
        (Key(KEYS[EVIL].private, KEYS[LIST].record), "another key"),
        (rsa_key(768), "768 bits"),
        (Key(KEYS[LIST].private, "v=DKIM1; p="), "revoked"),
        (Key(KEYS[LIST].private, "v=spf1 -all"), "not published"),
    ],
    ids=["stolen name", "short", "revoked", "none"],
)
def test_a_sealers_key_is_held_to_the_rules_of_dkim(key: Key, seen: str) -> None:
    raw = seal(changed(sign(letter())), LIST, PASS, key)
    dns = world().txt(f"s1._domainkey.{LIST}", key.record)
    assert level(raw, dns) == "failed"
    assert seen in why(raw, dns)


def test_a_set_cut_out_of_another_mail_proves_nothing() -> None:
    sealed = relayed()
    forged = changed(letter(body="Please wire the money.\r\n"))
    assert level(sealed[: sealed.index(b"DKIM-Signature:")] + forged) == "failed"


def test_dns_trouble_neither_proves_nor_disproves() -> None:
    dns = world().trouble(f"s1._domainkey.{LIST}")
    assert level(relayed(), dns) == "unverified"
    assert level(relayed(), world().trouble(f"_dmarc.{ACME}")) == "unverified"
    # A stranger whose own name servers are out of order gains nothing by it.
    assert level(relayed(sealer=EVIL), world().trouble(f"s1._domainkey.{EVIL}")) == "failed"


def test_a_mail_that_proves_itself_costs_no_question_more() -> None:
    dns = world()
    assert level(seal(sign(letter()), LIST, PASS, KEYS[LIST]), dns) == "verified"
    assert (f"s1._domainkey.{LIST}", "TXT") not in dns.asked


def test_strangers_sets_cost_no_question() -> None:
    raw = letter()
    for _ in range(9):
        raw = seal(raw, EVIL, PASS, KEYS[EVIL])
    dns = world()
    assert level(raw, dns) == "failed"
    assert not [name for name, _ in dns.asked if EVIL in name]
    stolen = seal(raw, LIST, PASS, KEYS[EVIL])
    dns = world()
    assert level(stolen, dns) == "failed"
    assert [name for name, _ in dns.asked if "_domainkey" in name] == [f"s1._domainkey.{LIST}"]


def test_ten_sets_are_tried_and_a_hundred_take_no_time() -> None:
    raw = changed(sign(letter()))
    for _ in range(10):
        raw = seal(raw, LIST, PASS, KEYS[LIST])
    assert level(raw) == "verified"
    eleven = seal(raw, LIST, PASS, KEYS[LIST])
    assert level(eleven) == "failed"
    assert "more than 10" in why(eleven)
    hundred = raw[: raw.index(b"DKIM-Signature:")] * 10 + letter()
    started = time.process_time()
    assert level(hundred) == "failed"
    assert "not complete" in why(hundred)
    assert time.process_time() - started < 1


def test_the_rule_stops_at_the_first_stranger() -> None:
    told = (UpstreamResult("dmarc", "pass", ACME),)
    evidence = Evidence(dns_asked=True, dmarc=Dmarc(ACME, "reject"))
    for sets, expected in (
        ((ArcSet(LIST, True, told),), "verified"),
        ((ArcSet(LIST, False, told),), "failed"),
        ((ArcSet(LIST, True), ArcSet(PROVIDER, True, told)), "verified"),
        ((ArcSet(LIST, True), ArcSet(EVIL, False), ArcSet(PROVIDER, True, told)), "failed"),
        ((), "failed"),
    ):
        assert level_of(replace(evidence, arc=Arc(sets))) == expected
