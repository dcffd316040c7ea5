"""A database from a backup, and a daemon that starts on it: who was erased since is gone before it listens."""

from datetime import UTC, datetime
from pathlib import Path

from gateway.erasing.tombstones import TombstoneFile
from tests.daemon import daemon

BEN = "ben.cole@acme.example"


def test_the_daemon_erases_again_before_it_takes_mail(tmp_path: Path) -> None:
    with daemon(tmp_path, started=False) as house:
        data = tmp_path / "data"
        file = TombstoneFile(data / "erased.jsonl")
        file.append(file.new(frozenset({BEN}), datetime.now(UTC), never_again=True))
        assert any(BEN.encode() in path.read_bytes() for path in data.glob("gateway.db*"))
        house.start()
        assert not any(BEN.encode() in path.read_bytes() for path in data.glob("gateway.db*"))
        begun = [entry.get("event") for entry in house.seen]
        assert begun.index("erased") < begun.index("listening")
        assert all(BEN not in str(entry) for entry in house.seen)
        assert house.stop() == 0
