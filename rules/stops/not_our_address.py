"""A mail none of whose recipients is ours."""

from rules.case import Case
from rules.trail import Verdict

NAME = "not-our-address"
DESCRIPTION = "A mail to no address of ours is refused at RCPT and never accepted."
OUTCOME = "refused"


def check(case: Case) -> Verdict:
    """Hits when no recipient is accepted. A mail once accepted stays ours: a replay finds it unresolved."""
    accepted = [recipient for recipient in case.envelope.recipients if recipient.reply is None]
    if accepted:
        addresses = ", ".join(f"{recipient.address}: {recipient.why}" for recipient in accepted)
        return Verdict(NAME, False, addresses)
    refused = "; ".join(f"{recipient.address}: {recipient.why}" for recipient in case.envelope.recipients)
    why = refused or "the mail has no recipient"
    return Verdict(NAME, not case.accepted, f"Refused: {why}." if not case.accepted else why)
