"""How the process takes memory from the system and gives it back, and how long a look through it may hold it up."""

import contextlib
import ctypes
import gc
import sys
from collections.abc import Iterator

M_MMAP_THRESHOLD = -3
"""From malloc.h (mallopt(3))."""

OWN_MAPPING = 128 * 1024
"""Blocks from this size on are mapped one by one: the size glibc begins with."""

SWITCH_SECONDS = 0.001
"""How long a thread that computes keeps the loop's thread waiting. An answer needs the lock several times."""


def give_back_what_is_freed() -> None:
    """Keep glibc from serving large blocks from its heap, where a freed one stays with the process.

    By itself it raises the threshold to the largest block ever freed, up to 32 MiB (mallopt(3)): after two hundred
    clients with large mail 220 MiB stayed, and 25 MiB more were taken at the peak. A mapping costs a mail of 1 MB a
    tenth more processor time. Without glibc nothing is done.
    """
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).mallopt(M_MMAP_THRESHOLD, OWN_MAPPING)


def give_way_soon() -> None:
    """Let the loop's thread have the interpreter's lock after a millisecond of another's, not after five."""
    sys.setswitchinterval(SWITCH_SECONDS)


@contextlib.contextmanager
def start_of_much() -> Iterator[None]:
    """While much is made that stays: modules, models, routes. No collection runs, and none will look at it again.

    A collection of the oldest generation looks at every object there is and holds the lock the while: with all
    modules loaded a tenth of a second and more, in which no session is answered.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()
