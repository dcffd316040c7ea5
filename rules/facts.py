"""What the directory knows about the people of one mail: the answer to one look-up."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime


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
class Thread:
    """A touchpoint as far as a reply to it must know it.

    `people` are the address keys of its participants and its author. `state` is open, closed or deleted.
    """

    id: int
    account: Account
    subject: str
    flow: str
    people: frozenset[str] = frozenset()
    state: str = "open"


@dataclass(frozen=True, slots=True)
class Copy:
    """One outgoing mail: `id` is its number in the outbox, `thread` the touchpoint it belongs to, or None."""

    id: int
    thread: int | None
    recipient: str


@dataclass(frozen=True, slots=True)
class Question:
    """A mail that waits, whose sender was asked where it belongs. `sender` is that user's address key.

    `state` is the mail's state, `subject` its subject.
    """

    mail_id: int
    sender: str
    state: str
    subject: str
    received_at: datetime


@dataclass(frozen=True, slots=True)
class Facts:
    """Users and contacts by address key (`rules.addresses.address_key`), accounts by key, domains by A-label.

    `users` holds alternative addresses too, each leading to the same User.
    `domains` maps a domain that accounts list to the keys of those accounts; of every domain of the mail, the
    domain itself and each parent down to the registrable one were asked for.
    `threads` are by touchpoint, `copies` by number in the outbox, `questions` by mail. `messages` maps a message id
    to the threads it belongs to, `sent` one of ours to the copy it was. `named` maps a folded line of an answer to
    the accounts whose key or name it is.
    """

    users: Mapping[str, User] = field(default_factory=dict)
    contacts: Mapping[str, Contact] = field(default_factory=dict)
    accounts: Mapping[str, Account] = field(default_factory=dict)
    domains: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    threads: Mapping[int, Thread] = field(default_factory=dict)
    copies: Mapping[int, Copy] = field(default_factory=dict)
    questions: Mapping[int, Question] = field(default_factory=dict)
    messages: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    sent: Mapping[str, Copy] = field(default_factory=dict)
    named: Mapping[str, tuple[Account, ...]] = field(default_factory=dict)
