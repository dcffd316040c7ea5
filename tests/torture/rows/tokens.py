"""Addresses that are almost right, by the million: none may pass for a signed one that it is not.

`tests/rules/test_tokens.py` does the same with fewer.
"""

import base64
import hashlib
import hmac
import multiprocessing
import random
import string
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from rules.recipients import Known, copy_address, decide_recipient, question_address, thread_address
from rules.site import LoggingAddress, Site
from rules.tokens import COPY, MAX_NUMBER, QUESTION, THREAD, KeyRing
from tests.torture.bench import Outcome, Row, Torment

DOMAIN = "touchpoints.vendor.example"
KEYS = {3: hashlib.sha256(b"three").digest(), 200: hashlib.sha256(b"two hundred").digest()}
SITE = Site(
    logging=(LoggingAddress(f"log@{DOMAIN}", "Adoption"), LoggingAddress("log@second.example", "Adoption")),
    own_domains=frozenset({"vendor.example"}),
    hostname=DOMAIN,
    ring=KeyRing("vendor", 200, KEYS),
)
NOTHING = Known()

_ALPHABET = "abcdefghijklmnopqrstuvwxyz234567"
_ADDRESSES = {THREAD: thread_address, COPY: copy_address, QUESTION: question_address}
_PREFIXES = {THREAD: SITE.thread_prefix, COPY: SITE.copy_prefix, QUESTION: SITE.question_prefix}

LOOK_ALIKES = {
    "o": "0\u043e\u03bf\uff4f\u2134O\u0030",
    "l": "1I|\u0131\u2113\uff4c\u217c",
    "i": "1l!\u0130\u0131\u0456\u2170\uff49",
    "b": "8\u0184\u212c\uff42",
    "s": "5$\u017f\uff53\u0455",
    "z": "2\u1d22\uff5a",
    "e": "3\u0435\u212f\u212e\uff45",
    "a": "\u0430\u00e5\u00aa\uff41\u0251",
    "k": "\u212a\u043a\uff4b\u03ba",
    "c": "\u0441\u217d\uff43",
    "g": "9q\u0261\uff47",
    "2": "z\u00b2\uff12\u0662",
    "3": "e\u00b3\uff13\u0417",
    "5": "s\uff15\u0665",
    "6": "b\uff16\u0411",
    "7": "t\uff17\u0667",
}
"""What a letter is taken for by eyes, by OCR and by Unicode's foldings. U+212A and U+017F fold to ASCII letters."""


@dataclass(frozen=True, slots=True)
class Good:
    """An address that was signed here, and what it names."""

    address: str
    purpose: str
    number: int

    @property
    def token(self) -> str:
        """Its token, in lower case."""
        return self.address.partition("@")[0].removeprefix(_PREFIXES[self.purpose])


def good_addresses(count: int = 60) -> tuple[Good, ...]:
    """Small numbers, large ones, and neighbours, each for every purpose, signed by either key."""
    numbers = [0, 1, 2, 255, 256, 65_535, 65_536, MAX_NUMBER - 1, MAX_NUMBER]
    chance = random.Random(1)
    numbers += [chance.randrange(MAX_NUMBER) for _ in range(max(count // 3 - len(numbers), 0))]
    found = []
    for number in numbers:
        for purpose, rule in _ADDRESSES.items():
            ring = replace(SITE.ring, signing=chance.choice(list(KEYS)))
            found.append(Good(rule.address(replace(SITE, ring=ring), number), purpose, number))
    return tuple(found)


def violations(count: int, seed: int = 0) -> tuple[int, list[str]]:
    """Try `count` addresses; how many of them were good ones in another letter case, and what passed wrongly.

    An address passes wrongly when it is accepted without being a good one up to the case of ASCII letters, and also
    when it is a good one and is refused, or names something else.
    """
    goods = good_addresses()
    meant = {good.address.lower(): good for good in goods}
    chance = random.Random(seed)
    wrong: list[str] = []
    same = 0
    for _ in range(count):
        good = chance.choice(goods)
        address = chance.choice(MUTATIONS)(good, chance)
        recipient = decide_recipient(address, SITE, NOTHING)
        expected = meant.get(address.lower()) if address.isascii() else None
        if expected is None:
            if recipient.reply is None:
                wrong.append(f"{address!r} is accepted as {recipient.kind} {recipient.number}")
            continue
        same += 1
        if (recipient.reply, recipient.kind, recipient.number) != (None, expected.purpose, expected.number):
            wrong.append(f"{address!r} is {recipient.kind} {recipient.number}: {recipient.why}")
    return same, wrong


# -- mutations ----------------------------------------------------------------------------------------------


def _with_token(good: Good, token: str, domain: str = DOMAIN) -> str:
    return f"{_PREFIXES[good.purpose]}{token}@{domain}"


def _other_case(good: Good, chance: random.Random) -> str:
    return "".join(chance.choice((letter.upper(), letter)) for letter in good.address)


def _flip_a_letter(good: Good, chance: random.Random) -> str:
    token, at = good.token, chance.randrange(40)
    return _with_token(good, token[:at] + chance.choice(_ALPHABET) + token[at + 1 :])


def _flip_some(good: Good, chance: random.Random) -> str:
    letters = list(good.token)
    for _ in range(chance.randint(2, 8)):
        letters[chance.randrange(40)] = chance.choice(_ALPHABET)
    return _with_token(good, "".join(letters))


def _flip_a_bit(good: Good, chance: random.Random) -> str:
    data = bytearray(_bytes(good))
    data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
    return _with_token(good, _text(bytes(data)))


def _insert(good: Good, chance: random.Random) -> str:
    token, at = good.token, chance.randrange(41)
    return _with_token(good, token[:at] + chance.choice(string.printable[:94] + " ") + token[at:])


def _delete(good: Good, chance: random.Random) -> str:
    token, at = good.token, chance.randrange(40)
    return _with_token(good, token[:at] + token[at + chance.randint(1, 3) :])


def _swap(good: Good, chance: random.Random) -> str:
    letters = list(good.token)
    one, two = chance.randrange(40), chance.randrange(40)
    letters[one], letters[two] = letters[two], letters[one]
    return _with_token(good, "".join(letters))


def _rotate(good: Good, chance: random.Random) -> str:
    at = chance.randrange(1, 40)
    return _with_token(good, good.token[at:] + good.token[:at])


def _look_alike(good: Good, chance: random.Random) -> str:
    """One letter or all of a kind, in the prefix too."""
    local, _, domain = good.address.partition("@")
    letters = [letter for letter in set(local) if letter in LOOK_ALIKES]
    letter = chance.choice(letters)
    times = chance.choice((1, -1))
    return f"{local.replace(letter, chance.choice(LOOK_ALIKES[letter]), times)}@{domain}"


def _fullwidth(good: Good, chance: random.Random) -> str:
    local, _, domain = good.address.partition("@")
    wide = "".join(chr(ord(each) + 0xFEE0) if chance.random() < 0.5 else each for each in local)
    return f"{wide if wide != local else chr(ord(local[0]) + 0xFEE0) + local[1:]}@{domain}"


def _pad(good: Good, chance: random.Random) -> str:
    pad = chance.choice(
        ("=", "==", "======", ".", "-", "+", "+tag", "\u200b", "\u00ad", "\u0301", "\x00", "a", "_")
    )
    local, _, domain = good.address.partition("@")
    return f"{pad}{local}@{domain}" if chance.random() < 0.3 else f"{local}{pad}@{domain}"


def _random_token(good: Good, chance: random.Random) -> str:
    return _with_token(good, "".join(chance.choices(_ALPHABET, k=40)))


def _random_tag(good: Good, chance: random.Random) -> str:
    return _with_token(good, _text(_bytes(good)[:9] + chance.randbytes(16)))


def _other_number(good: Good, chance: random.Random) -> str:
    number = chance.choice(
        (good.number ^ 1, (good.number + 1) % MAX_NUMBER, chance.randrange(MAX_NUMBER), 0, 1)
    )
    data = _bytes(good)
    return _with_token(good, _text(data[:2] + number.to_bytes(7, "big") + data[9:]))


def _other_key_id(good: Good, chance: random.Random) -> str:
    data = _bytes(good)
    return _with_token(good, _text(data[:1] + bytes([chance.randrange(256)]) + data[2:]))


def _other_version(good: Good, chance: random.Random) -> str:
    data = _bytes(good)
    return _with_token(good, _text(bytes([chance.randrange(256)]) + data[1:]))


def _other_purpose(good: Good, chance: random.Random) -> str:
    return f"{_PREFIXES[chance.choice(list(_PREFIXES))]}{good.token}@{DOMAIN}"


def _other_domain(good: Good, chance: random.Random) -> str:
    domain = chance.choice(
        ("second.example", "vendor.example", "x" + DOMAIN, DOMAIN + ".example", "localhost", "")
    )
    return _with_token(good, good.token, domain)


def _other_secret(good: Good, chance: random.Random) -> str:
    """Rightly made, but with a key, tenant or purpose that is not ours."""
    head = _bytes(good)[:9]
    key = chance.choice((bytes(32), b"", hashlib.sha256(b"four").digest(), *KEYS.values()))
    tenant = chance.choice(("vendo", "vendor ", "VENDOR", "", "vendort"))
    parts = (tenant.encode(), good.purpose.encode(), DOMAIN.encode(), head)
    whole = b"".join(len(part).to_bytes(4, "big") + part for part in parts)
    return _with_token(good, _text(head + hmac.new(key, whole, hashlib.sha256).digest()[:16]))


def _shifted_parts(good: Good, chance: random.Random) -> str:
    """Right but for where one part of what is signed ends and the next begins."""
    head = _bytes(good)[:9]
    joined = chance.choice((f"vendor{good.purpose}{DOMAIN}", f"vendor\0{good.purpose}\0{DOMAIN}")).encode()
    key = KEYS.get(head[1], bytes(32))
    return _with_token(good, _text(head + hmac.new(key, joined + head, hashlib.sha256).digest()[:16]))


def _glued(good: Good, chance: random.Random) -> str:
    """The head of one good token and the tag of another."""
    other = chance.choice(good_pool())
    return _with_token(good, _text(_bytes(good)[:9] + _bytes(other)[9:]))


def _odd_address(good: Good, chance: random.Random) -> str:
    token, prefix = good.token, _PREFIXES[good.purpose]
    return chance.choice(
        (
            f"{prefix}{token}{token}@{DOMAIN}",
            f"{prefix}{prefix}{token}@{DOMAIN}",
            f"{token}@{DOMAIN}",
            f"{prefix}@{DOMAIN}",
            f"{prefix[:-1]}+{token}@{DOMAIN}",
            f"{prefix[:-1]}{token}@{DOMAIN}",
            f"log+{token}@{DOMAIN}",
            f"{prefix}{token}%{DOMAIN}@second.example",
            f"@second.example:{prefix}{token}@{DOMAIN}",
            f"{prefix}{token}",
            f"x@{prefix}{token}@{DOMAIN}",
            f"{prefix}{token[:20]} {token[20:]}@{DOMAIN}",
            f"{prefix}{token[:20]}\r\n {token[20:]}@{DOMAIN}",
            f"{prefix}{base64.b32hexencode(_bytes(good)).decode().lower()}@{DOMAIN}",
            f"{prefix}{_bytes(good).hex()}@{DOMAIN}",
            f"{prefix}{base64.urlsafe_b64encode(_bytes(good)).decode()}@{DOMAIN}",
        )
    )


Mutation = Callable[[Good, random.Random], str]
MUTATIONS: tuple[Mutation, ...] = (
    _other_case,
    _flip_a_letter,
    _flip_some,
    _flip_a_bit,
    _insert,
    _delete,
    _swap,
    _rotate,
    _look_alike,
    _fullwidth,
    _pad,
    _random_token,
    _random_tag,
    _other_number,
    _other_key_id,
    _other_version,
    _other_purpose,
    _other_domain,
    _other_secret,
    _shifted_parts,
    _glued,
    _odd_address,
)

_pool: tuple[Good, ...] = ()


def good_pool() -> tuple[Good, ...]:
    """The good addresses, made once a process."""
    global _pool  # noqa: PLW0603
    _pool = _pool or good_addresses()
    return _pool


def _bytes(good: Good) -> bytes:
    return base64.b32decode(good.token.upper())


def _text(data: bytes) -> str:
    return base64.b32encode(data).decode("ascii").lower().rstrip("=")


# -- the run ------------------------------------------------------------------------------------------------


def shares(count: int, processes: int, seed: int) -> Iterator[tuple[int, int]]:
    """Pieces of the work: how many, and the seed of each."""
    piece = max(min(count // processes, 50_000), 1)
    for number, start in enumerate(range(0, count, piece)):
        yield min(piece, count - start), seed + number


def _share(share: tuple[int, int]) -> tuple[int, list[str]]:
    return violations(*share)


def _run(torment: Torment) -> Outcome:
    count = 200_000 if torment.quick else 10_000_000
    same, done, wrong = 0, 0, []
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        for found, bad in pool.imap_unordered(_share, shares(count, 2, torment.seed)):
            same += found
            wrong += bad
            done += 1
            torment.say("addresses, in pieces of 50,000", done, -(-count // 50_000))
    measured = f"{count:,} addresses: {same:,} good ones in some letter case, {len(wrong):,} passed wrongly"
    return Outcome(measured, tuple(wrong[:20]))


ROW = Row(
    name="tokens",
    test="forged thread addresses: one bit, letter, part or key away from a good one",
    asked="10,000,000: 0 accepted; good ones in every letter case",
    run=_run,
)
