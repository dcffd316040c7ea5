"""The contract of the store, asked of every back end: a new one is one more line in BACK_ENDS."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from storage.engine import open_engine
from storage.migrations import migrate
from tests import postgresql

BACK_ENDS: dict[str, Callable[[Path], str]] = {
    "sqlite": lambda folder: f"sqlite:///{folder}/gateway.db",
    "postgresql": lambda _folder: postgresql.shared().create(),
}
MIGRATED: dict[str, Callable[[Path], str]] = BACK_ENDS | {
    "postgresql": lambda _folder: postgresql.shared().create(postgresql.shared().migrated())
}
"""The same with the current schema, where copying is quicker than making it."""

PARAMETERS = [
    pytest.param("sqlite"),
    pytest.param("postgresql", marks=postgresql.NEEDED),
]


@pytest.fixture(params=PARAMETERS)
def back_end(request: pytest.FixtureRequest) -> str:
    """The back end that is asked."""
    name: str = request.param
    return name


@pytest.fixture
def database(request: pytest.FixtureRequest, back_end: str, tmp_path: Path) -> str:
    """The URL of an empty database; with the current schema when the test asks for an `engine` as well."""
    makers = MIGRATED if "engine" in request.fixturenames else BACK_ENDS
    return makers[back_end](tmp_path)


@pytest.fixture
def engine(database: str) -> Iterator[Engine]:
    """A database with the current schema and nothing in it."""
    engine = open_engine(database)
    migrate(engine)
    yield engine
    engine.dispose()
