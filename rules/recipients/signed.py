"""What the signed addresses share: a prefix, and a token that only this deployment can have made (`rules.tokens`)."""

from rules import replies
from rules.recipients.kinds import Rcpt, Recipient
from rules.site import Site
from rules.tokens import looks_like_token, sign, verify


def signed_address(site: Site, purpose: str, prefix: str, number: int) -> str:
    """The address of a number. Raises KeyError when the site has no key that signs."""
    return f"{prefix}{sign(site.ring, purpose, site.domain, number)}@{site.domain}"


def signed_recipient(rcpt: Rcpt, site: Site, purpose: str, prefix: str, why: str) -> Recipient | None:
    """The recipient with its number, a refusal for a token that is not ours, None for any other address."""
    if not has_form(rcpt, site, prefix):
        return None
    if not site.ring.keys:
        return Recipient(rcpt.address, "refused", "the keys cannot be read", replies.NOT_NOW, number=0)
    # Every one of our domains: a site that changes its default domain still gets the answers to its old mail.
    number = verify(site.ring, purpose, rcpt.domain, rcpt.local[len(prefix) :])
    if number is None:
        return Recipient(rcpt.address, "refused", f"no valid {purpose} token", replies.NO_SUCH_ADDRESS)
    return Recipient(rcpt.address, purpose, why.format(number=number), number=number)


def has_form(rcpt: Rcpt, site: Site, prefix: str) -> bool:
    """Whether the address is written like one of this kind, valid or not."""
    # Of the written form: folding to lower case makes ASCII letters of some others (U+212A).
    return (
        rcpt.domain in site.domains
        and rcpt.local.startswith(prefix)
        and rcpt.address.rpartition("@")[0].isascii()
        and looks_like_token(rcpt.local[len(prefix) :])
    )
