"""The keys of signed addresses: made once, rotated under a running daemon, never half written."""

import json
import multiprocessing
import stat
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from gateway.config import Settings
from gateway.keys import LOOK_SECONDS, KeyFile, Keys, KeysError, ensure_keys, read_keys, retire, rotate
from gateway.site import sites
from rules.recipients import Known, decide_recipient, thread_address
from rules.tokens import THREAD, KeyRing, sign, verify

NOW = datetime(2026, 3, 4, 12, tzinfo=UTC)
DOMAIN = "touchpoints.vendor.example"


class Clock:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "thread-keys.json"


def test_the_first_start_makes_a_key_that_only_its_owner_reads(path: Path) -> None:
    made = ensure_keys(path, NOW)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert (made.signing, [key.id for key in made.keys], made.keys[0].created_at) == (1, [1], NOW)
    assert len(made.keys[0].secret) == 32
    assert len(made.tenant) == 16
    assert ensure_keys(path, NOW + timedelta(days=1)) == made == read_keys(path)
    assert [each.name for each in path.parent.iterdir()] == [path.name]


def test_two_deployments_share_neither_tenant_nor_key(path: Path) -> None:
    one, two = ensure_keys(path, NOW), ensure_keys(path.with_name("other.json"), NOW)
    assert one.tenant != two.tenant
    assert one.keys[0].secret != two.keys[0].secret


def _made(path: str, gate: Any, answers: Any) -> None:
    gate.wait()
    found = ensure_keys(Path(path), NOW)
    answers.put((found.tenant, found.keys[0].secret))


def test_of_processes_that_start_at_once_one_makes_the_keys_of_all(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    starters, attempts = 4, 2
    for attempt in range(attempts):
        path = tmp_path / f"keys-{attempt}.json"
        gate, answers = context.Barrier(starters), context.Queue()
        started = [context.Process(target=_made, args=(str(path), gate, answers)) for _ in range(starters)]
        for process in started:
            process.start()
        found = {answers.get(timeout=60) for _ in started}
        for process in started:
            process.join(60)
            process.close()
        answers.close()
        answers.join_thread()
        kept = read_keys(path)
        assert found == {(kept.tenant, kept.keys[0].secret)}
    assert len(list(tmp_path.iterdir())) == attempts


def test_a_rotated_key_signs_and_the_old_one_verifies(path: Path) -> None:
    old = ensure_keys(path, NOW)
    token = sign(old.ring(), THREAD, DOMAIN, 7)
    later = NOW + timedelta(days=90)
    new = rotate(path, later)
    assert (new.tenant, new.signing, [key.id for key in new.keys]) == (old.tenant, 2, [1, 2])
    assert (new.keys[0], new.keys[1].created_at) == (old.keys[0], later)
    assert new == read_keys(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert verify(new.ring(), THREAD, DOMAIN, token) == 7
    assert sign(new.ring(), THREAD, DOMAIN, 7) != token


def test_rotating_where_there_is_no_file_makes_one(path: Path) -> None:
    assert rotate(path, NOW).signing == 2


def test_a_running_process_sees_a_new_key_without_a_restart(path: Path) -> None:
    ensure_keys(path, NOW)
    clock = Clock()
    file = KeyFile(path, clock)
    before = file.ring()
    assert before.signing == 1
    rotate(path, NOW)
    clock.now += LOOK_SECONDS / 2
    assert file.ring() is before
    clock.now += LOOK_SECONDS / 2
    after = file.ring()
    assert after.signing == 2
    clock.now += 60
    assert file.ring() is after  # read again only when it changed
    retire(path, 1)
    clock.now += LOOK_SECONDS
    assert set(file.ring().keys) == {2}


def test_keys_of_the_same_size_and_second_are_seen_too(path: Path) -> None:
    """Another file under the same name: its inode tells."""
    ensure_keys(path, NOW)
    clock = Clock()
    file = KeyFile(path, clock)
    first = file.ring()
    other = ensure_keys(path.with_name("other.json"), NOW)
    path.with_name("other.json").replace(path)
    clock.now += LOOK_SECONDS
    assert file.ring() != first
    assert file.ring() == other.ring()


@pytest.mark.parametrize("damage", ["missing", "half", "empty"])
def test_a_file_that_is_damaged_later_leaves_the_last_ring_in_force(path: Path, damage: str) -> None:
    ensure_keys(path, NOW)
    clock = Clock()
    file = KeyFile(path, clock)
    ring = file.ring()
    whole = path.read_bytes()
    if damage == "missing":
        path.unlink()
    else:
        path.write_bytes(whole[: len(whole) // 2] if damage == "half" else b"")
    clock.now += LOOK_SECONDS
    assert file.ring() is ring
    path.write_bytes(whole.replace(b'"created"', b' "created"'))
    clock.now += LOOK_SECONDS
    assert file.ring() == ring


def test_without_a_file_nothing_is_signed_and_nothing_accepted(path: Path) -> None:
    clock = Clock()
    file = KeyFile(path, clock)
    assert file.ring() == KeyRing()
    ensure_keys(path, NOW)
    assert file.ring() == KeyRing()
    clock.now += LOOK_SECONDS
    assert file.ring().signing == 1


def test_the_site_follows_the_file(tmp_path: Path) -> None:
    settings = Settings.model_validate({"data_dir": str(tmp_path)})
    keys = ensure_keys(settings.keys_file, NOW)
    now = sites(settings)
    site = now()
    assert site.ring == keys.ring()
    assert now() is site
    address = thread_address.address(site, 7)
    assert decide_recipient(address, site, Known()).number == 7
    assert decide_recipient(address, settings.site(), Known()).kind == "refused"


# -- retired ------------------------------------------------------------------------------------------------


def test_a_retired_key_is_gone_and_its_addresses_are_refused(path: Path) -> None:
    token = sign(ensure_keys(path, NOW).ring(), THREAD, DOMAIN, 7)
    rotate(path, NOW)
    left = retire(path, 1)
    assert (left.signing, [key.id for key in left.keys]) == (2, [2])
    assert left == read_keys(path)
    assert verify(left.ring(), THREAD, DOMAIN, token) is None


@pytest.mark.parametrize(
    ("key", "said"), [(1, "is the one that signs; rotate first"), (2, "there is no key 2")]
)
def test_the_key_that_signs_is_not_retired_nor_one_that_is_not_there(path: Path, key: int, said: str) -> None:
    ensure_keys(path, NOW)
    before = path.read_bytes()
    with pytest.raises(KeysError, match=said):
        retire(path, key)
    assert path.read_bytes() == before


def test_nothing_is_retired_where_there_is_no_file(path: Path) -> None:
    with pytest.raises(KeysError, match=r"thread-keys\.json cannot be read"):
        retire(path, 1)
    assert not path.exists()


def test_ids_go_round_and_are_never_given_twice(path: Path) -> None:
    """256 of them: an id is free again once its key is retired."""
    ensure_keys(path, NOW)
    ring = [rotate(path, NOW).signing for _ in range(255)]
    assert ring == [*range(2, 256), 0]
    with pytest.raises(KeysError, match="retire a key first"):
        rotate(path, NOW)
    retire(path, 200)
    assert rotate(path, NOW).signing == 200
    assert len(read_keys(path).keys) == 256


# -- damaged ------------------------------------------------------------------------------------------------


def _without(*names: str) -> Callable[[dict[str, Any]], Any]:
    return lambda data: {name: value for name, value in data.items() if name not in names}


def _key(**values: Any) -> Callable[[dict[str, Any]], Any]:
    def changed(data: dict[str, Any]) -> Any:
        return {**data, "keys": {"1": {**data["keys"]["1"], **values}}}

    return changed


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (_without("tenant"), "is no file of keys"),
        (_without("signing"), "is no file of keys"),
        (_without("keys"), "is no file of keys"),
        (lambda data: {**data, "keys": []}, "is no file of keys"),
        (lambda data: {**data, "keys": {}}, "names no key that signs"),
        (lambda data: {**data, "keys": {"one": data["keys"]["1"]}}, "is no file of keys"),
        (lambda data: {**data, "keys": {"1": "secret"}}, "is no file of keys"),
        (lambda data: {**data, "signing": 2}, "names no key that signs"),
        (lambda data: {**data, "signing": None}, "is no file of keys"),
        (lambda data: {**data, "tenant": ""}, "names no key that signs"),
        (_key(secret="c2hvcnQ="), "too short"),
        (_key(secret="***"), "is no file of keys"),
        (_key(secret=None), "is no file of keys"),
        (_key(created="yesterday"), "is no file of keys"),
        (lambda data: {**data, "signing": 256, "keys": {"256": data["keys"]["1"]}}, "no id from 0 to 255"),
        (lambda data: {**data, "signing": -1, "keys": {"-1": data["keys"]["1"]}}, "no id from 0 to 255"),
        (lambda _: [], "is no file of keys"),
        (lambda _: "keys", "is no file of keys"),
        (lambda _: None, "is no file of keys"),
    ],
)
def test_a_damaged_file_is_named_with_what_to_do(
    path: Path, damage: Callable[[dict[str, Any]], Any], said: str
) -> None:
    ensure_keys(path, NOW)
    path.write_text(json.dumps(damage(json.loads(path.read_text()))))
    before = path.read_bytes()
    with pytest.raises(KeysError, match=said) as raised:
        ensure_keys(path, NOW)
    assert str(path) in str(raised.value)
    assert "restore it from the backup" in str(raised.value)
    with pytest.raises(KeysError):
        rotate(path, NOW)
    assert path.read_bytes() == before  # never replaced by new keys: every address would be lost


@pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe", b"not keys", b"[" * 100_000])
def test_what_is_no_json_is_named_too(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    with pytest.raises(KeysError, match="is no file of keys"):
        read_keys(path)


def test_an_error_never_shows_a_secret(path: Path) -> None:
    made = ensure_keys(path, NOW)
    assert str(made.keys[0].secret) not in repr(made.ring())
    data = json.loads(path.read_text())
    secret = data["keys"]["1"]["secret"]
    path.write_text(json.dumps({**data, "signing": "x"}))
    with pytest.raises(KeysError) as raised:
        read_keys(path)
    assert secret not in str(raised.value)


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    with pytest.raises(KeysError, match=r"nowhere/keys\.json cannot be written: No such file or directory"):
        ensure_keys(tmp_path / "nowhere" / "keys.json", NOW)
    (tmp_path / "folder").mkdir()
    with pytest.raises(KeysError, match="folder cannot be read: Is a directory"):
        ensure_keys(tmp_path / "folder", NOW)


def test_times_are_kept_in_utc(path: Path) -> None:
    made = ensure_keys(path, datetime(2026, 3, 4, 14, tzinfo=timezone(timedelta(hours=2))))
    assert isinstance(made, Keys)
    assert made.keys[0].created_at == NOW
    assert made.keys[0].created_at.utcoffset() == timedelta(0)
