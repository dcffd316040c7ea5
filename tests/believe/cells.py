"""The spoof matrix: every way to forge a sender, and every honest way mail comes in, under every DMARC policy.

Whether a cell is honest is said where it is made, from what was done to the mail: nothing here asks the checks.
Mail is signed and sealed with real keys; DNS is a dictionary.
"""

import time
from base64 import b64encode
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cache

from tests.believe.keys import Key, rsa_key
from tests.believe.world import (
    ACME,
    COVERED,
    OWN,
    RELAY,
    RELAY_NAME,
    SERVER_OF_ACME,
    STRANGER,
    Zones,
    ed25519_key,
    letter,
    seal,
    sign,
)

POLICIES = ("", "none", "quarantine", "reject")
LIST, PROVIDER, EVIL = "lists.example.org", "provider.example.net", "evil.example"
SEALERS = (LIST, PROVIDER)
NORA = f"nora.feld@{OWN}"
DORA = f"dora@{ACME}"
SUB = f"dora@news.{ACME}"
IDN, IDN_LABEL = "jörg@bücher.example", "xn--bcher-kva.example"
SERVER_V6 = "2001:db8::10"

LOOK_ALIKES = (
    "xn--cme-7cd.example",  # а, Cyrillic, for the first letter
    "xn--cme-5yc.example",  # another letter that looks like it
    f"{ACME}.evil.example",
    f"{ACME}-mail.example",
    f"evil{ACME}",
    "acme-example.example",
    "acme.example.co.uk",
    "acrne.example",
    "acme.exarnple",
)
"""Domains of forgers, each with good records of its own."""

KEYS = {
    ACME: rsa_key(2048),
    LIST: rsa_key(2048, seed=11),
    PROVIDER: rsa_key(2048, seed=12),
    EVIL: rsa_key(2048, seed=2),
}
_THEIRS = KEYS[EVIL]


@dataclass(frozen=True)
class Cell:
    """One mail and the world it comes from.

    `kind` is "honest" (must be verified), "forged" (must not), "look-alike" (from a domain of the forger's own, truly
    signed: it may be verified as what it is, and must not reach the account of `ACME`) or "trouble" (honest, while
    DNS is out of order: neither verified nor failed). `stopped`: it must not be filed, for the policy says so or
    nobody can tell the author.
    """

    name: str
    kind: str
    raw: bytes
    dns: Zones
    envelope_from: str = f"x@{EVIL}"
    peer: str = STRANGER
    helo: str = EVIL
    stopped: bool = False


@dataclass(frozen=True)
class _Mail:
    raw: bytes
    envelope_from: str = f"x@{EVIL}"
    peer: str = STRANGER
    helo: str = EVIL


def cells() -> Iterator[Cell]:
    """All of them."""
    for policy in POLICIES:
        stops = policy in ("quarantine", "reject")
        for name, make in HONEST.items():
            yield _cell(name, "honest", policy, make())
        for name, make in FORGED.items():
            mail = make()
            # Behind a relay that tells nothing SPF is unknown, and what is unknown disproves nobody.
            stopped = (stops and mail.peer != RELAY) or name in ALWAYS_STOPPED
            yield _cell(name, "forged", policy, mail, stopped=stopped)
        for author in (NORA,):
            for name in ("nothing", "another key", "its A-R header", "seal of a stranger", "body changed"):
                mail = _as(author, FORGED[name]())
                yield _cell(f"{name}, as a colleague", "forged", policy, mail, stopped=bool(policy))
        for domain in LOOK_ALIKES:
            yield _cell(f"signed by {domain}", "forged", policy, _look_alike(domain, DORA), stopped=stops)
            mail = _look_alike(domain, f"dora@{domain}")
            yield _cell(f"from {domain}", "look-alike", policy, mail)
        for name, (make, record) in TROUBLE.items():
            dns = world(policy)
            for question in record:
                dns.trouble(*question)
            yield replace(_cell(name, "trouble", policy, make()), dns=dns)
    yield from _strict()
    yield from _siblings()
    yield from _of_suffixes()


def world(policy: str) -> Zones:
    """Everybody's records; `policy` is that of the companies mail is forged from."""
    dns = Zones()
    for domain in (ACME, OWN, IDN_LABEL):
        if policy:
            dns.txt(f"_dmarc.{domain}", f"v=DMARC1; p={policy}; rua=mailto:d@{domain}")
        dns.txt(domain, "site-verification=4f9a", f"v=spf1 ip4:{SERVER_OF_ACME} ip6:{SERVER_V6} -all")
        dns.txt(f"s1._domainkey.{domain}", KEYS[ACME].record)
        dns.txt(f"ed._domainkey.{domain}", ed25519_key().record)
        dns.txt(f"short._domainkey.{domain}", rsa_key(768).record)
        dns.txt(f"revoked._domainkey.{domain}", "v=DKIM1; k=rsa; p=")
        dns.txt(f"alone._domainkey.{domain}", KEYS[ACME].record.replace("k=rsa;", "t=s;"))
        dns.txt(f"reports._domainkey.{domain}", KEYS[ACME].record.replace("k=rsa;", "s=tlsrpt;"))
        dns.records[f"mail.{domain}", "A"] = (SERVER_OF_ACME,)
        dns.txt(f"mail.{domain}", f"v=spf1 ip4:{SERVER_OF_ACME} -all")
        dns.txt(f"mailer.{domain}", "v=spf1 include:_spf.provider.example.net -all")
    dns.txt("_spf.provider.example.net", f"v=spf1 ip4:{SERVER_OF_ACME} ~all")
    for domain in (EVIL, *LOOK_ALIKES):
        dns.txt(f"_dmarc.{domain}", "v=DMARC1; p=reject")
        dns.txt(domain, "v=spf1 +all").txt(f"s1._domainkey.{domain}", _THEIRS.record)
    for domain in SEALERS:
        dns.txt(f"s1._domainkey.{domain}", KEYS[domain].record)
    return dns


def _cell(name: str, kind: str, policy: str, mail: _Mail, *, stopped: bool = False) -> Cell:
    title = f"{name}, {policy or 'no'} policy"
    return Cell(title, kind, mail.raw, world(policy), mail.envelope_from, mail.peer, mail.helo, stopped)


def _as(author: str, mail: _Mail) -> _Mail:
    domain = author.rpartition("@")[2].encode()
    return replace(mail, raw=mail.raw.replace(DORA.encode(), author.encode()).replace(ACME.encode(), domain))


# -- honest -------------------------------------------------------------------------------------------------


def _own(raw: bytes, sender: str = DORA, peer: str = SERVER_OF_ACME, helo: str = f"mail.{ACME}") -> _Mail:
    """Handed in by the company's own server."""
    return _Mail(raw, sender, peer, helo)


def _forwarded(raw: bytes) -> _Mail:
    """Passed on untouched: SPF speaks for the forwarder."""
    hop = (
        f"Received: from mail.{ACME} by mx.{PROVIDER}; Mon, 2 Mar 2026 09:14:09 +0100\r\n"
        f"Delivered-To: nora@{PROVIDER}\r\n"
    )
    return _Mail(hop.encode() + raw, f"SRS0=x=y={ACME}=dora@{PROVIDER}", STRANGER, f"mx.{PROVIDER}")


def _changed(raw: bytes) -> bytes:
    """What a mailing list does to it."""
    raw = raw.replace(b"Subject: ", b"Subject: [users] ")
    return b"List-Id: <users.lists.example.org>\r\n" + raw + b"-- \r\nunsubscribe: users-leave\r\n"


def _listed(raw: bytes) -> _Mail:
    return _Mail(raw, f"users-bounces@{LIST}", STRANGER, LIST)


PASS = f"dmarc=pass (p=reject) header.from={ACME}; dkim=pass header.d={ACME}; spf=pass smtp.mailfrom={DORA}"
BROKEN = f"dmarc=fail (p=reject) header.from={ACME}; arc=pass"


@cache
def _sealed(told: str = PASS, sealer: str = LIST) -> bytes:
    return seal(_changed(sign(letter())), sealer, told, KEYS[sealer])


@cache
def _twice(newest: str = PROVIDER, told: str = BROKEN, oldest: str = LIST) -> bytes:
    return seal(_sealed(PASS, oldest), newest, told, KEYS[newest])


def _days(number: float) -> bytes:
    return str(int(time.time() + number * 86_400)).encode()


def _crowd(raw: bytes, count: int = 12) -> bytes:
    for number in range(count):
        raw = sign(raw, rsa_key(1024, seed=3), f"list{number}.example")
    return raw


def _relayed(results: str) -> _Mail:
    """By the server in front of the gateway, which says what it found."""
    top = f"Authentication-Results: {RELAY_NAME};\r\n {results}\r\n"
    return _Mail(letter(top=top), DORA, RELAY, RELAY_NAME)


HONEST: dict[str, Callable[[], _Mail]] = {
    "SPF alone": lambda: _own(letter()),
    "SPF of a sub-domain": lambda: _own(letter(), f"bounce-7@mail.{ACME}"),
    "SPF by an include": lambda: _own(letter(), f"bounce-7@mailer.{ACME}"),
    "SPF over IPv6": lambda: _own(letter(), peer=SERVER_V6),
    "SPF of the greeting, null sender": lambda: _own(letter(), ""),
    "SPF and a signature": lambda: _own(sign(letter())),
    "a signature alone": lambda: _Mail(sign(letter())),
    "a short signature, 1024 bits": lambda: _own(sign(letter(), rsa_key(1024), tags={b"s": b"old"})),
    "Ed25519": lambda: _Mail(sign(letter(), ed25519_key(), tags={b"s": b"ed"})),
    "Ed25519 and RSA": lambda: _Mail(sign(sign(letter()), ed25519_key(), tags={b"s": b"ed"})),
    "simple canonicalisation": lambda: _Mail(sign(letter(), canonical=b"simple/simple")),
    "mixed canonicalisation": lambda: _Mail(sign(letter(), canonical=b"relaxed/simple")),
    "a signature with times": lambda: _Mail(sign(letter(), tags={b"t": _days(-1), b"x": _days(6)})),
    "a signature with an identity": lambda: _Mail(sign(letter(), tags={b"i": f"@news.{ACME}".encode()})),
    "a key for the domain alone": lambda: _Mail(sign(letter(), tags={b"s": b"alone"})),
    "a sub-domain signed by the company": lambda: _Mail(sign(letter(SUB))),
    "the company signed by a sub-domain": lambda: _own(sign(letter()), f"x@mail.{ACME}"),
    "forwarded untouched": lambda: _forwarded(sign(letter())),
    "forwarded twice": lambda: _forwarded(_forwarded(sign(letter())).raw),
    "behind a crowd of signatures": lambda: _Mail(_crowd(sign(letter()))),
    "above a crowd of signatures": lambda: _Mail(sign(_crowd(letter()))),
    "among nine that were broken": lambda: _Mail(_reduce(9, sign(letter()), lambda raw: sign(raw, _THEIRS))),
    "a signature over fields twice": lambda: _Mail(sign(letter(), covered=(*COVERED, *COVERED))),
    "an old l= beside a whole one": lambda: _Mail(sign(sign(letter(), tags={b"l": b"5"}))),
    "a large body": lambda: _Mail(sign(letter(body="Figures, and more figures.\r\n" * 20_000))),
    "an empty body": lambda: _Mail(sign(letter(body=""))),
    "blank lines and blanks": lambda: _Mail(sign(letter(body="a \t b  \r\n\r\n \r\n\r\n\r\n"))),
    "umlauts": lambda: _Mail(sign(letter(body="Grüße, Dörte\r\n"))),
    "an internationalised domain": lambda: _Mail(sign(letter(IDN), domain=IDN_LABEL)),
    "a colleague": lambda: _Mail(sign(letter(NORA), domain=OWN)),
    "a colleague by SPF": lambda: _own(letter(NORA), NORA),
    "a list that seals": lambda: _listed(_sealed()),
    "a list that tells DKIM alone": lambda: _listed(_sealed(f"dkim=pass header.d={ACME}")),
    "a list that tells SPF alone": lambda: _listed(_sealed(f"spf=pass smtp.mailfrom={DORA}")),
    "a list and a provider that seal": lambda: _listed(_twice()),
    "a provider that saw the pass, over a stranger": lambda: _listed(_twice(PROVIDER, PASS, EVIL)),
    "a colleague over a list": lambda: _listed(
        seal(
            _changed(sign(letter(NORA), domain=OWN)),
            LIST,
            f"dmarc=pass header.from={OWN}",
            KEYS[LIST],
        )
    ),
    "the relay found DMARC to pass": lambda: _relayed(f"dmarc=pass header.from={ACME}"),
    "the relay found DKIM to pass": lambda: _relayed(
        f"dkim=pass header.d={ACME}; spf=fail smtp.mailfrom=a@b"
    ),
    "signed, with a forged header on top": lambda: _Mail(
        b"Authentication-Results: mx.lumenfold.example; dmarc=fail header.from=acme.example\r\n"
        + sign(letter())
    ),
}


def _reduce(count: int, raw: bytes, step: Callable[[bytes], bytes]) -> bytes:
    for _ in range(count):
        raw = step(raw)
    return raw


# -- forged -------------------------------------------------------------------------------------------------

WIRE = "Hello Ben,\r\n\r\nplease wire the money.\r\n"


def _claim(where: str, results: str = PASS) -> bytes:
    return f"Authentication-Results: {where};\r\n {results}\r\n".encode()


def _pasted(field: bytes, raw: bytes) -> bytes:
    """The fields on top of a mail, up to its first trace line, pasted on another."""
    return field[: field.index(b"Received:")] + raw


def _with_from(field: bytes) -> bytes:
    raw = letter()
    start = raw.index(b"From: ")
    return raw[:start] + field + b"\r\n" + raw[raw.index(b"To: ") :]


SECOND = (
    "Subject: Urgent, wire the money",
    "Date: Mon, 1 Jan 2024 09:00:00 +0000",
    f"To: Nora <{NORA}>",
    'Content-Type: multipart/mixed; boundary="B"',
    "Message-ID: <another@evil.example>",
)
"""Fields that a mail has once: of two, people are shown one and a signature may cover the other."""


def _above(field: str) -> Callable[[], _Mail]:
    return lambda: _Mail(f"{field}\r\n".encode() + sign(letter()))


def _below(field: str) -> Callable[[], _Mail]:
    return lambda: _Mail(sign(letter()).replace(b"\r\n\r\n", f"\r\n{field}\r\n\r\n".encode(), 1))


FORGED: dict[str, Callable[[], _Mail]] = {
    "nothing": lambda: _Mail(letter()),
    "the sender's name in the envelope": lambda: _Mail(letter(), DORA, helo=f"mail.{ACME}"),
    "a sub-domain in the envelope": lambda: _Mail(letter(), f"x@mail.{ACME}", helo=f"mail.{ACME}"),
    "the null sender and its greeting": lambda: _Mail(letter(), "", helo=f"mail.{ACME}"),
    "a null sender of his own": lambda: _Mail(letter(), ""),
    "a sub-domain that does not exist": lambda: _Mail(letter(f"dora@payments.{ACME}")),
    "a signature of his own": lambda: _Mail(sign(letter(), _THEIRS, EVIL)),
    "a dozen signatures of his own": lambda: _Mail(
        _reduce(12, letter(), lambda raw: sign(raw, _THEIRS, EVIL))
    ),
    "another key": lambda: _Mail(sign(letter(), _THEIRS)),
    "a key that does not exist": lambda: _Mail(sign(letter(), tags={b"s": b"nowhere"})),
    "a selector that leads elsewhere": lambda: _Mail(
        sign(letter(), _THEIRS, tags={b"s": f"s1._domainkey.{EVIL}.".encode()})
    ),
    "a domain with a blank": lambda: _Mail(sign(letter(), _THEIRS, f"{EVIL}. {ACME}")),
    "a domain of two lines": lambda: _Mail(sign(letter(), _THEIRS, f"{ACME}\r\n .{EVIL}")),
    "an identity that is not the signer's": lambda: _Mail(
        sign(letter(), _THEIRS, EVIL, tags={b"i": f"dora@{ACME}".encode()})
    ),
    "a public suffix as signer": lambda: _Mail(sign(letter(), _THEIRS, "example")),
    "body changed": lambda: _Mail(sign(letter()).replace(b"the report is in", b"wire the money")),
    "body appended": lambda: _Mail(sign(letter()) + b"P.S. wire the money\r\n"),
    "subject changed": lambda: _Mail(sign(letter()).replace(b"Quarterly", b"Urgent")),
    **{f"a second {text.partition(':')[0]} above a true one": _above(text) for text in SECOND},
    **{f"a second {text.partition(':')[0]} below a true one": _below(text) for text in SECOND},
    "a second Subject above a sealed one": lambda: _listed(b"Subject: Urgent\r\n" + _sealed()),
    "a signature without Subject": lambda: _Mail(
        sign(letter(), covered=(b"from", b"to", b"date")).replace(b"Quarterly", b"Urgent")
    ),
    "recipient changed": lambda: _Mail(sign(letter()).replace(b"Ben Adler", b"Nora Feld")),
    "author changed": lambda: _Mail(sign(letter(f"newsletter@{ACME}")).replace(b"newsletter@", b"dora@")),
    "signature cut from another mail": lambda: _Mail(_pasted(sign(letter()), letter(body=WIRE))),
    "l= and more text": lambda: _Mail(sign(letter(), tags={b"l": b"12"}) + b"and wire the money\r\n"),
    "l=0": lambda: _Mail(sign(letter(), tags={b"l": b"0"}).replace(b"the report is in", b"wire the money")),
    "l= of the whole": lambda: _Mail(sign(letter(), tags={b"l": b"36"}) + b"P.S. wire the money\r\n"),
    "expired": lambda: _Mail(sign(letter(), tags={b"t": b"1700000000", b"x": _days(-2)})),
    "from the future": lambda: _Mail(sign(letter(), tags={b"t": _days(3)})),
    "a revoked key": lambda: _Mail(sign(letter(), tags={b"s": b"revoked"})),
    "a key of 768 bits": lambda: _Mail(sign(letter(), rsa_key(768), tags={b"s": b"short"})),
    "a key for reports": lambda: _Mail(sign(letter(), tags={b"s": b"reports"})),
    "a key for the domain alone, for another": lambda: _Mail(
        sign(letter(), tags={b"s": b"alone", b"i": f"@news.{ACME}".encode()})
    ),
    "SHA-1": lambda: _Mail(sign(letter(), algorithm=b"rsa-sha1")),
    "an unknown algorithm": lambda: _Mail(sign(letter()).replace(b"rsa-sha256", b"rsa-sha999")),
    "an Ed25519 signature for an RSA key": lambda: _Mail(sign(letter(), ed25519_key())),
    "a signature without From": lambda: _Mail(
        sign(letter(f"list@{ACME}"), covered=(b"to", b"date")).replace(b"list@", b"dora@")
    ),
    "a second From above": lambda: _Mail(f"From: Dora <{DORA}>\r\n".encode() + sign(letter(), _THEIRS, EVIL)),
    "a second From above a true one": lambda: _own(f"From: Boss <boss@{OWN}>\r\n".encode() + sign(letter())),
    "a second From below a true one": lambda: _own(
        sign(letter()).replace(b"Subject:", f"From: Boss <boss@{OWN}>\r\nSubject:".encode())
    ),
    "a second From with a blank": lambda: _own(f"From : boss@{OWN}\r\n".encode() + sign(letter())),
    "a second From in other letters": lambda: _own(f"fROM: boss@{OWN}\r\n".encode() + sign(letter())),
    "a From hidden behind a bare CR": lambda: _Mail(
        sign(letter()).replace(b"Subject: Q", f"Subject: x\rFrom: boss@{OWN}\rQ".encode())
    ),
    "two authors": lambda: _own(sign(_with_from(f"From: Dora <{DORA}>, Boss <boss@{OWN}>".encode()))),
    "two authors, his own first": lambda: _Mail(
        sign(_with_from(f"From: x@{EVIL}, {DORA}".encode()), _THEIRS, EVIL)
    ),
    "two authors in one bracket each": lambda: _own(sign(_with_from(f"From: <{DORA}><x@{EVIL}>".encode()))),
    "two authors by a semicolon": lambda: _own(sign(_with_from(f"From: {DORA}; x@{EVIL}".encode()))),
    "a group of two": lambda: _own(sign(_with_from(f"From: Team: {DORA}, x@{EVIL};".encode()))),
    "a group of nobody": lambda: _own(sign(_with_from(b"From: Team:;"))),
    "two authors on two lines": lambda: _own(sign(_with_from(f"From: {DORA},\r\n x@{EVIL}".encode()))),
    "an author in an encoded word": lambda: _Mail(
        sign(_with_from(b"From: =?utf-8?b?" + b64encode(DORA.encode()) + b"?="), _THEIRS, EVIL)
    ),
    "no author": lambda: _own(sign(letter().replace(b"From: ", b"X-From: "), covered=(b"from", b"to"))),
    "its A-R header": lambda: _Mail(_claim(RELAY_NAME) + letter()),
    "many A-R headers": lambda: _Mail(_claim(RELAY_NAME) * 20 + letter()),
    "an A-R header of another name": lambda: _Mail(_claim("mx.google.com") + letter(), peer=RELAY),
    "an A-R header below the relay's line": lambda: _Mail(
        f"Received: from x by {RELAY_NAME}; Mon, 2 Mar 2026 09:14:06 +0100\r\n".encode()
        + _claim(RELAY_NAME)
        + letter(),
        peer=RELAY,
    ),
    "an A-R header broken open": lambda: _Mail(
        _claim(RELAY_NAME, f"spf=fail (x); dmarc=pass header.from={ACME} (@y)) smtp.mailfrom=y") + letter(),
        peer=RELAY,
    ),
    "the relay found another domain": lambda: _relayed(
        f"dmarc=pass header.from={EVIL}; spf=pass smtp.mailfrom=x@{EVIL}"
    ),
    "other headers that claim": lambda: _Mail(
        f"Received-SPF: pass ({RELAY_NAME}) identity=mailfrom; envelope-from={DORA}\r\n"
        f"X-Authentication-Results: {RELAY_NAME}; dmarc=pass header.from={ACME}\r\n"
        f"DMARC-Filter: pass header.from={ACME}\r\nX-MS-Exchange-Organization-AuthAs: Internal\r\n".encode()
        + letter()
    ),
    "AAR without a seal": lambda: _Mail(
        f"ARC-Authentication-Results: i=1; mx.{LIST}; {PASS}\r\n".encode() + letter()
    ),
    "seal of a stranger": lambda: _listed(seal(letter(body=WIRE), EVIL, PASS, _THEIRS)),
    "seal with a stolen name": lambda: _listed(seal(letter(body=WIRE), LIST, PASS, _THEIRS)),
    "seal of a sub-domain": lambda: _listed(seal(letter(body=WIRE), f"evil.{LIST}", PASS, _THEIRS)),
    "sealed, then the body changed": lambda: _listed(
        _sealed().replace(b"the report is in", b"wire the money")
    ),
    "sealed, then the subject changed": lambda: _listed(_sealed().replace(b"Quarterly", b"Urgent")),
    "sealed as another's, then the author changed": lambda: _listed(
        seal(letter(f"x@{EVIL}"), LIST, PASS, KEYS[LIST]).replace(f"x@{EVIL}".encode(), DORA.encode())
    ),
    "sealed with a fail, then changed to a pass": lambda: _listed(
        _sealed(BROKEN).replace(b"dmarc=fail", b"dmarc=pass")
    ),
    "the sealer found a fail": lambda: _listed(
        _sealed(f"dmarc=fail header.from={ACME}; spf=pass smtp.mailfrom=x@{EVIL}")
    ),
    "the sealer found nothing": lambda: _listed(_sealed("none")),
    "the sealer found another domain": lambda: _listed(_sealed(f"dmarc=pass header.from={EVIL}")),
    "the sealer's report broken open": lambda: _listed(
        _sealed(f"spf=fail (x); dmarc=pass header.from={ACME} (@y)) smtp.mailfrom=y")
    ),
    "a sealed set pasted on another mail": lambda: _listed(
        _sealed()[: _sealed().index(b"List-Id:")] + letter(body=WIRE)
    ),
    "a true set under a stranger's": lambda: _listed(_twice(EVIL, PASS)),
    "a stranger's pass under the provider's fail": lambda: _listed(_twice(PROVIDER, BROKEN, EVIL)),
    "a stranger between two who are trusted": lambda: _listed(
        seal(_twice(EVIL, PASS), PROVIDER, BROKEN, KEYS[PROVIDER])
    ),
    "a stranger's set made to a provider's": lambda: _listed(
        seal(letter(body=WIRE), LIST, PASS, KEYS[LIST], signature_tags={b"d": EVIL.encode()})
    ),
    "a chain that a sealer found broken": lambda: _listed(
        seal(_sealed(), PROVIDER, PASS, KEYS[PROVIDER], cv="fail")
    ),
    "a first set that says there was one before": lambda: _listed(
        seal(letter(body=WIRE), LIST, PASS, KEYS[LIST], cv="pass")
    ),
    "a seal over l=": lambda: _listed(
        seal(letter(), LIST, PASS, KEYS[LIST], signature_tags={b"l": b"12"}) + b"wire the money\r\n"
    ),
    "a seal without From": lambda: _listed(
        seal(letter(f"x@{EVIL}"), LIST, PASS, KEYS[LIST], covered=(b"to", b"date")).replace(
            f"x@{EVIL}".encode(), DORA.encode()
        )
    ),
    "a set without its seal": lambda: _listed(_twice().replace(b"ARC-Seal: i=1", b"X-Seal: i=1")),
    "the same set twice": lambda: _listed(_sealed()[: _sealed().index(b"List-Id:")] + _sealed()),
    "a seal with a revoked key": lambda: _listed(
        seal(letter(), LIST, PASS, KEYS[LIST], seal_tags={b"s": b"revoked"})
    ),
    "fifty sets": lambda: _listed(
        b"".join(
            _sealed()[: _sealed().index(b"List-Id:")].replace(b"i=1;", f"i={n};".encode())
            for n in range(50, 0, -1)
        )
        + letter()
    ),
}
"""Each says that it is from `DORA` of `ACME`, who did not send it as it is, or not in a way that shows it."""

ALWAYS_STOPPED = frozenset(
    name
    for name in FORGED
    if name.startswith(("a second From", "two authors", "a group")) or name == "no author"
)
"""Nobody can tell who wrote them: put aside whatever the policy (RFC 5322 3.6.2)."""


def _look_alike(domain: str, author: str) -> _Mail:
    """From a forger's domain, with everything in order there."""
    return _Mail(sign(letter(author), _THEIRS, domain), f"x@{domain}", helo=domain)


def _strict() -> Iterator[Cell]:
    """The owner wants the very domain."""
    for policy in ("quarantine", "reject"):
        dns = world(policy).txt(f"_dmarc.{ACME}", f"v=DMARC1; p={policy}; adkim=s; aspf=s")
        title = f"strict, {policy} policy"
        near = _own(sign(letter(SUB)), DORA)
        yield Cell(f"near, {title}", "forged", near.raw, dns, DORA, SERVER_OF_ACME, stopped=True)
        yield Cell(f"the very domain, {title}", "honest", sign(letter()), dns)
        yield Cell(f"the very domain by SPF, {title}", "honest", letter(), dns, DORA, SERVER_OF_ACME)


def _siblings() -> Iterator[Cell]:
    """Neighbours under one public suffix, who have nothing to do with each other."""
    for suffix in ("co.uk", "github.io", "com.au"):
        for policy in POLICIES:
            victim, evil = f"victim.{suffix}", f"evil.{suffix}"
            dns = world("").txt(f"s1._domainkey.{evil}", _THEIRS.record).txt(evil, "v=spf1 +all")
            dns.txt(suffix, "v=spf1 +all").txt(f"s1._domainkey.{suffix}", _THEIRS.record)
            if policy:
                dns.txt(f"_dmarc.{victim}", f"v=DMARC1; p={policy}")
            for signer in (evil, suffix):
                raw = sign(letter(f"dora@{victim}"), _THEIRS, signer)
                name = f"{signer} for {victim}, {policy or 'no'} policy"
                stops = policy in ("quarantine", "reject")
                yield Cell(name, "forged", raw, dns, f"x@{signer}", helo=signer, stopped=stops)


def _of_suffixes() -> Iterator[Cell]:
    """Records that stand above or between."""
    signed = Key(KEYS[ACME].private, KEYS[ACME].record)
    above = world("").txt("_dmarc.co.uk", "v=DMARC1; p=reject; psd=y")
    above.txt("s1._domainkey.acme.co.uk", signed.record)
    yield Cell(
        "under a suffix's policy", "honest", sign(letter("dora@acme.co.uk"), signed, "acme.co.uk"), above
    )
    yield Cell("forged under a suffix's policy", "forged", letter("dora@acme.co.uk"), above, stopped=True)
    missing = world("").txt(f"_dmarc.{ACME}", "v=DMARC1; p=none; np=reject")
    yield Cell("of no sub-domain", "forged", letter(f"dora@payments.{ACME}"), missing, stopped=True)
    alone = world("reject").txt(f"_dmarc.news.{ACME}", "v=DMARC1; p=reject; psd=n")
    yield Cell("an organisation's parent", "forged", sign(letter(SUB)), alone, stopped=True)


# -- trouble ------------------------------------------------------------------------------------------------

TROUBLE: dict[str, tuple[Callable[[], _Mail], tuple[tuple[str, ...], ...]]] = {
    "no answer about the policy": (lambda: _own(sign(letter())), ((f"_dmarc.{ACME}",),)),
    "no answer about the key": (lambda: _forwarded(sign(letter())), ((f"s1._domainkey.{ACME}",),)),
    "no answer about SPF": (lambda: _own(letter()), ((ACME,),)),
    "no answer about the sealer": (lambda: _listed(_sealed()), ((f"s1._domainkey.{LIST}",),)),
}
