"""What the log says, and what it never says; what the service manager is told."""

import io
import json
import logging
import os
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import pytest
import structlog

from gateway import notify
from gateway.events import EVENTS, RECEIVED, configure, redact


@pytest.fixture(autouse=True)
def logging_as_before() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    logging.captureWarnings(False)
    logging.raiseExceptions = True
    structlog.reset_defaults()


@pytest.mark.parametrize("form", ["json", "console"])
def test_a_traceback_shows_no_mail_and_no_address(form: Literal["json", "console"]) -> None:
    """Not even to the person at the terminal: the variables of a frame are the mail."""
    stream = io.StringIO()
    configure(form, "info", stream)

    def read(raw: bytes) -> None:
        raise ValueError("no answer from ann.private@vendor.example")

    for given in (True, None):
        try:
            read(bytes(range(97, 107)))
        except ValueError as error:
            structlog.get_logger("gateway.filing").exception("mail not read", exc_info=given or error)
    shown = stream.getvalue()
    assert shown.count("ValueError: no answer from …@vendor.example") == 2
    assert "in read" in shown
    assert "abcdefghij" not in shown
    assert "private" not in shown


def told(level: str = "info") -> io.StringIO:
    stream = io.StringIO()
    configure("json", level, stream)
    return stream


def test_an_event_is_one_json_line() -> None:
    stream = told()
    structlog.get_logger("gateway.intake").info(RECEIVED, mail=7, size=1200)
    entry = json.loads(stream.getvalue())
    assert (entry["event"], entry["mail"], entry["level"], entry["logger"]) == (
        "received",
        7,
        "info",
        "gateway.intake",
    )
    assert entry["timestamp"].endswith("Z")


def test_a_stranger_s_name_steers_no_terminal_and_stays_readable() -> None:
    stream = told()
    structlog.get_logger().info("refused", name="Jörg\x9b2J \u202egpj.exe\x1b[2J")
    line = stream.getvalue()
    assert "Jörg" in line
    assert not any(sign in line for sign in ("\x9b", "\u202e", "\x1b"))
    assert json.loads(line)["name"] == "Jörg\x9b2J \u202egpj.exe\x1b[2J"


class FullDisk(io.StringIO):
    """Takes nothing."""

    def write(self, text: str) -> int:
        raise OSError(28, "No space left on device")


def test_a_log_that_cannot_be_written_is_told_of_nowhere_else(capsys: pytest.CaptureFixture[str]) -> None:
    configure("json", stream=FullDisk())
    structlog.get_logger().info("refused", sender="ann@acme.example")
    assert capsys.readouterr().err == ""


def test_addresses_are_cut_at_info_and_whole_in_debug() -> None:
    fields = {"sender": "ann+x@acme.example", "to": ["<Bo.Lee@acme.example>", b"c@d.example"], "count": 2}
    stream = told()
    structlog.get_logger().info("refused", **fields)
    assert "ann" not in stream.getvalue()
    assert "Bo.Lee" not in stream.getvalue()
    assert "…@acme.example" in stream.getvalue()
    stream = told("debug")
    structlog.get_logger().info("refused", **fields)
    assert "ann+x@acme.example" in stream.getvalue()


@pytest.mark.parametrize(
    "address",
    [
        '"odd one"@acme.example',
        '"odd\\"one@home"@acme.example',
        "odd'one@acme.example",
        "odd.one=x+y@[192.0.2.7]",
        "ödd@bücher.example",
    ],
)
def test_addresses_of_every_form_are_cut(address: str) -> None:
    for text in (
        f"no mailbox <{address}> here",
        f"RCPT TO:<{address}>",
        f"'{address}'",
        f"{{'to': ['{address}']}}",
    ):
        shown = redact(None, "info", {"value": text})["value"]
        assert "odd" not in shown
        assert "ödd" not in shown
        assert "…@" in shown


def test_addresses_in_foreign_messages_and_tracebacks_are_cut() -> None:
    stream = told()
    try:
        raise ValueError("cannot deliver to ann@acme.example")
    except ValueError:
        logging.getLogger("somebody").exception("failed for %s", "bo@acme.example")
    entry = json.loads(stream.getvalue())
    assert "ann@" not in entry["exception"]
    assert entry["event"] == "failed for …@acme.example"


@pytest.mark.parametrize(
    "text",
    [
        *("a" * 1_000_000 + "@", "@" * 1_000_000, "a@b" * 300_000, "." * 65 + "@x.example"),
        *(
            f"@{text}"
            for text in ('"' * 1_000_000, '"\\' * 500_000, ('"' + "a" * 200) * 5000, '"a"@[' * 200_000)
        ),
    ],
)
def test_hostile_text_is_cut_in_linear_time(text: str) -> None:
    start = time.process_time()
    entry = redact(None, "info", {"value": text})
    assert time.process_time() - start < 1
    assert len(entry["value"]) <= 30_000


def test_the_smtp_library_never_logs_commands() -> None:
    stream = told("debug")
    logging.getLogger("mail.log").error("RCPT TO:<secret-token@touchpoints.example>")
    assert stream.getvalue() == ""


def test_a_level_is_kept() -> None:
    stream = told("warning")
    structlog.get_logger().info("connected")
    structlog.get_logger().warning("failed")
    assert [json.loads(line)["event"] for line in stream.getvalue().splitlines()] == ["failed"]


def test_auto_is_json_where_nobody_watches() -> None:
    stream = io.StringIO()
    configure("auto", "info", stream)
    structlog.get_logger().info("filed", mail=1)
    assert json.loads(stream.getvalue())["event"] == "filed"


def test_console_is_for_people() -> None:
    stream = io.StringIO()
    configure("console", "info", stream)
    structlog.get_logger().info("filed", mail=1)
    assert "filed" in stream.getvalue()
    assert not stream.getvalue().startswith("{")


def test_configuring_twice_writes_once() -> None:
    told()
    stream = told()
    logging.getLogger("x").warning("once")
    assert len(stream.getvalue().splitlines()) == 1


def test_the_vocabulary() -> None:
    words = "connected refused received filed replied unresolved quarantined ignored"
    assert {*words.split(), "passed-on", "failed", "copied", "bounced", "synced"} == EVENTS


@pytest.fixture
def manager(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as channel:
        channel.bind(str(tmp_path / "notify"))
        channel.settimeout(5)
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
        yield channel


def test_the_service_manager_is_told(manager: socket.socket) -> None:
    notify.still_starting("at it", 60)
    notify.ready("listening on 25\nand 587")
    notify.watchdog()
    notify.stopping()
    assert [manager.recv(200).decode() for _ in range(4)] == [
        "EXTEND_TIMEOUT_USEC=60000000\nSTATUS=at it",
        "READY=1\nSTATUS=listening on 25 and 587",
        "WATCHDOG=1",
        "STOPPING=1",
    ]


def test_an_abstract_socket(monkeypatch: pytest.MonkeyPatch) -> None:
    name = f"gateway-test-{os.getpid()}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as channel:
        channel.bind(f"\0{name}")
        channel.settimeout(5)
        monkeypatch.setenv("NOTIFY_SOCKET", f"@{name}")
        notify.ready()
        assert channel.recv(200) == b"READY=1"


def test_a_manager_that_is_gone_is_no_error(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "nobody"))
    notify.ready()


@pytest.mark.parametrize(
    ("usec", "pid", "seconds"),
    [
        ("60000000", "", 30.0),
        ("60000000", "ours", 30.0),
        ("60000000", "1", None),
        ("", "", None),
        ("0", "", None),
    ],
)
def test_how_often_the_watchdog_is_fed(
    usec: str, pid: str, seconds: float | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WATCHDOG_USEC", usec)
    monkeypatch.setenv("WATCHDOG_PID", str(os.getpid()) if pid == "ours" else pid)
    assert notify.watchdog_seconds() == seconds
