"""The supervisor keeps workers at work: wakes them, kills what overruns, replaces what dies, lets them finish."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from gateway import metrics
from gateway.config import Settings
from gateway.filing.supervisor import Supervisor


def settings(**filing: object) -> Settings:
    return Settings.model_validate({"filing": {"workers": 1, **filing}})


@pytest.fixture
async def supervisor(tmp_path: Path) -> AsyncIterator[Supervisor]:
    made = Supervisor(
        settings(deadline_seconds=1), [sys.executable, "-m", "tests.filing.fake_worker", str(tmp_path)]
    )
    made.start()
    yield made
    await made.stop(10)


def counted(outcome: str) -> float:
    """Mails settled so, as the metrics have them."""
    labels = {"outcome": outcome, "machine": "none"}
    return metrics.REGISTRY.get_sample_value("gateway_settled_total", labels) or 0.0


async def appears(path: Path, text: str = "") -> str:
    """Wait until the file is there and has the text."""
    async with asyncio.timeout(20):
        while not path.exists() or text not in path.read_text():
            await asyncio.sleep(0.01)
    return path.read_text()


async def test_a_worker_is_woken_and_does_what_is_there(supervisor: Supervisor, tmp_path: Path) -> None:
    await appears(tmp_path / "greetings", "greeted")
    for number in (1, 2, 3):
        (tmp_path / f"{number}.order").write_text("work")
        supervisor.wake()
        await appears(tmp_path / f"{number}.done")


async def test_a_dead_worker_is_replaced_and_its_successor_told_at_which_mail_it_died(
    supervisor: Supervisor, tmp_path: Path
) -> None:
    await appears(tmp_path / "greetings", "greeted")
    (tmp_path / "7.order").write_text("die")
    supervisor.wake()
    told = await appears(tmp_path / "greetings", "|7|")
    assert "signal 9" in told
    (tmp_path / "8.order").write_text("work")
    supervisor.wake()
    await appears(tmp_path / "8.done")


async def test_deaths_in_a_row_are_told_until_the_worker_works_again(
    supervisor: Supervisor, tmp_path: Path
) -> None:
    await appears(tmp_path / "greetings", "greeted")
    for number in (1, 2, 3):
        (tmp_path / f"{number}.order").write_text("die")
    supervisor.wake()  # the next life begins with the next order
    async with asyncio.timeout(20):
        while supervisor.fallen < 3:
            await asyncio.sleep(0.01)
        while supervisor.fallen:  # until one says that nothing is left
            await asyncio.sleep(0.01)


async def test_what_a_worker_tells_is_counted(supervisor: Supervisor, tmp_path: Path) -> None:
    await appears(tmp_path / "greetings", "greeted")
    before = counted("replied"), counted("other")
    for number, outcome in ((1, "replied"), (2, "x@y.example")):
        (tmp_path / f"{number}.order").write_text(json.dumps({"outcome": outcome, "seconds": 0.1}))
        supervisor.wake()
        await appears(tmp_path / f"{number}.done")
    async with asyncio.timeout(20):
        while (counted("replied"), counted("other")) != (before[0] + 1, before[1] + 1):
            await asyncio.sleep(0.01)


async def test_a_worker_that_overruns_is_killed(supervisor: Supervisor, tmp_path: Path) -> None:
    await appears(tmp_path / "greetings", "greeted")
    (tmp_path / "7.order").write_text("hang")
    supervisor.wake()
    assert "|7|reading it took longer than 1 s|mail" in await appears(tmp_path / "greetings", "|7|")


@pytest.mark.parametrize("order", ["hang fetching", "hang settling"])
async def test_a_worker_that_waits_for_the_store_is_killed_and_the_mail_not_blamed(
    order: str, tmp_path: Path
) -> None:
    command = [sys.executable, "-m", "tests.filing.fake_worker", str(tmp_path)]
    made = Supervisor(settings(deadline_seconds=600), command, settling_seconds=1)
    made.start()
    try:
        await appears(tmp_path / "greetings", "greeted")
        (tmp_path / "7.order").write_text(order)
        made.wake()
        assert "|7|the store took longer than 1 s|store" in await appears(tmp_path / "greetings", "|7|")
    finally:
        await made.stop(10)


async def test_a_worker_that_waits_for_the_store_with_several_mails_is_killed_and_none_blamed(
    tmp_path: Path,
) -> None:
    command = [sys.executable, "-m", "tests.filing.fake_worker", str(tmp_path)]
    made = Supervisor(settings(deadline_seconds=600), command, settling_seconds=1)
    made.start()
    try:
        await appears(tmp_path / "greetings", "greeted")
        (tmp_path / "7.order").write_text("hang settling together")
        made.wake()
        assert "|None|the store took longer than 1 s|store" in await appears(tmp_path / "greetings", "|None|")
    finally:
        await made.stop(10)


async def test_a_worker_that_is_not_understood_is_replaced(supervisor: Supervisor, tmp_path: Path) -> None:
    await appears(tmp_path / "greetings", "greeted")
    (tmp_path / "7.order").write_text("babble")
    supervisor.wake()
    await appears(tmp_path / "greetings", "|7|")
    (tmp_path / "8.order").write_text("work")
    supervisor.wake()
    await appears(tmp_path / "8.done")


async def test_workers_finish_when_told_to_stop(supervisor: Supervisor, tmp_path: Path) -> None:
    await appears(tmp_path / "greetings", "greeted")
    await supervisor.stop(10)
    assert (tmp_path / "stopped").exists()
    assert supervisor.processes == ()


async def test_a_worker_that_will_not_stop_is_killed(tmp_path: Path) -> None:
    made = Supervisor(
        settings(deadline_seconds=600), [sys.executable, "-m", "tests.filing.fake_worker", str(tmp_path)]
    )
    made.start()
    await appears(tmp_path / "greetings", "greeted")
    (tmp_path / "7.order").write_text("hang")
    made.wake()
    async with asyncio.timeout(10):
        while (tmp_path / "7.order").exists():
            await asyncio.sleep(0.01)
    await made.stop(0.1)
    assert made.processes == ()


async def test_a_worker_that_never_starts_does_not_stop_the_daemon(tmp_path: Path) -> None:
    made = Supervisor(settings(), [str(tmp_path / "no-such-program")])
    made.start()
    made.wake()
    await asyncio.sleep(0)
    await made.stop(1)
    assert made.processes == ()
