"""No variable of the machine that runs the tests may reach them."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from gateway.config import ConfigError, ConfigProblem, load


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in list(os.environ):
        if name.startswith("GATEWAY_") or name in {"STATE_DIRECTORY", "CREDENTIALS_DIRECTORY"}:
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def file(tmp_path: Path) -> Callable[[str], Path]:
    def write(text: str) -> Path:
        path = tmp_path / "given.toml"
        path.write_text(text, encoding="utf-8")
        return path

    return write


@pytest.fixture
def problems(file: Callable[[str], Path]) -> Callable[[str], dict[str, ConfigProblem]]:
    """The mistakes of a file, by key."""

    def find(text: str) -> dict[str, ConfigProblem]:
        with pytest.raises(ConfigError) as raised:
            load(file(text))
        return {problem.key: problem for problem in raised.value.problems}

    return find
