"""A limit on the time one mail may take, for a process that reads mail by itself."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic
from types import FrameType

SETTLING_SECONDS = 60.0
"""How long fetching a mail, or writing what was decided, may take: twice the wait for another writer, and a slow
disk."""

AGAIN_SECONDS = 1.0
"""How long code that swallows an Overrun may go on until it gets the next one."""


class Overrun(BaseException):
    """Reading a mail went over a limit.

    No Exception: readers catch those of hostile mail wherever they can do without the part that raised one, and would
    go on with the rest of it as if there were time.
    """


@contextmanager
def deadline(seconds: float) -> Iterator[None]:
    """Raise Overrun in the block when it takes longer than `seconds`. In the main thread only (signal.setitimer).

    Reaches into pure Python and regular expressions, which look for signals as they go. An alarm that was set before
    is set again afterwards.
    """

    def over(_signal: int, _frame: FrameType | None) -> None:
        raise Overrun(f"reading it took longer than {seconds:g} s")

    before = signal.signal(signal.SIGALRM, over)
    left, interval = signal.setitimer(signal.ITIMER_REAL, seconds, AGAIN_SECONDS)
    begun = monotonic()
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
        if left:
            signal.setitimer(signal.ITIMER_REAL, max(left - (monotonic() - begun), 0.001), interval)
