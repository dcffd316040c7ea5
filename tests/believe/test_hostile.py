"""Mail and records made to cost time: each is settled at once, with few questions, and proves nobody."""

import re
import time

import pytest

from gateway.believe.dns import MOST_QUESTIONS
from tests.believe.keys import rsa_key
from tests.believe.world import (
    ACME,
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

SECONDS = 2.0
"""Of CPU for one mail. Real mail takes some milliseconds, the worst of these a fifth of a second."""

EVIL = "evil.example"
FIELD = sign(letter())[: -len(letter())]
BODY_HASH = re.search(rb"bh=([^;]+)", FIELD)[1]  # type: ignore[index]


def forged(before: bytes = b"", covered: bytes = b"from", after: bytes = b"") -> bytes:
    """A signature with a true body hash, so that every check up to the cryptography is made."""
    tags = b"v=1; a=rsa-sha256; d=acme.example; s=s1; c=relaxed/relaxed; bh=" + BODY_HASH
    return (
        b"DKIM-Signature: "
        + before
        + tags
        + b"; h="
        + covered
        + b"; b="
        + b"A" * 344
        + b"; z="
        + after
        + b"\r\n"
    )


def two_letters(count: int) -> bytes:
    return b":".join(bytes((97 + number // 26, 97 + number % 26)) for number in range(count))


def _sets(count: int) -> bytes:
    one = seal(letter(), EVIL, "none")
    return b"".join(
        one[: -len(letter())].replace(b"i=1;", b"i=%d;" % number) for number in range(count, 0, -1)
    )


MAILS = {
    "a thousand signatures": b"DKIM-Signature: v=1; a=rsa-sha256; d=acme.example; s=s1; h=from; bh=AA==; b=AA==\r\n"
    * 1000
    + letter(),
    "as many good ones as a header takes, of a mail that was changed": FIELD * 450
    + letter(body="Wire the money.\r\n"),
    "as many bad ones as a header takes": forged() * 300 + letter(),
    "ten that cover everything in a header of 58,000 fields": forged(covered=b"from:" + two_letters(190)) * 10
    + b"a:\r\n" * 58_000
    + letter(),
    "ten over a field of 50,000 lines": forged() * 10
    + letter().replace(b"From: Dora", b"From: " + b"\r\n a" * 50_000 + b"\r\n Dora"),
    "a field of 58,000 lines": forged() * 10 + b"X: a\r\n" + b" b\r\n" * 58_000 + letter(),
    "a header of 300 kB": forged() + b"X: " + b"x" * 300_000 + b"\r\n" + letter(),
    "a hundred ARC sets": _sets(100) + letter(),
    "fifty ARC sets": _sets(50) + letter(),
    "a thousand ARC seals": b"ARC-Seal: i=1; cv=none; d=lists.example.org; s=s1; b=AAAA\r\n" * 1000
    + letter(),
    **{
        f"runs of {filler!r}": forged(after=(filler * 3000)[:3200]) * 10 + letter()
        for filler in (b" " * 99 + b"A", b"b" + b" " * 95, b" b =", b"b" + b"\r\n " * 31 + b"=", b"\t\r\n ")
    },
}


@pytest.mark.parametrize("name", MAILS)
def test_mail(name: str) -> None:
    dns = zones(policy="reject", spf="v=spf1 -all", key=rsa_key(2048))
    dns.txt(f"s1._domainkey.{EVIL}", rsa_key(2048).record)
    checks = Checks(arc_sealers=("lists.example.org", EVIL))
    started = time.process_time()
    evidence = evidence_of(MAILS[name], dns, peer=STRANGER, checks=checks)
    assert time.process_time() - started < SECONDS
    assert level_of(evidence) == "failed"
    assert len(dns.asked) < 20


def _bomb(*, mechanisms: int, each: str) -> Zones:
    dns = zones(policy="reject", spf="v=spf1 " + " ".join(each.format(n) for n in range(mechanisms)))
    for n in range(mechanisms):
        inner = " ".join(f"include:i{(7 * n + m) % mechanisms}.acme.example" for m in range(1, mechanisms))
        dns.txt(f"i{n}.{ACME}", f"v=spf1 {inner} -all")
        dns.records[f"h{n}.{ACME}", "MX"] = tuple(f"10 m{n}x{m}.{ACME}" for m in range(500))
    return dns


def _many(name: str, kind: str, record: str, spf: str) -> Zones:
    dns = zones(policy="reject", spf=spf)
    dns.records[name, kind] = tuple(record.format(n) for n in range(500))
    return dns


RECORDS = {
    "includes of includes": _bomb(mechanisms=40, each="include:i{}.acme.example"),
    "exchangers of exchangers": _bomb(mechanisms=10, each="mx:h{}.acme.example"),
    "addresses nobody has": _bomb(mechanisms=100, each="a:nobody{}.acme.example"),
    "five hundred exchangers": _many(ACME, "MX", "10 m{}.acme.example", "v=spf1 mx -all"),
    "five hundred names": _many(
        "66.113.0.203.in-addr.arpa", "PTR", "m{}.acme.example", "v=spf1 ptr:acme.example -all"
    ),
    "itself": zones(policy="reject", spf=f"v=spf1 redirect={ACME}"),
    "a policy of 64 kB": zones(policy="v=DMARC1; p=reject; " + "x=y; " * 12_000, spf="v=spf1 -all"),
    "texts of 64 kB": zones(policy="reject").txt(ACME, *("x" * 250 for _ in range(250))),
}


@pytest.mark.parametrize("name", RECORDS)
def test_records(name: str) -> None:
    dns = RECORDS[name]
    started = time.process_time()
    evidence = evidence_of(letter(), dns, peer=STRANGER)
    assert time.process_time() - started < SECONDS
    assert evidence.spf.result in ("permerror", "fail", "none")
    assert level_of(evidence) == "failed"
    # RFC 7208 4.6.4: ten terms, ten names of each, two questions without an answer.
    assert len(dns.asked) < 30


@pytest.mark.parametrize(
    "records",
    [
        ("v=DKIM1; k=rsa; p=" + "A" * 64_000,),
        tuple("v=DKIM1; p=" + "A" * 200 for _ in range(300)),
        ("v=DKIM1; " + "n=x; " * 300 + "p=AAAA",),
        ("v=DKIM1; " + "; " * 900 + "p=AAAA",),
    ],
    ids=["64 kB", "300 records", "notes", "semicolons"],
)
def test_keys(records: tuple[str, ...]) -> None:
    dns = zones(policy="reject", spf="v=spf1 -all").txt(f"s1._domainkey.{ACME}", *records)
    started = time.process_time()
    assert level_of(evidence_of(FIELD * 10 + letter(), dns, peer=STRANGER)) == "failed"
    assert time.process_time() - started < SECONDS


def test_a_mail_asks_no_more_than_the_most() -> None:
    """Ten signatures with a selector each, a domain of a hundred labels, and an SPF record that asks for more."""
    author = "dora@" + "x." * 100 + ACME
    raw = letter(author)
    for number in range(12):
        raw = sign(raw, tags={b"s": b"s%d" % number})
    dns = _bomb(mechanisms=10, each="mx:h{}.acme.example")
    evidence = evidence_of(raw, dns, author=author, envelope_from=f"dora@{ACME}", peer=STRANGER)
    assert level_of(evidence, author) == "failed"
    assert len(dns.asked) <= MOST_QUESTIONS // 2
