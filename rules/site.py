"""What the operator decided about this site, as far as the rules need it."""

from collections.abc import Mapping
from dataclasses import dataclass, field


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
    `user_prefix`: a per-user address is `<user_prefix><secret>@domain`.
    """

    logging: tuple[LoggingAddress, ...]
    own_domains: frozenset[str] = frozenset()
    never_log: frozenset[str] = frozenset()
    free_mail: frozenset[str] = frozenset()
    trust: Mapping[str, str] = field(default_factory=dict)
    hostname: str = "localhost"
    user_prefix: str = "me-"
    max_participants: int = 1000

    @property
    def domains(self) -> frozenset[str]:
        """Every domain the gateway receives mail for."""
        return frozenset(entry.address.rpartition("@")[2].lower() for entry in self.logging)
