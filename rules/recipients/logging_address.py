"""Logging address: what people put in BCC, CC or To."""

from rules.recipients.kinds import Known, Rcpt, Recipient
from rules.site import LoggingAddress, Site

NAME = "logging-address"
DESCRIPTION = "One of the configured logging addresses; letter case does not count."


def check(rcpt: Rcpt, site: Site, known: Known) -> Recipient | None:  # noqa: ARG001
    """The logging address, or None."""
    entry = _entry(rcpt, site)
    if entry is None:
        return None
    return Recipient(rcpt.address, "logging", "a logging address", flow=entry.flow)


def matches(rcpt: Rcpt, site: Site) -> bool:
    """Whether the address is a logging address."""
    return _entry(rcpt, site) is not None


def _entry(rcpt: Rcpt, site: Site) -> LoggingAddress | None:
    mailbox = f"{rcpt.local}@{rcpt.domain}"
    return next((entry for entry in site.logging if entry.address.lower() == mailbox), None)
