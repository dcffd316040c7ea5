"""Tombstones: they outlive the database, tell nobody who they are of, and are done again after a restore."""

import json
import os
import shutil
import sqlite3
import stat
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from time import process_time

import pytest
from sqlalchemy import insert

from gateway.erasing.catch_up import _in_text, outstanding
from gateway.erasing.proof import prove
from gateway.erasing.tombstones import NeverAgainFile, TombstoneFile, TombstonesError
from gateway.health import erasures
from rules.erasure import Person
from storage.directory import user_id
from storage.engine import reading, writing
from storage.outbox import COPY, NewEntry, NewLetter, enqueue
from storage.tables import user_addresses
from tests import back_ends
from tests.daemon import LOG
from tests.erasing.house import SAID, House, house, letter
from tests.filing.house import ADA, BEN, JONAS, NORA, NOW

pytestmark = back_ends.SQLITE_ONLY  # of the backups of PostgreSQL its own tools know


@pytest.fixture
def there(tmp_path: Path) -> Iterator[House]:
    with house(tmp_path) as made:
        yield made


def back_up(there: House) -> Path:
    """The database as the manual says."""
    backup = there.settings.data_dir.parent / f"backup-{len(there.stones.read())}.db"
    with (
        closing(sqlite3.connect(there.settings.database_file or "")) as here,
        closing(sqlite3.connect(backup)) as copy,
    ):
        here.backup(copy)
    return backup


def restore(there: House, backup: Path) -> None:
    there.engine.dispose()
    assert there.settings.database_file is not None
    for side in ("", "-wal", "-shm"):
        Path(f"{there.settings.database_file}{side}").unlink(missing_ok=True)
    shutil.copy(backup, there.settings.database_file)


def test_a_restored_backup_brings_nobody_back(there: House) -> None:
    there.receive(letter(f"{SAID}\n"), LOG)
    there.receive(letter("Hello Ada Marsh\n", NORA, ADA), LOG, sender=NORA.email)
    backup = back_up(there)
    there.erase()
    restore(there, backup)
    assert there.bytes_with(SAID)
    assert erasures(there.settings).state == "fail"
    assert there.catch_up() == 1
    assert there.bytes_with(SAID, ADA.email, ADA.name) == []
    assert erasures(there.settings).state == "ok"
    assert there.catch_up() == 0


def test_a_person_erased_twice_is_erased_from_a_backup_in_between(there: House) -> None:
    there.erase()
    there.receive(letter(f"{SAID}\n"), LOG)
    between = back_up(there)
    there.erase()
    restore(there, between)
    assert there.catch_up() == 1
    assert there.bytes_with(SAID, ADA.email) == []


def test_several_people_are_done_again_at_once_and_a_login_only_if_it_was_erased(there: House) -> None:
    """Jonas was erased as a user. Mei's address was erased when it was nobody's login; in the backup it is hers."""
    there.receive(letter(f"{SAID}\n"), LOG)
    backup = back_up(there)
    there.erase()
    there.erase(JONAS.email, user=True)
    restore(there, backup)
    with writing(there.engine) as conn:
        mei = user_id(conn, "mei.tan@lumenfold.example")
        values = {"address_key": "mei@private.example", "email": "mei@private.example", "user_id": mei}
        conn.execute(insert(user_addresses).values(values))
    there.stones.append(there.stones.new(frozenset({"mei@private.example"}), NOW, never_again=False))
    assert there.catch_up() == 3
    assert there.bytes_with(SAID, ADA.email, JONAS.email) == []
    with reading(there.engine) as conn:
        assert user_id(conn, "mei.tan@lumenfold.example") == mei


def test_mail_in_which_alone_they_stand_is_found_by_their_tombstone(there: House) -> None:
    """Not in the directory, nor in any decision: in the body, in base64, of mail that waits."""
    zed = "zed.quill@elsewhere.example"
    mail = there.receive(letter(f"Ask {zed}\n", NORA, NORA, cte="base64"), LOG, sender=NORA.email)
    backup = back_up(there)
    there.erase(zed, waiting=True)
    restore(there, backup)
    assert there.mail(mail.id).has_raw
    there.catch_up()
    proof = prove(there.settings, there.engine, there.blobs, Person([zed]))
    assert proof.addresses == []


def test_the_file_and_its_key_are_for_the_owner_alone_and_hold_no_address(there: House) -> None:
    there.erase(never_again=True)
    for path in (there.stones.path, there.stones.key_path):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert b"marsh" not in path.read_bytes()  # no hex digits, all of it
        assert b"acme" not in path.read_bytes()


def test_a_lost_file_is_written_again_from_the_database(there: House) -> None:
    there.erase()
    there.erase(NORA.email, user=True)
    before = there.stones.read()
    there.stones.path.unlink()
    assert there.catch_up() == 0
    assert there.stones.read() == before


def test_a_lost_or_strange_key_stops_the_start(there: House) -> None:
    there.erase()
    key = there.stones.key_path
    secret = key.read_text()
    key.unlink()
    with pytest.raises(TombstonesError, match="restore the key"):
        there.catch_up()
    assert erasures(there.settings).state == "fail"
    key.write_text("00" * 32)
    with pytest.raises(TombstonesError, match="not of the key"):
        there.catch_up()
    key.write_text(secret)
    assert there.catch_up() == 0


def test_a_line_broken_off_by_a_crash_is_no_tombstone_and_the_next_one_is_whole(tmp_path: Path) -> None:
    file = TombstoneFile(tmp_path / "erased.jsonl")
    first, second = (
        file.new(frozenset({key}), NOW, never_again=False) for key in ("a@b.example", "c@d.example")
    )
    file.append(first)
    with file.path.open("ab") as broken:
        broken.write(b'{"id": "half')
    assert list(file.read()) == [first.id]
    file.append(second)
    assert list(file.read().values()) == [first, second]


def test_what_was_allowed_is_noted_and_in_an_old_line_it_is_everything(tmp_path: Path) -> None:
    file = TombstoneFile(tmp_path / "erased.jsonl")
    stone = file.new(frozenset({"a@b.example"}), NOW, never_again=False, user=False, waiting=True)
    file.append(stone)
    assert list(file.read().values()) == [stone]
    entry = json.loads(file.path.read_text())
    assert (entry.pop("user"), entry.pop("waiting")) == (False, True)
    file.path.write_text(json.dumps(entry) + "\n")
    (old,) = file.read().values()
    assert (old.user, old.waiting) == (True, True)


def test_a_damaged_line_is_named(tmp_path: Path) -> None:
    file = TombstoneFile(tmp_path / "erased.jsonl")
    file.path.write_text("{}\n")
    with pytest.raises(TombstonesError, match="line 1"):
        file.read()


def test_a_running_daemon_knows_within_a_second_who_is_kept_out(tmp_path: Path) -> None:
    time = 0.0
    file = TombstoneFile(tmp_path / "erased.jsonl")
    known = NeverAgainFile(file.path, lambda: time)
    assert not known.now().holds("ada@acme.example")
    file.append(file.new(frozenset({"ada@acme.example"}), NOW, never_again=True))
    file.append(file.new(frozenset({"bob@acme.example"}), NOW, never_again=False))
    assert not known.now().holds("ada@acme.example")
    time = 1.0
    assert known.now().holds("Ada+x@acme.example")
    assert not known.now().holds("bob@acme.example")
    os.truncate(file.path, 3)
    file.path.write_text("broken\n")
    time = 2.0
    assert known.now().holds("ada@acme.example")


def test_what_is_outstanding_is_told_in_order(there: House) -> None:
    stones = [there.stones.new(frozenset({f"{n}@x.example"}), NOW, never_again=False) for n in range(3)]
    for stone in stones:
        there.stones.append(stone)
    assert outstanding(there.engine, there.stones) == stones
    assert there.catch_up() == 3
    assert outstanding(there.engine, there.stones) == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Ask Ada.Marsh+x@Acme.example.", ["Ada.Marsh+x@Acme.example"]),
        ("<a@b.example>,c@d.example;to=e@f.example", ["a@b.example", "c@d.example", "e@f.example"]),
        ('"odd"@b.example', ['"odd"@b.example', "odd@b.example"]),
        ("ada@bücher.example", ["ada@bücher.example"]),
        ("@b.example a@ @@", []),
    ],
)
def test_every_address_in_a_text_is_held_against_the_tombstones(text: str, found: list[str]) -> None:
    assert list(_in_text(text)) == found


@pytest.mark.parametrize(
    "text",
    [
        "_ada.marsh@bücher.example_",
        "-ada.marsh@bücher.example-",
        "...ada.marsh@bücher.example...Thanks",
        "?to=ada.marsh%40b%C3%BCcher.example&x=1",
        "%3Cada.marsh@xn--bcher-kva.example%3E",
        "&lt;ada.marsh&#64;xn--bcher-kva.example&gt;",
        "bounces+17-ada.marsh=xn--bcher-kva.example@list.example",
        "SRS0=x1Y=TT=xn--bcher-kva.example=ada.marsh@forwarder.example",
        '"ada.marsh"@bücher.example',
    ],
)
def test_whatever_the_erasure_finds_is_held_against_the_tombstones(text: str) -> None:
    person = Person(["ada.marsh@bücher.example"])
    assert person.mentioned(text)
    assert any(person.has(each) for each in _in_text(text))


@pytest.mark.parametrize("local", ["john doe", r"john \"x\" doe"])
def test_a_quoted_address_is_held_against_the_tombstones(local: str) -> None:
    person = Person([f'"{local}"@b.example'])
    text = f'Ask "{local}"@b.example.'
    assert any(person.has(each) for each in _in_text(text))
    assert any(person.has(each) for each in _in_text(json.dumps(text)))


def test_a_quoted_address_in_json_is_erased_and_found_again_after_a_restore(there: House) -> None:
    odd = '"john doe"@acme.example'
    with writing(there.engine) as conn:
        content = {"subject": "x", "text": f"Ask {odd} or {ADA.email}"}
        enqueue(conn, NewLetter(COPY, None, content), [NewEntry(COPY, BEN.email)], NOW)
    backup = back_up(there)
    there.erase(odd)
    restore(there, backup)
    assert there.bytes_with("john doe")
    assert there.catch_up() == 1
    assert there.bytes_with("john doe") == []


def test_text_full_of_signs_is_read_in_linear_time() -> None:
    begun = process_time()
    assert sum(1 for _ in _in_text("a@" * 100_000)) == 99_999
    assert sum(1 for _ in _in_text("a" * 1_000_000 + "@b")) == 1
    for text in ("=" * 50_000, "a.b=" * 20_000, '"' * 50_000 + '"@' * 5_000, "&%" * 50_000 + "@"):
        assert sum(1 for _ in _in_text(text)) < 1_000_000
    assert process_time() - begun < 5
