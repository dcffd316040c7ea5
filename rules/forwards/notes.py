"""The header of Lotus Notes: author and date without labels, then each label on a line above its value."""

import re
from collections import Counter
from collections.abc import Sequence
from typing import Protocol

from rules.forwards.labels import INDEX, MAX_LABEL
from rules.forwards.words import folded

_DATE = re.compile(r"\d{1,4}[./-]\d{1,2}[./-]\d{1,4} ,?\d{1,2}[:.]\d{2}")
_LONGEST_DATE = 40
_MOST_LINES = 40
_MOST_BLANKS = 3
_MOST_UNKNOWN = 3  # "Please respond to" and the address below it


class Says(Protocol):
    """A line, as far as this reading goes."""

    @property
    def said(self) -> str:
        """What stands on the line, tidied and stripped."""


def read_notes_head(lines: Sequence[Says], at: int) -> tuple[dict[str, str], frozenset[str], int] | None:
    """The header that starts at line `at`: its values by field, its languages, the place behind it; else None.

    Without a date below the author, To and Subject it is none.
    """
    if at + 1 >= len(lines) or "@" not in lines[at].said or not _is_date(lines[at + 1].said):
        return None
    values = {"from": lines[at].said, "date": lines[at + 1].said}
    votes: Counter[str] = Counter()
    field, blanks, unknown = "", 0, 0
    place = end = at + 2
    while place < min(len(lines), at + _MOST_LINES) and blanks <= _MOST_BLANKS:
        said = lines[place].said
        label = INDEX.get(folded(said)) if 0 < len(said) <= MAX_LABEL else None
        if label is not None and label.field in ("to", "cc", "subject") and label.field not in values:
            field = label.field
            values[field] = ""
            votes.update(label.languages)
            end, blanks = place + 1, 0
        elif not said:
            blanks += 1
            field = ""  # the value stands right below its label; of an empty one nothing does
        elif field:
            values[field] = f"{values[field]} {said}".strip()
            end, blanks = place + 1, 0
        else:
            unknown += 1
            if "subject" in values or unknown > _MOST_UNKNOWN:
                break
        place += 1
    if not {"to", "subject"} <= values.keys():
        return None
    most = max(votes.values())
    return values, frozenset(language for language, count in votes.items() if count == most), end


def _is_date(said: str) -> bool:
    return len(said) <= _LONGEST_DATE and bool(_DATE.match(said))
