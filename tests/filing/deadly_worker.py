"""The real filing worker, but a word in a mail says how reading or settling it goes wrong.

DEADLY kills the process, ENDLESS never ends, BURNING computes for ever and lets nothing stop it that can be caught,
GREEDY takes all memory there is, FAULTY raises, TOO LONG raises what a full disk raises, CHATTY prints what the
worker itself says to the daemon, and SLOW DISK is settled after four seconds. All of it only while the mail is read
whole, unless it says TO THE LAST. TORN kills just before the commit of the mails that are settled together with it,
and TORN ALONE also when it is settled by itself.
"""

import errno
import os
import signal
import sys
import time
from contextlib import suppress
from typing import Any

from gateway.filing import file, worker

really_examine, really_settle = worker.examine, worker.Shelf.settle
really_file_all = file.file_all


def examine(inbound: Any, *rest: Any) -> Any:
    if inbound.minimal and b"TO THE LAST" not in inbound.raw:
        return really_examine(inbound, *rest)
    if b"DEADLY" in inbound.raw:
        os.kill(os.getpid(), signal.SIGKILL)
    if b"ENDLESS" in inbound.raw:
        time.sleep(3600)
    while b"BURNING" in inbound.raw:
        with suppress(Exception):
            sum(range(10_000_000))
    hoard = []
    while b"GREEDY" in inbound.raw:
        hoard.append(bytearray(8 << 20))
    if b"FAULTY" in inbound.raw:
        raise ZeroDivisionError("our own fault")
    if b"TOO LONG" in inbound.raw:
        raise OSError(errno.ENAMETOOLONG, os.strerror(errno.ENAMETOOLONG))
    if b"CHATTY" in inbound.raw:
        print("begin what", flush=True)
    return really_examine(inbound, *rest)


def settle(shelf: Any, mail_id: int, examined: Any, **rest: Any) -> Any:
    if "SLOW DISK" in examined.decision.text:
        time.sleep(4)
    if "TORN ALONE" in examined.decision.text:
        os.kill(os.getpid(), signal.SIGKILL)
    return really_settle(shelf, mail_id, examined, **rest)


def file_all(conn: Any, filings: Any, now: Any) -> Any:
    filed = really_file_all(conn, filings, now)
    if any("TORN" in filing.decision["text"] for filing in filings.values()):
        os.kill(os.getpid(), signal.SIGKILL)
    return filed


worker.examine, worker.Shelf.settle, file.file_all = examine, settle, file_all
sys.exit(worker.main())
