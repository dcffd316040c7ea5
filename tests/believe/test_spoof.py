"""The spoof matrix, cell by cell, from the raw mail to its outcome."""

from collections import Counter
from collections.abc import Iterator

import pytest

from gateway.filing.directory import StoredDirectory
from tests.believe.cells import Cell, cells
from tests.believe.judge import decide, open_directory, settings, wrong

CELLS = list(cells())


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StoredDirectory]:
    engine, made = open_directory(tmp_path_factory.mktemp("spoof") / "gateway.db")
    yield made
    engine.dispose()


@pytest.mark.parametrize("cell", CELLS, ids=[f"{cell.kind}: {cell.name}" for cell in CELLS])
def test_cell(cell: Cell, directory: StoredDirectory) -> None:
    config = settings()
    assert not wrong(cell, decide(cell, config, config.site(), directory)[0])


def test_the_matrix_is_as_large_as_it_should_be() -> None:
    kinds = Counter(cell.kind for cell in CELLS)
    assert kinds["forged"] >= 300
    assert kinds["honest"] >= 120
    assert len({(cell.kind, cell.name) for cell in CELLS}) == len(CELLS)
