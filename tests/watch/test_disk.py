"""Room on the disk: asked seldom, and mail refused before there is none."""

from pathlib import Path

import pytest

from gateway.watch.disk import Disk, folders, free_bytes
from rules import replies
from tests.desk.house import settings_with
from tests.smtp.house import SITE, ListIntake


def test_the_fullest_disk_counts_and_is_asked_once_a_second() -> None:
    asked: list[Path] = []
    free = {Path("a"): 10, Path("b"): 4}
    now = 0.0

    def ask(place: Path) -> int:
        asked.append(place)
        return free[place]

    disk = Disk(free, 5, free=ask, clock=lambda: now)
    assert [disk.has_room() for _ in range(1000)] == [False] * 1000
    assert len(asked) == 2
    free[Path("b")], now = 5, 1.0
    assert disk.has_room()


def test_a_disk_that_cannot_be_asked_is_left_to_who_writes_on_it() -> None:
    def gone(_place: Path) -> int:
        raise OSError("stale")

    disk = Disk([Path("a")], 5, free=gone)
    assert disk.least() is None
    assert disk.has_room()


def test_no_floor_takes_mail_for_as_long_as_it_can_be_written() -> None:
    assert Disk([Path("a")], 0, free=lambda _: 0).has_room()


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
