"""What a committed transaction is worth, and what SQLite does not do by itself."""

import sqlite3
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, event, func, insert, select, text
from sqlalchemy.exc import IntegrityError, OperationalError, StatementError

from storage.engine import begin_soon, compact, open_async_engine, open_engine, reading, writing
from storage.errors import DatabaseLocked
from storage.migrations import migrate
from storage.tables import events, mails
from tests.storage.build import NOW, kept


@pytest.fixture
def sqlite(tmp_path: Path) -> Engine:
    engine = open_engine(tmp_path / "gateway.db")
    migrate(engine)
    return engine


def test_every_connection_is_durable_and_checks_its_references(sqlite: Engine) -> None:
    with reading(sqlite) as conn:
        asked = {
            name: conn.execute(text(f"PRAGMA {name}")).scalar_one()
            for name in ("journal_mode", "synchronous", "secure_delete")
        }
        assert asked == {"journal_mode": "wal", "synchronous": 2, "secure_delete": 1}
    with pytest.raises(IntegrityError), writing(sqlite) as conn:
        conn.execute(insert(events).values(mail_id=4711, at=NOW, event="received", detail={}))
    sqlite.dispose()


async def test_the_asynchronous_engine_is_set_up_alike(tmp_path: Path, sqlite: Engine) -> None:
    sqlite.dispose()
    engine = open_async_engine(tmp_path / "gateway.db")
    async with engine.begin() as conn:
        assert await conn.run_sync(lambda c: c.execute(text("PRAGMA synchronous")).scalar_one()) == 2
        (mail_id,) = await conn.run_sync(kept)
    async with engine.connect() as conn:
        assert (await conn.execute(select(mails.c.id))).scalars().all() == [mail_id]
    await engine.dispose()


def test_a_reader_sees_one_snapshot_and_waits_for_no_writer(engine: Engine) -> None:
    with writing(engine) as conn:
        kept(conn, 1)
    with reading(engine) as reader:
        count = select(func.count()).select_from(mails)
        assert reader.execute(count).scalar_one() == 1
        with writing(engine) as writer:
            kept(writer, 5)
        assert reader.execute(count).scalar_one() == 1


async def test_errors_hold_no_values_for_they_are_logged(tmp_path: Path) -> None:
    secret = {"secret": "a2b3c4d5e6f7g2h3i4j5"}
    with pytest.raises(OperationalError) as told, open_engine(tmp_path / "empty.db").connect() as conn:
        conn.execute(text("SELECT * FROM nowhere WHERE secret = :secret"), secret)
    assert secret["secret"] not in str(told.value)
    engine = open_async_engine(tmp_path / "empty.db")
    with pytest.raises(OperationalError) as told:
        async with engine.connect() as asynchronous:
            await asynchronous.execute(text("SELECT * FROM nowhere WHERE secret = :secret"), secret)
    await engine.dispose()
    assert secret["secret"] not in str(told.value)


def test_a_failed_transaction_leaves_nothing(engine: Engine) -> None:
    def keep_and_fail() -> None:
        with writing(engine) as conn:
            kept(conn, 3)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        keep_and_fail()
    with reading(engine) as conn:
        assert conn.execute(select(func.count()).select_from(mails)).scalar_one() == 0


def test_times_come_back_in_utc_and_sort_as_time_passes(engine: Engine) -> None:
    tokyo = timezone(timedelta(hours=9))
    early, late = datetime(2026, 3, 2, 9, tzinfo=tokyo), datetime(2026, 3, 2, 0, 0, 1, tzinfo=UTC)
    with writing(engine) as conn:
        (mail_id,) = kept(conn)
        for at in (late, early):
            conn.execute(insert(events).values(mail_id=mail_id, at=at, event="x", detail={}))
        found = (
            conn.execute(select(events.c.at).where(events.c.event == "x").order_by(events.c.at))
            .scalars()
            .all()
        )
    assert found == [early, late]
    assert {at.tzinfo for at in found} == {UTC}


def test_a_time_without_a_zone_is_refused(engine: Engine) -> None:
    naive = insert(events).values(mail_id=1, at=NOW.replace(tzinfo=None), event="x", detail={})
    with pytest.raises(StatementError, match="without a zone"), writing(engine) as conn:
        conn.execute(naive)


def test_ids_are_never_used_twice(engine: Engine) -> None:
    with writing(engine) as conn:
        first, last = kept(conn, 2)
        conn.execute(text("DELETE FROM events"))
        conn.execute(mails.delete())
    with writing(engine) as conn:
        assert kept(conn) == [last + 1]
    assert first < last


def test_what_is_deleted_is_overwritten(sqlite: Engine, tmp_path: Path) -> None:
    with writing(sqlite) as conn:
        kept(conn, 50)
        conn.execute(mails.update().values(raw=b"harpsichord" * 1000))
    with writing(sqlite) as conn:
        conn.execute(mails.update().values(raw=None))
    with sqlite.connect() as connection:
        driver = connection.connection.driver_connection
        assert driver is not None
        driver.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    assert b"harpsichord" not in (tmp_path / "gateway.db").read_bytes()
    sqlite.dispose()


def test_compacting_leaves_nothing_of_a_database_that_overwrote_nothing(tmp_path: Path) -> None:
    database = tmp_path / "gateway.db"
    engine = open_engine(database)
    migrate(engine)

    @event.listens_for(engine, "connect")
    def careless(connection: Any, _record: Any) -> None:
        connection.execute("PRAGMA secure_delete = OFF")

    engine.dispose()
    with writing(engine) as conn:
        kept(conn, 50)
        conn.execute(mails.update().values(raw=b"harpsichord" * 1000))
    with writing(engine) as conn:
        conn.execute(mails.update().values(raw=None))
    files = [Path(f"{database}{side}") for side in ("", "-wal")]
    assert any(b"harpsichord" in file.read_bytes() for file in files)
    compact(engine)
    assert not any(b"harpsichord" in file.read_bytes() for file in files)
    assert files[1].stat().st_size == 0
    with reading(engine) as conn:
        assert conn.execute(select(func.count()).select_from(mails)).scalar_one() == 50
    engine.dispose()


def test_compacting_beside_a_writer_that_does_not_finish_says_so(sqlite: Engine) -> None:
    @event.listens_for(sqlite, "connect")
    def impatient(connection: Any, _record: Any) -> None:
        connection.execute("PRAGMA busy_timeout = 1")

    sqlite.dispose()
    with writing(sqlite) as conn:
        kept(conn)
        with pytest.raises(DatabaseLocked, match="hold the database"):
            compact(sqlite)
    sqlite.dispose()


def test_who_begins_soon_looks_again_each_millisecond_and_gives_up_as_late_as_others(
    tmp_path: Path, sqlite: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = sqlite3.connect(tmp_path / "gateway.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    waited: list[float] = []

    def pause(seconds: float) -> None:
        waited.append(seconds)
        if len(waited) == 30:
            other.execute("COMMIT")

    monkeypatch.setattr("storage.driver.sleep", pause)
    with sqlite.connect() as connection:
        begin_soon(connection)
        begin_soon(connection)  # its patience is not forgotten
        with connection.begin():
            kept(connection)
        assert waited == [0.001] * 30
        connection.connection.info["busy_timeout"] = 0
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(OperationalError, match="locked"):
            connection.begin()
    other.close()
    assert len(waited) == 30
