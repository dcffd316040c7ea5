"""Who may do what: a permission says whether at all, ownership says to which."""

import pytest

from rules.permissions import PERMISSIONS, Actor, may, may_change, may_see

USER = Actor("ann@vendor.example", "Ann Vale", "user", frozenset({"create", "edit", "delete"}))
READER = Actor("bob@vendor.example", "Bob Hay", "user", frozenset())
ADMIN = Actor("eve@vendor.example", "Eve", "admin", frozenset(PERMISSIONS))


@pytest.mark.parametrize("permission", PERMISSIONS)
def test_a_permission_is_there_or_is_named(permission: str) -> None:
    assert may(ADMIN, permission) == ""  # type: ignore[arg-type]
    why = may(READER, permission)  # type: ignore[arg-type]
    assert "bob@vendor.example" in why
    assert permission in why
    assert (may(USER, permission) == "") is (permission in USER.permissions)  # type: ignore[arg-type]


def test_an_admin_has_no_permission_that_was_not_given() -> None:
    limited = Actor("eve@vendor.example", "Eve", "admin", frozenset({"edit"}))
    assert limited.is_admin
    assert may(limited, "delete")
    assert may_change(limited, "delete", [limited.email])
    assert may_change(limited, "edit", ["ann@vendor.example"]) == ""


@pytest.mark.parametrize("permission", ["edit", "delete"])
@pytest.mark.parametrize(
    ("owners", "allowed"),
    [
        (["ann@vendor.example"], True),
        (["ANN+x@Vendor.Example"], True),
        (["ada@acme.example", "ann@vendor.example"], True),  # whoever filed a customer's mail
        (["bob@vendor.example"], False),
        (["ann@vendor.example.evil.example"], False),
        ([], False),
    ],
)
def test_a_touchpoint_is_changed_by_its_owners(permission: str, owners: list[str], allowed: bool) -> None:
    why = may_change(USER, permission, owners)  # type: ignore[arg-type]
    assert (why == "") is allowed
    if not allowed:
        assert why == f"Only its author or a global admin may {permission} a touchpoint."


def test_an_owner_without_the_permission_is_told_of_the_permission() -> None:
    assert "does not have the permission" in may_change(READER, "edit", [READER.email])


@pytest.mark.parametrize(
    ("accounts", "account", "seen"),
    [
        (None, "acme", True),
        (frozenset({"acme"}), "acme", True),
        (frozenset({"acme"}), "ACME", False),  # keys as the directory writes them
        (frozenset({"acme"}), "globe", False),
        (frozenset(), "acme", False),
    ],
)
def test_an_account_is_seen_or_not(accounts: frozenset[str] | None, account: str, seen: bool) -> None:
    actor = Actor("ann@vendor.example", "Ann Vale", "user", frozenset(), accounts)
    assert may_see(actor, account) is seen
