"""Mails to be filed: signed by their author's domain, in the sizes of the goals, and the DNS they are checked by."""

import random
import re
from base64 import encodebytes
from collections.abc import Iterator

from tests.believe.keys import rsa_key
from tests.believe.world import OWN, Zones, sign

SIZES = (2_000, 30_000, 1_000_000)

COVERED = (b"from", b"to", b"subject", b"date", b"mime-version", b"content-type")
"""Header fields that the signature covers. Message-ID is not one of them, so that one signature serves for many mails
and the load generator has nothing to compute; to check it costs the same."""

DIFFERENT = 20
"""Mails of one size that differ in more than their Message-ID."""

_TEXT = """
the plan for second site and all of its dates is attached please tell me by Friday whether your team can start with
training next week we have seen that seats were billed twice this month invoice will be corrected account manager
"""
_WORDS = _TEXT.split()

_ID = b"<0000000000.0000000000@load.lumenfold.example>"


def dns() -> Zones:
    """The records of the company whose people write: a key, SPF that does not fit, and a DMARC policy."""
    made = Zones()
    made.txt(f"_dmarc.{OWN}", "v=DMARC1; p=reject")
    made.txt(OWN, "v=spf1 ip4:192.0.2.10 -all")
    return made.txt(f"s1._domainkey.{OWN}", rsa_key(2048).record)


def pool(octets: int, different: int = DIFFERENT) -> list[bytes]:
    """Signed mails of about this size, from Nora, a user, to Ada, a contact of Acme Rockets."""
    return [
        sign(_mail(octets, random.Random(f"{octets}/{number}")), domain=OWN, covered=COVERED)
        for number in range(different)
    ]


def numbered(mails: list[bytes], series: int) -> Iterator[bytes]:
    """The mails over and over, each with a Message-ID of its own. `series` parts one run from another."""
    halves = [mail.partition(_ID)[::2] for mail in mails]
    number = 0
    while True:
        before, after = halves[number % len(halves)]
        yield b"%b<%010d.%010d@load.lumenfold.example>%b" % (before, series, number, after)
        number += 1


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
        file = re.sub(r"\n", "\r\n", encodebytes(chance.randbytes(int(left * 0.73))).decode())
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
