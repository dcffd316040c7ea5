"""Where the answer to a notice goes."""

from rules.recipients.kinds import Known, Rcpt, Recipient
from rules.recipients.signed import has_form, signed_address, signed_recipient
from rules.site import Site
from rules.tokens import QUESTION

NAME = "question-address"
DESCRIPTION = "A signed address names a mail that waits; its sender answers there where it belongs."


def check(rcpt: Rcpt, site: Site, known: Known) -> Recipient | None:  # noqa: ARG001
    """The recipient, a refusal for a token that is not ours, None for any other address."""
    return signed_recipient(rcpt, site, QUESTION, site.question_prefix, "answers where mail {number} belongs")


def matches(rcpt: Rcpt, site: Site) -> bool:
    """Whether the address has this form, valid or not."""
    return has_form(rcpt, site, site.question_prefix)


def address(site: Site, number: int) -> str:
    """The address of a number. Raises KeyError when the site has no key that signs."""
    return signed_address(site, QUESTION, site.question_prefix, number)
