"""What the directory knows about the people of one mail: the answer to one look-up."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class User:
    """A Totango user: a colleague with a login. `email` is the main address; `role` is admin or user."""

    email: str
    name: str
    role: str = "user"


@dataclass(frozen=True, slots=True)
class Contact:
    """A person at one or several customers. `accounts` are account keys, in the order of the directory."""

    email: str
    name: str
    accounts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Account:
    """A customer company. `key` as the directory writes it."""

    key: str
    name: str
    active: bool = True


@dataclass(frozen=True, slots=True)
class Facts:
    """Users and contacts by address key (`rules.addresses.address_key`), accounts by key, domains by A-label.

    `users` holds alternative addresses too, each leading to the same User.
    `domains` maps a domain that accounts list to the keys of those accounts; of every domain of the mail, the
    domain itself and each parent down to the registrable one were asked for.
    """

    users: Mapping[str, User] = field(default_factory=dict)
    contacts: Mapping[str, Contact] = field(default_factory=dict)
    accounts: Mapping[str, Account] = field(default_factory=dict)
    domains: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
