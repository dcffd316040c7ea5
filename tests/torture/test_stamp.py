"""The commit that stands beside a row: of what was run, and honest about what was changed since."""

import subprocess
from pathlib import Path

import pytest

from tests.torture.__main__ import commit


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    for name in ("code.py", "table.md"):
        (tmp_path / name).write_text("as it was\n")
    who = ("-c", "user.name=a", "-c", "user.email=a@b.example")
    for words in (("init", "-q"), ("add", "."), (*who, "commit", "-q", "-m", "Begin")):
        subprocess.run(("git", *words), cwd=tmp_path, check=True)
    return tmp_path


def test_the_table_itself_makes_no_tree_dirty(tree: Path) -> None:
    clean = commit(tree, tree / "table.md")
    (tree / "table.md").write_text("of this run\n")
    assert commit(tree, tree / "table.md") == clean
    assert "dirty" not in clean


@pytest.mark.parametrize("name", ["code.py", "new.py"])
def test_any_other_change_does(tree: Path, name: str) -> None:
    (tree / name).write_text("changed\n")
    assert commit(tree, tree / "table.md").endswith("-dirty")


def test_without_a_repository_it_says_so(tmp_path: Path) -> None:
    assert commit(tmp_path, tmp_path / "table.md") == "no repository"
