"""Room on the disk: asked seldom, and mail refused before there is none."""

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from gateway import metrics
from gateway.watch import disk as watched
from gateway.watch.disk import Disk, folders, free_bytes
from rules import replies
from tests.desk.house import settings_with
from tests.smtp.house import SITE, ListIntake

PLACES = {"data": Path("a"), "blobs": Path("b")}


def hits() -> float:
    return metrics.REGISTRY.get_sample_value("gateway_limit_hits_total", {"limit": "storage.free_floor"}) or 0


def test_the_fullest_disk_counts_and_no_session_asks_it() -> None:
    asked: list[Path] = []
    free = {Path("a"): 10, Path("b"): 4}

    def ask(place: Path) -> int:
        asked.append(place)
        return free[place]

    disk = Disk(PLACES, 5, free=ask)
    before = hits()
    assert [disk.has_room() for _ in range(1000)] == [False] * 1000
    assert (len(asked), hits()) == (2, before + 1000)
    free[Path("b")] = 5
    disk.look()
    assert disk.has_room()


async def test_it_is_looked_at_again_and_again_in_a_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watched, "LOOK_SECONDS", 0.01)
    asking = threading.Semaphore(0)
    seen: list[int] = []

    def ask(_place: Path) -> int:
        seen.append(threading.get_ident())
        asking.release()
        return 1

    with ThreadPoolExecutor(1) as threads:
        watching = asyncio.create_task(watched.watch_disk(Disk({"data": Path("a")}, 0, free=ask), threads))
        for _ in range(4):
            await asyncio.to_thread(asking.acquire)
        watching.cancel()
    assert set(seen[1:]) - {threading.get_ident()} == set(seen[1:])


def test_a_disk_that_cannot_be_asked_is_left_to_who_writes_on_it() -> None:
    def gone(_place: Path) -> int:
        raise OSError("stale")

    disk = Disk(PLACES, 5, free=gone)
    assert disk.least is None
    assert disk.has_room()


def test_no_floor_takes_mail_for_as_long_as_it_can_be_written() -> None:
    assert Disk(PLACES, 0, free=lambda _: 0).has_room()


def test_a_folder_that_is_not_there_yet_is_where_it_will_be(tmp_path: Path) -> None:
    assert free_bytes(tmp_path / "not" / "yet") > 0


def test_blobs_of_a_service_are_on_no_disk_of_ours(tmp_path: Path) -> None:
    assert set(folders(settings_with(tmp_path))) == {"data", "blobs"}
    assert set(folders(settings_with(tmp_path, storage={"blobs": "s3://bucket/x"}))) == {"data"}


@pytest.mark.parametrize(("room", "reply"), [(True, replies.SENDER_OK), (False, replies.DISK_FULL)])
def test_mail_is_refused_for_now_before_it_is_begun(room: bool, reply: replies.Reply) -> None:
    from gateway.smtp.handler import Handler
    from gateway.smtp.limits import Limits
    from rules.recipients import Known

    async def nobody(_query: object) -> Known:
        return Known()

    handler = Handler(lambda: SITE, nobody, ListIntake(), Limits(), lambda: room)
    assert handler.sender("ann@vendor.example") == reply
    assert str(replies.DISK_FULL).startswith("452 4.3.1 ")
