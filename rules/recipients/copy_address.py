"""Return path of one outgoing mail: who reports on it, or answers it by a machine, says which one (VERP)."""

from rules.recipients.kinds import Known, Rcpt, Recipient
from rules.recipients.signed import has_form, signed_address, signed_recipient
from rules.site import Site
from rules.tokens import COPY

NAME = "copy-address"
DESCRIPTION = "A signed address names one outgoing mail; delivery reports and automatic answers come to it."


def check(rcpt: Rcpt, site: Site, known: Known) -> Recipient | None:  # noqa: ARG001
    """The recipient, a refusal for a token that is not ours, None for any other address."""
    return signed_recipient(rcpt, site, COPY, site.copy_prefix, "the return path of outgoing mail {number}")


def matches(rcpt: Rcpt, site: Site) -> bool:
    """Whether the address has this form, valid or not."""
    return has_form(rcpt, site, site.copy_prefix)


def address(site: Site, number: int) -> str:
    """The address of a number. Raises KeyError when the site has no key that signs."""
    return signed_address(site, COPY, site.copy_prefix, number)
