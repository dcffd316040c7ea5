"""Postmaster and abuse: the addresses every mail domain must have (RFC 5321 4.5.1, RFC 2142)."""

from rules.recipients.kinds import Known, Rcpt, Recipient
from rules.site import Site

NAME = "postmaster"
DESCRIPTION = (
    "postmaster and abuse are accepted in any letter case, postmaster without a domain too, and passed on."
)

ROLES = frozenset({"postmaster", "abuse"})


def check(rcpt: Rcpt, site: Site, known: Known) -> Recipient | None:  # noqa: ARG001
    """The role address, or None."""
    if not matches(rcpt, site):
        return None
    return Recipient(rcpt.address, "postmaster", f"{rcpt.local} is passed on to the administrator")


def matches(rcpt: Rcpt, site: Site) -> bool:
    """Whether the address is a role address of a domain that is received here."""
    if not rcpt.domain:
        return rcpt.local == "postmaster"
    return rcpt.local in ROLES and (rcpt.domain in site.domains or rcpt.domain == site.hostname)
