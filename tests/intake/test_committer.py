"""A batch on a shelf of the driver's: what is one mail's fault hurts no other, and a failed disk ends it."""

import errno
import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.intake.committer import Answer, Committer, Report
from storage.engine import open_engine
from storage.keeping import DriverShelf
from storage.migrations import migrate
from tests.storage.test_keeping import row


@pytest.fixture
def told() -> list[Report]:
    return []


@pytest.fixture
def committer(tmp_path: Path, told: list[Report]) -> Iterator[Committer]:
    engine = open_engine(tmp_path / "gateway.db")
    migrate(engine)
    engine.dispose()
    found = Committer(DriverShelf(str(tmp_path / "gateway.db")), told.append)
    yield found
    found.close()


def test_a_mail_that_the_database_refuses_hurts_no_other(committer: Committer, told: list[Report]) -> None:
    poison = row(b"poison")._replace(peer=None)  # type: ignore[arg-type]
    committer.commit([(7, row(b"one")), (8, poison), (9, row(b"two"))])
    answers = [answer for report in told for answer in report.answers]
    assert [(answer.number, answer.new) for answer in answers] == [(7, True), (8, False), (9, True)]
    assert "IntegrityError" in answers[1].why
    assert not any(report.failed for report in told)


def test_after_a_failed_write_no_mail_is_tried_again(
    committer: Committer, told: list[Report], monkeypatch: pytest.MonkeyPatch
) -> None:
    error = sqlite3.OperationalError("disk I/O error")
    error.sqlite_errorcode = sqlite3.SQLITE_IOERR_FSYNC

    def fails(*_: object) -> None:
        raise error

    with monkeypatch.context() as patch:
        patch.setattr("storage.keeping.keep_rows", fails)
        committer.commit([(1, row(b"one")), (2, row(b"two"))])
    committer.commit([(3, row(b"three"))])
    assert told[0].failed == "OperationalError: disk I/O error"
    assert [answer.number for answer in told[0].answers if answer.why] == [1, 2]
    assert told[1].answers == [Answer(3, 0, new=False, why="the disk failed")]


def test_what_is_copied_and_does_not_reach_the_disk_ends_it(
    committer: Committer, told: list[Report], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its pages may be gone from memory, too, and the next fsync would say nothing."""

    def fails(_file: int) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr("gateway.intake.committer.LOG_BYTES", 1)
    monkeypatch.setattr("os.fdatasync", fails)
    committer.commit([(1, row())])
    committer._copier.shutdown()
    committer.commit([(2, row(b"later"))])
    assert "Input/output error" in told[1].failed
    assert told[2].answers == [Answer(2, 0, new=False, why="the disk failed")]


def test_a_log_that_is_not_copied_is_told_of(
    committer: Committer, told: list[Report], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(_shelf: object) -> int:
        raise sqlite3.OperationalError("no such file")

    monkeypatch.setattr("gateway.intake.committer.LOG_BYTES", 1)
    monkeypatch.setattr(DriverShelf, "copy_log", fails)
    committer.commit([(1, row())])
    committer.close()
    assert [(report.uncopied, report.failed) for report in told[1:]] == [
        ("OperationalError: no such file", "")
    ]
