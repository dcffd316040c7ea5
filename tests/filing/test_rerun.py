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
from storage.inbound import keep
from storage.migrations import migrate
from storage.tables import mails
from tests.daemon import LOG
from tests.e2e.mails import letter
from tests.storage.prepared import prepare


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """A configuration whose database holds three unresolved mails, the second of them faulty."""
    return _config(tmp_path, "", *(letter(text) for text in ("One", "FAULTY", "Three")))


def _config(tmp_path: Path, settings: str, *letters: bytes) -> Path:
    """A configuration whose database holds these mails of Nora's, unresolved."""
    path = tmp_path / "config.toml"
    path.write_text(f'data_dir = "{tmp_path}"\n{settings}[sender_check]\ndns = false\n')
    engine = open_engine(tmp_path / "gateway.db")
    migrate(engine)
    batch = [
        prepare(
            raw,
            mail_from="nora.feld@lumenfold.example",
            recipients=[LOG],
            peer={},
            received_at=datetime.now(UTC),
            blobs=open_blobs(tmp_path / "blobs"),
        )
        for raw in letters
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


@pytest.mark.parametrize(
    ("to", "subject", "remembered"),
    [
        ("Rosa Lind <rosa@orchard.example>, Temp <temp@lumenfold.example>", "Plan", ["rosa@orchard.example"]),
        (LOG, "rosa@orchard.example: call", ["rosa@orchard.example"]),
    ],
    ids=["mail", "note"],
)
def test_strangers_are_remembered_and_no_colleagues(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], to: str, subject: str, remembered: list[str]
) -> None:
    """A colleague without a login, taken for a contact, would draw the mail of every customer to one account."""
    config = _config(tmp_path, 'own_domains = ["lumenfold.example"]\n', letter(subject, to=to))
    (tmp_path / "accounts.csv").write_text("key,name\nacme,Acme\n")
    (tmp_path / "users.csv").write_text("email,name\nnora.feld@lumenfold.example,Nora Feld\n")

    def run(*arguments: str) -> str:
        assert main(["--config", str(config), *arguments]) == 0
        return capsys.readouterr().out

    run("directory", "import", str(tmp_path))
    run("queue", "assign", "1", "acme", "--remember")
    listed = [json.loads(line) for line in run("directory", "list", "contacts", "--json").splitlines()]
    assert [contact["email"] for contact in listed] == remembered
    assert json.loads(run("replay", "1", "--json"))["result"] == "unchanged"


def test_an_id_that_is_not_there_is_65(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--config", str(config), "replay", "1", "99"]) == 65
    assert "not among the chosen mails: 99" in capsys.readouterr().err
