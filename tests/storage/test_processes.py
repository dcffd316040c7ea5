"""Several processes on one database: what each may rely on while others work, die or start at the same time."""

import signal
import subprocess
import sys

from sqlalchemy import Engine, func, select

from storage.engine import open_engine, reading, writing
from storage.filing import file
from storage.inbound import claim, release_dead
from storage.migrations import Schema, schema
from storage.queue import get_mail
from storage.tables import attachments, events, participants, touchpoints
from storage.timeline import get as get_touchpoint
from tests.storage.build import NOW, filing, fill, kept, touchpoint


def start(*arguments: object) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.storage.process", *map(str, arguments)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def finished(process: subprocess.Popen[str]) -> str:
    output, _ = process.communicate(timeout=60)
    return output


def test_processes_that_claim_at_once_never_get_the_same_mail(engine: Engine, database: str) -> None:
    with writing(engine) as conn:
        everything = kept(conn, 60)
    claimers = [start("claim", database, f"worker-{n}") for n in range(3)]
    claimed = [int(each) for claimer in claimers for each in finished(claimer).split()]
    assert sorted(claimed) == everything
    assert [claimer.returncode for claimer in claimers] == [0, 0, 0]


def test_a_filing_process_killed_at_any_statement_leaves_the_mail_filed_once_or_still_to_do(
    engine: Engine, database: str
) -> None:
    fill(engine)
    with writing(engine) as conn:
        (mail_id,) = kept(conn)
        claim(conn, "worker", NOW, 600, 1)
    deaths = 0
    for statement in range(1, 80):
        process = start("file", database, mail_id, statement)
        finished(process)
        if process.returncode == 0:
            break
        deaths += 1
        assert process.returncode == -signal.SIGKILL
        with reading(engine) as conn:
            assert get_mail(conn, mail_id).state == "received"
            for table in (touchpoints, participants, attachments):
                assert conn.execute(select(func.count()).select_from(table)).scalar_one() == 0
            assert conn.execute(select(func.count()).select_from(events)).scalar_one() == 1
    assert deaths > 5
    with reading(engine) as conn:
        filed = get_mail(conn, mail_id)
        assert filed.state == "filed"
        assert filed.touchpoint_id is not None
        assert len(get_touchpoint(conn, filed.touchpoint_id).participants) == 3


def test_a_mail_of_a_dead_process_is_filed_by_the_next_one(engine: Engine, database: str) -> None:
    fill(engine)
    with writing(engine) as conn:
        (mail_id,) = kept(conn)
        claim(conn, "worker", NOW, 600, 1)
    finished(start("file", database, mail_id, 3))
    with writing(engine) as conn:
        assert release_dead(conn, "worker") == 1
        assert [each.id for each in claim(conn, "second", NOW, 600, 5)] == [mail_id]
        assert file(conn, mail_id, filing(touchpoint(), owner="second"), NOW).created


def test_processes_that_start_at_once_migrate_once(database: str) -> None:
    starters = [start("migrate", database) for _ in range(4)]
    before = [finished(starter).strip() for starter in starters]
    assert [starter.returncode for starter in starters] == [0, 0, 0, 0]
    assert "None" in before
    engine = open_engine(database)
    with reading(engine) as conn:
        assert schema(conn) is Schema.CURRENT
    engine.dispose()
