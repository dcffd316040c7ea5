"""The power is cut at each 250: what the disk holds for certain then is read back, and the mail must be in it.

The real daemon runs under strace with all its processes, from a data folder that is not there yet. Its writes,
fsyncs and replies are replayed: at each 250 a folder is made of what was synced before the reply began, and now and
then of that and some of what was not; SQLite and the blob store open it as after a power cut. Two controls must fail:
the same with `synchronous = NORMAL`, and with blobs that are not synced.
"""

import random
import re
import shutil
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import select

from storage import tables
from storage.blobs import open_blobs
from storage.engine import open_engine, reading
from storage.errors import StorageError
from storage.inbound import raw
from tests.torture.bench import Outcome, Row, Torment
from tests.torture.disk import TRACED, Disk, events
from tests.torture.incoming import Broken, Client, digest, letter, wait_greeted
from tests.torture.prey import Prey

CLIENTS = 4
KEPT = re.compile(rb"250 2\.6\.0 Kept as (\d+)")
LARGE, SMALL = 150_000, 3_000


@dataclass
class Replay:
    """What came of one trace."""

    replies: int = 0
    cuts: int = 0
    torn: int = 0
    violations: list[str] = field(default_factory=list)


def _trace(folder: Path, count: int, seed: int, altered: str = "") -> dict[int, str]:
    """Run the daemon under strace while so many mails come in; the digest of each by the id in its 250."""
    folder.mkdir()
    strace = (
        "strace",
        "-f",
        "-y",
        "-s",
        "1000000",
        "-o",
        str(folder / "trace"),
        f"-etrace={','.join(TRACED)}",
    )
    prey = Prey(folder, http="", before=strace, altered=altered)
    kept: dict[int, str] = {}
    chance = random.Random(seed)
    numbers, lock = iter(range(1, count + 1)), threading.Lock()
    wrong: list[str] = []

    def numbered() -> Iterator[int]:
        while True:
            with lock:
                number = next(numbers, None)
            if number is None:
                return
            yield number

    def send(own: random.Random) -> None:
        client: Client | None = None
        for number in numbered():
            try:
                if client is None or own.random() < 0.1:
                    if client is not None:
                        client.close()
                    client = Client(prey.fixed, own, 120)
                    client.greet()
                mail = letter(number, LARGE if own.random() < 0.15 else own.randint(1_000, SMALL), own)
                answer = client.mail(mail)
            except Broken as broken:
                wrong.append(broken.how)
                return
            if answer.kept:
                kept[int(answer.text.split()[-1])] = digest(mail)
            else:
                wrong.append(str(answer))
                return

    try:
        wait_greeted(prey.fixed, prey.begin(), chance, 120)
        senders = [
            threading.Thread(target=send, args=(random.Random(f"{seed} {each}"),)) for each in range(CLIENTS)
        ]
        for sender in senders:
            sender.start()
        for sender in senders:
            sender.join()
    finally:
        prey.end()
    assert not wrong, wrong
    return kept


def _replay(folder: Path, kept: dict[int, str], seed: int, torn_every: int) -> Replay:
    """Cut the power at each 250."""
    disk, found, chance = Disk(str(folder / "data")), Replay(), random.Random(seed)
    told: set[int] = set()
    dirty = True
    for event in events(folder / "trace"):
        replies = KEPT.findall(event.arguments) if event.begins and event.name in ("write", "sendto") else ()
        new = {int(each) for each in replies}
        if not new:
            dirty = dirty or (event.name in ("fsync", "fdatasync") and not event.begins)
            disk.take(event)
            continue
        told |= new
        found.replies += len(new)
        if dirty or not _is_there(folder / "cut", kept, new, found, "at its 250"):
            dirty = False
            _cut(disk, folder / "cut", None)
            found.cuts += 1
            _is_there(folder / "cut", kept, new, found, "at its 250", tell=True)
        if found.replies % torn_every == 0:
            _cut(disk, folder / "torn", chance)
            found.torn += 1
            _is_there(folder / "torn", kept, told, found, "of a torn disk", tell=True)
    if told != set(kept):
        found.violations.append(f"the trace shows {len(told)} of {len(kept)} replies")
    return found


def _cut(disk: Disk, folder: Path, chance: random.Random | None) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    disk.after_power_cut(folder, chance)


def _is_there(
    folder: Path, kept: dict[int, str], ids: set[int], found: Replay, where: str, *, tell: bool = False
) -> bool:
    """Whether the mails are in what a power cut left."""
    wrong = []
    if not (folder / "gateway.db").exists():
        wrong = [f"there is no database for mail {min(ids)} {where}"]
    else:
        engine, blobs = open_engine(folder / "gateway.db"), open_blobs(folder / "blobs")
        try:
            with reading(engine) as conn:
                if tell:
                    intact = [row[0] for row in conn.exec_driver_sql("PRAGMA quick_check")]
                    wrong += [f"the database is damaged {where}: {intact[:3]}"] if intact != ["ok"] else []
                there = set(conn.execute(select(tables.mails.c.id)).scalars())
                for mail_id in sorted(ids):
                    if mail_id not in there:
                        wrong.append(f"mail {mail_id} is not there {where}")
                    elif digest(raw(conn, blobs, mail_id) or b"") != kept[mail_id]:
                        wrong.append(f"mail {mail_id} is another {where}")
        except StorageError as error:
            wrong.append(f"{where}: {error}")
        finally:
            engine.dispose()
    if tell:
        found.violations += wrong
    return not wrong


def _run(torment: Torment) -> Outcome:
    count, fewer, torn_every = (60, 25, 10) if torment.quick else (1000, 200, 5)
    parts = (
        ("", count),
        ("synchronous-normal", count if not torment.quick else fewer),
        ("unsynced-blobs", fewer),
    )
    results: dict[str, Replay] = {}
    for number, (altered, mails) in enumerate(parts):
        folder = torment.folder / (altered or "daemon")
        torment.say(f"{mails} mails {altered}", number, len(parts))
        kept = _trace(folder, mails, torment.seed, altered)
        results[altered] = _replay(folder, kept, torment.seed, torn_every)
        shutil.rmtree(folder)
    honest = results.pop("")
    wrong = list(honest.violations)
    wrong += [f"the control {name} was not caught" for name, each in results.items() if not each.violations]
    caught = ", ".join(f"{name} caught {len(each.violations)} times" for name, each in results.items())
    measured = (
        f"{honest.replies} replies, {honest.cuts} cuts between, {honest.torn} torn disks: {len(honest.violations)} "
        f"violations; controls: {caught}"
    )
    return Outcome(measured, tuple(wrong))


ROW = Row(
    name="power",
    test="power cut: the order of write, fsync and 250, by strace",
    asked="0 violations on 1,000 mails, the control with synchronous=NORMAL caught",
    run=_run,
    needs=("strace",),
)
