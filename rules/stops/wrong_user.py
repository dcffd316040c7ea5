"""A per-user address used by somebody else."""

from rules.addresses import address_key
from rules.case import Case
from rules.trail import Verdict

NAME = "wrong-user"
DESCRIPTION = "A per-user address is its owner's secret: mail from anyone else to it waits for a person."
OUTCOME = "quarantined"


def check(case: Case) -> Verdict:
    """Hits when a per-user address decides the mail and its owner is not the author."""
    if case.of_kind("account"):
        return Verdict(NAME, False, "a per-account address comes first")
    owners = case.of_kind("user")
    if not owners:
        return Verdict(NAME, False, "no per-user address among the recipients")
    author = address_key(case.author_user.email) if case.author_user else ""
    if any(address_key(owner.user) == author for owner in owners):
        return Verdict(NAME, False, "the owner of the per-user address wrote it")
    return Verdict(NAME, True, "The mail came to a per-user address, but not from its owner.")
