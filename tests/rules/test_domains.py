"""The domain that names a company, and the domains that name nobody."""

import pytest

from rules.domains import is_free_mail, parents, registrable
from rules.freemail import FREE_MAIL


@pytest.mark.parametrize(
    ("domain", "expected"),
    [
        ("acme.com", "acme.com"),
        ("mail.eu.acme.co.uk", "acme.co.uk"),
        ("acme.github.io", "acme.github.io"),
        ("www.acme.github.io", "acme.github.io"),
        ("github.io", None),
        ("co.uk", None),
        ("localhost", None),
        ("acme.test", "acme.test"),
        ("mail.xn--bcher-kva.example", "xn--bcher-kva.example"),
        ("192.0.2.1", None),
        ("[192.0.2.1]", None),
        ("[ipv6:2001:db8::1]", None),
        ("", None),
        ("a..b.com", None),
        ("a." * 500_000 + "com", None),
    ],
)
def test_registrable(domain: str, expected: str | None) -> None:
    assert registrable(domain) == expected


def test_parents_go_from_the_longest_to_the_registrable() -> None:
    assert parents("a.b.acme.co.uk") == ("a.b.acme.co.uk", "b.acme.co.uk", "acme.co.uk")
    assert parents("acme.com") == ("acme.com",)
    assert parents("co.uk") == ()


@pytest.mark.parametrize(
    "domain", ["gmail.com", "yahoo.co.jp", "gmx.de", "qq.com", "vip.qq.com", "mx.gmail.com", "bigpond.net.au"]
)
def test_free_mail(domain: str) -> None:
    assert is_free_mail(domain)


@pytest.mark.parametrize(
    "domain", ["acme.com", "gmail.acme.com", "notgmail.com", "google.com", "microsoft.com", "", "com"]
)
def test_company_mail(domain: str) -> None:
    assert not is_free_mail(domain)


def test_the_operator_adds_domains() -> None:
    assert is_free_mail("ann.club.example", {"club.example"})
    assert not is_free_mail("ann.club.example", {"other.example"})


def test_the_table_is_folded_and_can_be_matched() -> None:
    assert all(name == name.lower() and name.isascii() for name in FREE_MAIL)
    assert [name for name in FREE_MAIL if not parents(name)] == []
