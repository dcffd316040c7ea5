"""Which of our mails does a delivery report speak of?"""

from rules.case import Case
from rules.facts import Copy
from rules.references import returned_ids
from rules.trail import Verdict

NAME = "bounced-copy"
DESCRIPTION = (
    "The return path a report came to names the mail it is about, or the message id it brings along."
)


def bounced_copy(case: Case) -> tuple[Copy | None, Verdict]:
    """The outgoing mail a delivery report is about, or None, and how that was told."""
    for recipient in case.of_kind("copy"):
        copy = case.facts.copies.get(recipient.number)
        if copy is not None:
            return copy, Verdict(NAME, True, f"it came to the return path of outgoing mail {copy.id}")
    for identifier in returned_ids(case.message):
        copy = case.facts.sent.get(identifier)
        if copy is not None:
            return copy, Verdict(NAME, True, f"it reports on {identifier}, our outgoing mail {copy.id}")
    return None, Verdict(NAME, False, "it names no mail of ours")
