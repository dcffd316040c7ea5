"""How well a split agrees with what the person wrote."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Score:
    """`lost`: lines the person wrote that the text lacks; `left`: lines of the text the person did not write."""

    lost: tuple[str, ...]
    left: tuple[str, ...]

    @property
    def exact(self) -> bool:
        return not self.lost and not self.left


def lines_of(text: str) -> list[str]:
    """The lines that are not blank, blanks at their edges and between words made one."""
    return [" ".join(line.split()) for line in text.splitlines() if line.strip()]


def score(wrote: str, text: str) -> Score:
    """Compares line by line, in order; a line that stands twice counts twice."""
    remaining = lines_of(text)
    lost = []
    at = 0
    for line in lines_of(wrote):
        try:
            found = remaining.index(line, at)
        except ValueError:
            lost.append(line)
            continue
        del remaining[found]
        at = found
    return Score(tuple(lost), tuple(remaining))
