"""Arguments of MAIL and RCPT as real senders, broken senders and attackers write them."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.smtp.path import BadAddressError, BadParameterError, read_recipient, read_sender


@pytest.mark.parametrize(
    ("argument", "address"),
    [
        ("FROM:<>", ""),
        ("from: <> BODY=8BITMIME", ""),
        ("FROM:<ann@vendor.example>", "ann@vendor.example"),
        ("FROM: ann@vendor.example SIZE=1", "ann@vendor.example"),
        ("FROM:<@one.example,@two.example:ann@vendor.example>", "ann@vendor.example"),
        ("FROM:<Ann.Smith+x=y@Vendor.Example.>", "Ann.Smith+x=y@Vendor.Example"),
        ("FROM:<..taro..@mobile.example>", "..taro..@mobile.example"),
        ("FROM:<bounce-" + "x" * 100 + "@list.example>", "bounce-" + "x" * 100 + "@list.example"),
        ('FROM:<"ann smith"@vendor.example>', '"ann smith"@vendor.example'),
        ('FROM:<"a>b\\"c@d"@vendor.example> SIZE=1', '"a>b\\"c@d"@vendor.example'),
        ("FROM:<ann@[192.0.2.1]>", "ann@[192.0.2.1]"),
        ("FROM:<ann@[IPv6:2001:db8::1]>", "ann@[IPv6:2001:db8::1]"),
        ("FROM:<käthe@müller.example>", "käthe@müller.example"),
        ("FROM:<ann@under_score.example>", "ann@under_score.example"),
    ],
)
def test_address(argument: str, address: str) -> None:
    assert read_sender(argument)[0] == address


@pytest.mark.parametrize(
    "path",
    ["<", '<"', "a@[", "<a@b", "a@b>", "<<a@b>>", "<a@>", "<@b>", "<a b@c>", "<a@b c>", "<a@b>x", "<a@b..c>",
     "<a@b@c>", '<"a@b>', "<a@b:c>", "< >", "<a,b@c>", "<(x)a@b>", "", "a", "<a\\@b>", "<a@[b c]>"],
)  # fmt: skip
def test_no_address(path: str) -> None:
    with pytest.raises(BadAddressError):
        read_sender(f"FROM:{path}")


def test_postmaster_needs_no_domain() -> None:
    assert read_recipient("TO:<PostMaster>") == ("postmaster", {})
    with pytest.raises(BadAddressError):
        read_recipient("TO:<>")
    with pytest.raises(BadAddressError):
        read_sender("FROM:<postmaster>")


def test_parameters() -> None:
    assert read_sender("FROM:<> size=10 SMTPUTF8  body=7BIT")[1] == {
        "SIZE": "10",
        "SMTPUTF8": "",
        "BODY": "7BIT",
    }
    for bad in ("SIZE=1 size=2", "=1", "A==b", "SIZE=", "A=ü", "-A"):
        with pytest.raises(BadParameterError):
            read_sender(f"FROM:<> {bad}")


@given(st.text(max_size=60))
def test_any_text_is_an_address_or_refused(text: str) -> None:
    try:
        address, _ = read_sender(f"FROM:{text}")
    except ValueError:
        return
    assert address == "" or "@" in address


@pytest.mark.parametrize("piece", ['"', "\\", '"\\', "a@", "@a,", "a.", "<", "[", "@a:", '""@'])
def test_hostile_paths_take_no_time(piece: str) -> None:
    started = time.process_time()
    for prefix in ("<", "", '<"', "<@a,"):
        with pytest.raises(BadAddressError):
            read_sender(f"FROM:{prefix}{piece * 50_000}\n")
    assert time.process_time() - started < 1
