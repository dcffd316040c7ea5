"""A house for each test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.desk import house as building
from tests.desk.house import House


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    """The sample directory, scope contacts, everybody's mail authenticated."""
    with building.house(tmp_path) as made:
        yield made
