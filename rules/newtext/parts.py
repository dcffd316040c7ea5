"""What a mail says and what it repeats."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Parts:
    """A text in two.

    `text` is what the person wrote in this mail, `quoted` everything folded away: quoted history and a certain
    signature, in the order of the mail. Every line that is not blank is in one of the two, as it stood.
    `why` is one sentence for a person.
    """

    text: str
    quoted: str
    why: str
