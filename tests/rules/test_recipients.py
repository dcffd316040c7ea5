"""What each address of the gateway is, as RCPT is told."""

import pytest

from rules.recipients import Known, decide_recipient, is_own_address, recipient_query
from rules.site import LoggingAddress, Site

SITE = Site(
    logging=(
        LoggingAddress("log@touchpoints.vendor.example", "Adoption"),
        LoggingAddress("onboarding@touchpoints.vendor.example", "Onboarding"),
        LoggingAddress("log@vendor.example", "Adoption"),
    ),
    hostname="mx.vendor.example",
)
SECRET = "abcdefghij234567klmn"
KNOWN = Known(
    accounts={"acme": "ACME", "globe.freight": "globe.freight"}, secrets={SECRET: "ann@vendor.example"}
)


@pytest.mark.parametrize(
    ("address", "kind", "code"),
    [
        ("log@touchpoints.vendor.example", "logging", None),
        ("LOG@Touchpoints.Vendor.EXAMPLE", "logging", None),
        ('"log"@touchpoints.vendor.example', "logging", None),
        ("onboarding@touchpoints.vendor.example", "logging", None),
        ("log+acme@touchpoints.vendor.example", "account", None),
        ("Log+ACME@touchpoints.vendor.example", "account", None),
        ("onboarding+globe.freight@touchpoints.vendor.example", "account", None),
        ("log+nobody@touchpoints.vendor.example", "refused", "550 5.1.1"),
        ("log+@touchpoints.vendor.example", "refused", "550 5.1.1"),
        (f"me-{SECRET}@touchpoints.vendor.example", "user", None),
        (f"ME-{SECRET.upper()}@touchpoints.vendor.example", "user", None),
        (f"me-{SECRET[::-1]}@touchpoints.vendor.example", "refused", "550 5.1.1"),
        ("me-too@vendor.example", "refused", "550 5.1.1"),
        ("Postmaster@touchpoints.vendor.example", "postmaster", None),
        ("postmaster", "postmaster", None),
        ("POSTMASTER@mx.vendor.example", "postmaster", None),
        ("abuse@vendor.example", "postmaster", None),
        ("abuse", "refused", "550 5.7.1"),
        ("ann@vendor.example", "refused", "550 5.1.1"),
        ("log@elsewhere.example", "refused", "550 5.7.1"),
        ("log@sub.touchpoints.vendor.example", "refused", "550 5.7.1"),
        ("", "refused", "550 5.7.1"),
        ("@", "refused", "550 5.7.1"),
    ],
)
def test_each_address_is_told_apart(address: str, kind: str, code: str | None) -> None:
    recipient = decide_recipient(address, SITE, KNOWN)
    assert recipient.kind == kind
    assert (str(recipient.reply).startswith(code) if code else recipient.reply is None) is True


def test_an_account_address_has_the_key_as_the_directory_writes_it_and_the_flow_of_its_logging_address() -> (
    None
):
    recipient = decide_recipient("onboarding+aCmE@touchpoints.vendor.example", SITE, KNOWN)
    assert (recipient.account, recipient.flow) == ("ACME", "Onboarding")


def test_the_public_reply_says_nothing_of_the_reason() -> None:
    recipient = decide_recipient("log+secretive@touchpoints.vendor.example", SITE, KNOWN)
    assert "secretive" in recipient.why
    assert "secretive" not in str(recipient.reply)


def test_only_what_the_address_names_is_asked_of_the_directory() -> None:
    assert recipient_query("LOG+Acme@vendor.example", SITE).account_key == "acme"
    assert recipient_query(f"me-{SECRET}@vendor.example", SITE).secret == SECRET
    plain = recipient_query("log@vendor.example", SITE)
    assert (plain.account_key, plain.secret) == (None, None)


@pytest.mark.parametrize(
    ("address", "own"),
    [
        ("log@vendor.example", True),
        ("log+unknown@vendor.example", True),
        (f"me-{SECRET}@vendor.example", True),
        ("postmaster@vendor.example", True),
        ("me-and-you@vendor.example", False),
        ("logan@vendor.example", False),
        ("log@customer.example", False),
    ],
)
def test_own_addresses_are_no_people(address: str, own: bool) -> None:
    assert is_own_address(address, SITE) is own
