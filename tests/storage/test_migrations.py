"""The schema: from nothing, kept in step with the tables, and never forced on a database that is not ours."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, text

import storage.migrations
from storage.engine import open_engine, reading, rebuilding, writing
from storage.errors import DatabaseForeign, DatabaseLocked, DatabaseNewer, DatabaseUnavailable
from storage.migrations import REVISIONS, Migration, Schema, migrate, schema
from storage.outbox import claim
from storage.tables import METADATA
from storage.timeline import get


def test_an_empty_database_gets_the_schema_and_a_second_start_changes_nothing(database: str) -> None:
    engine = open_engine(database)
    begun: list[str] = []
    assert migrate(engine, lambda: begun.append("first")) == Migration(None, REVISIONS[-1])
    assert migrate(engine, lambda: begun.append("second")) == Migration(REVISIONS[-1], REVISIONS[-1])
    assert begun == ["first"]
    engine.dispose()


def test_the_migrations_make_exactly_the_tables_of_the_program(engine: Engine) -> None:
    with reading(engine) as conn:
        # The index of the search is each back end's own; SQLite's has tables behind it.
        others = ("searched_words", "ix_searched_words")
        context = MigrationContext.configure(
            conn, opts={"include_object": lambda _object, name, *_: not (name or "").startswith(others)}
        )
        assert compare_metadata(context, METADATA) == []


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


def test_a_database_of_the_first_schema_loses_nothing(tmp_path: Path) -> None:
    """SQLite makes a table anew to change a column; what refers to it must not go with the old one.

    Of PostgreSQL there is no database that old.
    """
    engine = open_engine(tmp_path / "gateway.db")
    with rebuilding(engine) as conn:
        config = Config()
        config.set_main_option("script_location", str(Path(storage.migrations.__file__).parent))
        config.set_main_option("path_separator", "os")
        config.attributes["connection"] = conn
        command.upgrade(config, "0001")
    with writing(engine) as conn:
        for statement in FIRST_ROWS:
            conn.execute(text(statement))
        before = _rows(conn)
    assert migrate(engine) == Migration("0001", REVISIONS[-1])
    with writing(engine) as conn:
        after = _rows(conn)
        for table, rows in before.items():
            assert [
                {name: row[name] for name in old} for row, old in zip(after[table], rows, strict=True)
            ] == rows
        assert conn.execute(text("PRAGMA foreign_key_check")).all() == []
        row = get(conn, 4)
        assert (row.subject, row.text, row.version, row.reasons, row.mentions, row.thread_id) == (
            "Rollout – Straße 7",
            "Hello 🚀",
            1,
            (),
            (),
            None,
        )
        assert [person.email for person in row.participants] == ["nora@b.example", "ada@acme.example"]
        assert [part.filename for part in row.attachments] == ["plan.pdf"]
        # The new schema does its work on the old rows: cascades, and what waited is sent.
        entry = claim(conn, "sender", WHEN, timedelta(minutes=5))
        assert entry is not None
        assert (entry.id, entry.recipient, entry.mail_id) == (2, "it@b.example", 1)
        assert conn.execute(text("DELETE FROM touchpoints WHERE id = 4")).rowcount == 1
        assert conn.execute(text("SELECT count(*) FROM participants")).scalar_one() == 0
        conn.execute(text(FIRST_ROWS[3].replace("(4,", "(NULL,")))
        assert conn.execute(text("SELECT max(id) FROM touchpoints")).scalar_one() == 5
    engine.dispose()


WHEN = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
_AT = "'2026-03-02 09:30:00.000000'"
FIRST_ROWS = (
    "INSERT INTO accounts (id, key, key_folded, name, status, contract_value_privileged, attributes) "
    "VALUES (3, 'acme', 'acme', 'Acme', 'active', 0, '{}')",
    "INSERT INTO mails (id, received_at, state, size, sha256, recipients_hash, mail_from, recipients, peer, "
    f"strikes, touchpoint_id, raw) VALUES (1, {_AT}, 'filed', 3, 'a', 'b', 'nora@b.example', "
    "'[\"log@b.example\"]', '{}', 0, 4, x'414243')",
    f"INSERT INTO events (id, mail_id, at, event, detail) VALUES (7, 1, {_AT}, 'filed', '{{}}')",
    "INSERT INTO touchpoints (id, account_id, mail_id, identity, type, flow, subject, date, way, author_email, "
    "author_name, author_side, author_known, sender_trust, encrypted, calendar, notices, created_at, changed_at, "
    f"text, quoted, html) VALUES (4, 3, 1, 'i', 'email', 'Adoption', 'Rollout – Straße 7', {_AT}, 'bcc', "
    f"'nora@b.example', 'Nora', 'internal', 'user', 'verified', 0, '[]', '[]', {_AT}, {_AT}, "
    "'Hello 🚀', '> older', '<p>')",
    "INSERT INTO participants VALUES (4, 0, 'nora@b.example', 'nora@b.example', 'Nora', 'internal', 'user')",
    "INSERT INTO participants VALUES (4, 1, 'ada@acme.example', 'ada@acme.example', '', 'external', 'unknown')",
    "INSERT INTO attachments VALUES (4, 0, 'plan.pdf', 'application/pdf', 3, 'digest', 0, '')",
    "INSERT INTO outbox (id, mail_id, kind, recipient, state, attempts, not_before, created_at) "
    f"VALUES (2, 1, 'pass-on', 'it@b.example', 'waiting', 0, {_AT}, {_AT})",
    "INSERT INTO outbox (id, mail_id, kind, recipient, state, attempts, created_at, done_at) "
    f"VALUES (1, 1, 'pass-on', 'it@b.example', 'sent', 1, {_AT}, {_AT})",
)
"""What a gateway of the first schema had stored."""


def _rows(conn: Connection) -> dict[str, list[dict[str, Any]]]:
    """Every row of the tables that had any."""
    tables = ("accounts", "mails", "events", "touchpoints", "participants", "attachments", "outbox")
    found = {}
    for table in tables:
        rows = conn.execute(text(f"SELECT * FROM {table} ORDER BY 1, 2")).mappings()
        found[table] = [dict(row) for row in rows]
    return found


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
