"""Thread address: the Reply-To of a touchpoint that was e-mailed."""

from rules.recipients.kinds import Known, Rcpt, Recipient
from rules.recipients.signed import has_form, signed_address, signed_recipient
from rules.site import Site
from rules.tokens import THREAD

NAME = "thread-address"
DESCRIPTION = "A signed address names a touchpoint; who writes to it replies there. A false token is refused."


def check(rcpt: Rcpt, site: Site, known: Known) -> Recipient | None:  # noqa: ARG001
    """The recipient, a refusal for a token that is not ours, None for any other address."""
    return signed_recipient(rcpt, site, THREAD, site.thread_prefix, "replies to touchpoint {number}")


def matches(rcpt: Rcpt, site: Site) -> bool:
    """Whether the address has this form, valid or not."""
    return has_form(rcpt, site, site.thread_prefix)


def address(site: Site, number: int) -> str:
    """The address of a number. Raises KeyError when the site has no key that signs."""
    return signed_address(site, THREAD, site.thread_prefix, number)
