"""The trail of a decision: every rule that was asked, whether it hit, and why."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Verdict:
    """One rule's answer. `why` is one sentence for a person; it names what was seen."""

    rule: str
    hit: bool
    why: str
