"""Several writers at once: what SQLite gives by having one at a time, PostgreSQL must give by locks."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

import pytest
from sqlalchemy import Connection, Engine, func, select

from storage.blob_uses import unused
from storage.blobs import Blobs, open_blobs
from storage.engine import writing
from storage.errors import NotFound, WrongState
from storage.filing import Filing, file, withdraw
from storage.inbound import NewMail, claim, erase_raw, keep
from storage.tables import mails, touchpoints
from tests.storage.build import NOW, filing, fill, mail, touchpoint
from tests.storage.prepared import prepare

T = TypeVar("T")
WRITERS = 4


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(WRITERS) as pool:
        yield pool


def at_once(
    pool: ThreadPoolExecutor,
    engine: Engine,
    work: Callable[[Connection, int], T],
    afterwards: Callable[[int], None] = lambda _number: None,
) -> list[T]:
    """Do it in as many transactions, begun at the same moment; each has its `afterwards` when it is committed."""
    ready = threading.Barrier(WRITERS)

    def one(number: int) -> T:
        ready.wait()
        with writing(engine) as conn:
            done = work(conn, number)
        afterwards(number)
        return done

    return list(pool.map(one, range(WRITERS)))


def test_the_same_bytes_given_to_several_gateways_at_once_are_one_mail(
    engine: Engine, pool: ThreadPoolExecutor
) -> None:
    for number in range(10):
        batch = [mail(b"Subject: both %d\r\n\r\n" % number), mail(b"Subject: too %d\r\n\r\n" % number)]
        answers = at_once(pool, engine, lambda conn, _, batch=batch: keep(conn, batch))
        for each in zip(*answers, strict=True):
            assert len({kept.mail_id for kept in each}) == 1
            assert sum(kept.new for kept in each) == 1
    with writing(engine) as conn:
        assert conn.execute(select(func.count()).select_from(mails)).scalar_one() == 20


def test_one_touchpoint_comes_of_a_mail_that_several_deliveries_file_at_once(
    engine: Engine, pool: ThreadPoolExecutor
) -> None:
    fill(engine)
    for number in range(10):
        with writing(engine) as conn:
            ids = [
                kept.mail_id
                for kept in keep(conn, [mail(b"%d" % number, f"log{n}@x.example") for n in range(WRITERS)])
            ]
            claim(conn, "worker", NOW, 600, WRITERS)
        new = touchpoint(f"identity {number}")
        filed = at_once(
            pool,
            engine,
            lambda conn, n, ids=ids, new=new: file(conn, ids[n], filing(new, owner="worker"), NOW),
        )
        assert len({each.touchpoint_id for each in filed}) == 1
        assert sum(each.created for each in filed) == 1
    with writing(engine) as conn:
        assert conn.execute(select(func.count()).select_from(touchpoints)).scalar_one() == 10


def test_a_touchpoint_is_withdrawn_or_answered_and_never_both(
    engine: Engine, pool: ThreadPoolExecutor
) -> None:
    fill(engine)
    ends = set()
    for number in range(20):
        with writing(engine) as conn:
            first, answer = (
                kept.mail_id for kept in keep(conn, [mail(b"first %d" % number), mail(b"answer %d" % number)])
            )
            claim(conn, "worker", NOW, 600, 100)
            new = touchpoint(f"identity {number}")
            thread = file(conn, first, filing(new, owner="worker"), NOW).touchpoint_id
        assert thread is not None
        reply = replace(
            filing(None, owner="worker"),
            state="replied",
            replies=(touchpoint(f"answer {number}", thread_id=thread),),
        )

        def work(
            conn: Connection, n: int, thread: int = thread, answer: int = answer, reply: Filing = reply
        ) -> str:
            if n == 0:
                withdraw(conn, thread, NOW)
                return "withdrawn"
            if n == 1:
                file(conn, answer, reply, NOW)
                return "answered"
            return ""

        def told(conn: Connection, n: int, work: Callable[[Connection, int], str] = work) -> str:
            try:
                with conn.begin_nested():
                    return work(conn, n)
            except (NotFound, WrongState) as error:
                return type(error).__name__

        ends.add(tuple(at_once(pool, engine, told)[:2]))
    assert ends <= {("withdrawn", "NotFound"), ("WrongState", "answered")}


def test_a_blob_stays_while_a_mail_that_is_being_kept_names_it(
    engine: Engine, pool: ThreadPoolExecutor, tmp_path: Path
) -> None:
    """One gateway erases the last mail that has some bytes, another one is given them anew at that moment."""
    blobs = open_blobs(tmp_path / "blobs")
    for number in range(40):
        content = b"%d " % number * 100
        with writing(engine) as conn:
            (first,) = keep(conn, [_large(content, "one@x.example", blobs)])
        new = _large(content, "two@x.example", blobs)

        def work(conn: Connection, n: int, first: int = first.mail_id, new: NewMail = new) -> None:
            if n:
                keep(conn, [new])
            elif (orphan := erase_raw(conn, first)) is not None:
                blobs.delete(orphan)

        def assure(n: int, new: NewMail = new, content: bytes = content) -> None:
            if n and not blobs.exists(new.sha256):  # as intake does
                blobs.put(content)

        at_once(pool, engine, work, assure)
        with writing(engine) as conn:
            assert unused(conn, [new.sha256]) == []
        assert blobs.get(new.sha256) == content


def _large(content: bytes, recipient: str, blobs: Blobs) -> NewMail:
    return prepare(
        content,
        mail_from="ada@acme.example",
        recipients=[recipient],
        peer={},
        received_at=NOW,
        blobs=blobs,
        inline_limit=0,
    )
