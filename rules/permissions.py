"""Who may do what to touchpoints, accounts and the queue."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

from rules.addresses import address_key

Permission = Literal["create", "edit", "delete", "attributes", "queue", "outbox"]
"""create, edit, delete: touchpoints. attributes: health, contract value and attributes of accounts. queue: see and
work mail that waits for a person. outbox: see and work every outgoing mail."""

PERMISSIONS: tuple[Permission, ...] = ("create", "edit", "delete", "attributes", "queue", "outbox")


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts: a Totango user with what they may do. `accounts` are the keys they may see, None for all."""

    email: str
    name: str
    role: str
    permissions: frozenset[str]
    accounts: frozenset[str] | None = None

    @property
    def is_admin(self) -> bool:
        """Whether this is a global admin."""
        return self.role == "admin"


def may(actor: Actor, permission: Permission) -> str:
    """Why the actor may not do this kind of thing at all, or ""."""
    if permission in actor.permissions:
        return ""
    return f"{actor.email} does not have the permission “{permission}”."


def may_see(actor: Actor, account: str) -> bool:
    """Whether the actor may see anything of an account."""
    return actor.accounts is None or account in actor.accounts


def may_change(actor: Actor, permission: Permission, owners: Collection[str]) -> str:
    """Why the actor may not edit or delete a touchpoint, or "".

    `owners` are the addresses of its author and of who filed it.
    """
    why = may(actor, permission)
    if why or actor.is_admin:
        return why
    if address_key(actor.email) in {address_key(owner) for owner in owners}:
        return ""
    return f"Only its author or a global admin may {permission} a touchpoint."
