"""The command line's frame: what it imports, how it fails, what it writes."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller, UnixSocketController
from aiosmtpd.lmtp import LMTP

from gateway.cli import VERBS, main
from gateway.cli.context import print_json_line
from gateway.config import Settings
from gateway.config.values import Listen
from gateway.health import certificate, clock, disk_space, listener

ROOT = Path(__file__).parents[2]


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GATEWAY_")}
    return subprocess.run(
        [sys.executable, *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env=kept | environment,
        cwd=ROOT,
    )


def gateway(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return run("-m", "gateway", *arguments, **environment)


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "config.toml"
    path.write_text(f'data_dir = "{tmp_path}/data"\n[sender_check]\ndns = false\n')
    return path


@pytest.mark.parametrize("option", ["--version", "--help"])
def test_the_quick_options_import_nothing_heavy(option: str) -> None:
    done = run("-X", "importtime", "-m", "gateway", option)
    imported = {line.rpartition("|")[2].strip().partition(".")[0] for line in done.stderr.splitlines()}
    assert done.returncode == 0
    assert "click" in imported
    assert not imported & {"pydantic", "sqlalchemy", "rich", "storage", "rules", "asyncio", "structlog"}


def test_help_names_every_verb() -> None:
    told = gateway("--help").stdout
    assert all(verb in told for verb in VERBS)


@pytest.mark.parametrize("verb", sorted(VERBS))
def test_every_verb_explains_itself_without_a_configuration(verb: str) -> None:
    done = gateway("--config", "/nowhere.toml", verb, "--help")
    assert done.returncode == 0, done.stderr
    assert "Usage: gateway" in done.stdout


@pytest.mark.parametrize(
    "arguments", [[], ["no-such-verb"], ["--no-such-option"], ["migrate", "--no-such-option"], ["timeline"]]
)
def test_wrong_usage_is_64(arguments: list[str]) -> None:
    done = gateway(*arguments)
    assert done.returncode == 64
    assert "Usage: gateway" in done.stderr


def test_a_wrong_configuration_is_78_with_all_mistakes(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text('hostnam = "x"\n[smtp]\nrecipients_limit = 0\n')
    for verb in ("check-config", "migrate", "doctor"):
        done = gateway("--config", str(path), verb)
        assert done.returncode == 78
        told = done.stdout + done.stderr
        assert "hostnam" in told
        assert "recipients_limit" in told
        assert "Traceback" not in told


def test_check_config_finds_files_that_cannot_be_used(config: Path, tmp_path: Path) -> None:
    with config.open("a") as file:
        file.write(f'[smtp]\ntls_certificate = "{tmp_path}/none.pem"\ntls_key = "{tmp_path}/none.pem"\n')
        file.write(f'[relay]\nusername = "u"\npassword_file = "{tmp_path}/none"\n')
    done = gateway("--config", str(config), "check-config", "--json")
    told = json.loads(done.stdout)
    assert done.returncode == 78
    assert [problem["key"] for problem in told["problems"]] == ["smtp.tls_certificate", "relay.password_file"]


def test_check_config_passes_the_example_and_gives_advice() -> None:
    done = gateway("--config", "config.example.toml", "check-config", "--json")
    told = json.loads(done.stdout)
    assert (done.returncode, told["ok"]) == (0, True)
    assert "administrator" in [hint["key"] for hint in told["advice"]]


def test_migrate_makes_the_database_for_the_owner_alone(config: Path, tmp_path: Path) -> None:
    looked = json.loads(gateway("--config", str(config), "migrate", "--check", "--json").stdout)
    assert (looked["before"], looked["migrated"]) == (None, False)
    assert not (tmp_path / "data").exists()
    first = json.loads(gateway("--config", str(config), "migrate", "--json").stdout)
    assert first["migrated"] is True
    assert (tmp_path / "data").stat().st_mode & 0o077 == 0
    second = json.loads(gateway("--config", str(config), "migrate", "--json").stdout)
    assert (second["before"], second["migrated"]) == (first["target"], False)


def test_a_newer_database_is_78_and_a_locked_one_75(config: Path, tmp_path: Path) -> None:
    gateway("--config", str(config), "migrate")
    with sqlite3.connect(tmp_path / "data/gateway.db") as database:
        database.execute("UPDATE alembic_version SET version_num = '9999'")
    done = gateway("--config", str(config), "timeline", "acme")
    assert done.returncode == 78
    assert "newer than this program" in done.stderr
    with sqlite3.connect(tmp_path / "data/gateway.db") as database:
        database.execute("DROP TABLE alembic_version")
        for (table,) in database.execute(
            "SELECT name FROM sqlite_master WHERE name NOT LIKE 'sqlite_%'"
        ).fetchall():
            database.execute(f"DROP TABLE IF EXISTS {table}")
    holder = sqlite3.connect(tmp_path / "data/gateway.db", isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    done = gateway("--config", str(config), "migrate")
    holder.close()
    assert done.returncode == 75
    assert "try again later" in done.stderr


def test_a_reader_that_went_away_is_no_error_to_talk_of() -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "gateway", "--help"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=ROOT
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == b""


def test_an_interrupt_is_130(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    from gateway.cli import doctor

    def interrupted(*_arguments: Any, **_options: Any) -> Iterator[Any]:
        signal.raise_signal(signal.SIGINT)
        yield

    monkeypatch.setattr(doctor, "examine", interrupted)
    # A shell that starts the tests in the background has it ignored.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        assert main(["doctor"]) == 130
    finally:
        signal.signal(signal.SIGINT, before)
    assert capsys.readouterr().err.strip().endswith("Interrupted.")


def test_a_json_line_is_utf8_and_survives_broken_text(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    print_json_line({"subject": "Grüße 健"})
    print_json_line({"subject": "broken \udcff"})
    first, second = capfdbinary.readouterr().out.splitlines()
    assert first.decode() == '{"subject":"Grüße 健"}'
    assert json.loads(second) == {"subject": "broken \udcff"}


class Recorder:
    """A server that keeps what it gets; with `refusal`, it says that instead of taking a recipient."""

    def __init__(self, refusal: str = "") -> None:
        self.refusal = refusal
        self.mails: list[tuple[str, list[str], bytes]] = []

    async def handle_RCPT(  # noqa: N802
        self, _server: Any, _session: Any, envelope: Any, address: str, _options: list[str]
    ) -> str:
        if self.refusal:
            return self.refusal
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
        self.mails.append((envelope.mail_from, envelope.rcpt_tos, envelope.original_content))
        return "250 2.6.0 kept"


class LmtpSocket(UnixSocketController):
    def factory(self) -> LMTP:
        return LMTP(self.handler, enable_SMTPUTF8=True)


def free_port() -> int:
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.fixture
def recorder() -> Recorder:
    return Recorder()


@pytest.fixture
def server(recorder: Recorder) -> Iterator[str]:
    controller = Controller(recorder, hostname="127.0.0.1", port=free_port())
    controller.start()
    yield f"{controller.hostname}:{controller.port}"
    controller.stop()


def test_send_test_sends_a_letter_with_the_logging_address_in_bcc(
    server: str, recorder: Recorder, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["send-test", "--server", server, "--rcpt", "log@touchpoints.lumenfold.example"]) == 0
    ((sender, recipients, raw),) = recorder.mails
    mail = message_from_bytes(raw, policy=policy.default)
    assert sender == "nora.feld@lumenfold.example"
    assert recipients == ["log@touchpoints.lumenfold.example"]
    assert b"touchpoints" not in raw
    assert mail["To"] == "Ada Marsh <ada.marsh@acme.example>"
    assert {part.get_content_type() for part in mail.walk()} >= {"text/plain", "text/html", "text/csv"}
    assert b"\n" not in raw.replace(b"\r\n", b"")
    out = capsys.readouterr().out
    assert "250 2.6.0 kept" in out
    assert "timeline acme" in out


def test_send_test_by_lmtp_on_a_unix_socket(recorder: Recorder, tmp_path: Path) -> None:
    controller = LmtpSocket(recorder, unix_socket=str(tmp_path / "lmtp"))
    controller.start()
    try:
        assert main(["send-test", "--unix", str(tmp_path / "lmtp"), "--lmtp", "--rcpt", "log@a.example"]) == 0
    finally:
        controller.stop()
    assert recorder.mails[0][1] == ["log@a.example"]


def test_send_test_by_smtp_on_a_unix_socket(recorder: Recorder, tmp_path: Path) -> None:
    controller = UnixSocketController(recorder, unix_socket=str(tmp_path / "smtp"))
    controller.start()
    try:
        assert main(["send-test", "--unix", str(tmp_path / "smtp"), "--rcpt", "log@a.example"]) == 0
    finally:
        controller.stop()
    assert recorder.mails[0][1] == ["log@a.example"]


@pytest.mark.parametrize(("refusal", "code"), [("550 5.1.1 unknown", 65), ("451 4.3.0 later", 75)])
def test_send_test_says_what_the_server_said(
    server: str, recorder: Recorder, capsys: pytest.CaptureFixture[str], refusal: str, code: int
) -> None:
    recorder.refusal = refusal
    assert main(["send-test", "--server", server, "--rcpt", "log@a.example"]) == code
    assert refusal in capsys.readouterr().err


def test_send_test_without_a_server_says_how_to_start_one(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["send-test", "--server", f"127.0.0.1:{free_port()}", "--rcpt", "log@a.example"]) == 75
    assert "gateway serve" in capsys.readouterr().err


def test_doctor_fails_when_the_daemon_should_run_and_does_not(config: Path) -> None:
    with config.open("a") as file:
        file.write(f'[smtp]\nlisten = ["127.0.0.1:{free_port()}"]\n')
    quiet = gateway("--config", str(config), "doctor", "--json")
    assert quiet.returncode == 0, quiet.stdout
    running = gateway("--config", str(config), "doctor", "--json", "--running")
    assert running.returncode == 69
    failed = [json.loads(line) for line in running.stdout.splitlines()]
    assert [finding["remedy"] for finding in failed if finding["state"] == "fail"] == ["gateway serve"]


def test_doctor_sees_who_answers(server: str, tmp_path: Path) -> None:
    assert listener(Listen.parse(server), running=True).state == "ok"
    assert listener(Listen(path=str(tmp_path / "none")), running=True).state == "fail"


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A certificate for ten days, made as an administrator would."""
    folder = tmp_path_factory.mktemp("tls")
    certificate, key = folder / "cert.pem", folder / "key.pem"
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"),
            *("-days", "10", "-subj", "/CN=gateway.example", "-keyout", str(key), "-out", str(certificate)),
        ],
        check=True,
        capture_output=True,
        timeout=30,
    )
    return certificate, key


def test_doctor_tells_when_a_certificate_ends(pair: tuple[Path, Path]) -> None:
    now = datetime.now(UTC)
    assert certificate(*pair, now).state == "warn"
    assert certificate(*pair, now - timedelta(days=30)).state == "ok"


def test_doctor_tells_a_key_of_another_certificate(pair: tuple[Path, Path], tmp_path: Path) -> None:
    other = tmp_path / "other.pem"
    subprocess.run(
        ["openssl", "genrsa", "-out", str(other), "2048"], check=True, capture_output=True, timeout=30
    )
    assert certificate(pair[0], other, datetime.now(UTC)).state == "fail"
    assert certificate(pair[0], tmp_path / "none.pem", datetime.now(UTC)).state == "fail"


def test_doctor_sees_a_clock_that_runs_behind(tmp_path: Path) -> None:
    (tmp_path / "gateway.db").touch()
    settings = Settings(data_dir=tmp_path)
    assert clock(settings, datetime.now(UTC)).state == "ok"
    assert clock(settings, datetime.now(UTC) - timedelta(days=1)).state == "fail"


def test_doctor_sees_a_full_disk(tmp_path: Path) -> None:
    place = {"data_dir": tmp_path / "not" / "yet"}
    found = disk_space(Settings.model_validate({**place, "storage": {"free_floor": 1 << 60}}))
    assert found.state == "fail"
    assert "storage.free_floor" in found.found
    assert disk_space(Settings.model_validate({**place, "storage": {"free_floor": 0}})).state != "fail"


def test_alive_says_whether_the_daemon_answers(config: Path, tmp_path: Path) -> None:
    with config.open("a") as file:
        file.write(f'[smtp]\nlisten = ["127.0.0.1:0"]\n[http]\nlisten = "127.0.0.1:{free_port()}"\n')
    nobody = gateway("--config", str(config), "alive")
    assert nobody.returncode == 69
    assert "nobody answers" in nobody.stderr
    command = [sys.executable, "-m", "gateway", "--config", str(config), "serve"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, cwd=ROOT) as process:
        assert process.stderr is not None
        try:
            for line in process.stderr:
                if b"listening on" in line or b'"listening"' in line:
                    break
            done = gateway("--config", str(config), "alive")
            assert (done.returncode, done.stdout) == (0, "")
            told = gateway("--config", str(config), "doctor", "--json").stdout
            assert '"check":"ready: database","state":"ok"' in told
        finally:
            process.terminate()


def test_alive_asks_the_listener_where_there_is_no_http(config: Path, server: str) -> None:
    with config.open("a") as file:
        file.write(f'[smtp]\nlisten = ["{server}"]\n[http]\nlisten = ""\n')
    assert gateway("--config", str(config), "alive").returncode == 0
