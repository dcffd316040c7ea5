"""The schema: from nothing, kept in step with the tables, and never forced on a database that is not ours."""

from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, text

import storage.migrations
from storage.engine import open_engine, reading, writing
from storage.errors import DatabaseForeign, DatabaseLocked, DatabaseNewer, DatabaseUnavailable
from storage.migrations import REVISIONS, Migration, Schema, migrate, schema
from storage.tables import METADATA


def test_an_empty_database_gets_the_schema_and_a_second_start_changes_nothing(database: str) -> None:
    engine = open_engine(database)
    assert migrate(engine) == Migration(None, REVISIONS[-1])
    assert migrate(engine) == Migration(REVISIONS[-1], REVISIONS[-1])
    engine.dispose()


def test_the_migrations_make_exactly_the_tables_of_the_program(engine: Engine) -> None:
    with reading(engine) as conn:
        assert compare_metadata(MigrationContext.configure(conn), METADATA) == []


def test_the_revisions_known_are_those_in_the_folder() -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(storage.migrations.__file__).parent))
    config.set_main_option("path_separator", "os")
    steps = [step.revision for step in ScriptDirectory.from_config(config).walk_revisions()]
    assert tuple(reversed(steps)) == REVISIONS


def test_a_newer_database_is_refused_and_left_alone(engine: Engine) -> None:
    with writing(engine) as conn:
        conn.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with reading(engine) as conn:
        assert schema(conn) is Schema.NEWER
    with pytest.raises(DatabaseNewer, match=r"newer than this program.*9999"):
        migrate(engine)
    with reading(engine) as conn:
        assert conn.execute(text("SELECT version_num FROM alembic_version")).scalar_one() == "9999"


def test_a_database_of_another_program_is_refused(database: str) -> None:
    engine = open_engine(database)
    with writing(engine) as conn:
        conn.execute(text("CREATE TABLE recipes (id INTEGER)"))
    with pytest.raises(DatabaseForeign):
        migrate(engine)
    engine.dispose()


def test_a_step_that_fails_leaves_the_database_empty(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from storage.migrations.versions import m0001_first

    engine = open_engine(database)
    # The tables must not be there afterwards, though they were made before the failure.
    monkeypatch.setattr("alembic.runtime.migration.HeadMaintainer.update_to_step", _fail)
    assert m0001_first.revision == REVISIONS[0]
    with pytest.raises(RuntimeError, match="power cut"):
        migrate(engine)
    monkeypatch.undo()
    with reading(engine) as conn:
        assert schema(conn) is Schema.EMPTY
    assert migrate(engine).before is None
    engine.dispose()


def _fail(*_: object) -> None:
    raise RuntimeError("power cut")


def test_what_is_no_database_is_named(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("These are my notes, and no database at all. " * 50)
    engine = open_engine(tmp_path / "notes.txt")
    with pytest.raises(DatabaseUnavailable, match=r"notes\.txt"):
        migrate(engine)
    missing = open_engine(tmp_path / "no" / "folder" / "gateway.db")
    with pytest.raises(DatabaseUnavailable, match="unable to open"):
        migrate(missing)


def test_a_database_held_by_another_is_told_apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    engine = open_engine(tmp_path / "gateway.db")
    migrate(engine)
    with writing(engine), engine.connect() as other:
        other.connection.cursor().execute("PRAGMA busy_timeout = 1")
        other.close()
        with pytest.raises(DatabaseLocked), writing(engine):
            pass
    with writing(engine):
        pass
    engine.dispose()
