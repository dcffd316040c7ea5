"""The real daemon as a process, with a real database and real sockets, told about by its own log."""

import http.client
import json
import os
import queue
import select
import signal
import smtplib
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
SAMPLE = ROOT / "deploy" / "sample"
LOG = "log@touchpoints.lumenfold.example"
SECONDS = 30

PIPE_BYTES = 1024 * 1024
"""What the log may be ahead of who reads it."""

PAUSE_SECONDS = 0.05
"""Between two looks at a log of which nothing but errors is wanted."""


class Daemon:
    """`gateway serve` with the sample directory in a folder of its own. SMTP at `port`, the API at `api`."""

    def __init__(
        self,
        folder: Path,
        listen: str = "127.0.0.1:0",
        config: str = "",
        http: str = "127.0.0.1:0",
        smtp: str = "",
        **environment: str,
    ) -> None:
        self.folder = folder
        self.config = folder / "config.toml"
        self.config.write_text(
            f'hostname = "gateway.lumenfold.example"\ndata_dir = "{folder}/data"\n[log]\nformat = "json"\n'
            f'[smtp]\nlisten = ["{listen}"]\n{smtp}[sender_check]\ndns = false\n[http]\nlisten = "{http}"\n{config}',
            encoding="utf-8",
        )
        self._environment = {"GATEWAY_FILING__WORKERS": "1", **os.environ, **environment}
        self._events: queue.Queue[dict[str, Any]] = queue.Queue()
        self.seen: list[dict[str, Any]] = []
        self.process: subprocess.Popen[bytes] | None = None
        self.port = 0
        self.addresses: list[str] = []
        self.api = ""
        self.heeds = True
        """Whether all that the log says is looked at, not errors alone: where much is sent, that is dear."""

    def run(self, *arguments: str, check: bool = True) -> "subprocess.CompletedProcess[str]":
        """One verb of the command line, on the same configuration."""
        return subprocess.run(
            self._command(*arguments), capture_output=True, text=True, timeout=60, check=check, cwd=ROOT
        )

    def lines(self, *arguments: str) -> list[dict[str, Any]]:
        """What a verb prints with --json."""
        return [json.loads(line) for line in self.run(*arguments, "--json").stdout.splitlines()]

    def start(self, **popen: Any) -> None:
        """Start, and wait until it listens."""
        self.process = subprocess.Popen(
            self._command("serve"),
            stderr=subprocess.PIPE,
            pipesize=PIPE_BYTES,
            cwd=ROOT,
            env=self._environment,
            **popen,
        )
        threading.Thread(target=self._listen, args=(self.process,), daemon=True).start()
        listening = self.event("listening")
        self.addresses, self.api = listening["addresses"], listening["api"]
        last = self.addresses[0].rpartition(":")[2]
        self.port = int(last) if last.isdigit() else 0

    def event(self, name: str, **fields: object) -> dict[str, Any]:
        """Wait for an entry of the log with this event and these fields."""
        while True:
            entry = self._next(f"event {name} {fields}")
            if entry.get("event") == name and fields.items() <= entry.items():
                return entry

    def errors(self) -> list[dict[str, Any]]:
        """The errors that the log has told of and nobody has waited for."""
        while not self._events.empty():
            self.seen.append(self._events.get())
        return [entry for entry in self.seen if entry.get("level") in ("error", "critical")]

    def one_of(self, *names: str) -> dict[str, Any]:
        """Wait for an entry of the log with one of these events."""
        while True:
            entry = self._next(f"one of the events {names}")
            if entry.get("event") in names:
                return entry

    def settled(self) -> dict[str, Any]:
        """Wait until the next mail is decided and filed; what the log says of it."""
        while True:
            entry = self._next("a settled mail")
            if "way" in entry:
                return entry

    def send(self, mail: bytes, *rcpts: str, sender: str = "nora.feld@lumenfold.example") -> int:
        """Send a mail by SMTP; returns the id that the 250 names."""
        with smtplib.SMTP("127.0.0.1", self.port, timeout=SECONDS) as server:
            server.sendmail(sender, list(rcpts) or [LOG], mail)
        return int(self.event("received")["mail"])

    def call(
        self, method: str, path: str, token: str, body: Any = None, content_type: str = "application/json"
    ) -> tuple[int, Any]:
        """Ask the API; status and JSON of the answer."""
        host, _, port = self.api.rpartition(":")
        with closing(http.client.HTTPConnection(host, int(port), timeout=SECONDS)) as connection:
            data = (
                body if isinstance(body, bytes) else json.dumps(body).encode() if body is not None else None
            )
            headers = {"Authorization": f"Bearer {token}", "Content-Type": content_type}
            connection.request(method, f"/api/v1{path}", data, headers)
            answer = connection.getresponse()
            content = answer.read()
        return answer.status, json.loads(content) if content else None

    def token(self, email: str) -> str:
        """A token of the API for a user."""
        return self.run("token", "create", email).stdout.strip()

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Tell it to stop; returns its exit code."""
        assert self.process is not None
        self.process.send_signal(number)
        return self.process.wait(SECONDS + 5)

    def _next(self, wanted: str) -> dict[str, Any]:
        try:
            entry = self._events.get(timeout=SECONDS)
        except queue.Empty:
            raise AssertionError(f"no {wanted}; the log: {self.seen[-20:]}") from None
        self.seen.append(entry)
        return entry

    def kill(self) -> None:
        """kill -9; until what it has forked has committed what it was sent, and has closed the database."""
        assert self.process is not None
        self._kill(commits(self.process.pid))

    def kill_all(self) -> None:
        """kill -9; until all its processes have ended: whose folder is to go may have nobody in it."""
        assert self.process is not None
        self._kill(children(self.process.pid))

    def _kill(self, others: list[int]) -> None:
        assert self.process is not None
        ends = []
        for each in others:
            with suppress(ProcessLookupError):
                ends.append(os.pidfd_open(each))
        self.process.kill()
        self.process.wait(SECONDS)
        for end in ends:
            select.select([end], [], [], SECONDS)
            os.close(end)

    def _command(self, *arguments: str) -> list[str]:
        return [sys.executable, "-m", "gateway", "--config", str(self.config), *arguments]

    def _listen(self, process: "subprocess.Popen[bytes]") -> None:
        assert process.stderr is not None
        held = b""
        with process.stderr:
            while data := os.read(process.stderr.fileno(), PIPE_BYTES):
                *lines, held = (held + data).split(b"\n")
                for line in lines:
                    self._read(line)
                if not self.heeds:
                    time.sleep(
                        PAUSE_SECONDS
                    )  # who reads each line at once takes a processor from who is measured

    def _read(self, line: bytes) -> None:
        if not line or (not self.heeds and not (b'"error"' in line or b'"critical"' in line)):
            return
        try:
            self._events.put(json.loads(line))
        except ValueError:
            self.seen.append({"line": line.decode(errors="replace")})


def children(process: int) -> list[int]:
    """The processes that a process has begun, while it lasts."""
    with suppress(OSError):
        return [int(each) for each in Path(f"/proc/{process}/task/{process}/children").read_text().split()]
    return []


def commits(daemon: int) -> list[int]:
    """The process that a daemon has forked to commit, while there is one."""
    with suppress(OSError):
        return [
            each for each in children(daemon) if Path(f"/proc/{each}/comm").read_text() == "gateway-commits\n"
        ]
    return []


@contextmanager
def daemon(folder: Path, *, started: bool = True, **options: Any) -> Iterator[Daemon]:
    """A daemon with the sample directory; gone at the end, whatever happens."""
    made = Daemon(folder, **options)
    made.run("directory", "import", str(SAMPLE))
    try:
        if started:
            made.start()
        yield made
    finally:
        if made.process is not None and made.process.poll() is None:
            made.kill_all()
