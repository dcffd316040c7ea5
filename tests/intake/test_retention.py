"""Blobs that nobody needs go, and never one that somebody is about to need; the job leaves the database to others."""

import asyncio
import hashlib
import os
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from gateway.intake.intake import Intake
from gateway.retention import GRACE, STEP, Retention, kept_up
from storage.blobs import Blobs
from storage.engine import open_engine, reading, writing
from storage.errors import DatabaseFailed
from storage.filing import file
from storage.inbound import keep, raw
from storage.incoming import Incoming
from storage.touchpoints import remove
from storage.uploads import add
from tests.filing.house import NORA, House, house
from tests.intake.shelf import keep as keep_in
from tests.intake.shelf import threaded
from tests.storage.build import filing, kept
from tests.storage.prepared import prepare

LARGE = b"Subject: large\r\n\r\n" + bytes(200_000)
DIGEST = hashlib.sha256(LARGE).hexdigest()


@pytest.fixture
def there(tmp_path: Path) -> Iterator[House]:
    with house(tmp_path) as made:
        yield made


def retention(there: House, days: int = 90, **how: Any) -> Retention:
    how = {"clock": lambda: there.now, "pause": lambda _seconds: None} | how
    return Retention(there.engine, there._blobs, days, **how)


def age(there: House, digest: str = DIGEST) -> None:
    """The blob was put long ago."""
    long_ago = (there.now - GRACE - timedelta(hours=1)).timestamp()
    os.utime(Path(there.settings.blobs_place) / digest[:2] / digest, (long_ago, long_ago))


def test_everything_that_is_due_goes_in_steps(there: House) -> None:
    with writing(there.engine) as conn:
        for mail_id in kept(conn, STEP + 3):
            file(conn, mail_id, filing(None, "ignored"), there.now)
    there.pass_time(days=89)
    assert not retention(there).due()
    there.pass_time(days=1, seconds=1)
    assert retention(there).due().mails == STEP + 3
    assert not retention(there, days=0).run()
    steps: list[int] = []
    assert retention(there).run(steps.append).mails == STEP + 3
    assert steps == [STEP, 3, 0]


def test_others_get_as_much_time_as_a_step_took_and_a_stop_is_heard_between_steps(there: House) -> None:
    with writing(there.engine) as conn:
        for mail_id in kept(conn, STEP * 3):
            file(conn, mail_id, filing(None, "ignored"), there.now)
    there.pass_time(days=100)
    pauses: list[float] = []
    burnt = retention(there, pause=pauses.append, stopped=lambda: bool(pauses)).run()
    assert burnt.mails == STEP
    assert pauses[0] > 0


def test_a_stray_goes_when_it_is_old_and_no_sooner(there: House) -> None:
    there._blobs.put(LARGE)
    there.now = there.now.now(there.now.tzinfo)  # the files bear the time of the machine
    assert retention(there).run().blobs == 0
    age(there)
    assert retention(there).run().blobs == 1
    assert not there._blobs.exists(DIGEST)


def test_what_a_crash_left_half_written_goes_within_hours_and_what_still_comes_does_not(there: House) -> None:
    there.now = there.now.now(there.now.tzinfo)
    left, coming = there._blobs.incoming(), there._blobs.incoming()
    for each in (left, coming):
        each.write(LARGE)
    assert left.file is not None
    assert coming.file is not None
    long_ago = (there.now - timedelta(hours=3)).timestamp()
    os.utime(left.file, (long_ago, long_ago))
    retention(there).run()
    assert not left.file.exists()
    assert coming.file.exists()
    for each in (left, coming):
        each.close()


def test_what_a_row_refers_to_stays_however_old(there: House) -> None:
    new = prepare(
        LARGE, mail_from="", recipients=["a@b.example"], peer={}, received_at=there.now, blobs=there._blobs
    )
    with writing(there.engine) as conn:
        (mail,) = keep(conn, [new])
    age(there)
    assert not retention(there).run()
    with reading(there.engine) as conn:
        assert raw(conn, there._blobs, mail.mail_id) == LARGE


def test_the_attachment_of_a_deleted_touchpoint_goes(there: House) -> None:
    from rules.message import Attachment

    part = Attachment("plan.pdf", "application/pdf", len(LARGE), there._blobs.put(LARGE), False, "", LARGE)
    touchpoint = there.touchpoint(attachments=(part,))
    age(there)
    assert not retention(there).run()
    with writing(there.engine) as conn:
        remove(conn, touchpoint, there.now)
    assert retention(there).run().blobs == 1


def test_an_upload_that_was_never_used_goes_after_a_day(there: House) -> None:
    with writing(there.engine) as conn:
        add(conn, NORA.email, there._blobs.put(LARGE), "x.bin", "application/x", len(LARGE), there.now)
    age(there)
    there.pass_time(hours=23)
    assert not retention(there).run()
    there.pass_time(hours=2)
    assert retention(there).run().blobs == 1


@pytest.mark.parametrize("moment", ["before it is looked for in the rows", "before it is deleted"])
async def test_a_blob_that_intake_puts_again_meanwhile_is_there_when_the_mail_is_kept(
    there: House, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    """The stray is old; the same bytes come in as a mail while the collector is at it."""
    there._blobs.put(LARGE)
    age(there)
    intake = Intake(threaded(open_engine(there.settings.database_url)), there._blobs, clock=lambda: there.now)
    await intake.start()
    loop = asyncio.get_running_loop()
    arrived: list[int] = []

    def arrive() -> None:
        if not arrived:
            arrived.append(0)
            mail = keep_in(intake, LARGE, "log@x.example")
            arrived[0] = asyncio.run_coroutine_threadsafe(mail, loop).result(20)

    _at(monkeypatch, moment, arrive, lambda: age(there))
    await asyncio.to_thread(retention(there).run)
    await intake.stop()
    with reading(there.engine) as conn:
        assert raw(conn, there._blobs, arrived[0]) == LARGE


def _at(
    monkeypatch: pytest.MonkeyPatch, moment: str, act: Callable[[], None], age_again: Callable[[], None]
) -> None:
    """Have something happen between two steps of the collector."""
    import gateway.retention as module

    really_unused = module.unused
    calls = 0

    def unused(conn: Any, digests: Any) -> Any:
        nonlocal calls
        calls += 1
        if moment == "before it is looked for in the rows" and calls == 1:
            act()
        found = really_unused(conn, digests)
        if moment == "before it is deleted" and calls == 1:
            act()  # found to be unused, by a reader; the transaction that deletes begins after this
            age_again()  # the row alone speaks for it
        return found

    monkeypatch.setattr(module, "unused", unused)


@pytest.mark.parametrize("alone", [True, False])
async def test_a_blob_deleted_between_the_look_and_the_commit_is_put_back(there: House, alone: bool) -> None:
    """The last guard: the collector commits after the mail was prepared, and before its row is there."""

    deleted: list[bool] = []

    class Meanwhile(Blobs):
        def keep(self, incoming: Incoming) -> None:
            super().keep(incoming)
            age(there)
            retention(there).run()
            deleted.append(not self.exists(incoming.sha256))

    blobs = Meanwhile(there._blobs._store, there._blobs.folder)
    commits = threaded(open_engine(there.settings.database_url))
    intake = Intake(commits, blobs, clock=lambda: there.now, alone=alone)
    await intake.start()
    mail_id = await keep_in(intake, LARGE, "log@x.example")
    await intake.stop()
    assert deleted == [True]
    with reading(there.engine) as conn:
        assert raw(conn, there._blobs, mail_id) == LARGE


async def test_the_daemon_does_it_by_itself_and_ends_it_when_it_stops(
    there: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = asyncio.Event()
    loop = asyncio.get_running_loop()

    def run(self: Retention, *_: Any) -> None:
        loop.call_soon_threadsafe(done.set)
        raise RuntimeError("the job must outlive this")

    monkeypatch.setattr(Retention, "run", run)
    before = asyncio.all_tasks()
    async with kept_up(there.settings, there._blobs, every=0.0):
        await asyncio.wait_for(done.wait(), 20)
        done.clear()
        await asyncio.wait_for(done.wait(), 20)
        others = asyncio.all_tasks() - before
        assert others
    assert all(task.done() for task in others)


async def test_a_disk_that_takes_no_write_ends_the_daemon_here_too(
    there: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    def run(_self: Retention, *_: Any) -> None:
        raise DatabaseFailed("the disk did not take it")

    ended = asyncio.Event()
    monkeypatch.setattr(Retention, "run", run)
    async with kept_up(there.settings, there._blobs, failed=ended.set, every=0.0):
        await asyncio.wait_for(ended.wait(), 20)
