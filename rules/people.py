"""Who somebody is: Totango user, contact, or unknown."""

from collections.abc import Iterable
from dataclasses import dataclass

from rules.addresses import address_key
from rules.facts import Facts
from rules.message import Address


@dataclass(frozen=True, slots=True)
class Participant:
    """A person on a touchpoint. `side` is internal or external; `known` is user, contact or unknown."""

    email: str
    name: str
    side: str
    known: str


def participant(address: Address, facts: Facts) -> Participant:
    """The person behind an address: internal exactly when a Totango user has it, main or alternative."""
    key = address_key(address.email)
    user = facts.users.get(key)
    if user is not None:
        return Participant(address.email, address.name or user.name, "internal", "user")
    contact = facts.contacts.get(key)
    if contact is not None:
        return Participant(address.email, address.name or contact.name, "external", "contact")
    return Participant(address.email, address.name, "external", "unknown")


def people_of(addresses: Iterable[Address], facts: Facts) -> tuple[Address, ...]:
    """One entry a person, the first one kept; a later display name fills in for a missing one.

    The addresses of one Totango user are one person, so are addresses that differ in case or plus-tag.
    """
    found: dict[str, Address] = {}
    for address in addresses:
        key = address_key(address.email)
        user = facts.users.get(key)
        person = address_key(user.email) if user else key
        seen = found.get(person)
        if seen is None:
            found[person] = address
        elif address.name and not seen.name:
            found[person] = Address(seen.email, address.name)
    return tuple(found.values())
