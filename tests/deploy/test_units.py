"""What is handed to an operator in deploy/ can be used as it stands."""

import csv
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"


@pytest.fixture
def units(tmp_path: Path) -> Path:
    """The units, with a program that exists here in the place of the installed one."""
    for name in ("touchpoint-gateway.service", "touchpoint-gateway.socket"):
        text = (DEPLOY / name).read_text().replace("/opt/touchpoint-gateway/bin/gateway", sys.executable)
        (tmp_path / name).write_text(text)
    return tmp_path


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="no systemd-analyze here")
def test_systemd_knows_every_line_of_the_units(units: Path) -> None:
    done = subprocess.run(
        ["systemd-analyze", "verify", *map(str, sorted(units.iterdir()))],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    complaints = [line for line in (done.stdout + done.stderr).splitlines() if "touchpoint-gateway" in line]
    assert complaints == []


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="no systemd-analyze here")
def test_the_service_is_hardened(units: Path) -> None:
    done = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", str(units / "touchpoint-gateway.service")],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    level = re.search(r"Overall exposure level for \S+: ([0-9.]+)", done.stdout)
    assert level, done.stdout + done.stderr
    assert float(level[1]) < 2


def test_the_socket_gives_the_name_that_the_listener_looks_for() -> None:
    text = (DEPLOY / "touchpoint-gateway.socket").read_text()
    assert re.search(r"^FileDescriptorName=smtp$", text, re.MULTILINE)


def test_the_image_runs_without_root_and_copies_what_exists() -> None:
    text = (DEPLOY / "Dockerfile").read_text()
    assert re.findall(r"^USER (\S+)$", text, re.MULTILINE) == ["10025:10025"]
    taken = (ROOT / ".dockerignore").read_text()
    for line in re.findall(r"^COPY (?!--from)(.+) \S+$", text, re.MULTILINE):
        for name in line.split():
            assert (ROOT / name).exists(), name
            assert f"!{name}" in taken, f"{name} does not reach the build"


def test_the_image_installs_what_the_project_needs() -> None:
    text = (DEPLOY / "Dockerfile").read_text()
    program = re.search(r"python -c '(.+)' > libraries\.txt", text)
    assert program
    done = subprocess.run(
        [sys.executable, "-c", program[1]], capture_output=True, text=True, cwd=ROOT, check=True, timeout=30
    )
    assert any(line.startswith("aiosmtpd") for line in done.stdout.splitlines())


def test_the_sample_directory_is_whole() -> None:
    def rows(name: str) -> list[dict[str, str]]:
        with (DEPLOY / "sample" / name).open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))

    accounts = {row["key"] for row in rows("accounts.csv")}
    users = {row["email"] for row in rows("users.csv")}
    assert "acme" in accounts
    assert len(accounts) == 10
    assert {row["account"] for row in rows("contacts.csv")} == accounts
    assert {row["account"] for row in rows("team.csv")} <= accounts
    assert {row["user"] for row in rows("team.csv")} <= users


@pytest.fixture
def bare_path(tmp_path: Path) -> Path:
    """A PATH of a machine that has no apt-get, no sudo, and a Python without its venv module."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in ("sh", "id", "printf", "env", "rm"):
        (folder / name).symlink_to(shutil.which(name) or f"/bin/{name}")
    python = folder / "python3"
    python.write_text('#!/bin/sh\ncase "$2" in *ensurepip*) exit 1;; *version_info*) printf 3.11;; esac\n')
    python.chmod(0o755)
    return folder


@pytest.mark.parametrize(
    ("python", "says"), [("python3", "apt-get install python3.11-venv"), ("", "No Python 3.11")]
)
def test_a_machine_that_lacks_something_is_told_what_to_type(bare_path: Path, python: str, says: str) -> None:
    done = subprocess.run(
        [str(DEPLOY / "make-venv"), python, str(bare_path / "venv")],
        env={"PATH": str(bare_path)},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert done.returncode == 69
    assert says in done.stderr
    assert not (bare_path / "venv").exists()
