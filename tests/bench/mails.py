"""Mails to be filed: signed by their author's domain, in the sizes of the goals, and the DNS they are checked by."""

import hashlib
import random
import re
from base64 import b64encode, encodebytes
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from tests.believe.keys import rsa_key
from tests.believe.world import OWN, Zones

SIZES = (2_000, 30_000, 1_000_000)

COVERED = (b"from", b"to", b"subject", b"date", b"mime-version", b"content-type")
"""Header fields that the signature covers. Message-ID is not one of them, so that one signature serves for many mails
and the load generator has nothing to compute; to check it costs the same."""

DIFFERENT = {2_000: 20, 30_000: 20, 1_000_000: 4_000}
"""Mails of one size that differ in more than their Message-ID. Of the large ones, which have a file with them, as
many as one gateway is sent: a file that is stored already would not be written again."""

TEXTS = 20

_TEXT = """
the plan for second site and all of its dates is attached please tell me by Friday whether your team can start with
training next week we have seen that seats were billed twice this month invoice will be corrected account manager
"""
_WORDS = _TEXT.split()

_ID = b"<0000000000.0000000000@load.lumenfold.example>"
_MARK = b"\0\0"
"""Where a file ends in what differs from mail to mail."""


def dns() -> Zones:
    """The records of the company whose people write: a key, SPF that does not fit, and a DMARC policy."""
    made = Zones()
    made.txt(f"_dmarc.{OWN}", "v=DMARC1; p=reject")
    made.txt(OWN, "v=spf1 ip4:192.0.2.10 -all")
    return made.txt(f"s1._domainkey.{OWN}", rsa_key(2048).record)


@dataclass(frozen=True, slots=True)
class Letter:
    """A signed mail, in pieces that many mails share; its Message-ID stands between the second and the third."""

    signature: bytes
    head: bytes
    middle: bytes
    differs: bytes
    end: bytes

    def with_id(self, message_id: bytes) -> bytes:
        """The mail with this Message-ID."""
        return b"".join((self.signature, self.head, message_id, self.middle, self.differs, self.end))


def pool(octets: int, different: int | None = None) -> list[Letter]:
    """Signed mails of about this size, from Nora, a user, to Ada, a contact of Acme Rockets.

    `different` of them, or as many as DIFFERENT says.
    """
    key = load_pem_private_key(rsa_key(2048).private, None)
    assert isinstance(key, RSAPrivateKey)
    texts = [_Text(_mail(octets, random.Random(f"{octets}/{number}"))) for number in range(TEXTS)]
    count = DIFFERENT[octets] if different is None else different
    return [texts[number % TEXTS].letter(number, key) for number in range(count)]


def numbered(letters: Sequence[Letter], series: int, begin: int = 0) -> Iterator[bytes]:
    """The mails over and over from the one at `begin`, each with a Message-ID of its own.

    `series` parts one run from another.
    """
    number = begin
    while True:
        message_id = b"<%010d.%010d@load.lumenfold.example>" % (series, number)
        yield letters[number % len(letters)].with_id(message_id)
        number += 1


class _Text:
    """What mails of one text share, the digest of their bodies included as far as that goes.

    dkimpy signs such a mail too, but takes 30 ms for a megabyte. Lines have neither blanks at their ends nor two in a
    row, so that the body is in its relaxed form already (RFC 6376 3.4.4).
    """

    def __init__(self, mail: bytes) -> None:
        whole, self._mark, self._end = mail.partition(_MARK)
        self._head, _, self._middle = whole.partition(_ID)
        fields, _, body = whole.partition(b"\r\n\r\n")
        self._digest = hashlib.sha256(body)
        values = dict(line.split(b": ", 1) for line in fields.split(b"\r\n"))
        relaxed = {name.lower(): value for name, value in values.items()}
        self._covered = b"".join(b"%b:%b\r\n" % (name, relaxed[name]) for name in COVERED)

    def letter(self, number: int, key: RSAPrivateKey) -> Letter:
        """The mail of this number, signed (RFC 6376 3.7)."""
        differs = b64encode(b"%012d" % number) if self._mark else b""
        digest = self._digest.copy()
        digest.update(differs + self._end)
        tags = b"v=1; a=rsa-sha256; c=relaxed/relaxed; d=%b; s=s1; h=%b; bh=%b; b=" % (
            OWN.encode(),
            b":".join(COVERED),
            b64encode(digest.digest()),
        )
        signed = key.sign(self._covered + b"dkim-signature:" + tags, PKCS1v15(), SHA256())
        signature = b"DKIM-Signature: %b%b\r\n" % (tags, b64encode(signed))
        return Letter(signature, self._head, self._middle, differs, self._end)


def _mail(octets: int, chance: random.Random) -> bytes:
    head = (
        f"From: Nora Feld <nora.feld@{OWN}>\r\n"
        "To: Ada Marsh <ada.marsh@acme.example>\r\n"
        f"Subject: Second site, step {chance.randrange(10**6)}\r\n"
        "Date: Mon, 02 Mar 2026 09:14:03 +0100\r\n"
        f"Message-ID: {_ID.decode()}\r\n"
        "MIME-Version: 1.0\r\n"
    )
    # Long mail is HTML beside plain text, as mail programs write it; very long mail has a file with it.
    if octets < 10_000:
        head += "Content-Type: text/plain; charset=utf-8\r\n\r\n"
        return (head + _text(octets - len(head) - 600, chance)).encode()
    text = _text(min(octets // 4, 6_000), chance)
    html = "".join(
        f'<p style="margin:0">{line}</p>\r\n' for line in _text(min(octets // 2, 18_000), chance).splitlines()
    )
    parts = [
        f"Content-Type: text/plain; charset=utf-8\r\n\r\n{text}",
        f"Content-Type: text/html; charset=utf-8\r\n\r\n<html><body>{html}</body></html>\r\n",
    ]
    body = _multipart("alternative", "=_inner", parts)
    left = octets - len(body) - 1_200
    if left > 3_000:
        lines = int(left * 0.73) // 57  # whole ones: what differs comes after them
        file = (
            re.sub(r"\n", "\r\n", encodebytes(chance.randbytes(lines * 57)).decode())
            + _MARK.decode()
            + "\r\n"
        )
        attached = (
            'Content-Type: application/pdf; name="plan.pdf"\r\nContent-Transfer-Encoding: base64\r\n'
            f'Content-Disposition: attachment; filename="plan.pdf"\r\n\r\n{file}'
        )
        body = _multipart("mixed", "=_outer", [body, attached])
    return (head + body).encode()


def _multipart(kind: str, boundary: str, parts: list[str]) -> str:
    inner = "".join(f"--{boundary}\r\n{part}\r\n" for part in parts)
    return f'Content-Type: multipart/{kind}; boundary="{boundary}"\r\n\r\n{inner}--{boundary}--\r\n'


def _text(octets: int, chance: random.Random) -> str:
    lines, left = ["Hello Ada,", ""], octets
    while left > 0:
        line = " ".join(chance.choices(_WORDS, k=11))
        lines.append(line)
        left -= len(line) + 2
    return "\r\n".join([*lines, "", "Best regards", "Nora", ""])
