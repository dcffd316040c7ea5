"""What an envelope recipient can be, and what must be looked up to tell."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from rules.replies import Reply


@dataclass(frozen=True, slots=True)
class RecipientQuery:
    """What to ask the directory before the recipient can be decided; None asks for nothing.

    `account_key` is case-folded; `secret` is the secret of a per-user address.
    """

    account_key: str | None = None
    secret: str | None = None


@dataclass(frozen=True, slots=True)
class Known:
    """The directory's answer: case-folded account key → key as written; secret → the user's main address."""

    accounts: Mapping[str, str] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Recipient:
    """One RCPT, decided. `reply` is None when it is accepted, else what the client is told.

    `kind` is thread, copy, question, account, user, logging, postmaster or refused. `account` is the key named by
    the address, `user` the owner of a per-user address, `flow` the flow of the logging address it hangs on. `number`
    is what a signed address names: a touchpoint, an outgoing mail, or a mail that waits. `why` is private.
    """

    address: str
    kind: str
    why: str
    reply: Reply | None = None
    flow: str = ""
    account: str = ""
    user: str = ""
    number: int = 0


@dataclass(frozen=True, slots=True)
class Rcpt:
    """An address taken apart: both halves folded to lower case, the domain as A-label."""

    address: str
    local: str
    domain: str
