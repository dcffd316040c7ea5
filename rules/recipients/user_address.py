"""Per-user address: a secret that only its owner writes to."""

import re

from rules import replies
from rules.recipients.kinds import Known, Rcpt, Recipient
from rules.site import Site

NAME = "user-address"
DESCRIPTION = (
    "A secret, rotatable address of one Totango user; a secret that is unknown or rotated away is refused."
)

SECRET_LENGTH = 20  # base32 letters: 100 bits, beyond guessing at any rate RCPT can be tried
_SECRET = re.compile(rf"[a-z2-7]{{{SECRET_LENGTH}}}")


def check(rcpt: Rcpt, site: Site, known: Known) -> Recipient | None:
    """The owner of the address, a refusal for a secret nobody has, None for any other address."""
    found = secret(rcpt, site)
    if found is None:
        return None
    user = known.secrets.get(found)
    if user is None:
        return Recipient(rcpt.address, "refused", "no user has this secret", replies.NO_SUCH_ADDRESS)
    flow = next(entry.flow for entry in site.logging if _domain(entry.address) == rcpt.domain)
    return Recipient(rcpt.address, "user", f"the address of {user}", flow=flow, user=user)


def secret(rcpt: Rcpt, site: Site) -> str | None:
    """The secret in the address, or None. Its form is strict: `me-too@` stays a colleague's address."""
    if rcpt.domain not in site.domains or not rcpt.local.startswith(site.user_prefix):
        return None
    rest = rcpt.local[len(site.user_prefix) :]
    return rest if _SECRET.fullmatch(rest) else None


def matches(rcpt: Rcpt, site: Site) -> bool:
    """Whether the address has this form, known or not."""
    return secret(rcpt, site) is not None


def _domain(address: str) -> str:
    return address.rpartition("@")[2].lower()
