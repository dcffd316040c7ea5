"""Which of our mails does a delivery report speak of?"""

from rules.case import Case
from rules.facts import Copy
from rules.message import DeliveryReport
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


def is_failure(report: DeliveryReport | None) -> bool:
    """Whether a report says that the mail did not arrive: delayed and relayed mail is still on its way.

    What a server gave up on has failed (RFC 3464 2.3.3), whatever the status: after days of trying it is still 4.4.1.
    """
    if report is None:
        return True
    return report.action == "failed" or (not report.action and not report.status.startswith(("2", "4")))
