"""Authentication-Results: whose word counts, and whose does not."""

import time

import pytest

from gateway.believe.upstream import MalformedError, parse_results
from rules.trust import UpstreamResult, sender_trust
from tests.believe.world import (
    ACME,
    OWN,
    RELAY,
    RELAY_NAME,
    SITE,
    STRANGER,
    Zones,
    believed,
    evidence_of,
    letter,
    zones,
)

OPENDMARC = f"Authentication-Results: {RELAY_NAME}; dmarc=%s (p=reject dis=none) header.from={ACME}\r\n"
PASS = OPENDMARC % "pass"


def heard(top: str, dns: Zones | None = None, **session: object) -> str:
    """The level of a mail that the relay handed on with these lines on top."""
    return believed(letter(top=top), dns, **{"peer": RELAY, **session})


def test_the_relays_word_counts_without_dns() -> None:
    assert heard(PASS) == "verified"
    assert heard(PASS.replace(RELAY_NAME, RELAY_NAME.upper())) == "verified"
    assert heard(PASS, peer=f"::ffff:{RELAY}") == "verified"


def test_the_relays_word_counts_when_dns_does_not_answer() -> None:
    assert heard(PASS, Zones().trouble(f"_dmarc.{ACME}")) == "verified"


@pytest.mark.parametrize("peer", [STRANGER, None, "198.51.100.26", "2001:db8::1"])
def test_nobody_elses_word_counts(peer: str | None) -> None:
    assert heard(PASS, peer=peer) == "unverified"


def test_another_name_does_not_count() -> None:
    assert heard(PASS.replace(RELAY_NAME, "mx.evil.example")) == "unverified"
    assert heard(PASS.replace(RELAY_NAME, f"{RELAY_NAME}.evil.example")) == "unverified"


def test_below_the_relays_received_line_it_is_the_senders_own_invention() -> None:
    relayed = f"Received: from stranger by {RELAY_NAME}; Mon, 2 Mar 2026 09:14:06 +0100\r\n"
    assert heard(relayed + PASS) == "unverified"
    assert heard(PASS + relayed) == "verified"


def test_without_a_received_line_nothing_tells_who_wrote_it() -> None:
    raw = letter(top=PASS)
    start, end = raw.index(b"Received:"), raw.index(b"Message-ID:")
    assert believed(raw[:start] + raw[end:], None, peer=RELAY) == "unverified"


@pytest.mark.parametrize(
    ("results", "level"),
    [
        (f"dkim=pass header.d={ACME} header.s=s1", "verified"),
        (f"dkim=fail header.d={ACME}; dkim=pass header.d=list.example", "unverified"),
        (f"spf=pass (sender IP is 192.0.2.10) smtp.mailfrom=bounce@{ACME}", "verified"),
        (f"spf=pass smtp.mailfrom=list.example smtp.helo={ACME}", "unverified"),
        (f"spf=pass smtp.helo=mail.{ACME}", "unverified"),
        (f"spf=pass smtp.helo=mail.{ACME}; spf=none smtp.mailfrom=x@evil.example", "unverified"),
        (f"auth=pass (login) smtp.auth=dora@{ACME}", "verified"),
        (f"auth=pass (login) smtp.auth=mallory@{ACME}", "unverified"),
        (f"auth=pass smtp.auth=mallory@{OWN}", "unverified"),
        ("auth=pass smtp.auth=dora", "unverified"),
        (f"auth=fail smtp.auth=dora@{ACME}", "unverified"),
        ("dmarc=pass header.from=other.example", "unverified"),
        ("dmarc=pass", "unverified"),
        (f"dmarc=none header.from={ACME}; dkim=pass header.d={ACME}", "verified"),
        (f"dmarc=fail (p=none dis=none) header.from={ACME}; dkim=pass header.d={ACME}", "unverified"),
        (f"dmarc=fail (p=REJECT sp=NONE dis=NONE) header.from={ACME}", "failed"),
        (f"dmarc=fail policy.published-domain-policy=quarantine header.from={ACME}", "failed"),
        (f"dmarc=fail (p=reject) header.from={ACME}; dmarc=pass header.from={ACME}", "failed"),
        (f"dmarc=temperror header.from={ACME}", "unverified"),
        ("none", "unverified"),
    ],
)
def test_what_each_result_is_worth(results: str, level: str) -> None:
    assert heard(f"Authentication-Results: {RELAY_NAME};\r\n\t{results}\r\n") == level


@pytest.mark.parametrize(
    "results",
    [f"dkim=pass header.i=@news.{ACME}", f"spf=pass smtp.mailfrom=bounce@mail.{ACME}"],
)
def test_a_relaxed_pass_counts_once_the_owner_s_record_is_known(results: str) -> None:
    top = f"Authentication-Results: {RELAY_NAME}; {results}\r\n"
    assert heard(top, zones(policy="reject")) == "verified"
    assert heard(top, zones(policy="v=DMARC1; p=reject; adkim=s; aspf=s")) != "verified"
    assert heard(top) == heard(top, Zones().trouble(f"_dmarc.{ACME}")) == "unverified"


def test_helo_speaks_for_mail_without_a_sender() -> None:
    top = f"Authentication-Results: {RELAY_NAME}; spf=pass smtp.helo={ACME}; spf=none smtp.mailfrom=\r\n"
    assert heard(top, envelope_from="") == "verified"
    assert heard(top, envelope_from="x@evil.example") == "unverified"


def test_several_headers_are_one_report() -> None:
    spf = f"Authentication-Results: {RELAY_NAME}; spf=fail smtp.mailfrom={ACME}\r\n"
    assert heard(spf + PASS) == "verified"
    assert heard(PASS + OPENDMARC % "fail") == "failed"


def test_own_people_who_fail_upstream_are_not_believed() -> None:
    top = f"Authentication-Results: {RELAY_NAME}; dmarc=fail (p=none) header.from={OWN}\r\n"
    assert heard(top, author=f"ben@{OWN}") == "failed"
    top = f"Authentication-Results: {RELAY_NAME}; dkim=none; spf=fail smtp.mailfrom=ben@{OWN}\r\n"
    assert heard(top, author=f"ben@{OWN}") == "failed"
    top = f"Authentication-Results: {RELAY_NAME}; auth=pass smtp.auth=ben\r\n"
    assert heard(top, author=f"ben@{OWN}") == "verified"
    assert heard(top, author=f"boss@{OWN}") == "unverified"


def test_a_fail_without_a_told_policy_takes_the_one_in_dns() -> None:
    top = f"Authentication-Results: {RELAY_NAME}; dmarc=fail header.from={ACME}\r\n"
    assert heard(top) == "unverified"
    assert heard(top, zones(policy="reject")) == "failed"


def test_behind_a_relay_its_own_address_says_nothing() -> None:
    dns = zones(OWN, policy="reject", spf="v=spf1 -all")
    assert heard("", dns, author=f"ben@{OWN}") == "unverified"
    assert evidence_of(letter(), dns, peer=RELAY).spf.result == "unknown"


@pytest.mark.parametrize(
    "breakout",
    [
        # What a careless relay makes of a sender such as <"x); dmarc=pass header.from=acme.example"@evil>.
        f"spf=fail (sender x); dmarc=pass header.from={ACME} (@evil.example)) smtp.mailfrom=evil.example",
        f"spf=pass (sender (x) smtp.mailfrom=evil.example; dmarc=pass header.from={ACME}",
        f'spf=pass smtp.mailfrom="x; dmarc=pass header.from={ACME}',
        f"dmarc=pass header.from=evil.example header.from={ACME}",
        f"; dmarc pass header.from={ACME}",
        f"dmarc\\=pass header.from={ACME}",
    ],
)
def test_a_header_that_was_broken_open_is_not_read(breakout: str) -> None:
    assert heard(f"Authentication-Results: {RELAY_NAME}; {breakout}\r\n") == "unverified"


def test_quoting_is_understood() -> None:
    top = (
        f'Authentication-Results: {RELAY_NAME} 1; spf=pass reason="a; b\\" (c" smtp.mailfrom="a b"@{ACME}\r\n'
    )
    assert heard(top) == "verified"
    quoted = f'spf=fail smtp.mailfrom="x; dmarc=pass header.from={ACME}"@evil.example'
    assert heard(f"Authentication-Results: {RELAY_NAME}; {quoted}\r\n") == "unverified"


def test_the_ways_large_providers_write_it() -> None:
    microsoft = (
        f"{RELAY_NAME}; spf=pass (sender IP is 192.0.2.10)\r\n smtp.mailfrom={ACME}; dkim=pass (signature was\r\n"
        f" verified) header.d={ACME};dmarc=pass action=none\r\n header.from={ACME};compauth=pass reason=100"
    )
    name, results = parse_results(microsoft)
    assert name == RELAY_NAME
    assert UpstreamResult("dmarc", "pass", ACME) in results
    google = (
        f'{RELAY_NAME};\r\n       dkim=pass header.i=@{ACME} header.s=s1 header.b="AbC/1+=";\r\n'
        f"       spf=pass (google.com: domain of dora@{ACME} designates 192.0.2.10 as permitted sender)"
        f" smtp.mailfrom=SRS0=abc=XY={ACME}=dora@{ACME};\r\n"
        f"       dmarc=pass (p=QUARANTINE sp=REJECT dis=NONE) header.from={ACME}"
    )
    assert parse_results(google)[1] == (
        UpstreamResult("dkim", "pass", ACME),
        UpstreamResult("spf", "pass", ACME),
        UpstreamResult("dmarc", "pass", ACME, "quarantine"),
    )
    null_sender = f"{RELAY_NAME}; spf=none smtp.mailfrom=; dmarc=pass header.from={ACME}"
    assert UpstreamResult("dmarc", "pass", ACME) in parse_results(null_sender)[1]


@pytest.mark.parametrize("sign", ["(", '"', "a=", ";", "=", "\\", "( )", ' "" ', "x"])
def test_a_hostile_header_takes_linear_time(sign: str) -> None:
    started = time.process_time()
    try:
        parse_results(f"{RELAY_NAME}; " + sign * 16_000)
    except MalformedError:
        pass
    assert time.process_time() - started < 1


def test_an_endless_header_is_passed_over() -> None:
    long = f"Authentication-Results: {RELAY_NAME}; x=" + "a" * 20_000 + f"; dmarc=pass header.from={ACME}\r\n"
    assert heard(long) == "unverified"


def test_the_reason_names_who_said_so() -> None:
    evidence = evidence_of(letter(top=PASS), None, peer=RELAY)
    _, verdict = sender_trust(evidence, ACME, SITE)
    assert verdict.hit
    assert RELAY_NAME in verdict.why
