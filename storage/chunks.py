"""Long lists of values cut up, so that no statement gets more of them than a back end takes."""

from collections.abc import Iterator, Sequence
from typing import TypeVar

LIMIT = 500

Item = TypeVar("Item")


def chunks(items: Sequence[Item], size: int = LIMIT) -> Iterator[Sequence[Item]]:
    """The items in their order, at most `size` at a time."""
    for start in range(0, len(items), size):
        yield items[start : start + size]
