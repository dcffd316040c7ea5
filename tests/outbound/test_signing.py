"""Mail signed in the name of its author's domain, and verified as receivers do."""

import hashlib
import re
import subprocess
from base64 import b64encode
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import dkim
import nacl.signing
import pytest

from gateway.outbound.compose import compose
from gateway.outbound.letter import Letter, Mailbox, Part
from gateway.outbound.signing import Signer, SigningError, SigningKey
from tests.believe.keys import Key, rsa_key

OWN = "lumenfold.example"
LETTER = Letter(
    Mailbox(f"dora@{OWN}", "Zoë, Dora"),
    (Mailbox("ben@acme.example", "Ben"),),
    "Grüße " * 40,
    datetime(2026, 3, 2, 9, 14, 3, tzinfo=UTC),
    "<6f1d@touchpoints.example>",
    "Hello  Ben, \n\n\tFrom us.\n\n\n",
    html="<p>Hello</p>",
    reply_to=Mailbox("t-4f2a@touchpoints.example"),
    in_reply_to="<1@x.example>",
    references=("<1@x.example>",),
    parts=(Part("Über.pdf", "application/pdf", bytes(range(256)) * 50),),
    auto_submitted="auto-generated",
)
RAW = compose(LETTER)
SEED = hashlib.sha256(b"a seed").digest()
PKCS8 = bytes.fromhex("302e020100300506032b657004220420") + SEED


def pem(data: bytes, label: str = "PRIVATE KEY") -> bytes:
    return b"-----BEGIN %b-----\n%b\n-----END %b-----\n" % (label.encode(), b64encode(data), label.encode())


def ed25519_record() -> str:
    public = bytes(nacl.signing.SigningKey(SEED).verify_key)
    return f"v=DKIM1; k=ed25519; p={b64encode(public).decode()}"


def dns(**records: str) -> Callable[..., str]:
    """TXT records by selector, in every domain."""

    def look_up(name: bytes, timeout: float = 5) -> str:
        return records.get(name.decode().partition("._domainkey.")[0], "")

    return look_up


def signer(folder: Path, content: bytes, domain: str = OWN, selector: str = "s1") -> Signer:
    file = folder / "dkim.pem"
    file.write_bytes(content)
    return Signer([SigningKey(domain, selector, file)])


def tags(raw: bytes) -> dict[str, str]:
    """The tags of the topmost signature."""
    match = re.match(rb"DKIM-Signature:((?:[^\r]|\r\n[ \t])*)\r\n", raw)
    assert match
    pairs = (tag.split("=", 1) for tag in match[1].decode("ascii").split(";"))
    return {name.strip(): "".join(value.split()) for name, value in pairs}


@pytest.mark.parametrize("key", [rsa_key(2048), rsa_key(1024)], ids=["2048", "1024"])
def test_an_rsa_signature_verifies(tmp_path: Path, key: Key) -> None:
    signed = signer(tmp_path, key.private).sign(RAW, OWN)
    assert signed.endswith(RAW)
    assert dkim.verify(signed, dnsfunc=dns(s1=key.record))
    assert not dkim.verify(signed.replace(b"Ben", b"Bob"), dnsfunc=dns(s1=key.record))


@pytest.mark.parametrize(
    "content",
    [
        pem(PKCS8),
        pem(PKCS8).replace(b"\n", b"\r\n"),
        pem(bytes.fromhex("3051020101300506032b657004220420") + SEED + bytes.fromhex("812100") + SEED),
        b64encode(SEED) + b"\n",
    ],
    ids=["PKCS8", "CRLF", "with its public half", "dknewkey"],
)
def test_an_ed25519_signature_verifies(tmp_path: Path, content: bytes) -> None:
    signed = signer(tmp_path, content).sign(RAW, OWN)
    assert tags(signed)["a"] == "ed25519-sha256"
    assert dkim.verify(signed, dnsfunc=dns(s1=ed25519_record()))


@pytest.mark.parametrize("kind", [("RSA", "-pkeyopt", "rsa_keygen_bits:2048"), ("ED25519",)])
def test_keys_that_openssl_makes(tmp_path: Path, kind: tuple[str, ...]) -> None:
    file = tmp_path / "dkim.pem"
    try:
        subprocess.run(
            ["openssl", "genpkey", "-algorithm", *kind, "-out", file], check=True, capture_output=True
        )
        public = subprocess.run(
            ["openssl", "pkey", "-in", file, "-pubout", "-outform", "DER"], check=True, capture_output=True
        ).stdout
    except FileNotFoundError:
        pytest.skip("openssl is not installed")
    is_rsa = kind[0] == "RSA"
    record = f"v=DKIM1; k={kind[0].lower()}; p={b64encode(public if is_rsa else public[-32:]).decode()}"
    signed = Signer([SigningKey(OWN, "s1", file)]).sign(RAW, OWN)
    assert dkim.verify(signed, dnsfunc=dns(s1=record))


def test_what_is_signed(tmp_path: Path) -> None:
    found = tags(signer(tmp_path, rsa_key(2048).private).sign(RAW, OWN))
    assert (found["d"], found["s"], found["c"], found["a"]) == (OWN, "s1", "relaxed/relaxed", "rsa-sha256")
    assert "l" not in found
    assert found["h"].split(":") == [
        *("from", "from", "reply-to", "reply-to", "to", "to", "subject", "subject", "date", "date"),
        *("message-id", "in-reply-to", "references", "mime-version", "content-type", "auto-submitted"),
    ]


@pytest.mark.parametrize("name", ["From", "Subject", "Date", "To", "Reply-To"])
def test_nobody_can_add_a_field_that_readers_show(tmp_path: Path, name: str) -> None:
    key = rsa_key(2048)
    plain = compose(replace(LETTER, reply_to=None))
    for raw in (RAW, plain):
        signed = signer(tmp_path, key.private).sign(raw, OWN)
        assert dkim.verify(signed, dnsfunc=dns(s1=key.record))
        assert not dkim.verify(f"{name}: evil@x.example\r\n".encode() + signed, dnsfunc=dns(s1=key.record))


def test_a_relay_that_folds_lines_anew_breaks_nothing(tmp_path: Path) -> None:
    key = rsa_key(2048)
    signed = signer(tmp_path, key.private).sign(RAW, OWN)
    head, _, body = signed.partition(b"\r\n\r\n")
    again = re.sub(rb"\r\n[ \t]+", b" ", head) + b"\r\n\r\n" + body + b"\r\n\r\n"
    assert dkim.verify(again, dnsfunc=dns(s1=key.record))


@pytest.mark.parametrize(
    ("author", "signed_by"),
    [
        ("lumenfold.example", "lumenfold.example"),
        ("LUMENFOLD.example", "lumenfold.example"),
        ("sales.lumenfold.example", "lumenfold.example"),
        ("eu.lumenfold.example", "eu.lumenfold.example"),
        ("mail.eu.lumenfold.example", "eu.lumenfold.example"),
        ("bücher.example", "xn--bcher-kva.example"),
        ("notlumenfold.example", None),
        ("example", None),
        ("", None),
    ],
)
def test_the_nearest_domain_signs(tmp_path: Path, author: str, signed_by: str | None) -> None:
    file = tmp_path / "dkim.pem"
    file.write_bytes(b64encode(SEED))
    domains = (OWN, f"eu.{OWN}", "Bücher.example", "acme.example")
    signed = Signer([SigningKey(domain, "s1", file) for domain in domains]).sign(RAW, author)
    assert signed.count(b"DKIM-Signature:") == (0 if signed_by is None else 1)
    if signed_by is None:
        assert signed == RAW
    else:
        assert tags(signed)["d"] == signed_by


def test_two_keys_of_one_domain_both_sign(tmp_path: Path) -> None:
    old, new = tmp_path / "rsa.pem", tmp_path / "ed25519.pem"
    old.write_bytes(rsa_key(2048).private)
    new.write_bytes(pem(PKCS8))
    signed = Signer([SigningKey(OWN, "old", old), SigningKey(OWN, "new", new)]).sign(RAW, OWN)
    look_up = dns(old=rsa_key(2048).record, new=ed25519_record())
    verifier = dkim.DKIM(signed)
    assert verifier.verify(0, dnsfunc=look_up)
    assert verifier.verify(1, dnsfunc=look_up)


def test_mail_with_an_address_in_utf8_is_signed(tmp_path: Path) -> None:
    key = rsa_key(2048)
    raw = compose(replace(LETTER, to=(Mailbox("jörg@acme.example"),)), utf8=True)
    assert dkim.verify(signer(tmp_path, key.private).sign(raw, OWN), dnsfunc=dns(s1=key.record))


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "no RSA or Ed25519 key"),
        (b"not a key\n", "no RSA or Ed25519 key"),
        (b"\xff\xfe\x00", "not a text"),
        (pem(b"nonsense"), "no RSA or Ed25519 key"),
        (pem(PKCS8[:-1]), "no RSA or Ed25519 key"),
        (pem(PKCS8, "ENCRYPTED PRIVATE KEY"), "passphrase"),
        (rsa_key(2048).private[:400], "no RSA or Ed25519 key"),
        (rsa_key(768).private, "768 bits"),
        (pem(b"x", "PUBLIC KEY"), "no RSA or Ed25519 key"),
        (b64encode(SEED[:-1]), "no RSA or Ed25519 key"),
    ],
)
def test_a_key_that_cannot_be_used_is_said(tmp_path: Path, content: bytes, why: str) -> None:
    with pytest.raises(SigningError, match=why) as caught:
        signer(tmp_path, content)
    assert str(tmp_path / "dkim.pem") in str(caught.value)


def test_a_key_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(SigningError, match=r"nowhere\.pem cannot be read: No such file"):
        Signer([SigningKey(OWN, "s1", tmp_path / "nowhere.pem")])
    with pytest.raises(SigningError, match="Is a directory"):
        Signer([SigningKey(OWN, "s1", tmp_path)])


def test_what_is_no_mail_is_not_signed(tmp_path: Path) -> None:
    with pytest.raises(SigningError, match="cannot be signed"):
        signer(tmp_path, b64encode(SEED)).sign(b"no header here\r\n\r\nx\r\n", OWN)


def test_no_secret_is_shown(tmp_path: Path) -> None:
    made = signer(tmp_path, b64encode(SEED))
    assert b64encode(SEED).decode() not in repr(vars(made))
