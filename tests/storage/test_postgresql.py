"""What PostgreSQL does not do by itself, and what its troubles are called."""

import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import Engine, select, text, update

from storage.engine import open_engine, probe, reading, writing
from storage.errors import DatabaseLocked, DatabaseUnavailable
from storage.migrations import migrate
from storage.tables import mails
from tests import postgresql
from tests.storage.build import kept

pytestmark = postgresql.NEEDED


@pytest.fixture
def url() -> str:
    shared = postgresql.shared()
    return shared.create(shared.migrated())


@pytest.fixture
def engine(url: str) -> Iterator[Engine]:
    engine = open_engine(url)
    yield engine
    engine.dispose()


def altered(url: str, setting: str) -> Engine:
    """An engine for the database, after its administrator has set something for everybody."""
    name = url.rpartition("/")[2]
    engine = open_engine(url)
    with writing(engine) as conn:
        conn.execute(text(f"ALTER DATABASE {name} SET {setting}"))
    engine.dispose()
    return open_engine(url)


@pytest.mark.parametrize(
    ("set_to", "found"), [("off", "on"), ("local", "local"), ("remote_apply", "remote_apply")]
)
def test_a_commit_is_on_the_disk_whatever_the_server_is_set_to(url: str, set_to: str, found: str) -> None:
    engine = altered(url, f"synchronous_commit = {set_to}")
    for way in (reading, writing):
        with way(engine) as conn:
            assert conn.execute(text("SHOW synchronous_commit")).scalar_one() == found
    engine.dispose()


def test_a_commit_goes_on_to_be_on_the_disk_when_the_server_is_set_otherwise_meanwhile() -> None:
    with postgresql.running() as server:
        engine = open_engine(server.create())
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as conn:
            conn.execute(text("ALTER SYSTEM SET synchronous_commit = off"))
            conn.execute(text("SELECT pg_reload_conf()"))
            seen = text("SELECT setting FROM pg_file_settings WHERE name = 'synchronous_commit' AND applied")
            assert conn.execute(seen).scalar_one() == "off"
            assert conn.execute(text("SHOW synchronous_commit")).scalar_one() == "on"
        engine.dispose()


def test_a_database_that_lacks_characters_is_refused() -> None:
    shared = postgresql.shared()
    url = shared.create("template0", "ENCODING 'LATIN1' LOCALE 'C'")
    engine = open_engine(url)
    with pytest.raises(DatabaseUnavailable, match=r"is in LATIN1.*createdb --encoding UTF8"):
        migrate(engine)
    engine.dispose()


def test_what_the_url_says_of_a_session_holds(url: str) -> None:
    engine = open_engine(f"{url}?options=-c%20statement_timeout%3D77&application_name=mine")
    with reading(engine) as conn:
        shown = [
            conn.execute(text(f"SHOW {name}")).scalar_one()
            for name in ("statement_timeout", "application_name", "timezone", "lock_timeout")
        ]
    assert shown == ["77ms", "mine", "UTC", "20s"]
    engine.dispose()


def test_a_writer_that_waits_too_long_for_another_one_says_so(engine: Engine) -> None:
    with writing(engine) as conn:
        (mail,) = kept(conn)
    changed = update(mails).where(mails.c.id == mail).values(error="x")
    with writing(engine) as one:
        one.execute(changed)
        with pytest.raises(DatabaseLocked, match="held by others"), writing(engine) as two:
            two.execute(text("SET LOCAL lock_timeout = '50ms'"))
            two.execute(changed)


def test_of_two_that_wait_for_each_other_one_is_told_to_try_again(engine: Engine) -> None:
    with writing(engine) as conn:
        rows = kept(conn, 2)
    both_hold_one = threading.Barrier(2)

    def lock(first: int, second: int) -> str:
        try:
            with writing(engine) as conn:
                conn.execute(update(mails).where(mails.c.id == first).values(error="x"))
                both_hold_one.wait()
                conn.execute(update(mails).where(mails.c.id == second).values(error="x"))
        except DatabaseLocked:
            return "try again"
        return "done"

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(lock, rows, reversed(rows))) == ["done", "try again"]


def test_a_server_that_is_gone_is_told_without_its_password() -> None:
    engine = open_engine("postgresql://gateway:tamarind@127.0.0.1:1/gateway")
    with pytest.raises(DatabaseUnavailable, match="cannot be used: connection") as told, reading(engine):
        pass
    assert "tamarind" not in str(told.value)
    assert "\n" not in str(told.value)


def test_a_database_that_takes_no_writes_fails_its_probe(url: str) -> None:
    engine = open_engine(url)
    probe(engine, 1)
    engine.dispose()
    engine = altered(url, "default_transaction_read_only = on")
    with pytest.raises(DatabaseUnavailable, match="takes no writes"):
        probe(engine, 1)
    engine.dispose()


def test_the_order_of_texts_is_that_of_their_code_points(engine: Engine) -> None:
    """A server sorts by the rules of a language, in which "a b" stands behind "ab"; pages would lose rows."""
    with reading(engine) as conn:
        collated = text(
            "SELECT collation_name FROM information_schema.columns WHERE data_type = 'text' "
            "AND table_schema = 'public'"
        )
        assert set(conn.execute(collated).scalars()) == {"C"}
        assert conn.execute(select(mails.c.id)).all() == []


def test_without_the_driver_it_is_said_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(DatabaseUnavailable, match=r"pip install 'touchpoint-gateway\[postgresql\]'"):
        open_engine("postgresql://gateway@127.0.0.1/gateway")


@pytest.mark.parametrize("url", ["oracle://x/y", "nonsense://x/y", "postgresql://h:port/x"])
def test_what_is_no_database_of_ours_is_told(url: str) -> None:
    with pytest.raises(DatabaseUnavailable):
        open_engine(url)
