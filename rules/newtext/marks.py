"""Where history is introduced: the lines that a client puts above what others wrote."""

from dataclasses import dataclass
from enum import IntEnum


class Strength(IntEnum):
    """How much an introduction proves by itself.

    `NAMED`: a name and a verb; a person may have typed it. `DATED`: made by a client when quoted lines follow.
    `SURE`: made by a client whatever follows.
    """

    NAMED = 1
    DATED = 2
    SURE = 3


@dataclass(frozen=True, slots=True)
class Mark:
    """The lines `start` up to `end` (not included) introduce history.

    `kind` is "attribution", "header block" or "separator"; `separated` is true when a separator of a client
    stands above or is the mark itself.
    """

    start: int
    end: int
    kind: str
    strength: Strength
    separated: bool = False
