"""The backstop: an address that none of the rules knows is refused."""

from rules import replies
from rules.recipients.kinds import Rcpt, Recipient
from rules.site import Site

NAME = "refusal"
DESCRIPTION = "Any other address is refused: our domain with 5.1.1, a foreign one with 5.7.1."


def check(rcpt: Rcpt, site: Site) -> Recipient:
    """The refusal for an address that is not ours."""
    if rcpt.domain in site.domains or rcpt.domain == site.hostname:
        return Recipient(rcpt.address, "refused", "unknown local part", replies.NO_SUCH_ADDRESS)
    return Recipient(rcpt.address, "refused", "not a domain of ours", replies.NOT_OUR_DOMAIN)
