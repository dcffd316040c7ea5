"""What the rows that attack the listener share: a daemon whose log is counted, the kernel's word on it, clients."""

import asyncio
import base64
import contextlib
import hashlib
import json
import multiprocessing
import re
import resource
import socket
import sqlite3
import ssl
import subprocess
import threading
from collections import Counter
from collections.abc import Awaitable, Callable, Container, Iterator
from contextlib import closing, contextmanager
from functools import cache
from pathlib import Path
from time import monotonic
from typing import IO, Any, TypeVar

import uvloop

from rules import replies
from rules.replies import Reply
from tests.daemon import LOG, SAMPLE, Daemon

SENDER = "nora.feld@lumenfold.example"
MIB = 1024 * 1024
PATIENCE = 60.0
"""Seconds after which a client of the bench gives up on the daemon: a violation, not a slow machine."""

Found = Counter[str]
"""What went wrong, and how often."""

_T = TypeVar("_T")


_ALARM = re.compile(rb"Traceback|Error|Exception|Fatal|never awaited|Task was destroyed")


class Watched(Daemon):
    """A daemon under attack. Its log is counted by event; only warnings and what tests wait for are kept."""

    KEPT = frozenset({"listening", "stopped"})

    def __init__(self, folder: Path, **options: Any) -> None:
        super().__init__(folder, **options)
        self.counted: Counter[str] = Counter()
        self._more = threading.Condition()
        self.warnings: list[dict[str, Any]] = []
        self.garbage: list[str] = []

    @property
    def pid(self) -> int:
        """The process that listens."""
        assert self.process is not None
        return self.process.pid

    def _listen(self, process: "subprocess.Popen[bytes]") -> None:
        assert process.stderr is not None
        with process.stderr:
            for line in process.stderr:
                try:
                    entry = json.loads(line)
                except ValueError:  # the welcome, or what Python says when it is at its end
                    if _ALARM.search(line):
                        self.garbage.append(line.decode(errors="replace").rstrip())
                    continue
                with self._more:
                    self.counted[str(entry.get("event"))] += 1
                    self._more.notify_all()
                if entry.get("level") not in ("info", "debug"):
                    self.warnings.append(entry)
                if entry.get("event") in self.KEPT:
                    self._events.put(entry)

    def wait_for(self, event: str, times: int) -> None:
        """Wait until the log has said it so often. Raises TimeoutError."""
        with self._more:
            if not self._more.wait_for(lambda: self.counted[event] >= times, PATIENCE):
                raise TimeoutError(f"{event}: {self.counted[event]} times, not {times}")

    def unhandled(self) -> list[str]:
        """What the log says that no attack may bring about, one line each."""
        found = [f"the log: {line}" for line in self.garbage]
        found += [
            f"the log: {entry.get('event')}: {str(entry.get('exception', entry))[-300:]}"
            for entry in self.warnings
            if entry.get("level") in ("error", "critical")
        ]
        if self.process is not None and self.process.poll() is not None:
            found.append(f"the daemon died with {self.process.returncode}")
        return found[:20]


@contextmanager
def watched(
    folder: Path, *, smtp: str = "", listen: str = "127.0.0.1:0", **limits: object
) -> Iterator[Watched]:
    """A running daemon with lines of [smtp] and keys of [smtp.limits]; gone at the end."""
    folder.mkdir(parents=True, exist_ok=True)
    lines = "".join(f"{name} = {json.dumps(value)}\n" for name, value in limits.items())
    made = Watched(folder, listen=listen, smtp=smtp and f"{smtp}\n", config=f"[smtp.limits]\n{lines}")
    made.run("directory", "import", str(SAMPLE))
    try:
        made.start()
        yield made
    finally:
        if made.process is not None and made.process.poll() is None:
            made.kill_all()


def open_files(number: int) -> bool:
    """Let this process and its children have so many open files; False when the machine does not."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft >= number:
        return True
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (number, max(number, hard)))
        return True
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard >= number


# -- what the kernel says ----------------------------------------------------------------------------------


def memory(pid: int, what: str = "VmRSS") -> int:
    """Bytes of a process in memory now ("VmRSS"), or at most since `forget_peak` ("VmHWM")."""
    text = Path(f"/proc/{pid}/status").read_text(encoding="ascii", errors="replace")
    found = re.search(rf"^{what}:\s+(\d+) kB$", text, re.MULTILINE)
    return int(found[1]) * 1024 if found else 0


def forget_peak(pid: int) -> None:
    """Let the kernel measure the peak of a process anew (proc(5), clear_refs)."""
    Path(f"/proc/{pid}/clear_refs").write_text("5", encoding="ascii")


def family(pid: int) -> list[int]:
    """A process and all its descendants."""
    parents: dict[int, int] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                parents[int(entry.name)] = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
    found = [pid]
    for each in found:
        found += [child for child, parent in parents.items() if parent == each]
    return found


def family_memory(pid: int) -> int:
    """Bytes in memory of a process with all its descendants; what they share counts once for each."""
    total = 0
    for each in family(pid):
        with contextlib.suppress(OSError):
            total += memory(each)
    return total


def descriptors(pid: int) -> int:
    """How many files a process has open."""
    return sum(1 for _ in Path(f"/proc/{pid}/fd").iterdir())


def established(port: int, clients: Container[str] | None = None) -> int:
    """How many connections of the daemon's side at a local port are not gone yet, whatever their state.

    Only those of `clients`, by their addresses, where some are named.
    """
    wanted = f":{port:04X}"
    lines = Path("/proc/net/tcp").read_text(encoding="ascii").splitlines()[1:]
    ends = (line.split()[1:4] for line in lines)
    return sum(
        local.endswith(wanted)
        and state in ("01", "08", "05", "04")
        and (clients is None or socket.inet_ntoa(bytes.fromhex(remote[:8])[::-1]) in clients)
        for local, remote, state in ends
    )


def mib(size: float) -> str:
    """Bytes as text in MiB."""
    return f"{size / MIB:.0f} MiB"


# -- what the database says --------------------------------------------------------------------------------


def begins_at_once(folder: Path, seconds: float = 1.0) -> bool:
    """Whether a second connection gets the database for writing: no transaction is open that nobody ends."""
    with closing(
        sqlite3.connect(folder / "data" / "gateway.db", timeout=seconds, isolation_level=None)
    ) as db:
        try:
            db.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError:
            return False
        db.execute("ROLLBACK")
        return True


def kept(folder: Path) -> list[tuple[str, bytes | None, str, str]]:
    """Every mail: sha256, raw bytes unless a blob holds them, return path, envelope recipients (JSON)."""
    with closing(sqlite3.connect(folder / "data" / "gateway.db", timeout=10)) as db:
        return db.execute("SELECT sha256, raw, mail_from, recipients FROM mails ORDER BY id").fetchall()


def is_whole(folder: Path, sha256: str) -> bool:
    """Whether the blob of a mail holds what its digest says."""
    path = folder / "data" / "blobs" / sha256[:2] / sha256
    with path.open("rb") as blob:
        return hashlib.file_digest(blob, "sha256").hexdigest() == sha256


# -- replies -----------------------------------------------------------------------------------------------


def _pattern(reply: Reply) -> str:
    places = {
        "{hostname}": r"gateway\.lumenfold\.example",
        "{mail}": r"\d+",
        "{limit}": r"\d+",
        "{incident}": r"[0-9a-f]{8}",
    }
    text = re.escape(str(reply))
    for place, pattern in places.items():
        text = text.replace(re.escape(place), pattern)
    return text


_KEYWORDS = "|".join(
    (
        r"gateway\.lumenfold\.example",
        r"SIZE \d+",
        *("8BITMIME", "SMTPUTF8", "PIPELINING", "STARTTLS", "AUTH PLAIN LOGIN", "ENHANCEDSTATUSCODES"),
    )
)
_CHALLENGES = "|".join(base64.b64encode(word).decode() for word in (b"", b"Username:", b"Password:"))

KNOWN = re.compile(
    "|".join(
        [_pattern(reply) for reply in vars(replies).values() if isinstance(reply, Reply)]
        + [rf"250[- ](?:{_KEYWORDS})", rf"334 (?:{_CHALLENGES})"]
    ).encode()
)
"""A line that the listener may send, without its CRLF."""

OUR_FAULTS = re.compile(
    "|".join(_pattern(reply) for reply in (replies.OUR_FAULT, replies.NOT_KEPT, replies.NOT_NOW)).encode()
)
"""A line that says something went wrong in the house."""


# -- clients -----------------------------------------------------------------------------------------------


def source(number: int) -> str:
    """The loopback address of client `number`, another for each up to some sixteen million."""
    number += 256  # 127.0.0.x is everybody's
    return f"127.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255 or 1}"


def run(work: Awaitable[_T]) -> _T:
    """Run clients in a loop of their own, as fast as the daemon's."""

    async def main() -> _T:
        return await work

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(main())


async def connect(port: int, address: str = "") -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A connection to the daemon, from a loopback address of its own if one is given."""
    async with asyncio.timeout(PATIENCE):
        return await asyncio.open_connection(
            "127.0.0.1", port, local_addr=(address, 0) if address else None, limit=MIB
        )


async def reply(reader: asyncio.StreamReader, seconds: float = PATIENCE) -> bytes:
    """The next whole reply, the last of its lines; b"" when the daemon has closed."""
    async with asyncio.timeout(seconds):
        while True:
            line = await reader.readline()
            if line[3:4] != b"-":
                return line


def letter(number: int, size: int = 0) -> bytes:
    """A mail of about `size` bytes, another for each number, with dots where they hurt."""
    head = (
        f"From: Nora <{SENDER}>\r\nTo: ada.marsh@acme.example\r\nSubject: torture {number}\r\n\r\n".encode()
    )
    line = b"..of %08d and so on until the line is as long as lines of a mail are allowed.\r\n" % number
    return head + b".\r\n" + line * max((size - len(head)) // len(line), 1)


def stuffed(mail: bytes) -> bytes:
    """A mail as it goes on the wire after 354, with its end (RFC 5321 4.5.2)."""
    return b"\r\n".join(b"." + x if x.startswith(b".") else x for x in mail.split(b"\r\n")) + b".\r\n"


def envelope(*, sender: str = SENDER, recipient: str = LOG, hello: str = "EHLO bench.example") -> bytes:
    """The commands before the mail, DATA included."""
    return f"{hello}\r\nMAIL FROM:<{sender}>\r\nRCPT TO:<{recipient}>\r\nDATA\r\n".encode()


def _beat(pipe: Any, port: int, address: str) -> None:
    """Say NOOP on one session until told to stop; the seconds of each round trip."""
    seconds: list[float] = []
    with closing(socket.create_connection(("127.0.0.1", port), PATIENCE, (address, 0))) as sock:
        lines = sock.makefile("rb")
        lines.readline()
        pipe.send(True)
        while not pipe.poll(0.02):
            begun = monotonic()
            sock.sendall(b"NOOP\r\n")
            if not lines.readline().startswith(b"250"):
                break
            seconds.append(monotonic() - begun)
    pipe.send(seconds)


def _visit(pipe: Any, port: int, first: int) -> None:
    """Bring good mails, one after the other, until told to stop; seconds and reply of each."""
    answers: list[tuple[float, bytes]] = []
    pipe.send(True)
    number = first
    while not pipe.poll(0.05):
        number += 1
        begun = monotonic()
        try:
            answers.append((monotonic() - begun, say_all(port, letter(number, 2000), source(number))))
        except OSError as error:
            answers.append((monotonic() - begun, f"{type(error).__name__}: {error}".encode()))
        answers[-1] = (monotonic() - begun, answers[-1][1])
    pipe.send(answers)


@cache
def unverified() -> ssl.SSLContext:
    """A client's context that takes any certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


async def start_tls(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Ask for TLS after the greeting, and shake hands."""
    writer.write(b"STARTTLS\r\n")
    await reply(reader)
    await writer.start_tls(unverified(), ssl_handshake_timeout=PATIENCE)


async def gathered(tries: Iterator[Awaitable[str]], at_once: int = 24) -> Found:
    """Run them, some at a time; what they say is a violation."""
    found: Found = Counter()

    async def work() -> None:
        for tried in tries:
            found[await tried] += 1

    await asyncio.gather(*(work() for _ in range(at_once)))
    del found[""]
    return found


class Aside:
    """A client in a process of its own, so that what it waits for is the daemon and not the bench.

    In a block; `stop` returns what it found.
    """

    def __init__(self, work: Callable[..., None], *arguments: object) -> None:
        context = multiprocessing.get_context("spawn")
        self._pipe, other = context.Pipe()
        self._process = context.Process(target=work, args=(other, *arguments), daemon=True)

    def __enter__(self) -> "Aside":
        self._process.start()
        if not self._pipe.poll(PATIENCE):
            raise TimeoutError("the client beside did not begin")
        self._pipe.recv()
        return self

    def __exit__(self, *_: object) -> None:
        if self._process.is_alive():
            self._process.kill()
        self._process.join()

    def stop(self) -> Any:
        """End it."""
        self._pipe.send(True)
        if not self._pipe.poll(2 * PATIENCE):
            raise TimeoutError("the client beside does not end")
        return self._pipe.recv()


def pulse(port: int, address: str = "127.250.0.1") -> Aside:
    """An idle session that says NOOP all the while: `stop` returns how long the daemon let it wait, in seconds."""
    return Aside(_beat, port, address)


def visitors(port: int, first: int = 8_000_000) -> Aside:
    """Good mails one after the other: `stop` returns seconds and reply of each. Their numbers follow `first`."""
    return Aside(_visit, port, first)


def say_all(port: int, mail: bytes, address: str = "", commands: bytes = b"") -> bytes:
    """Bring a good mail, waiting for each reply, without a loop; the reply after the dot, or the first refusal."""
    with closing(
        socket.create_connection(("127.0.0.1", port), PATIENCE, (address, 0) if address else None)
    ) as sock:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        lines = sock.makefile("rb")
        answer = _reply(lines)
        for command in (commands or envelope()).splitlines(keepends=True):
            if answer[:1] not in (b"2", b"3"):
                return answer
            sock.sendall(command)
            answer = _reply(lines)
        if answer[:3] != b"354":
            return answer
        sock.sendall(stuffed(mail))
        answer = _reply(lines)
        sock.sendall(b"QUIT\r\n")
        _reply(lines)
        return answer


def _reply(lines: IO[bytes]) -> bytes:
    while (line := lines.readline())[3:4] == b"-":
        pass
    return line


def percentile(values: list[float], share: float) -> float:
    """The value that `share` of the values do not exceed; 0 for none."""
    return sorted(values)[min(int(len(values) * share), len(values) - 1)] if values else 0.0


async def until(true: Callable[[], bool], seconds: float) -> bool:
    """Whether something becomes true within so many seconds."""
    deadline = monotonic() + seconds
    while not true():
        if monotonic() > deadline:
            return False
        await asyncio.sleep(0.05)
    return True
