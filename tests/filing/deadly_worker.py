"""The real filing worker, but reading a mail with "DEADLY" in it kills the process, with "ENDLESS" never ends."""

import os
import signal
import sys
import time
from typing import Any

from gateway.filing import worker

really_examine = worker.examine


def examine(inbound: Any, *rest: Any) -> Any:
    if b"DEADLY" in inbound.raw:
        os.kill(os.getpid(), signal.SIGKILL)
    if b"ENDLESS" in inbound.raw:
        time.sleep(3600)
    if b"FAULTY" in inbound.raw:
        raise ZeroDivisionError("our own fault")
    return really_examine(inbound, *rest)


worker.examine = examine
sys.exit(worker.main())
