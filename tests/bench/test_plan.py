"""The plan on paper: its figures follow from what was measured, and say so where nothing was."""

import math
from pathlib import Path

import pytest

from tests.bench.mails import SIZES
from tests.bench.plan import UNKNOWN, computed, measured, write
from tests.bench.results import Run, load, save
from tests.bench.section import Figure, plain
from tests.bench.sections import sections
from tests.daemon import ROOT

COSTS = {"cpu": 4.0, "commits": 2.0, "inserted": 9.0, "updated": 2.0, "wal": 10.0, "octets": 8.0}


def _run(*figures: Figure, quick: bool = False) -> Run:
    return Run(figures, "2026-03-02", "abc1234", {"cores": "2"}, 1.0, quick)


def _costs() -> dict[str, float]:
    return {f"postgresql.{size}.{name}": value for size in SIZES for name, value in COSTS.items()}


def test_figures_follow_from_what_was_measured() -> None:
    found = computed({**_costs(), "postgresql.connections": 10.0})

    assert found["peak_rate"] == pytest.approx(3472.2, abs=0.1)
    assert found["cores"] == pytest.approx(3472.2 * 0.004 / 0.6, abs=0.1)
    assert found["nodes"] == 3  # 23.1 cores are two nodes, and one may be away
    assert found["commits_s"] == pytest.approx(6944.4, abs=0.1)
    assert found["wal_s"] == pytest.approx(69.4, abs=0.1)
    assert found["net_in"] == pytest.approx(1.8, abs=0.1)


def test_what_was_not_measured_is_not_made_up() -> None:
    found = computed(_costs())

    assert math.isnan(found["blobs"])
    assert math.isnan(found["puts_s"])
    assert not math.isnan(found["cores"])


def test_a_quick_run_measures_nothing() -> None:
    figure = plain("accepting", 4000.0, "messages/s", key="accept.rate")

    assert measured({"accept": _run(figure)}) == {"accept.rate": 4000.0}
    assert measured({"accept": _run(figure, quick=True)}) == {}


def test_the_page_is_written_again_and_again(tmp_path: Path) -> None:
    page = tmp_path / "scaling.md"
    page.write_text((ROOT / "docs" / "scaling.md").read_text(encoding="utf-8"), encoding="utf-8")

    waiting = write(page, {})
    assert "cores" in waiting
    assert UNKNOWN in page.read_text(encoding="utf-8")

    write(page, {"postgresql": _run(*(plain(key, value, "", key=key) for key, value in _costs().items()))})
    assert "<!--=commits_s-->6,940<!--/-->" in page.read_text(encoding="utf-8")


def test_results_come_back_as_they_were_kept(tmp_path: Path) -> None:
    runs = {"accept": _run(Figure("a", "", None, "ms", None, "not here"), plain("b", 1.5, "ms", key="b"))}

    save(tmp_path / "benchmarks.json", runs)
    assert load(tmp_path / "benchmarks.json") == runs
    assert load(tmp_path / "none.json") == {}


def test_every_section_says_how_it_is_measured() -> None:
    for name, section in sections().items():
        assert name == section.name
        assert section.title
        assert section.how
