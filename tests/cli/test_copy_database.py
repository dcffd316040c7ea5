"""`copy-database`: all that an SQLite deployment holds, in PostgreSQL, and the gateway goes on there."""

from pathlib import Path

import pytest
from sqlalchemy import Engine, select, text, update

from rules.search import Query, read_query
from storage.copying import CopyDiffers, compare, copy
from storage.engine import open_engine, reading, writing
from storage.errors import DatabaseForeign
from storage.filing import file, withdraw
from storage.inbound import claim
from storage.migrations import migrate
from storage.searching import search
from storage.tables import mails, touchpoints
from storage.touchpoints import create, remove
from tests import postgresql
from tests.daemon import LOG, Daemon, daemon
from tests.postfix import free_port
from tests.storage.build import NOW, filing, fill, kept, touchpoint

pytestmark = postgresql.NEEDED


def letter(number: int) -> bytes:
    return (
        "From: Nora Feld <nora.feld@lumenfold.example>\r\nTo: Ada Marsh <ada.marsh@acme.example>\r\n"
        f"Subject: Straße {number} 🚀\r\nMessage-ID: <{number}@lumenfold.example>\r\n"
        "Content-Type: text/plain; charset=utf-8\r\n\r\nHello Ada\r\n"
    ).encode()


def test_a_deployment_moves_and_goes_on(tmp_path: Path) -> None:
    with daemon(tmp_path, config=f'[threads]\nkeys_file = "{tmp_path}/keys.json"\n') as old:
        for number in range(3):
            old.send(letter(number))
            old.settled()
        assert old.stop() == 0
        before = old.lines("timeline", "acme")
        url = postgresql.shared().create()
        (told,) = old.lines("copy-database", url)
        assert told["tables"]["touchpoints"]["rows"] == 3
        assert told["rows"] == sum(table["rows"] for table in told["tables"].values()) > 30
        shown = old.run("copy-database", url, check=False)
        assert shown.returncode == 65
        assert "is not empty: it has rows in accounts" in shown.stderr
    (tmp_path / "new").mkdir()
    new = Daemon(
        tmp_path / "new",
        config=f'[storage]\ndatabase = "{url}"\nblobs = "{tmp_path}/data/blobs"\n'
        f'[threads]\nkeys_file = "{tmp_path}/keys.json"\n',
    )
    try:
        assert new.lines("timeline", "acme") == before
        new.start()
        new.send(letter(7), LOG)
        assert new.settled()["touchpoint"] == 4
        assert new.stop() == 0
    finally:
        if new.process is not None and new.process.poll() is None:
            new.kill()


def test_what_a_running_daemon_takes_is_not_left_behind(tmp_path: Path) -> None:
    with daemon(tmp_path, http=f"127.0.0.1:{free_port()}") as running:
        running.event("http listening")
        done = running.run("copy-database", postgresql.shared().create(), check=False)
        assert done.returncode == 64
        assert "Stop it first" in done.stderr
        assert running.stop() == 0


@pytest.fixture
def filled(tmp_path: Path) -> Engine:
    """A database in which rows were deleted: their ids are never given again."""
    engine = open_engine(tmp_path / "gateway.db")
    migrate(engine)
    fill(engine)
    with writing(engine) as conn:
        for mail_id in kept(conn, 3):
            claim(conn, "worker", NOW, 600, 3)
            file(conn, mail_id, filing(touchpoint(f"identity {mail_id}"), owner="worker"), NOW)
        withdraw(conn, 3, NOW)
        conn.execute(update(mails).where(mails.c.id == 2).values(raw=bytes(range(256)), error="a\ufffdb\nc"))
    return engine


@pytest.fixture
def empty() -> Engine:
    shared = postgresql.shared()
    return open_engine(shared.create(shared.migrated()))


def test_ids_of_rows_that_are_gone_are_not_given_again(filled: Engine, empty: Engine) -> None:
    with writing(filled) as source, writing(empty) as target:
        copy(source, target)
        compare(source, target)
    with writing(empty) as conn:
        claim(conn, "worker", NOW, 600, 3)
        assert file(conn, 3, filing(touchpoint("identity 3"), owner="worker"), NOW).touchpoint_id == 4
    filled.dispose()
    empty.dispose()


def test_what_was_found_is_found_in_the_copy(filled: Engine, empty: Engine) -> None:
    query = read_query('"straße 7" mon*')
    assert isinstance(query, Query)
    with writing(filled) as source, writing(empty) as target:
        create(source, touchpoint("long", text="so it goes " * 9000, date=NOW), NOW)
        copy(source, target)
        sums = {each.name: each.rows for each in compare(source, target)}
        assert sums["searched"] == 3
        assert (
            [row.id for row in search(target, query, 5)]
            == [row.id for row in search(source, query, 5)]
            == [2, 1]
        )
        remove(target, 1, NOW)
        assert [row.id for row in search(target, query, 5)] == [2]
    filled.dispose()
    empty.dispose()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE mails SET raw = decode('00', 'hex') WHERE id = 2",
        "UPDATE touchpoints SET subject = subject || ' ' WHERE id = 1",
        "UPDATE mails SET received_at = received_at + interval '1 microsecond' WHERE id = 3",
        "DELETE FROM participants WHERE position = 1 AND touchpoint_id = 2",
        "UPDATE searched SET words = ts_delete(words, 'monday') WHERE touchpoint_id = 1",
    ],
)
def test_a_copy_that_differs_in_anything_is_told(filled: Engine, empty: Engine, statement: str) -> None:
    with writing(filled) as source, writing(empty) as target:
        copy(source, target)
        target.execute(text(statement))
        with pytest.raises(CopyDiffers, match=r"table (mails|touchpoints|participants|searched) has"):
            compare(source, target)
    with reading(filled) as conn:
        assert conn.execute(select(touchpoints.c.id)).scalars().all() == [1, 2]
    filled.dispose()
    empty.dispose()


def test_what_is_there_already_is_left_alone(filled: Engine, empty: Engine) -> None:
    fill(empty)
    with (
        pytest.raises(DatabaseForeign, match="it has rows in accounts"),
        writing(filled) as source,
        writing(empty) as target,
    ):
        copy(source, target)
    filled.dispose()
    empty.dispose()
