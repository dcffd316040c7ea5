"""A house that answers."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog

from gateway.events import configure
from tests.desk import house as building
from tests.desk.house import NORA, House
from tests.http.client import Client
from tests.http.serving import serving


@pytest.fixture(autouse=True)
def plain_log() -> Iterator[None]:
    """The log as the daemon has it: the one without a set-up draws tracebacks with every variable, for seconds."""
    configure("json", "debug")
    yield
    structlog.reset_defaults()


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    """The sample directory."""
    with building.house(tmp_path) as made:
        yield made


@pytest.fixture
def anybody(house: House) -> Iterator[Client]:
    """A client without a token."""
    with serving(house.desk) as client:
        yield client


@pytest.fixture
def nora(house: House, anybody: Client) -> Client:
    """A plain user's client."""
    return anybody.with_token(house.token(NORA))
