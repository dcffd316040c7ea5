"""What verbs show of strangers' text, on the terminal and into a pipe."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import update

from gateway.cli import main, queue
from gateway.filing import preview
from storage.engine import open_engine, writing
from storage.migrations import migrate
from storage.queue import STATES
from storage.tables import mails
from tests.storage.build import fill, kept

ODD = "[/] [dev] news :rocket: \x1b[31m\u202eexe"
SHOWN = "[/] [dev] news :rocket: �[31m�exe"


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """A configuration whose database holds two mails with an odd subject."""
    path = tmp_path / "config.toml"
    path.write_text(f'data_dir = "{tmp_path}"\n[sender_check]\ndns = false\n[log]\nformat = "console"\n')
    engine = open_engine(tmp_path / "gateway.db")
    migrate(engine)
    fill(engine)
    with writing(engine) as conn:
        kept(conn, 2)
        decision = {"subject": ODD, "reason": ODD}
        conn.execute(update(mails).values(state="unresolved", decision=decision))
    engine.dispose()
    return path


def test_a_subject_is_text_and_neither_markup_nor_a_command_for_the_terminal(
    config: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "300")
    assert main(["--config", str(config), "queue", "list"]) == 0
    assert capsys.readouterr().out.count(SHOWN) == 4


@pytest.mark.parametrize(
    "arguments", [["queue", "list", "--json"], ["queue", "list"], ["directory", "list", "accounts", "--json"]]
)
def test_a_reader_that_went_away_ends_a_verb_without_a_word(config: Path, arguments: list[str]) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "gateway", "--config", str(config), *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout is not None
    process.stdout.close()
    assert process.stderr is not None
    told = process.stderr.read()
    process.stderr.close()
    assert (process.wait(), told) == (0, b"")


def test_explain_prints_a_line_a_file_and_its_log_elsewhere(
    config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object) -> None:
        raise ZeroDivisionError("our own fault")

    monkeypatch.setattr(preview, "examine", fails)
    mail = tmp_path / "mail.eml"
    mail.write_bytes(b"Subject: x\r\n\r\nhello\r\n")
    assert main(["--config", str(config), "explain", "--json", str(mail), str(mail)]) == 0
    told = capsys.readouterr()
    assert [json.loads(line)["file"] for line in told.out.splitlines()] == [str(mail), str(mail)]
    assert "ZeroDivisionError" in told.err


WORDS = [f"word{number}" for number in range(60)]
INVITATION = f"""\
From: Nora Feld <nora@vendor.example>
To: Ada Marsh <ada@acme.example>
Subject: Kick-off
Date: Mon, 2 Mar 2026 10:00:00 +0000
Content-Type: multipart/alternative; boundary=B

--B
Content-Type: text/plain

{" ".join(WORDS)}
--B
Content-Type: text/calendar; method=REQUEST

BEGIN:VCALENDAR
METHOD:REQUEST
BEGIN:VEVENT
UID:1
DTSTART:20260310T090000Z
SUMMARY:Kick-off
ORGANIZER:mailto:nora@vendor.example
ATTENDEE:mailto:ada@acme.example
END:VEVENT
END:VCALENDAR
--B--
"""


def explained(
    config: Path, mail: bytes, capsys: pytest.CaptureFixture[str], *options: str
) -> tuple[str, str]:
    """What `explain` prints of a mail, and what it says on standard error."""
    path = config.with_name("mail.eml")
    path.write_bytes(mail)
    assert main(["--config", str(config), "explain", *options, str(path)]) == 0
    told = capsys.readouterr()
    return told.out, told.err


@pytest.mark.parametrize("columns", ["60", "80", "120"])
def test_no_word_of_a_long_line_is_lost_on_a_narrow_screen(
    config: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, columns: str
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    out, _ = explained(config, INVITATION.encode(), capsys)
    shown = "".join(out.replace("│", " ").split())
    assert "".join(WORDS) in shown


def test_an_invitation_is_shown_with_what_when_and_who(
    config: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "160")
    out, _ = explained(config, INVITATION.encode(), capsys)
    assert "REQUEST Kick-off, 2026-03-10T09:00:00Z, nora@vendor.example, ada@acme.example" in out


def test_a_mail_without_from_is_not_taken_for_one_with_the_null_sender(
    config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out, _ = explained(config, b"To: ada@acme.example\r\n\r\nhello\r\n", capsys, "--json")
    decision = json.loads(out)
    assert (decision["outcome"], decision["machine"]) == ("quarantined", None)
    out, _ = explained(
        config, b"To: ada@acme.example\r\n\r\nhello\r\n", capsys, "--json", "--mail-from", "<>"
    )
    assert json.loads(out)["machine"] == "auto-reply"


def test_addresses_may_stand_in_angle_brackets(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    mail = b"From: MAILER-DAEMON@x.example\r\n\r\nhello\r\n"
    told = [
        explained(config, mail, capsys, "--json", "--received-at", "2026-03-02T09:30:00Z", *envelope)[0]
        for envelope in (
            ("--mail-from", "a@b.example", "--rcpt", "x@y.example"),
            ("--mail-from", "<a@b.example>", "--rcpt", "<x@y.example>"),
        )
    ]
    assert told[0] == told[1]


@pytest.mark.parametrize("charset", ["ascii", "iso-8859-1", "utf-8"])
def test_a_terminal_of_any_character_set_gets_its_answer(config: Path, charset: str) -> None:
    path = config.with_name("odd\udcff.eml")
    path.write_bytes("Subject: 日本語\r\n\r\nüber\r\n".encode())
    done = subprocess.run(
        [sys.executable, "-m", "gateway", "--config", str(config), "explain", str(path)],
        env={**os.environ, "PYTHONIOENCODING": f"{charset}:strict"},
        capture_output=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, b"")
    assert b"quarantined" in done.stdout


def test_what_stands_in_for_the_sender_check_is_named(
    config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out, _ = explained(config, INVITATION.encode(), capsys, "--json", "--trust", "failed")
    assert "--trust failed" in json.loads(out)["reason"]


def test_a_bounce_is_explained_without_a_word_of_the_libraries(
    config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bounce = b"From: MAILER-DAEMON@mx.example\r\n\r\n<ada@acme.example>: unknown user\r\n"
    out, err = explained(config, bounce, capsys, "--json")
    assert (json.loads(out)["machine"], err) == ("bounce", "")


def test_the_states_offered_are_those_of_the_store() -> None:
    """They stand in the command line too, so that its help needs no database."""
    assert queue.STATES == STATES
