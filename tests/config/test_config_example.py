"""The example is the documentation: it names every key, and what it says is what holds."""

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from gateway.config import Settings, load

EXAMPLE = Path(__file__).parents[2] / "config.example.toml"


def keys(model: BaseModel, above: str = "") -> Iterator[str]:
    for name in type(model).model_fields:
        value = getattr(model, name)
        if isinstance(value, BaseModel):
            yield from keys(value, f"{above}{name}.")
        elif isinstance(value, tuple) and value and isinstance(value[0], BaseModel):
            yield from keys(value[0], f"{above}{name}.")
        else:
            yield f"{above}{name}"


def written(table: dict[str, Any], above: str = "") -> Iterator[str]:
    for name, value in table.items():
        if isinstance(value, list) and value and isinstance(value[0], dict):
            yield from written(value[0], f"{above}{name}.")
        elif isinstance(value, dict) and value:
            yield from written(value, f"{above}{name}.")
        else:
            yield f"{above}{name}"


def test_every_key_is_explained_and_no_other() -> None:
    assert sorted(written(tomllib.loads(EXAMPLE.read_text()))) == sorted(keys(Settings()))


def test_every_value_is_the_default() -> None:
    assert load(EXAMPLE) == Settings()


def test_every_key_has_a_comment_above_its_block() -> None:
    explained = False
    for line in EXAMPLE.read_text().splitlines():
        if line.startswith("#"):
            explained = True
        elif not line:
            explained = False
        elif line.startswith("["):
            continue
        elif line.partition(" ")[0] not in {
            "flow",
            "tls_key",
            "port",
            "username",
        }:  # explained by the line above
            assert explained or line.startswith("format"), line


def test_the_sample_directory_fits_the_defaults() -> None:
    users = (EXAMPLE.parent / "deploy/sample/users.csv").read_text().splitlines()[1:]
    own = Settings().own_domains
    assert all(line.partition(",")[0].partition("@")[2] in own for line in users)
