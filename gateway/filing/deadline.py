"""A limit on the time one mail may take, for a process that reads mail by itself."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

SETTLING_SECONDS = 60.0
"""How long writing what was decided may take: twice the wait for another writer, and a slow disk."""


class Overrun(Exception):  # noqa: N818 - what happened, as the filing worker calls it
    """The time is over."""


@contextmanager
def deadline(seconds: float) -> Iterator[None]:
    """Raise Overrun in the block when it takes longer than `seconds`. In the main thread only (signal.setitimer).

    Reaches into pure Python and regular expressions, which look for signals as they go.
    """

    def over(_signal: int, _frame: FrameType | None) -> None:
        raise Overrun(f"reading it took longer than {seconds:g} s")

    before = signal.signal(signal.SIGALRM, over)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
