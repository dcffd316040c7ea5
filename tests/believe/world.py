"""A small Internet: zones in a dictionary, companies that sign their mail, and the gateway that reads it."""

import re
from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from ipaddress import ip_network

import dkim
import nacl.signing
from dkim.canonicalization import CanonicalizationPolicy

from gateway.believe.dns import DnsTroubleError
from gateway.believe.gather import gather
from rules.message import Address, Message
from rules.site import LoggingAddress, Site
from rules.trust import Evidence, sender_trust
from tests.believe.keys import Key, rsa_key

ACME = "acme.example"
OWN = "lumenfold.example"
SERVER_OF_ACME = "192.0.2.10"
STRANGER = "203.0.113.66"
RELAY = "198.51.100.25"
RELAY_NAME = "mx.lumenfold.example"
COVERED = (b"from", b"to", b"subject", b"date", b"message-id")

SITE = Site(
    logging=(LoggingAddress("log@touchpoints.lumenfold.example", "Adoption"),),
    own_domains=frozenset({OWN}),
)


@dataclass
class Zones:
    """DNS as a dictionary: (name, kind) to records; a string instead of records is trouble."""

    records: dict[tuple[str, str], Sequence[str] | str] = field(default_factory=dict)
    asked: list[tuple[str, str]] = field(default_factory=list)

    def ask(self, name: str, kind: str, seconds: float) -> tuple[str, ...]:
        self.asked.append((name, kind))
        found = self.records.get((name.lower().rstrip("."), kind), ())
        if isinstance(found, str):
            raise DnsTroubleError(found)
        return tuple(found)

    def txt(self, name: str, *texts: str) -> "Zones":
        self.records[name, "TXT"] = texts
        return self

    def trouble(self, name: str, kind: str = "TXT") -> "Zones":
        self.records[name, kind] = f"DNS gave no answer for {name} (SERVFAIL)"
        return self


@dataclass(frozen=True)
class Relay:
    """The server in front of the gateway, as configured."""

    networks: tuple = (ip_network(f"{RELAY}/32"),)
    authserv_id: str = RELAY_NAME


@dataclass(frozen=True)
class Checks:
    timeout_seconds: float = 10.0
    upstreams: tuple[Relay, ...] = (Relay(),)
    arc_sealers: tuple[str, ...] = ()


def zones(domain: str = ACME, *, policy: str = "", spf: str = "", key: Key | None = None) -> Zones:
    """One company's DNS: a DMARC policy, an SPF record, a key under the selector s1."""
    made = Zones()
    if policy:
        made.txt(f"_dmarc.{domain}", policy if policy.startswith("v=") else f"v=DMARC1; p={policy}")
    if spf:
        made.txt(domain, "site-verification=4f9a", spf)
    if key:
        made.txt(f"s1._domainkey.{domain}", key.record)
    return made


def ed25519_key() -> Key:
    """RFC 8463."""
    secret = nacl.signing.SigningKey(sha256(b"ed25519").digest())
    public = b64encode(bytes(secret.verify_key)).decode()
    return Key(b64encode(bytes(secret)), f"v=DKIM1; k=ed25519; p={public}", b"ed25519-sha256")


def letter(
    author: str = f"dora@{ACME}", *, top: str = "", body: str = "Hello Ben,\r\n\r\nthe report is in.\r\n"
) -> bytes:
    """A mail as Thunderbird writes it, after one hop; `top` are header lines above all others."""
    lines = (
        f"Received: from mail.{ACME} ([{SERVER_OF_ACME}]) by {RELAY_NAME} with ESMTPS id 4a8f;\r\n"
        "\tMon, 2 Mar 2026 09:14:05 +0100\r\n"
        "Message-ID: <6f1de0c2-7a41-4f7e-9a0d-3d1f5b8e2c77@acme.example>\r\n"
        "Date: Mon, 2 Mar 2026 09:14:03 +0100\r\n"
        "MIME-Version: 1.0\r\n"
        "User-Agent: Mozilla Thunderbird\r\n"
        f"From: Dora Meier <{author}>\r\n"
        f"To: Ben Adler <ben@{OWN}>\r\n"
        "Subject: Quarterly report\r\n"
        "Content-Type: text/plain; charset=UTF-8; format=flowed\r\n"
        "Content-Transfer-Encoding: 8bit\r\n"
    )
    return f"{top}{lines}\r\n{body}".encode()


def sign(
    raw: bytes,
    key: Key | None = None,
    domain: str = ACME,
    *,
    covered: Sequence[bytes] = COVERED,
    canonical: bytes = b"relaxed/relaxed",
    algorithm: bytes = b"",
    tags: Mapping[bytes, bytes] | None = None,
) -> bytes:
    """The mail with a signature on top, made by dkimpy; `tags` are added to it or replace its own."""
    fields = {b"v": b"1", b"d": domain.encode(), **(tags or {})}
    return _message_signature(raw, b"DKIM-Signature", fields, key, covered, canonical, algorithm) + raw


def seal(
    raw: bytes,
    sealer: str,
    told: str,
    key: Key | None = None,
    *,
    covered: Sequence[bytes] = COVERED,
    cv: str = "",
    signature_tags: Mapping[bytes, bytes] | None = None,
    seal_tags: Mapping[bytes, bytes] | None = None,
) -> bytes:
    """The mail with one more ARC set on top (RFC 8617 5.1), by the sealer's key under the selector s1.

    `told` are the results of its ARC-Authentication-Results. `cv` is that of an honest sealer unless given.
    """
    sets = sorted(
        (
            (int(re.search(rb"i=(\d+)", value)[1]), _ORDER.index(name.lower()), name, value)  # type: ignore[index]
            for name, value in dkim.rfc822_parse(raw)[0]
            if name.lower() in _ORDER
        ),
    )
    number = sets[-1][0] + 1 if sets else 1
    instance = str(number).encode()
    results = f" i={number}; mx.{sealer};\r\n {told}\r\n".encode()
    who = {b"i": instance, b"d": sealer.encode(), b"t": b"1772439243"}
    signature = _message_signature(
        raw,
        b"ARC-Message-Signature",
        {**who, **(signature_tags or {})},
        key,
        covered,
        b"relaxed/relaxed",
    )
    ordered = [(name, value) for _, _, name, value in sets]
    ordered += [
        (b"ARC-Authentication-Results", results),
        (b"ARC-Message-Signature", signature.partition(b":")[2]),
    ]
    signer = _signer(key)
    signer.headers = ordered[::-1]
    fields = {**who, b"a": signer.signature_algorithm, b"s": b"s1"}
    fields |= {b"cv": (cv or ("pass" if sets else "none")).encode(), **(seal_tags or {}), b"b": b"0" * 60}
    policy = CanonicalizationPolicy.from_c_value(b"relaxed/relaxed")
    names = [name.lower() for name, _ in ordered]
    sealed = signer.gen_header(list(fields.items()), names, policy, b"ARC-Seal", _private(key))
    return b"ARC-Seal: " + sealed + signature + b"ARC-Authentication-Results:" + results + raw


_ORDER = (b"arc-authentication-results", b"arc-message-signature", b"arc-seal")


def _message_signature(
    raw: bytes,
    name: bytes,
    tags: Mapping[bytes, bytes],
    key: Key | None,
    covered: Sequence[bytes],
    canonical: bytes,
    algorithm: bytes = b"",
) -> bytes:
    """A whole signature field of a mail; `tags` go before, or replace, those that are told by the rest."""
    signer = _signer(key, raw, algorithm)
    policy = CanonicalizationPolicy.from_c_value(canonical)
    body = policy.canonicalize_body(signer.body)
    if b"l" in tags:
        body = body[: int(tags[b"l"])]
    fields = {
        b"a": signer.signature_algorithm,
        b"c": canonical,
        b"s": b"s1",
        b"h": b":".join(covered),
        b"bh": b64encode(signer.hasher(body).digest()),
        **tags,
        b"b": b"0" * 60,
    }
    header = signer.gen_header(list(fields.items()), list(covered), policy, name, _private(key))
    return name + b": " + header


def _signer(key: Key | None, raw: bytes = b"", algorithm: bytes = b"") -> dkim.DKIM:
    signer = dkim.DKIM(raw, signature_algorithm=algorithm or (key or rsa_key(2048)).algorithm)
    signer.hasher = dkim.HASH_ALGORITHMS[signer.signature_algorithm]
    return signer


def _private(key: Key | None) -> object:
    key = key or rsa_key(2048)
    if key.algorithm.startswith(b"rsa"):
        return dkim.parse_pem_private_key(key.private)
    return nacl.signing.SigningKey(key.private, encoder=nacl.encoding.Base64Encoder)


def evidence_of(
    raw: bytes,
    dns: Zones | None,
    *,
    author: str = f"dora@{ACME}",
    envelope_from: str | None = None,
    peer: str | None = SERVER_OF_ACME,
    helo: str = f"mail.{ACME}",
    from_fields: int = 1,
    checks: Checks = Checks(),
) -> Evidence:
    """What the gateway gathers; the envelope sender is the author unless told otherwise."""
    return gather(
        raw,
        Message(from_=(Address(author, "Dora Meier"),), from_fields=from_fields),
        envelope_from=author if envelope_from is None else envelope_from,
        peer_ip=peer,
        helo=helo,
        checks=checks,
        resolver=dns,
    )


def level_of(evidence: Evidence, author: str = f"dora@{ACME}", site: Site = SITE) -> str:
    """verified, unverified or failed."""
    return sender_trust(evidence, author.rpartition("@")[2], site)[0]


def believed(raw: bytes, dns: Zones | None, **session: object) -> str:
    """The whole way: from the mail to the level."""
    author = session.get("author", f"dora@{ACME}")
    return level_of(evidence_of(raw, dns, **session), author)  # type: ignore[arg-type]
