"""The contract of the store, asked of every back end: a new one is one more line in BACK_ENDS."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from storage.engine import open_engine
from storage.migrations import migrate

BACK_ENDS: dict[str, Callable[[Path], str]] = {
    "sqlite": lambda folder: f"sqlite:///{folder}/gateway.db",
}


@pytest.fixture(params=sorted(BACK_ENDS))
def database(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty database."""
    return BACK_ENDS[request.param](tmp_path)


@pytest.fixture
def engine(database: str) -> Iterator[Engine]:
    """A database with the current schema and nothing in it."""
    engine = open_engine(database)
    migrate(engine)
    yield engine
    engine.dispose()
