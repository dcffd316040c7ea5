"""Large mail is written while it comes, and what goes wrong meanwhile is told when it has come."""

import asyncio
import contextlib
import errno
import gc
import hashlib
import sqlite3
import threading
import weakref
from functools import partial
from pathlib import Path

import pytest

from gateway.intake.intake import IntakeUnavailable
from gateway.intake.spool import Spool, Spooled
from storage import incoming
from storage.blobs import Blobs, open_blobs
from storage.incoming import Incoming
from tests.intake.shelf import PEER, Shelf, open_shelf

PIECES = [b"Subject: large\r\n\r\n", b"a" * 70_000, b"b" * 70_000, b"c" * 10]
WHOLE = b"".join(PIECES)
DIGEST = hashlib.sha256(WHOLE).hexdigest()


def _begun(shelf: Shelf) -> Spooled:
    mail = shelf.intake.spool.begin()
    assert mail is not None
    return mail


async def _added(shelf: Shelf, pieces: list[bytes]) -> Spooled:
    """A mail of which these pieces are written."""
    loop, written = asyncio.get_running_loop(), asyncio.Event()
    mail = _begun(shelf)
    for piece in pieces[:-1]:
        mail.add(piece)
    mail.add(pieces[-1], lambda: loop.call_soon_threadsafe(written.set))
    async with asyncio.timeout(20):
        await written.wait()
    return mail


async def _kept(shelf: Shelf, mail: Spooled) -> int:
    return await shelf.intake.keep(
        mail, mail_from="ann@vendor.example", recipients=["log@x.example"], peer=PEER
    )


async def test_it_is_written_while_the_rest_still_comes(tmp_path: Path) -> None:
    async with open_shelf(tmp_path) as shelf:
        mail = await _added(shelf, PIECES[:2])
        (file,) = (tmp_path / "blobs" / "incoming").iterdir()
        assert file.read_bytes() == b"".join(PIECES[:2])
        for piece in PIECES[2:]:
            mail.add(piece)
        await _kept(shelf, mail)
        assert shelf.rows("SELECT size, sha256, raw, raw_blob FROM mails") == [
            (len(WHOLE), DIGEST, None, DIGEST)
        ]
        assert shelf.blobs() == [DIGEST]
        assert shelf.intake.spool.strays is not None
        assert not shelf.intake.spool.strays._users


async def test_many_at_once_are_each_what_came(tmp_path: Path) -> None:
    async with open_shelf(tmp_path) as shelf:
        wholes = [b"%d " % number * 30_000 for number in range(40)]
        mails = [_begun(shelf) for _ in wholes]
        for start in range(0, 100_000, 10_000):
            for mail, whole in zip(mails, wholes, strict=True):
                mail.add(whole[start : start + 10_000 if start < 90_000 else None])
        await asyncio.gather(*(_kept(shelf, mail) for mail in mails))
        digests = sorted(hashlib.sha256(whole).hexdigest() for whole in wholes)
        assert shelf.blobs() == digests
        assert sorted(row[3] for row in shelf.rows()) == digests


async def test_the_same_mail_over_two_sessions_is_kept_once(tmp_path: Path) -> None:
    async with open_shelf(tmp_path) as shelf:
        mails = [await _added(shelf, PIECES) for _ in range(3)]
        kept = await asyncio.gather(*(_kept(shelf, mail) for mail in mails))
        assert len(set(kept)) == 1
        assert shelf.blobs() == [DIGEST]


async def test_what_nobody_wants_leaves_nothing(tmp_path: Path) -> None:
    async with open_shelf(tmp_path) as shelf:
        for number in range(len(PIECES)):
            (await _added(shelf, PIECES[: number + 1])).discard()
        _begun(shelf).discard()
        await shelf.intake.stop()
        assert shelf.blobs() == []
        assert not [thread for thread in threading.enumerate() if thread.name.startswith("spool")]


async def test_what_is_being_kept_is_not_discarded(tmp_path: Path) -> None:
    async with open_shelf(tmp_path) as shelf:
        mail = await _added(shelf, PIECES)
        keeping = asyncio.create_task(_kept(shelf, mail))
        await asyncio.sleep(0)
        keeping.cancel()
        mail.discard()
        await asyncio.gather(keeping, return_exceptions=True)
    assert shelf.blobs() == [DIGEST]
    assert len(shelf.rows()) == 1


@pytest.mark.parametrize(("code", "ends"), [(errno.ENOSPC, False), (errno.EIO, True)])
async def test_a_write_that_failed_is_told_when_it_has_come_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int, ends: bool
) -> None:
    told: list[None] = []

    def fails(_file: object, _piece: bytes) -> None:
        raise OSError(code, "no")

    async with open_shelf(tmp_path, failed=lambda: told.append(None)) as shelf:
        mail = await _added(shelf, PIECES[:2])
        with monkeypatch.context() as patched:
            patched.setattr(incoming, "write", fails)
            mail.add(PIECES[2], lambda: None)
            with pytest.raises(IntakeUnavailable):
                await _kept(shelf, mail)
        assert told == [None] * ends
        if not ends:
            await _kept(shelf, await _added(shelf, PIECES))
    assert shelf.blobs() == [DIGEST] * (not ends)
    assert len(shelf.rows()) == (not ends)


async def test_a_failed_write_ends_it_even_if_nobody_wants_the_mail(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended = asyncio.Event()

    def fails(_file: object, _piece: bytes) -> None:
        raise OSError(errno.EIO, "no")

    async with open_shelf(tmp_path, failed=ended.set) as shelf:
        monkeypatch.setattr(incoming, "write", fails)
        (await _added(shelf, PIECES[:2])).discard()
        async with asyncio.timeout(20):
            await ended.wait()
        with pytest.raises(IntakeUnavailable):
            await shelf.keep(b"small")


async def test_a_blob_that_another_mail_was_kept_with_stays_though_it_was_not_there_when_this_one_looked(
    tmp_path: Path,
) -> None:
    """Two sessions bring the same bytes; the slower one's commit fails, the other one has its 250."""
    async with open_shelf(tmp_path) as shelf:
        looked, go = threading.Event(), threading.Event()

        class Slow(Blobs):
            def keep(self, incoming: Incoming) -> None:
                if not looked.is_set():
                    looked.set()
                    go.wait(60)
                super().keep(incoming)

        spool = shelf.intake.spool
        spool.blobs = Slow(spool.blobs._store, spool.blobs.folder)
        slower = asyncio.create_task(_kept(shelf, await _added(shelf, PIECES)))
        await asyncio.to_thread(looked.wait, 60)
        await _kept(shelf, await _added(shelf, PIECES))
        other = sqlite3.connect(shelf.database, isolation_level=None)
        other.execute("BEGIN EXCLUSIVE")
        go.set()
        with pytest.raises(IntakeUnavailable):
            await slower
        other.close()
        assert len(shelf.rows()) == 1
        assert shelf.blobs() == [DIGEST]
        assert spool.strays is not None
        assert not spool.strays._named


async def test_the_last_of_several_that_were_not_kept_takes_the_blob_away(tmp_path: Path) -> None:
    async with open_shelf(tmp_path) as shelf:
        mails = [await _added(shelf, PIECES) for _ in range(3)]
        other = sqlite3.connect(shelf.database, isolation_level=None)
        other.execute("BEGIN EXCLUSIVE")
        ended = await asyncio.gather(*(_kept(shelf, mail) for mail in mails), return_exceptions=True)
        other.close()
        assert all(isinstance(each, IntakeUnavailable) for each in ended)
        assert shelf.blobs() == []
        await _kept(shelf, await _added(shelf, PIECES))
        assert shelf.blobs() == [DIGEST]


async def test_what_nobody_wants_does_not_wait_in_memory_for_a_disk_that_hangs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_shelf(tmp_path) as shelf:
        writing, disk = threading.Event(), threading.Event()

        def hangs(_file: object, _piece: bytes) -> None:
            writing.set()
            disk.wait(60)

        monkeypatch.setattr(incoming, "write", hangs)
        let_go: list[int] = []
        mails = [_begun(shelf) for _ in range(30)]
        for mail in mails:
            for number in range(5):
                mail.add(b"x" * 100_000, partial(let_go.append, number))
        await asyncio.to_thread(writing.wait, 60)
        for mail in mails:
            mail.discard()
        at_hand = len(mails) * 5 - len(let_go)  # one piece of each thread's
        disk.set()
        assert at_hand <= shelf.intake.spool.threads._max_workers
    assert len(let_go) == 150
    assert shelf.blobs() == []


async def test_there_are_only_so_many_and_each_gives_its_place_back(tmp_path: Path) -> None:
    async with open_shelf(tmp_path) as shelf:
        spool = shelf.intake.spool
        spool._most = 3
        mails = [await _added(shelf, PIECES[:number]) for number in (1, 2, 4)]
        assert spool.begin() is None
        mails[0].discard()
        await _kept(shelf, mails[2])
        while spool._open > 1:
            await asyncio.sleep(0)
        more = [_begun(shelf), _begun(shelf)]
        assert spool.begin() is None
        for mail in (mails[1], *more):
            mail.discard()
    assert spool._open == 0
    assert not [link for link in _open_files() if str(tmp_path) in link]


async def test_an_attachment_of_the_same_bytes_that_a_worker_put_stays_when_the_mail_is_not_kept(
    tmp_path: Path,
) -> None:
    async with open_shelf(tmp_path) as shelf:

        class Adopted(Blobs):
            def keep(self, incoming: Incoming) -> None:
                super().keep(incoming)
                open_blobs(tmp_path / "blobs").put(WHOLE)  # the worker's process has its own

        spool = shelf.intake.spool
        spool.blobs = Adopted(spool.blobs._store, spool.blobs.folder)
        other = sqlite3.connect(shelf.database, isolation_level=None)
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(IntakeUnavailable):
            await _kept(shelf, await _added(shelf, PIECES))
        other.close()
        assert shelf.blobs() == [DIGEST]


async def test_a_blob_stays_when_it_is_not_known_what_was_committed_at_last(tmp_path: Path) -> None:
    """The disk failed, or what commits has died: a row may name it after all."""
    async with open_shelf(tmp_path) as shelf:
        other = sqlite3.connect(shelf.database, isolation_level=None)
        other.execute("BEGIN EXCLUSIVE")
        keeping = asyncio.create_task(_kept(shelf, await _added(shelf, PIECES)))
        while not shelf.intake._waiting:
            await asyncio.sleep(0)
        shelf.intake._break("the disk failed")
        with pytest.raises(IntakeUnavailable):
            await keeping
        other.close()
        assert shelf.blobs() == [DIGEST]


async def test_a_mail_for_which_no_thread_can_be_started_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_shelf(tmp_path) as shelf:
        mail = await _added(shelf, PIECES)
        while mail._is_busy:
            await asyncio.sleep(0)

        def none(*_: object) -> None:
            raise RuntimeError("can't start new thread")

        with monkeypatch.context() as patched:
            patched.setattr(shelf.intake.spool.threads, "submit", none)
            with pytest.raises(IntakeUnavailable):
                await _kept(shelf, mail)
            mail.discard()
        assert shelf.intake.spool._open == 0
        assert shelf.blobs() == []
        await _kept(shelf, await _added(shelf, PIECES))


def test_a_piece_that_could_not_be_written_is_let_go_without_the_collector(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(_file: object, _piece: bytes) -> None:
        raise OSError(errno.ENOSPC, "no")

    class Piece(bytearray):
        pass

    monkeypatch.setattr(incoming, "write", fails)
    spool = Spool(open_blobs(tmp_path), 0)
    gc.collect()
    gc.disable()
    try:
        mail = spool.begin()
        assert mail is not None
        piece = Piece(1000)
        held = weakref.ref(piece)
        tried = threading.Event()
        mail.add(piece, tried.set)
        assert tried.wait(60)
        mail.discard()
        del mail, piece
        spool.threads.shutdown()
        assert held() is None
    finally:
        gc.enable()


async def test_no_file_is_open_once_a_mail_is_kept(tmp_path: Path) -> None:
    async with open_shelf(tmp_path) as shelf:
        for number in range(3):
            await _kept(shelf, await _added(shelf, [b"%d" % number, *PIECES]))
            assert not [link for link in _open_files() if "/blobs/" in link]


def _open_files() -> list[str]:
    found = []
    for each in Path("/proc/self/fd").iterdir():
        with contextlib.suppress(OSError):
            found.append(str(each.readlink()))
    return found
