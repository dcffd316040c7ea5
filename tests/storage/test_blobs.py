"""Blobs: the same content once, durable when `put` returns, never handed out damaged."""

import hashlib
import os
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from storage.blobs import Blobs, open_blobs
from storage.errors import BlobDamaged, BlobMissing, BlobsUnavailable
from tests.s3 import S3, s3


def files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


@pytest.fixture(scope="module")
def remote() -> Iterator[S3]:
    with s3() as server:
        yield server


@pytest.fixture(params=["local", "s3"])
def blobs(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Blobs:
    """A store of each kind."""
    if request.param == "local":
        return open_blobs(tmp_path / "blobs")
    server: S3 = request.getfixturevalue("remote")
    for name, value in server.environment.items():
        monkeypatch.setenv(name, value)
    return open_blobs(f"{server.url}/{tmp_path.name}")


def test_content_comes_back_byte_for_byte_and_is_kept_once(blobs: Blobs) -> None:
    content = bytes(range(256)) * 1000
    sha256 = blobs.put(content)
    assert blobs.put(content) == sha256 == hashlib.sha256(content).hexdigest()
    assert blobs.get(sha256) == content
    assert blobs.exists(sha256)
    assert list(blobs.old(datetime.now(UTC) + timedelta(hours=1))) == [sha256]


def test_large_content_comes_back_byte_for_byte(blobs: Blobs) -> None:
    content = os.urandom(25 * 1024 * 1024)
    assert blobs.get(blobs.put(content)) == content


def test_content_that_comes_piece_by_piece_is_kept_as_a_whole(blobs: Blobs) -> None:
    content = os.urandom(300_000)
    for _ in range(2):
        incoming = blobs.incoming()
        for start in range(0, len(content), 100_000):
            incoming.write(memoryview(content)[start : start + 100_000])
        blobs.keep(incoming)
        assert incoming.sha256 == hashlib.sha256(content).hexdigest()
        assert incoming.content() == content
        incoming.close()
        assert blobs.get(incoming.sha256) == content


def test_what_came_and_nobody_kept_leaves_nothing(blobs: Blobs, tmp_path: Path) -> None:
    incoming = blobs.incoming()
    incoming.write(b"x" * 1000)
    incoming.close()
    assert not blobs.exists(incoming.sha256)
    assert files(tmp_path) == []


def test_empty_content_is_content(blobs: Blobs) -> None:
    assert blobs.get(blobs.put(b"")) == b""


def test_a_half_written_file_is_told_and_mended(tmp_path: Path) -> None:
    blobs = open_blobs(tmp_path)
    sha256 = blobs.put(b"x" * 1000)
    (path,) = files(tmp_path)
    path.write_bytes(b"x" * 10)
    with pytest.raises(BlobDamaged):
        blobs.get(sha256)
    blobs.put(b"x" * 1000)
    assert blobs.get(sha256) == b"x" * 1000


@pytest.mark.parametrize("sha256", ["0" * 64, "../../etc/passwd", "", "A" * 64])
def test_what_is_not_there_is_missing(blobs: Blobs, sha256: str) -> None:
    with pytest.raises(BlobMissing):
        blobs.get(sha256)


def test_deleting_twice_is_fine(blobs: Blobs) -> None:
    sha256 = blobs.put(b"x")
    blobs.delete(sha256)
    blobs.delete(sha256)
    assert not blobs.exists(sha256)


def test_only_an_old_blob_is_deleted_as_old(blobs: Blobs) -> None:
    sha256, now = blobs.put(b"x"), datetime.now(UTC)
    assert list(blobs.old(now - timedelta(hours=1))) == []
    assert not blobs.delete_old(sha256, now - timedelta(hours=1))
    assert blobs.delete_old(sha256, now + timedelta(hours=1))
    assert not blobs.delete_old(sha256, now + timedelta(hours=1))
    assert not blobs.exists(sha256)


def test_a_probe_leaves_nothing_behind(blobs: Blobs) -> None:
    blobs.probe()
    assert list(blobs.old(datetime.now(UTC) + timedelta(hours=1))) == []


def test_a_remote_store_that_is_gone_is_told_as_such(monkeypatch: pytest.MonkeyPatch) -> None:
    with s3() as server:
        for name, value in server.environment.items():
            monkeypatch.setenv(name, value)
        blobs = open_blobs(server.url)
        sha256 = blobs.put(b"content")
        server.stop()
        for asked in (blobs.probe, lambda: blobs.put(b"more"), lambda: blobs.get(sha256)):
            with pytest.raises(BlobsUnavailable) as told:
                asked()
            assert "\n" not in str(told.value)


def test_file_and_folders_are_synced_before_the_file_has_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[tuple[str, bool]] = []
    real = os.fsync

    def watched(descriptor: int) -> None:
        path = Path(f"/proc/self/fd/{descriptor}").readlink()
        synced.append((path.relative_to(tmp_path).as_posix().split("/")[0], path.is_dir()))
        real(descriptor)

    blobs = open_blobs(tmp_path)
    monkeypatch.setattr(os, "fsync", watched)
    sha256 = blobs.put(b"content")
    # The folders stand before anything is put into them.
    assert synced == [(".", True), ("incoming", False), (sha256[:2], True)]
    synced.clear()
    sha256 = blobs.put(b"more")
    assert synced == [("incoming", False), (sha256[:2], True)]


def test_folders_that_were_taken_away_are_made_again(tmp_path: Path) -> None:
    blobs = open_blobs(tmp_path)
    blobs.delete(blobs.put(b"content"))
    for folder in tmp_path.iterdir():
        folder.rmdir()
    assert blobs.get(blobs.put(b"content")) == b"content"


def test_a_disk_that_is_full_leaves_no_blob(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    blobs = open_blobs(tmp_path)
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(BlobsUnavailable, match="No space"):
        blobs.put(b"content")
    assert not blobs.exists(hashlib.sha256(b"content").hexdigest())
    assert files(tmp_path) == []


def test_a_store_that_is_gone_is_told_as_such_whoever_notices(tmp_path: Path) -> None:
    """Uncaught, trouble with the disk would count as the fault of the mail."""
    root = tmp_path / "blobs"
    blobs = open_blobs(root)
    root.rmdir()
    root.write_text("no folder")
    with pytest.raises(BlobsUnavailable) as told:
        blobs.put(b"content")
    assert "\n" not in str(told.value)
    with pytest.raises(BlobsUnavailable):
        open_blobs(root)


def test_an_old_blob_goes_only_if_it_is_old_and_is_young_again_once_it_is_put(tmp_path: Path) -> None:
    blobs = open_blobs(tmp_path / "blobs")
    old, young = blobs.put(b"old"), blobs.put(b"young")
    yesterday = datetime.now(UTC) - timedelta(days=1)
    _age(tmp_path, old)
    assert list(blobs.old(yesterday)) == [old]
    assert not blobs.delete_old(young, yesterday)
    assert blobs.put(b"old") == old
    assert list(blobs.old(yesterday)) == []
    assert not blobs.delete_old(old, yesterday)
    _age(tmp_path, old)
    assert blobs.delete_old(old, yesterday)
    assert not blobs.delete_old(old, yesterday)
    assert (blobs.exists(old), blobs.exists(young)) == (False, True)


def test_a_blob_erased_between_a_look_and_the_sync_is_written_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    blobs = open_blobs(tmp_path / "blobs")
    sha256 = blobs.put(b"content")
    utime = os.utime

    def erased_first(descriptor: int, *, ns: tuple[int, int]) -> None:
        (tmp_path / "blobs" / sha256[:2] / sha256).unlink(missing_ok=True)
        utime(descriptor, ns=ns)

    monkeypatch.setattr(os, "utime", erased_first)
    assert blobs.put(b"content") == sha256
    assert blobs.get(sha256) == b"content"


@pytest.fixture
def synced(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What is synced from now on, by name."""
    names: list[str] = []
    fsync = os.fsync

    def noted(descriptor: int) -> None:
        names.append(Path(f"/proc/self/fd/{descriptor}").readlink().name)
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", noted)
    return names


def test_many_blobs_sync_each_folder_once(tmp_path: Path, synced: list[str]) -> None:
    blobs = open_blobs(tmp_path / "blobs")
    contents = {hashlib.sha256(b"%d" % number).hexdigest(): b"%d" % number for number in range(600)}
    synced.clear()
    blobs.put_all(contents)
    assert all(blobs.get(sha256) == content for sha256, content in contents.items())
    folders = [name for name in synced if len(name) == 2]
    assert {sha256[:2] for sha256 in contents} == set(folders)
    assert len(synced) - len(folders) - synced.count("blobs") == len(contents)
    some = [sha256 for sha256 in contents if sha256.startswith(folders[0])]
    synced.clear()
    for sha256 in some:
        blobs.delete(sha256)
    blobs.put_all({sha256: contents[sha256] for sha256 in some})
    assert synced.count(folders[0]) == 1


def test_a_blob_is_synced_again_only_if_somebody_else_touched_it(tmp_path: Path, synced: list[str]) -> None:
    blobs, others = open_blobs(tmp_path / "blobs"), open_blobs(tmp_path / "blobs")
    sha256 = blobs.put(b"logo")
    blobs.put(b"logo")
    synced.clear()
    blobs.put(b"logo")
    assert synced == []
    assert others.put(b"logo") == sha256
    assert synced == [sha256, sha256[:2], "blobs"]
    synced.clear()
    blobs.put(b"logo")
    assert synced == [sha256, sha256[:2], "blobs"]
    blobs.delete(sha256)
    synced.clear()
    blobs.put(b"logo")
    assert len(synced) == 2


def test_what_came_piece_by_piece_takes_the_place_of_a_damaged_one_and_is_synced(
    tmp_path: Path, synced: list[str]
) -> None:
    blobs = open_blobs(tmp_path / "blobs")
    sha256 = blobs.put(b"content")
    (path,) = files(tmp_path)
    path.write_bytes(b"c\0\0\0\0\0\0")
    incoming = blobs.incoming()
    incoming.write(b"content")
    synced.clear()
    blobs.keep(incoming)
    assert synced == [incoming.file.name if incoming.file else "", sha256[:2]]
    assert incoming.is_there()
    incoming.close()
    assert blobs.get(sha256) == b"content"


def test_whether_what_came_is_still_there_is_known_while_it_is_open(tmp_path: Path) -> None:
    blobs = open_blobs(tmp_path / "blobs")
    incoming = blobs.incoming()
    incoming.write(b"content")
    blobs.keep(incoming)
    blobs.delete(incoming.sha256)
    assert not incoming.is_there()
    blobs.assure(incoming)
    incoming.close()
    assert blobs.get(incoming.sha256) == b"content"


def test_another_file_under_its_name_is_not_what_came(tmp_path: Path) -> None:
    """It may not be on the disk yet: who put it has not answered for it. Another name, in a backup, says nothing."""
    blobs, others = open_blobs(tmp_path / "blobs"), open_blobs(tmp_path / "blobs")
    incoming = blobs.incoming()
    incoming.write(b"content")
    blobs.keep(incoming)
    place = tmp_path / "blobs" / incoming.sha256[:2] / incoming.sha256
    os.link(place, tmp_path / "snapshot")
    blobs.delete(incoming.sha256)
    assert not incoming.is_there()
    others.put(b"content")
    assert not incoming.is_there()
    incoming.close()


def test_folders_that_were_taken_away_are_made_again_for_what_comes(tmp_path: Path) -> None:
    blobs = open_blobs(tmp_path / "blobs")
    blobs.put(b"x")
    shutil.rmtree(tmp_path / "blobs" / "incoming")
    incoming = blobs.incoming()
    incoming.write(b"content")
    shutil.rmtree(tmp_path / "blobs" / incoming.sha256[:2], ignore_errors=True)
    blobs.keep(incoming)
    incoming.close()
    assert blobs.get(incoming.sha256) == b"content"


def test_what_a_crash_left_half_written_is_swept_when_it_is_old(tmp_path: Path) -> None:
    blobs = open_blobs(tmp_path / "blobs")
    blobs.put(b"content")
    half = tmp_path / "blobs" / "incoming" / "half"
    half.parent.mkdir(exist_ok=True)
    half.write_bytes(b"con")
    yesterday = datetime.now(UTC) - timedelta(days=1)
    assert blobs.sweep_incoming(yesterday) == 0
    os.utime(half, (0, 0))
    assert blobs.sweep_incoming(yesterday) == 1
    assert [path.name for path in files(tmp_path)] == [hashlib.sha256(b"content").hexdigest()]


def _age(folder: Path, sha256: str) -> None:
    os.utime(folder / "blobs" / sha256[:2] / sha256, (0, 0))
