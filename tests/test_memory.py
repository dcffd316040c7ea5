"""Collections of garbage: none while much is made, and what was made is not looked at again."""

import gc
from collections.abc import Iterator

import pytest

from gateway.memory import start_of_much


@pytest.fixture
def collected() -> Iterator[list[int]]:
    """The generations collected so far. What was frozen is let go again afterwards."""
    seen: list[int] = []

    def note(phase: str, told: dict[str, int]) -> None:
        if phase == "stop":
            seen.append(told["generation"])

    gc.callbacks.append(note)
    yield seen
    gc.callbacks.remove(note)
    gc.unfreeze()


def test_no_collection_looks_at_what_a_start_has_made(collected: list[int]) -> None:
    with start_of_much():
        collected.clear()
        made = [[number] for number in range(100_000)]
        assert collected == []

    assert gc.isenabled()
    looked_at = {id(each) for each in gc.get_objects()}
    assert not looked_at & {id(each) for each in made}


def test_collections_go_on_after_a_start_that_failed(collected: list[int]) -> None:
    with pytest.raises(ImportError), start_of_much():
        raise ImportError

    assert gc.isenabled()
    collected.clear()
    made = [[number] for number in range(100_000)]
    assert collected
    assert made
