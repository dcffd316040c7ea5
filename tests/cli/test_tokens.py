"""`gateway token` and `gateway outbox`: what an operator types, and reads on eighty columns."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from gateway.cli import main
from gateway.desk import Problem
from gateway.desk.actors import actor_of
from gateway.desk.drafts import Mailing
from storage.engine import writing
from storage.outbox import claim, postponed
from tests.desk import house as building
from tests.desk.house import JONAS, MEI, NORA, TOM, House

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """A verb on the house: exit code, standard output, standard error."""
    monkeypatch.setenv("COLUMNS", "80")
    config = tmp_path / "config.toml"
    config.write_text(f'data_dir = "{tmp_path}"\n')

    def call(*arguments: str) -> tuple[int, str, str]:
        code = main(["--config", str(config), *arguments])
        said = capsys.readouterr()
        assert all(len(line) <= 80 for line in said.out.splitlines() if "--json" not in arguments)
        return code, said.out, said.err

    return call


@pytest.fixture
def house(tmp_path: Path):  # type: ignore[no-untyped-def]
    """The sample directory."""
    with building.house(tmp_path) as made:
        yield made


def test_a_token_is_printed_once_and_alone(house: House, run: Run) -> None:
    code, out, err = run("token", "create", NORA, "--name", "laptop", "--permission", "create")
    token = out.strip()
    assert code == 0
    assert token.startswith("tpg_")
    assert len(token.split()) == 1
    assert token not in err
    assert actor_of(house.desk, token).permissions == {"create"}
    _, shown, _ = run("token", "list")
    assert NORA in shown
    assert token not in shown
    (row,) = [json.loads(line) for line in run("token", "list", "--json")[1].splitlines()]
    assert (row["user"], row["name"], row["permissions"], row["state"]) == (
        NORA,
        "laptop",
        ["create"],
        "good",
    )
    assert run("token", "revoke", "1")[0] == 0
    assert run("token", "revoke", "1")[0] == 65
    with pytest.raises(Problem, match="revoked"):
        actor_of(house.desk, token)
    assert "revoked" in run("token", "list")[1]


def test_a_token_for_some_days(house: House, run: Run) -> None:
    assert run("token", "create", TOM, "--days", "30")[0] == 0
    (row,) = [json.loads(line) for line in run("token", "list", "--json")[1].splitlines()]
    assert row["expires_at"] is not None
    assert run("token", "create", TOM, "--days", "0")[0] == 64
    code, _, err = run("token", "create", "nobody@x.example")
    assert (code, "no user nobody@x.example" in err) == (65, True)
    assert run("token", "create", TOM, "--permission", "everything")[0] == 64


def test_the_outbox_on_a_terminal(house: House, run: Run) -> None:
    made = house.write(participants=[JONAS, MEI], email=Mailing(internal=True), subject="A plan " * 12)["id"]
    with writing(house.engine) as conn:
        entry = claim(conn, "me", house.now, building.NOW - building.NOW)
        assert entry is not None
        postponed(conn, entry, house.now, house.now, "451 4.7.1 greylisted, try again later " * 3)
    code, out, _ = run("outbox", "list", "--touchpoint", str(made))
    assert code == 0
    assert JONAS in out
    assert "greylisted" in out
    rows = [json.loads(line) for line in run("outbox", "list", "--json", "--recipient", MEI)[1].splitlines()]
    assert [(row["id"], row["state"], row["recipient"]) for row in rows] == [(2, "waiting", MEI)]
    assert json.loads(run("outbox", "list", "--json", "--before", "2")[1])["id"] == 1
    _, shown, _ = run("outbox", "show", "1")
    assert "greylisted" in shown
    history = json.loads(run("outbox", "show", "1", "--json")[1])["history"]
    assert [each["outcome"] for each in history] == ["later"]
    assert run("outbox", "show", "99")[0] == 65
    assert run("outbox", "cancel", "1", "2")[0] == 0
    assert run("outbox", "cancel", "1")[0] == 65
    assert run("outbox", "retry", "1", "99")[0] == 65
    states = [json.loads(line)["state"] for line in run("outbox", "list", "--json")[1].splitlines()]
    assert states == ["cancelled", "waiting"]
    assert "Nothing there" in run("outbox", "list", "--state", "failed")[1]
