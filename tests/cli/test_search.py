"""`gateway search`."""

import json
from pathlib import Path

import pytest

from gateway.cli import main
from storage.engine import open_engine, writing
from storage.migrations import migrate
from storage.touchpoints import create
from tests.storage.build import NOW, fill, touchpoint


@pytest.fixture(autouse=True)
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A database with three touchpoints, of which the last one is a reply."""
    path = tmp_path / "config.toml"
    path.write_text(f'data_dir = "{tmp_path}"\n')
    monkeypatch.setenv("GATEWAY_CONFIG", str(path))
    monkeypatch.setenv("COLUMNS", "200")
    engine = open_engine(tmp_path / "gateway.db")
    migrate(engine)
    fill(engine)
    with writing(engine) as conn:
        create(conn, touchpoint("one", subject="[bold]Plan\x1b[2J"), NOW)
        create(conn, touchpoint("two", "globe-air", text="A draft for Tuesday", subject="Second"), NOW)
        create(conn, touchpoint("three", thread_id=1, text="Tuesday -- hello"), NOW)
    engine.dispose()


def search(capsys: pytest.CaptureFixture[str], *arguments: str, code: int = 0) -> str:
    """What is said, or what went wrong."""
    assert main(["search", *arguments]) == code
    told = capsys.readouterr()
    return told.out if code == 0 else told.err


def ids(capsys: pytest.CaptureFixture[str], *arguments: str) -> list[int]:
    """What is found."""
    lines = search(capsys, "--json", *arguments).splitlines()
    return [json.loads(line)["id"] for line in lines]


def test_a_table_for_people(capsys: pytest.CaptureFixture[str]) -> None:
    told = search(capsys, "monday")
    assert "[bold]Plan�[2J" in told
    assert "2026-03-02 08:30" in told
    assert "Hello Ada see you on Monday" in told
    assert "acme" in told
    assert "Older ones are there: --limit 2" in search(capsys, "tuesday", "--limit", "1")
    assert "reply to 1" in search(capsys, "tuesday", "hello")
    assert search(capsys, "zebra") == "Nothing was found.\n"


def test_lines_for_programs(capsys: pytest.CaptureFixture[str]) -> None:
    (line,) = search(capsys, "monday", "--json").splitlines()
    value = json.loads(line)
    assert (value["id"], value["account"]["key"], value["outcome"]) == (1, "acme", "filed")
    assert {"text": "Monday", "match": True} in value["snippet"]["parts"]


def test_words_accounts_and_what_is_left_out(capsys: pytest.CaptureFixture[str]) -> None:
    assert ids(capsys, "tuesday") == [3, 2]
    assert ids(capsys, "tuesday", "-draft") == [3]
    assert ids(capsys, "tuesday", "-hello") == [2]  # -h is no option here, and --help is
    assert ids(capsys, "tuesday -hello") == [2]
    assert ids(capsys, "tuesday", "--account", "Globe Air") == [2]
    assert ids(capsys, '"draft for"', "tues*") == [2]
    assert ids(capsys, "--limit", "1", "tuesday") == [3]


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        ([], "Missing argument"),
        (["-draft"], "not only what to leave out"),
        (["..."], "no word in it"),
        (["ab*"], "3 letters"),
        (["x" * 201], "200 characters"),
    ],
)
def test_what_cannot_be_looked_for(
    capsys: pytest.CaptureFixture[str], arguments: list[str], why: str
) -> None:
    assert why in search(capsys, *arguments, code=64)


def test_an_account_that_is_not_there(capsys: pytest.CaptureFixture[str]) -> None:
    assert "nowhere" in search(capsys, "monday", "--account", "nowhere", code=65)
