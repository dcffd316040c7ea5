"""What the operator decided about this site, as far as the rules need it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from rules.tokens import KeyRing
from rules.tombstones import NeverAgain


@dataclass(frozen=True, slots=True)
class LoggingAddress:
    """An address people put in BCC, CC or To; `flow` is the flow its mail is filed under."""

    address: str
    flow: str


@dataclass(frozen=True, slots=True)
class Site:
    """The site's settings.

    `logging`: at least one; the first is the default. Addresses are in lower case, domains A-labels.
    `own_domains`: the mail domains of the vendor, A-labels. `never_log`: addresses and domains, lower case.
    `free_mail`: extra free-mail domains. `trust`: sender domain → what an unverified sender of it is taken
    for ("verified", "unverified" or "failed"); "*" is the site's default.
    `hostname`: the gateway's own name, as its greeting says it.
    `user_prefix`: a per-user address is `<user_prefix><secret>@domain`. `ring` holds the keys of signed addresses;
    `thread_prefix`, `copy_prefix` and `question_prefix` are what these begin with. `never_again`: erased people whose
    mail is kept out as that of the never-log list is.
    """

    logging: tuple[LoggingAddress, ...]
    own_domains: frozenset[str] = frozenset()
    never_log: frozenset[str] = frozenset()
    free_mail: frozenset[str] = frozenset()
    trust: Mapping[str, str] = field(default_factory=dict)
    hostname: str = "localhost"
    user_prefix: str = "me-"
    max_participants: int = 1000
    ring: KeyRing = field(default_factory=KeyRing)
    thread_prefix: str = "reply-"
    copy_prefix: str = "bounce-"
    question_prefix: str = "ask-"
    never_again: NeverAgain = field(default_factory=NeverAgain)

    @property
    def keeps_people_out(self) -> bool:
        """Whether there is anybody whose mail is never kept."""
        return bool(self.never_log or self.never_again.digests)

    @property
    def domain(self) -> str:
        """The domain of the addresses that the gateway makes: that of the default logging address."""
        return self.logging[0].address.rpartition("@")[2].lower()

    @property
    def domains(self) -> frozenset[str]:
        """Every domain the gateway receives mail for."""
        return _domains(self.logging)


@lru_cache(16)
def _domains(logging: tuple[LoggingAddress, ...]) -> frozenset[str]:
    return frozenset(entry.address.rpartition("@")[2].lower() for entry in logging)
