"""Two spellings of one mailbox have one key; two mailboxes never share one."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.addresses import address_key, domain_of, fold_domain


@pytest.mark.parametrize(
    ("written", "key"),
    [
        ("Ann.Lee@Example.COM", "ann.lee@example.com"),
        ("ann+newsletter@example.com", "ann@example.com"),
        ("ann+a+b@example.com", "ann@example.com"),
        ("  ann@example.com ", "ann@example.com"),
        ("ann@example.com.", "ann@example.com"),
        ("ann@Bücher.example", "ann@xn--bcher-kva.example"),
        ("ann@XN--BCHER-KVA.example", "ann@xn--bcher-kva.example"),
        ("ann@faß.de", "ann@xn--fa-hia.de"),
        ("用户@例え。jp", "用户@xn--r8jz45g.jp"),
        ('"ann"@example.com', "ann@example.com"),
        ('"Ann Lee"@example.com', '"ann lee"@example.com'),
        ('"a@b"@example.com', '"a@b"@example.com'),
        ("ann@[192.0.2.1]", "ann@[192.0.2.1]"),
        ("ann@[IPv6:2001:DB8::1]", "ann@[ipv6:2001:db8::1]"),
        ("ann@my_host.example", "ann@my_host.example"),
        ("ann@ＡＣＭＥ．Example", "ann@acme.example"),
        ("ann@acme.example。", "ann@acme.example"),
        ("ann@MÜLLER.example.", "ann@xn--mller-kva.example"),
        ("ann@mu\u0308ller.example", "ann@xn--mller-kva.example"),
        ("ann@аcme.example", "ann@xn--cme-5cd.example"),
        ("ann@ac\u00adme.example", "ann@acme.example"),
        ("ann@\u200bacme.example", "ann@acme.example"),
        ("+ann@example.com", "+ann@example.com"),
        ("JO\u0308RG@example.com", "j\u00f6rg@example.com"),
        ("undisclosed", "undisclosed"),
        ("ann@", "ann@"),
        ("", ""),
    ],
)
def test_key(written: str, key: str) -> None:
    assert address_key(written) == key


def test_dots_and_quoted_tags_keep_mailboxes_apart() -> None:
    assert address_key("ann.lee@gmail.com") != address_key("annlee@gmail.com")
    assert address_key('"a b+c"@example.com') != address_key('"a b"@example.com')


@given(st.text(alphabet=st.characters(codec="utf-8"), max_size=60))
def test_folding_twice_changes_nothing(text: str) -> None:
    for fold in (address_key, fold_domain):
        once = fold(text)
        assert fold(once) == once


@given(st.text(alphabet='aA+"@. \\İßΣ\u0301ẞ。xn-1', max_size=20))
def test_folding_twice_changes_nothing_near_the_grammar(text: str) -> None:
    once = address_key(text)
    assert address_key(once) == once


@pytest.mark.parametrize(
    "junk", ["a." * 500_000, "+" * 1_000_000, '"' * 1_000_000, "ü." * 300_000, "@" * 1_000_000]
)
def test_a_megabyte_of_junk_is_quick(junk: str) -> None:
    start = time.perf_counter()
    address_key(f"a@{junk}")
    address_key(f"{junk}@a.example")
    assert time.perf_counter() - start < 2


def test_domain_of() -> None:
    assert domain_of('"a@b"@Example.com') == "example.com"
    assert domain_of("nobody") == ""
