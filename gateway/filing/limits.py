"""What one mail may cost the process that reads it, and the attack that each limit answers.

- Wall clock, `filing.deadline_seconds`: a mail that waits or loops for ever, inside a C library too, where no signal
  of Python's arrives. The supervisor kills the worker (`gateway.filing.supervisor`); where nobody watches,
  `gateway.filing.deadline` does what it can.
- CPU, `filing.cpu_seconds`: a stream of mails that compute until just short of the deadline, each taking a core for
  that long; and on a crowded machine the clock blames whoever waits, this limit whoever burns. The kernel tells by
  SIGXCPU (`cpu_limit`).
- Address space, `filing.memory_limit`: a mail of kilobytes that unfolds into gigabytes, until the kernel kills the
  listener to make room. The kernel refuses, and Python raises MemoryError (`limit_memory`).

A mail that goes over one of them is tried once more, then read in its minimal form (`gateway.mail.minimal`).
"""

import math
import os
import resource
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from gateway.filing.deadline import Overrun

_OWN_MAPPING = 4 * 1024 * 1024
_KEPT = 2 * _OWN_MAPPING


def environment() -> dict[str, str]:
    """The environment of a process that reads mail and will limit its memory (mallopt(3)).

    The limit counts what is reserved, and glibc reserves up to 128 MiB for each thread that allocates: the few
    threads behind the blobs would take half a gigabyte before the first mail does. And large blocks, such as each
    copy of an attachment, are asked of the kernel and given back each time, page by page: a sixth of the CPU of a
    mail of 1 MB. Up to `_OWN_MAPPING` they come from the heap, of whose free end the process keeps `_KEPT` at most.
    """
    return {
        "MALLOC_ARENA_MAX": "1",
        "MALLOC_MMAP_THRESHOLD_": str(_OWN_MAPPING),
        "MALLOC_TRIM_THRESHOLD_": str(_KEPT),
        **os.environ,
    }


def limit_memory(octets: int) -> None:
    """Let this process have at most `octets` of address space, for good (RLIMIT_AS of setrlimit(2))."""
    resource.setrlimit(resource.RLIMIT_AS, (octets, octets))


@contextmanager
def cpu_limit(seconds: float) -> Iterator[None]:
    """Raise Overrun in the block when the process burns more than `seconds` of CPU in it, to the next full second.

    In the main thread only (signal.signal). All threads of the process count. The kernel asks again each second, so
    that code which swallows one Overrun gets another.
    """

    def over(_signal: int, _frame: FrameType | None) -> None:
        raise Overrun(f"reading it took more than {seconds:g} s of CPU")

    soft, hard = resource.getrlimit(resource.RLIMIT_CPU)
    wanted = math.ceil(time.process_time() + seconds)
    before = signal.signal(signal.SIGXCPU, over)
    resource.setrlimit(resource.RLIMIT_CPU, (wanted if hard < 0 else min(wanted, hard), hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_CPU, (soft, hard))
        signal.signal(signal.SIGXCPU, before)
