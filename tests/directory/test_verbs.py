"""`gateway directory` as a person and a script use it."""

import json
from pathlib import Path

import pytest

from gateway.cli import main

CONFIG = """\
data_dir = "{folder}/var"
own_domains = ["brightwell.example"]

[[logging]]
address = "log@touchpoints.brightwell.example"
flow = "Adoption"
"""


@pytest.fixture
def gateway(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> "Gateway":
    (tmp_path / "config.toml").write_text(CONFIG.format(folder=tmp_path))
    return Gateway(tmp_path, capsys)


class Gateway:
    """The command line with a folder of CSV files."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder = folder
        self._capsys = capsys
        self.write("accounts", "key,name,domains,attr:tier", "acme,Acme [Rockets],acme.example,gold")
        self.write("users", "email,name", "nora@brightwell.example,Nora Quist")
        self.write("contacts", "email,name,account,title", "ada@acme.example,Ada Marsh,acme,CTO")
        self.write("team", "account,user,role", "acme,nora@brightwell.example,csm")

    def write(self, name: str, *lines: str) -> None:
        (self.folder / f"{name}.csv").write_text("\n".join(lines) + "\n", "utf-8")

    def __call__(self, *arguments: str) -> tuple[int, str, str]:
        code = main(["--config", str(self.folder / "config.toml"), "directory", *arguments])
        captured = self._capsys.readouterr()
        return code, captured.out, captured.err


def test_import_then_list(gateway: Gateway) -> None:
    code, out, err = gateway("import", str(gateway.folder))
    assert (code, err) == (0, "")
    assert out.splitlines() == [
        f"{noun}: 1 new, 0 changed, 0 unchanged" for noun in ("accounts", "users", "contacts", "team")
    ]
    _, out, _ = gateway("list", "accounts")
    assert "Acme [Rockets]" in out
    _, out, _ = gateway("list", "contacts", "--json")
    assert json.loads(out) == {
        "email": "ada@acme.example",
        "name": "Ada Marsh",
        "accounts": [{"account": "acme", "title": "CTO"}],
    }
    _, out, _ = gateway("list", "accounts", "--json")
    assert json.loads(out)["attributes"] == {"tier": "gold"}
    _, out, _ = gateway("list", "team", "--json")
    assert json.loads(out) == {"account": "acme", "user": "nora@brightwell.example", "role": "csm"}


def test_a_limit_is_kept(gateway: Gateway) -> None:
    gateway.write("contacts", "email,name,account,title", *(f"p{n}@acme.example,P,acme," for n in range(9)))
    gateway("import", str(gateway.folder))
    _, out, _ = gateway("list", "contacts", "--json", "--limit", "4")
    assert [json.loads(line)["email"] for line in out.splitlines()] == [
        f"p{n}@acme.example" for n in range(4)
    ]


def test_mistakes_are_all_told_and_the_exit_code_is_65(gateway: Gateway) -> None:
    gateway.write("contacts", "email,name,account,title", "ada@,Ada,acme,", "bo@acme.example,Bo,nowhere,")
    code, out, err = gateway("import", str(gateway.folder))
    assert (code, out) == (65, "")
    assert "contacts.csv:2: email: " in err
    assert "contacts.csv:3: account: there is no account 'nowhere'" in err
    assert "nothing was imported: 2 problems" in err
    assert gateway("list", "accounts")[1] == "There are no accounts.\n"


def test_mistakes_as_json(gateway: Gateway) -> None:
    gateway.write("contacts", "email,name,account,title", "bo@acme.example,Bo,nowhere,")
    code, out, _ = gateway("import", str(gateway.folder), "--json")
    assert code == 65
    assert json.loads(out) == {
        "level": "problem",
        "file": "contacts.csv",
        "line": 2,
        "column": "account",
        "message": "there is no account 'nowhere'",
    }


def test_a_user_address_is_made_once_shown_again_and_rotated(gateway: Gateway) -> None:
    gateway("import", str(gateway.folder))
    code, first, _ = gateway("user-address", "nora@brightwell.example")
    assert code == 0
    local, _, domain = first.strip().partition("@")
    assert (local[:3], len(local), domain) == ("me-", 23, "touchpoints.brightwell.example")
    assert gateway("user-address", "nora@brightwell.example")[1] == first
    assert gateway("user-address", "nora@brightwell.example", "--rotate")[1] != first
    assert gateway("user-address", "ada@acme.example")[0] == 65
