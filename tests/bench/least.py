"""What a listener in Python costs at the least: one that knows one dialogue, checks nothing, and keeps or forgets."""

import tempfile
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from tests.bench.accept import ALONE, POSTFIX, SECONDS, SERVERS, Load, Measured, accept
from tests.bench.section import Figure, Part, Say, median, plain
from tests.bench.servers import Server, listening

KEPT, FORGOTTEN = "kept", "forgotten"

_PROGRAM = """
import asyncio, queue, sqlite3, sys, threading, uvloop

SAY = {b"EHLO": b"250 least\\r\\n", b"MAIL": b"250 OK\\r\\n", b"RCPT": b"250 OK\\r\\n", b"DATA": b"354 Go on\\r\\n"}
SAY[b"HELO"], KEPT = SAY[b"EHLO"], b"250 Kept\\r\\n"

class Session(asyncio.Protocol):
    data = None

    def connection_made(self, transport):
        self.transport = transport
        transport.write(b"220 least\\r\\n")

    def data_received(self, data):
        if self.data is None:
            verb = data[:4]
            if verb == b"QUIT":
                self.transport.write(b"221 Bye\\r\\n")
                self.transport.close()
                return
            self.transport.write(SAY[verb])
            if verb == b"DATA":
                self.data = bytearray()
            return
        self.data += data
        if self.data.endswith(b"\\r\\n.\\r\\n"):
            mail, self.data = bytes(self.data), None
            if waiting is None:
                self.transport.write(KEPT)
            else:
                waiting.put((mail, self.transport))

def commit(loop):
    database = sqlite3.connect(sys.argv[2], isolation_level=None)
    database.execute("PRAGMA journal_mode = WAL")
    database.execute("PRAGMA synchronous = FULL")
    database.execute("CREATE TABLE mails (id INTEGER PRIMARY KEY, raw BLOB)")
    while True:
        batch = [waiting.get()]
        while len(batch) < 256 and not waiting.empty():
            batch.append(waiting.get())
        database.execute("BEGIN IMMEDIATE")
        database.executemany("INSERT INTO mails (raw) VALUES (?)", [(mail,) for mail, _ in batch])
        database.execute("COMMIT")
        loop.call_soon_threadsafe(answer, [transport for _, transport in batch])

def answer(transports):
    for transport in transports:
        transport.write(KEPT)

async def main():
    loop = asyncio.get_running_loop()
    if waiting is not None:
        threading.Thread(target=commit, args=(loop,), daemon=True).start()
    server = await loop.create_server(Session, "127.0.0.1", int(sys.argv[1]), backlog=1024)
    await server.serve_forever()

waiting = queue.SimpleQueue() if len(sys.argv) > 2 else None
uvloop.install()
asyncio.run(main())
"""


def least(*database: Path) -> AbstractContextManager[Server]:
    """It commits what comes to a `database`, many mails at once in a thread; without one it forgets them."""
    return listening("least", _PROGRAM, *map(str, database))


@contextmanager
def _kept(folder: Path) -> Iterator[Server]:
    folder.mkdir()
    with least(folder / "least.db") as server:
        yield server


_SERVERS = {
    ALONE: SERVERS[ALONE],
    KEPT: _kept,
    FORGOTTEN: lambda _folder: least(),
    POSTFIX: SERVERS[POSTFIX],
}

LOADS = (
    Load(2_000, 1, True),
    Load(2_000, 10, True),
    Load(2_000, 50, True),
    Load(2_000, 10, False),
    Load(2_000, 50, False),
    Load(50_000, 1, True),
    Load(50_000, 10, True),
)


def _least(quick: bool, say: Say) -> list[Figure]:
    loads, rounds, seconds = (LOADS[1:2], 1, 0.3) if quick else (LOADS, 3, SECONDS)
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        results = accept(Path(folder), loads, say, rounds, seconds, _SERVERS)
    return [figure for load, by in results.items() for figure in _figures(load, by)]


def _figures(load: Load, by: dict[str, Measured]) -> list[Figure]:
    rates = ", ".join(f"{name} {by[name].rate:,.0f}" for name in _SERVERS)
    cpu = " / ".join(f"{median(by[name].cpu):.2f}" for name in _SERVERS)
    detail = f"messages/s: {rates}; CPU a message {cpu} ms"
    return [
        plain(f"{load}: {KEPT} ÷ {POSTFIX}", by[KEPT].rate / by[POSTFIX].rate, "times", detail=detail),
        plain(f"{load}: {FORGOTTEN} ÷ {POSTFIX}", by[FORGOTTEN].rate / by[POSTFIX].rate, "times"),
        plain(f"{load}: {ALONE} ÷ {KEPT}", by[ALONE].rate / by[KEPT].rate, "times"),
    ]


_HOW = f"""\
What any listener in Python costs on this machine. A program on uvloop that answers six verbs with
constants, reads no address, knows no limit, no deadline, no line end, no log: "{KEPT}" commits each mail to
one table of SQLite, synced, many at once in a thread; "{FORGOTTEN}" throws it away. Beside the gateway and Postfix,
as under "Durable accept"; CPU in the order {", ".join(_SERVERS)}."""

SECTIONS = [Part("least", "The least a listener costs", _HOW, _least, ("postfix", "smtp-source"))]
