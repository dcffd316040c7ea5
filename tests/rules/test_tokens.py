"""Signed addresses: only what was signed here, for this purpose and domain, is accepted; letter case aside."""

import base64
import os
from dataclasses import replace

import pytest

from rules.recipients import Known, copy_address, decide_recipient, question_address, thread_address
from rules.recipients.kinds import Rcpt
from rules.site import LoggingAddress, Site
from rules.tokens import (
    COPY,
    LENGTH,
    MAX_NUMBER,
    QUESTION,
    THREAD,
    KeyRing,
    looks_like_token,
    sign,
    thread_root,
    verify,
)
from tests.torture.rows.tokens import MUTATIONS, good_addresses, violations

DOMAIN = "touchpoints.vendor.example"
RING = KeyRing("vendor", 1, {1: bytes(range(32)), 2: bytes(range(32, 64))})
NUMBERS = (0, 1, 255, 256, 1 << 32, MAX_NUMBER)
TOKEN = sign(RING, THREAD, DOMAIN, 7)


@pytest.mark.parametrize("number", NUMBERS)
@pytest.mark.parametrize("purpose", [THREAD, COPY, QUESTION])
def test_a_token_leads_back_to_its_number(purpose: str, number: int) -> None:
    token = sign(RING, purpose, DOMAIN, number)
    assert len(token) == LENGTH
    assert token == token.lower()
    assert looks_like_token(token)
    assert verify(RING, purpose, DOMAIN, token) == number


@pytest.mark.parametrize("number", [-1, MAX_NUMBER + 1])
def test_a_number_out_of_range_is_not_signed(number: int) -> None:
    with pytest.raises(ValueError, match="cannot be signed"):
        sign(RING, THREAD, DOMAIN, number)


def test_letter_case_does_not_count() -> None:
    mixed = "".join(letter.upper() if place % 3 else letter for place, letter in enumerate(TOKEN))
    for spelling in (TOKEN.upper(), mixed, TOKEN):
        assert verify(RING, THREAD, DOMAIN, spelling) == 7
    assert verify(RING, THREAD, DOMAIN.upper(), TOKEN) == 7


@pytest.mark.parametrize(
    ("ring", "purpose", "domain"),
    [
        (replace(RING, tenant="another"), THREAD, DOMAIN),
        (RING, COPY, DOMAIN),
        (RING, QUESTION, DOMAIN),
        (RING, THREAD, "vendor.example"),
        (replace(RING, keys={1: bytes(32)}), THREAD, DOMAIN),
        (replace(RING, keys={2: RING.keys[1]}), THREAD, DOMAIN),
        (KeyRing(), THREAD, DOMAIN),
    ],
    ids=["tenant", "purpose", "other purpose", "domain", "key", "key id", "no keys"],
)
def test_what_was_signed_for_something_else_is_refused(ring: KeyRing, purpose: str, domain: str) -> None:
    assert verify(RING, THREAD, DOMAIN, TOKEN) == 7
    assert verify(ring, purpose, domain, TOKEN) is None


def test_the_end_of_one_part_is_not_the_beginning_of_the_next() -> None:
    token = sign(KeyRing("vendor", 1, RING.keys), "thread", "x.example", 7)
    assert verify(KeyRing("vendorthread", 1, RING.keys), "", "x.example", token) is None
    assert verify(KeyRing("vend", 1, RING.keys), "orthread", "x.example", token) is None


def test_a_rotated_key_still_verifies_and_a_retired_one_does_not() -> None:
    rotated = replace(RING, signing=2)
    new = sign(rotated, THREAD, DOMAIN, 7)
    assert new != TOKEN
    assert verify(rotated, THREAD, DOMAIN, TOKEN) == verify(rotated, THREAD, DOMAIN, new) == 7
    retired = replace(rotated, keys={2: RING.keys[2]})
    assert verify(retired, THREAD, DOMAIN, TOKEN) is None
    assert verify(retired, THREAD, DOMAIN, new) == 7


def test_without_a_key_nothing_is_signed() -> None:
    with pytest.raises(KeyError):
        sign(KeyRing(), THREAD, DOMAIN, 7)
    with pytest.raises(KeyError):
        sign(replace(RING, signing=3), THREAD, DOMAIN, 7)


def test_another_version_is_refused_whoever_signed_it() -> None:
    data = base64.b32decode(TOKEN.upper())
    assert data[0] == 1
    later = base64.b32encode(b"\x02" + data[1:]).decode().lower()
    assert looks_like_token(later)
    assert verify(RING, THREAD, DOMAIN, later) is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a",
        TOKEN[:-1],
        TOKEN + "a",
        TOKEN + "=",
        TOKEN + "\n",
        TOKEN[:-1] + "1",
        TOKEN[:-1] + "\u212a",
        "é" * 40,
    ],
)
def test_what_is_no_token_is_told_by_its_form(text: str) -> None:
    assert not looks_like_token(text)
    assert verify(RING, THREAD, DOMAIN, text) is None


def test_a_ring_never_shows_its_secrets() -> None:
    assert "keys" not in repr(RING)


def test_the_root_of_a_thread_is_its_own_and_outlives_the_keys() -> None:
    root = thread_root(RING, DOMAIN, 7)
    assert root == thread_root(replace(RING, signing=2, keys={2: RING.keys[2]}), DOMAIN, 7)
    others = {
        thread_root(RING, DOMAIN, 8),
        thread_root(RING, "second.example", 7),
        thread_root(replace(RING, tenant="another"), DOMAIN, 7),
    }
    assert root not in others
    assert len(others) == 3
    assert root.startswith("<touchpoint-7-")
    assert root.endswith(f"@{DOMAIN}>")


# -- as addresses -------------------------------------------------------------------------------------------


def site(**values: object) -> Site:
    logging = (LoggingAddress(f"log@{DOMAIN}", "Adoption"), LoggingAddress("log@second.example", "Adoption"))
    return Site(**{"logging": logging, "ring": RING, **values})  # type: ignore[arg-type]


ADDRESSES = {THREAD: thread_address, COPY: copy_address, QUESTION: question_address}


@pytest.mark.parametrize("purpose", ADDRESSES)
def test_each_kind_of_address_names_its_number(purpose: str) -> None:
    address = ADDRESSES[purpose].address(site(), 7)
    for spelling in (address, address.upper(), address.title(), f'"{address.partition("@")[0]}"@{DOMAIN}'):
        recipient = decide_recipient(spelling, site(), Known())
        assert (recipient.kind, recipient.number, recipient.reply) == (purpose, 7, None)
        assert recipient.address == spelling


def test_the_longest_address_fits_into_a_mailbox() -> None:
    """RFC 5321 4.5.3.1.1: at most 64 octets before the @. The settings take prefixes of up to 16."""
    longest = site(thread_prefix="p" * 16, copy_prefix="q" * 16, question_prefix="r" * 16)
    for purpose, rule in ADDRESSES.items():
        local, _, domain = rule.address(longest, MAX_NUMBER).partition("@")
        assert len(local.encode()) <= 64
        assert domain == DOMAIN
        assert decide_recipient(f"{local}@{domain}", longest, Known()).kind == purpose


def test_a_false_token_is_refused_as_an_unknown_mailbox_and_says_why_only_in_private() -> None:
    forged = f"reply-{'a' * 40}@{DOMAIN}"
    recipient = decide_recipient(forged, site(), Known())
    assert (recipient.kind, str(recipient.reply)[:9]) == ("refused", "550 5.1.1")
    assert "token" in recipient.why
    assert "token" not in str(recipient.reply).lower()


def test_an_address_of_another_form_is_none_of_these() -> None:
    for local in ("reply-me", "reply-", "reply", f"reply-{'1' * 40}", f"reply{TOKEN}"):
        rcpt = Rcpt(f"{local}@{DOMAIN}", local, DOMAIN)
        assert not thread_address.matches(rcpt, site())
        assert thread_address.check(rcpt, site(), Known()) is None


def test_a_site_that_changed_its_first_domain_still_gets_the_answers_to_its_old_mail() -> None:
    address = thread_address.address(site(), 7)
    now = site(logging=tuple(reversed(site().logging)))
    assert thread_address.address(now, 7).endswith("@second.example")
    assert decide_recipient(address, now, Known()).number == 7


# -- almost right -------------------------------------------------------------------------------------------

COUNT = int(os.environ.get("TORTURE_TOKENS", "200000"))
PIECES = 4


@pytest.mark.parametrize("seed", range(PIECES))
def test_nothing_that_is_almost_right_is_accepted(seed: int) -> None:
    same, wrong = violations(COUNT // PIECES, seed)
    assert wrong == []
    # Good ones in other letters are among them, or nothing would have been tried.
    assert same > COUNT // PIECES // 50


def test_the_torture_knows_good_addresses_and_every_way_to_break_one() -> None:
    goods = good_addresses()
    assert len({good.address for good in goods}) == len(goods) >= 60
    assert {good.purpose for good in goods} == {THREAD, COPY, QUESTION}
    assert len(MUTATIONS) >= 20
