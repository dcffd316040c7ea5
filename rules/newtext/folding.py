"""Which lines of a text are folded away, and why."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from rules.newtext.lines import Line


class Folding:
    """The state of one split: a flag for each line, and the reasons in the order they were found."""

    def __init__(self, lines: Sequence[Line]) -> None:
        self.lines = lines
        self.folded = [False] * len(lines)
        self.reasons: list[str] = []

    def fold(self, start: int, end: int, reason: str) -> None:
        """Fold the lines from `start` up to `end` (not included)."""
        for index in range(start, end):
            self.folded[index] = True
        self.reasons = list(dict.fromkeys((*self.reasons, reason)))

    def kept(self, end: int | None = None) -> Iterator[str]:
        """What the kept lines say, in order, as far as `end`; blank ones are left out."""
        for line, folded in zip(self.lines[:end], self.folded, strict=False):
            if line.said and not folded:
                yield line.said

    def runs(self) -> Iterator[tuple[bool, int, int]]:
        """The text as runs of kept and folded lines: folded, start, end (not included)."""
        for folded, indices in groupby(range(len(self.lines)), key=self.folded.__getitem__):
            run = list(indices)
            yield folded, run[0], run[-1] + 1

    def texts(self) -> tuple[str, str]:
        """The kept and the folded text: runs without blank edges, an empty line between them."""
        runs: tuple[list[str], list[str]] = ([], [])
        for folded, start, end in self.runs():
            text = _without_blank_edges(self.lines[start:end])
            if text:
                runs[folded].append(text)
        return "\n\n".join(runs[False]), "\n\n".join(runs[True])


def _without_blank_edges(lines: Iterable[Line]) -> str:
    run = list(lines)
    start, end = 0, len(run)
    while start < end and not run[start].raw.strip():
        start += 1
    while end > start and not run[end - 1].raw.strip():
        end -= 1
    return "\n".join(line.raw for line in run[start:end])
