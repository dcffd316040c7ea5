"""Nobody we know."""

from rules.accounts.matching import domain_match
from rules.case import Case
from rules.trail import Verdict

NAME = "unknown-sender"
DESCRIPTION = (
    "A sender who is no user, no contact and on no active account's domain is not let onto a timeline."
)
OUTCOME = "quarantined"


def check(case: Case) -> Verdict:
    """Hits when nothing in the directory knows the author."""
    author = case.author
    if author is None:
        return Verdict(NAME, True, "The mail has no author.")
    if case.author_user is not None:
        return Verdict(NAME, False, f"{author.email} is the Totango user {case.author_user.name}")
    if case.contact(author) is not None:
        return Verdict(NAME, False, f"{author.email} is a contact")
    match = domain_match(author.email, case)
    if match is not None:
        return Verdict(NAME, False, f"{author.email} is on the domain {match.domain} of an account")
    return Verdict(
        NAME, True, f"The sender {author.email} is no user, no contact and on no active account's domain."
    )
