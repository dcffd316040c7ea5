"""What a person may type into a touchpoint: types, flows, reasons, lengths."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

MAX_TEXT = 20_000
"""Characters of a typed touchpoint's body, markup not counted."""

MAX_SUBJECT = 998
"""Characters of a subject: what a line of mail can hold (RFC 5322 2.1.1)."""


@dataclass(frozen=True, slots=True)
class Catalogue:
    """What the site offers. `internal_notes` are the types that are no customer touch."""

    types: tuple[str, ...]
    internal_notes: frozenset[str]
    flows: tuple[str, ...]
    reasons: tuple[str, ...]
    one_reason: bool

    def is_note(self, kind: str) -> bool:
        """Whether a touchpoint of this type is an internal note."""
        return kind in self.internal_notes


@dataclass(frozen=True, slots=True)
class Flaw:
    """What is wrong with one field, one sentence."""

    field: str
    why: str


def flaws(
    catalogue: Catalogue,
    *,
    type_: str,
    flow: str,
    reasons: Sequence[str],
    subject: str,
    text: str,
    date: datetime,
    now: datetime,
) -> Iterator[Flaw]:
    """Everything that is wrong with what was typed. `text` is the body without markup."""
    if type_ not in catalogue.types:
        yield Flaw("type", f"{type_!r} is no type here; the types are {', '.join(catalogue.types)}.")
    if flow not in catalogue.flows:
        yield Flaw("flow", f"{flow!r} is no flow here; the flows are {', '.join(catalogue.flows)}.")
    for reason in reasons:
        if reason not in catalogue.reasons:
            offered = ", ".join(catalogue.reasons) or "none are set up"
            yield Flaw("reasons", f"{reason!r} is no reason here; the reasons are {offered}.")
    if catalogue.one_reason and len(set(reasons)) > 1:
        yield Flaw("reasons", "This site allows one reason for a touchpoint.")
    if not subject.strip():
        yield Flaw("subject", "A touchpoint needs a subject.")
    if len(subject) > MAX_SUBJECT:
        yield Flaw(
            "subject", f"A subject has at most {MAX_SUBJECT} characters; this one has {len(subject):,}."
        )
    if len(text) > MAX_TEXT:
        yield Flaw("body", f"The body has at most {MAX_TEXT:,} characters; this one has {len(text):,}.")
    if date > now:
        yield Flaw("date", "A touchpoint has taken place: its date is not in the future.")
