"""Stored mail run again: one that cannot be read must not keep the others from their turn."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from gateway.cli import main
from gateway.filing import rerun
from storage.blobs import open_blobs
from storage.engine import open_engine, writing
from storage.inbound import keep, prepare
from storage.migrations import migrate
from storage.tables import mails
from tests.daemon import LOG
from tests.e2e.mails import letter


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """A configuration whose database holds three unresolved mails, the second of them faulty."""
    path = tmp_path / "config.toml"
    path.write_text(f'data_dir = "{tmp_path}"\n[sender_check]\ndns = false\n')
    engine = open_engine(tmp_path / "gateway.db")
    migrate(engine)
    batch = [
        prepare(
            letter(text),
            mail_from="nora.feld@lumenfold.example",
            recipients=[LOG],
            peer={},
            received_at=datetime.now(UTC),
            blobs=open_blobs(tmp_path / "blobs"),
        )
        for text in ("One", "FAULTY", "Three")
    ]
    with writing(engine) as conn:
        keep(conn, batch)
        conn.execute(update(mails).values(state="unresolved"))
    engine.dispose()
    return path


@pytest.fixture
def faulty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Reading the faulty mail fails in a way nobody has thought of."""
    really = rerun.examine

    def examine(inbound: Any, *rest: Any) -> Any:
        if b"FAULTY" in inbound.raw:
            raise ZeroDivisionError("our own fault")
        return really(inbound, *rest)

    monkeypatch.setattr(rerun, "examine", examine)


@pytest.mark.usefixtures("faulty")
def test_a_mail_that_cannot_be_read_is_told_and_the_rest_is_run(
    config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--config", str(config), "replay", "--all", "--json"]) == 65
    told = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(each["mail"], each["result"]) for each in told] == [
        (1, "settled"),
        (2, "failed"),
        (3, "settled"),
    ]
    assert told[1]["why"] == "our own fault"


@pytest.mark.usefixtures("faulty")
def test_a_mail_that_cannot_be_read_cannot_be_assigned(
    config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "accounts.csv").write_text("key,name\nacme,Acme\n")
    assert main(["--config", str(config), "directory", "import", str(tmp_path)]) == 0
    assert main(["--config", str(config), "queue", "assign", "2", "acme"]) == 65
    assert "mail 2 cannot be read: our own fault" in capsys.readouterr().err


def test_an_id_that_is_not_there_is_65(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--config", str(config), "replay", "1", "99"]) == 65
    assert "not among the chosen mails: 99" in capsys.readouterr().err
