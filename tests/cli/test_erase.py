"""`gateway erase` and `gateway incinerate`, as a data-protection officer and an operator type them."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from gateway.cli import main
from storage.engine import writing
from storage.tables import mails
from tests.daemon import LOG
from tests.erasing.house import SAID, House, house, letter
from tests.filing.house import ADA, BEN, JONAS, NORA

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def there(tmp_path: Path) -> Iterator[House]:
    with house(tmp_path) as made:
        yield made


@pytest.fixture
def run(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """A verb on the house: exit code, standard output, standard error."""
    monkeypatch.setenv("COLUMNS", "80")
    config = tmp_path / "config.toml"
    config.write_text(f'data_dir = "{tmp_path}/data"\n[sender_check]\ndns = false\n')

    def call(*arguments: str) -> tuple[int, str, str]:
        capsys.readouterr()
        code = main(["--config", str(config), *arguments])
        said = capsys.readouterr()
        return code, said.out, said.err

    return call


def test_nothing_is_done_before_it_is_confirmed(there: House, run: Run) -> None:
    mail = there.receive(letter(f"{SAID}\n"), LOG)
    code, out, err = run("erase", ADA.email)
    assert (code, "--yes" in err) == (64, True)
    code, out, _ = run("erase", ADA.email, "--dry-run")
    assert code == 0
    assert "touchpoints of theirs emptied" in out
    assert "contacts deleted" in out
    assert there.mail(mail.id).has_raw
    assert there.stones.read() == {}


def test_it_erases_and_proves_it(there: House, run: Run) -> None:
    there.receive(letter(f"{SAID}\n"), LOG)
    code, out, err = run("erase", "Ada.Marsh+x@ACME.example", "--yes")
    assert code == 0, err
    assert "0 found" in out
    assert ADA.email not in err
    assert there.bytes_with(SAID, ADA.email) == []


def test_as_json_it_is_one_object(there: House, run: Run) -> None:
    there.receive(letter(f"{SAID}\n"), LOG)
    _, out, _ = run("erase", ADA.email, "--dry-run", "--json")
    assert json.loads(out)["erased"] is False
    code, out, _ = run("erase", ADA.email, "--yes", "--json")
    told = json.loads(out)
    assert code == 0
    assert (told["erased"], told["proof"]["addresses"]) == (True, [])
    assert told["found"]["contacts deleted"] == 1
    assert told["proof"]["files"] >= 3
    assert told["proof"]["rows"] > 20


def test_a_user_is_erased_only_if_so_said(there: House, run: Run) -> None:
    code, _, err = run("erase", NORA.email, "--yes")
    assert code == 65
    assert "--user" in err
    assert there.stones.read() == {}
    assert run("erase", NORA.email, "--yes", "--user")[0] == 0
    assert there.bytes_with(NORA.email) == []


def test_an_address_of_the_gateway_is_nobodys(there: House, run: Run) -> None:
    code, _, err = run("erase", LOG.upper(), "--yes")
    assert code == 65
    assert "gateway itself" in err
    assert there.stones.read() == {}


def test_mail_of_others_that_would_be_lost_stands_against_it(there: House, run: Run) -> None:
    mail = there.receive(letter(f"{ADA.email}\n", NORA, JONAS, cte="base64"), LOG, sender=NORA.email)
    code, _, err = run("erase", ADA.email, "--yes")
    assert code == 65
    assert f"mail {mail.id} of others waits" in err
    assert run("erase", ADA.email, "--yes", "--drop-waiting")[0] == 0


def test_what_could_not_be_finished_is_told_and_is_no_success(
    there: House, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.erasing.eraser.Eraser._pass", lambda *_: None)
    code, out, _ = run("erase", ADA.email, "--yes")
    assert code == 65
    assert "Not finished" in out
    assert "contacts deleted: 1 to do" in out
    code, out, err = run("migrate")
    assert "1 erasures could not be finished" in err
    code, out, _ = run("erase", ADA.email, "--yes", "--json")
    told = json.loads(out.splitlines()[-1])
    assert (code, told["erased"], told["left"]) == (65, False, {"contacts deleted": 1})
    monkeypatch.undo()
    assert run("migrate")[0] == 0
    assert not there.survey()


def test_what_is_left_elsewhere_is_named_and_is_no_success(there: House, run: Run, tmp_path: Path) -> None:
    log = tmp_path / "gateway.log"
    log.write_text(f"something about {ADA.email.upper()}\n")
    config = tmp_path / "config.toml"
    config.write_text(f'never_log = ["{ADA.email}"]\n' + config.read_text())
    code, out, _ = run("erase", ADA.email, "--yes", "--search", str(log))
    assert code == 65
    assert f"{log}: 1 (text)" in out
    assert f"{config}: 1 (text)" in out


def test_attachments_of_others_go_if_so_said(there: House, run: Run) -> None:
    minutes = f"Present: {ADA.email}".encode() + bytes(200)
    there.receive(letter("Minutes\n", NORA, BEN, files=(minutes,)), LOG, sender=NORA.email)
    code, out, _ = run("erase", ADA.email, "--yes")
    assert code == 65
    assert "'file.bin' of touchpoint" in out
    assert run("erase", ADA.email, "--yes", "--with-attachments")[0] == 0


@pytest.mark.parametrize("address", ["ada", "@acme.example", "ada@", "ada marsh@acme.example", ""])
def test_what_is_no_address_is_a_mistake_of_usage(there: House, run: Run, address: str) -> None:
    code, _, err = run("erase", address, "--yes")
    assert code == 64
    assert "address" in err.lower()


def test_a_broken_tombstone_file_is_a_fault_of_the_configuration(there: House, run: Run) -> None:
    there.stones.path.write_text("broken\n")
    code, _, err = run("erase", ADA.email, "--yes")
    assert code == 78
    assert "line 1" in err


def test_migrate_does_erasures_once_more_after_a_restore(there: House, run: Run) -> None:
    stone = there.stones.new(frozenset({ADA.email}), there.now, never_again=False)
    there.stones.append(stone)
    code, out, _ = run("migrate")
    assert code == 0
    assert "1 erasures were done once more" in out
    assert there.bytes_with(ADA.email) == []


def test_raw_mail_is_incinerated_by_hand_and_everybody_says_so(there: House, run: Run) -> None:
    mail = there.receive(letter("Hello\n"), LOG)
    long_ago = datetime.now(UTC) - timedelta(days=91)
    with writing(there.engine) as conn:
        conn.execute(update(mails).values(processed_at=long_ago))
    assert "raw form of 0 mails" in run("incinerate", "--days", "92", "--dry-run")[1]
    assert json.loads(run("incinerate", "--dry-run", "--json")[1])["mails"] == 1
    assert there.mail(mail.id).has_raw
    assert "Incinerated the raw form of 1 mails" in run("incinerate")[1]
    assert not there.mail(mail.id).has_raw
    for verb in (("queue", "show", str(mail.id)), ("replay", str(mail.id))):
        assert "incinerated, as all mail is that was settled long ago" in " ".join(run(*verb)[1].split())
    code, _, err = run("queue", "show", str(mail.id), "--raw")
    assert (code, "incinerated" in err) == (65, True)
    assert json.loads(run("queue", "show", str(mail.id), "--json")[1])["has_raw"] is False
