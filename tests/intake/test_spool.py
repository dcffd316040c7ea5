"""Large mail is written while it comes, and what goes wrong meanwhile is told when it has come."""

import asyncio
import errno
import hashlib
import threading
from pathlib import Path

import pytest

from gateway.intake.intake import IntakeUnavailable
from gateway.intake.spool import Spooled
from storage import incoming
from tests.intake.shelf import PEER, Shelf, open_shelf

PIECES = [b"Subject: large\r\n\r\n", b"a" * 70_000, b"b" * 70_000, b"c" * 10]
WHOLE = b"".join(PIECES)
DIGEST = hashlib.sha256(WHOLE).hexdigest()


async def _added(shelf: Shelf, pieces: list[bytes]) -> Spooled:
    """A mail of which these pieces are written."""
    loop, written = asyncio.get_running_loop(), asyncio.Event()
    mail = shelf.intake.spool.begin()
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
        assert shelf.intake._strays is not None
        assert not shelf.intake._strays._users


async def test_many_at_once_are_each_what_came(tmp_path: Path) -> None:
    async with open_shelf(tmp_path) as shelf:
        wholes = [b"%d " % number * 30_000 for number in range(40)]
        mails = [shelf.intake.spool.begin() for _ in wholes]
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
        shelf.intake.spool.begin().discard()
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
