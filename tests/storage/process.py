"""Run as a process of its own: `claim URL OWNER` or `file URL MAIL_ID STATEMENT`.

`file` files a mail and kills itself with SIGKILL before its n-th statement; 0 lets it live.
"""

import os
import signal
import sys
from typing import Any

from sqlalchemy import event

from storage.engine import open_engine, writing
from storage.filing import file
from storage.inbound import claim
from storage.migrations import migrate
from tests.storage.build import NOW, filing, touchpoint


def claim_all(database: str, owner: str) -> None:
    """Claim three mails at a time until none is left; print their ids."""
    engine = open_engine(database)
    while True:
        with writing(engine) as conn:
            claimed = claim(conn, owner, NOW, 600, 3)
        if not claimed:
            return
        print(*(each.id for each in claimed), flush=True)


def file_and_die(database: str, mail_id: int, statement: int) -> None:
    """File a mail, or die before the n-th statement of the transaction; its COMMIT counts as one."""
    engine = open_engine(database)
    seen = 0

    def next_statement(*_: Any) -> None:
        nonlocal seen
        seen += 1
        if seen == statement:
            os.kill(os.getpid(), signal.SIGKILL)

    if engine.dialect.name == "sqlite":
        # It tells of each by itself, of its BEGIN, COMMIT and triggers as well.
        event.listen(engine, "connect", lambda raw, _: raw.set_trace_callback(next_statement))
    else:
        event.listen(engine, "before_cursor_execute", next_statement)
        event.listen(engine, "commit", next_statement)
    with writing(engine) as conn:
        file(conn, mail_id, filing(touchpoint(), owner="worker"), NOW)


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["claim", database, owner]:
            claim_all(database, owner)
        case ["file", database, mail_id, statement]:
            file_and_die(database, int(mail_id), int(statement))
        case ["migrate", database]:
            print(migrate(open_engine(database)).before)
