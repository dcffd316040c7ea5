"""Mails kept by the driver alone: as over an engine, and well again after every trouble."""

import hashlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from storage.engine import open_engine, reading
from storage.errors import DatabaseLocked, DatabaseUnavailable
from storage.history import history
from storage.inbound import NewMail, claim, driver_row
from storage.keeping import DriverShelf, Row
from storage.migrations import migrate
from tests.storage.build import NOW


def row(raw: bytes = b"Subject: x\r\n\r\nhello\r\n", *recipients: str) -> Row:
    """A mail to the recipients, or to the logging address."""
    digest = hashlib.sha256(raw).hexdigest()
    return driver_row(
        NewMail(NOW, "", recipients or ("log@gateway.example",), {"session": "a1"}, len(raw), digest, raw)
    )


@pytest.fixture
def path(tmp_path: Path) -> Path:
    engine = open_engine(tmp_path / "gateway?.db")  # a name that is none in a URL
    migrate(engine)
    engine.dispose()
    return tmp_path / "gateway?.db"


@pytest.fixture
def shelf(path: Path) -> Iterator[DriverShelf]:
    found = DriverShelf(str(path))
    yield found
    found.close()


def count(path: Path) -> int:
    """The mails another process sees."""
    with sqlite3.connect(path) as other:
        (found,) = other.execute("SELECT count(*) FROM mails").fetchone()
    other.close()
    return int(found)


def test_what_is_kept_is_claimed_as_it_came_and_has_a_history(path: Path, shelf: DriverShelf) -> None:
    ((mail_id, new),) = shelf.keep([row()])
    assert new
    engine = open_engine(path)
    with engine.begin() as conn:
        (claimed,) = claim(conn, "me", NOW, 60, 10)
        assert (claimed.id, claimed.received_at, claimed.mail_from) == (mail_id, NOW, "")
        assert (claimed.recipients, claimed.peer) == (("log@gateway.example",), {"session": "a1"})
    with reading(engine) as conn:
        assert [(each.event, each.at, each.detail) for each in history(conn, mail_id)] == [
            ("received", NOW, {})
        ]
    engine.dispose()


def test_the_same_is_kept_once_in_a_batch_and_ever_after(path: Path, shelf: DriverShelf) -> None:
    one, other, third = row(b"one"), row(b"other"), row(b"one", "start@gateway.example")
    first = shelf.keep([one, other, one, third])
    assert [new for _, new in first] == [True, True, False, True]
    assert first[0][0] == first[2][0] != first[3][0]
    again = shelf.keep([row(b"fresh"), third, one])
    assert [new for _, new in again] == [True, False, False]
    assert [each[0] for each in again[1:]] == [first[3][0], first[0][0]]
    assert count(path) == 4


@pytest.mark.parametrize("size", [1, 3, 64, 83, 300])
def test_a_batch_of_any_size_is_answered_in_its_order(path: Path, shelf: DriverShelf, size: int) -> None:
    kept = shelf.keep([row(b"mail %d" % number + b"x" * number) for number in range(size)])
    with sqlite3.connect(path) as other:
        sizes = dict(other.execute("SELECT id, size FROM mails"))
        (events,) = other.execute("SELECT count(*) FROM events").fetchone()
    other.close()
    assert [sizes[mail_id] for mail_id, _ in kept] == [
        len(b"mail %d" % number) + number for number in range(size)
    ]
    assert events == size


def test_a_held_database_is_waited_for_and_then_it_is_everybody_s_trouble(
    path: Path, shelf: DriverShelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    shelf.keep([row(b"before")])
    shelf._patience = 20
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(sqlite3.OperationalError) as caught:
        shelf.keep([row(b"not now")])
    assert isinstance(shelf.meaning(caught.value), DatabaseLocked)
    monkeypatch.setattr("storage.driver.sleep", lambda _: other.execute("ROLLBACK"))
    shelf.keep([row(b"once it is free")])
    other.close()
    assert count(path) == 2


def test_a_mail_that_cannot_be_stored_is_its_own_trouble_and_leaves_no_transaction(
    path: Path, shelf: DriverShelf
) -> None:
    with pytest.raises(sqlite3.IntegrityError) as caught:
        shelf.keep([row(b"good"), row(b"poison")._replace(peer=None)])  # type: ignore[arg-type]
    assert shelf.meaning(caught.value) is None
    shelf.drop()
    assert count(path) == 0
    shelf.keep([row(b"good")])
    assert count(path) == 1


def test_a_database_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    shelf = DriverShelf(str(tmp_path / "elsewhere.db"))
    with pytest.raises(sqlite3.OperationalError) as caught:
        shelf.keep([row()])
    assert isinstance(shelf.meaning(caught.value), DatabaseUnavailable)
    assert list(tmp_path.iterdir()) == []


def test_the_log_is_copied_beside_it(path: Path, shelf: DriverShelf) -> None:
    shelf.keep([row(b"%d " % number * 1000) for number in range(50)])
    before = path.stat().st_size
    assert shelf.copy_log() > 100_000
    assert path.stat().st_size > before + 100_000
