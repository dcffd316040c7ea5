"""A disk that is full, and a database that somebody else holds: senders hear 4xx, and then 250 again."""

import errno
import os
import random
import shutil
import sqlite3
import subprocess
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from time import monotonic, sleep

from gateway.watch.disk import free_bytes
from tests.daemon import SAMPLE, SECONDS
from tests.torture.bench import Outcome, Row, Torment
from tests.torture.incoming import Answer, deliver, digest, examine, in_log, letter, wait_filed, wait_greeted
from tests.torture.prey import Prey

MIB = 1 << 20
SIZES = (2_000, 30_000, 150_000)
"""In a row, in a row over many pages, in a blob."""

FLOOR = 8 * MIB
"""storage.free_floor on the disk of 64 MiB."""

AGAIN_SECONDS = 5.0
PATIENCE = 90.0
"""Longer than the gateway waits for a commit."""


class Log:
    """What was answered, when, and whether it may have been."""

    def __init__(self, prey: Prey, seed: int) -> None:
        self.prey = prey
        self.chance = random.Random(seed)
        self.known: list[str] = []
        self.codes: Counter[int] = Counter()
        self.again: list[float] = []
        self.wrong: list[str] = []
        self._number = 0
        self._lock = threading.Lock()

    def try_one(self, size: int) -> Answer:
        """A new mail, sent once."""
        with self._lock:
            self._number += 1
            mail = letter(self._number, size, self.chance)
        answer = deliver(self.prey.fixed, mail, self.chance, PATIENCE)
        with self._lock:
            self.codes[answer.code] += 1
            if not (answer.kept or 400 <= answer.code < 500):
                self.wrong.append(f"{answer.stage}: {answer.code} {answer.text}{answer.how}")
            if answer.kept:
                self.known.append(digest(mail))
        return answer

    def until_kept(self, begun: float) -> None:
        """Every kind of mail, until each was kept once; the time of the last is noted."""
        for size in SIZES:
            while not self.try_one(size).kept:
                if monotonic() - begun > SECONDS:
                    self.wrong.append(f"a mail of {size} bytes is not kept within {SECONDS} s")
                    return
                sleep(0.02)
        self.again.append(monotonic() - begun)

    def finish(self) -> tuple[list[str], str]:
        """Wait for the workers, stop, and look at everything."""
        data = self.prey.folder / "data"
        wait_filed(data)
        if (code := self.prey.stop()) != 0:
            self.wrong.append(f"the daemon ended with {code}")
        found = examine(data, self.known)
        if set(found.states) - {"filed"}:
            self.wrong.append(f"the mails are {dict(found.states)}")
        if max(self.again, default=0) > AGAIN_SECONDS:
            self.wrong.append(f"accepts again only after {max(self.again):.1f} s")
        self.wrong += [*found.violations, *in_log(self.prey.log())]
        answers = ", ".join(f"{count} × {code}" for code, count in sorted(self.codes.items()))
        return self.wrong, (
            f"{answers}; again after {max(self.again, default=0):.2f} s at most; {found.lost} lost, "
            f"{found.duplicated} duplicated, integrity {'ok' if not found.violations else 'NOT ok'}"
        )


# -- full ------------------------------------------------------------------------------------------------------


def _full(torment: Torment, folder: Path, times: int) -> tuple[list[str], str]:
    # Left to the floor, the disk would never be full.
    prey = Prey(folder, "[storage]\nfree_floor = 0\n")
    prey.run("directory", "import", str(SAMPLE))
    log = Log(prey, torment.seed)
    refused = 0
    try:
        wait_greeted(prey.fixed, prey.begin(), log.chance)
        assert prey.process is not None
        for number in range(times):
            filler = folder / "data" / "filler"
            _fill(filler, log.chance)
            codes = [log.try_one(log.chance.choice(SIZES)).code for _ in range(3)]
            # What the workers write meanwhile, and what the log of the database has in reserve, shifts the limit.
            _fill(filler, log.chance)
            codes += [log.try_one(SIZES[-1]).code for _ in range(2)]
            refused += any(code != 250 for code in codes)
            begun = monotonic()
            filler.unlink()
            log.until_kept(begun)
            torment.say("fillings", number + 1, times)
            if prey.process.poll() is not None:
                log.wrong.append(f"the daemon left with {prey.process.returncode}")
                break
        if refused < times:
            log.wrong.append(f"only {refused} of {times} fillings were felt")
        wrong, measured = log.finish()
    finally:
        prey.end()
    return wrong, f"filled ×{times}: {measured}"


def _floored(torment: Torment, folder: Path, times: int) -> tuple[list[str], str]:
    """With a floor, an eighth of the disk as the default is of a small one: 452 before MAIL, and nothing is full."""
    prey = Prey(folder, f"[storage]\nfree_floor = {FLOOR}\n")
    prey.run("directory", "import", str(SAMPLE))
    log = Log(prey, torment.seed)
    filler = folder / "data" / "filler"
    try:
        wait_greeted(prey.fixed, prey.begin(), log.chance)
        for number in range(times):
            log.until_kept(monotonic())
            # What is being filed takes room of its own, which the floor is there for; the measure begins after it.
            wait_filed(folder / "data", look=0.02)
            filler.write_bytes(bytes(free_bytes(folder) - FLOOR // 2))
            begun = monotonic()
            # The disk is looked at four times a second.
            while (answer := log.try_one(SIZES[0])).kept and monotonic() - begun < AGAIN_SECONDS:
                sleep(0.05)
            if (answer.stage, answer.code) != ("MAIL", 452):
                log.wrong.append(f"below the floor: {answer}")
            if (free := free_bytes(folder)) < FLOOR // 4:
                log.wrong.append(f"{free} bytes are left of a floor of {FLOOR}")
            begun = monotonic()
            filler.unlink()
            log.until_kept(begun)
            torment.say("floors", number + 1, times)
        wrong, measured = log.finish()
    finally:
        prey.end()
    return wrong, f"below a floor of {FLOOR // MIB} MiB ×{times}: {measured}"


def _fill(path: Path, chance: random.Random) -> None:
    """Write until there is no room left, now and then to the last byte."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    try:
        for size in (MIB, 4096) if chance.random() < 0.5 else (MIB, 65_536, 4096, 1):
            try:
                while os.write(descriptor, bytes(size)):
                    pass
            except OSError as error:
                if error.errno != errno.ENOSPC:
                    raise
    finally:
        os.close(descriptor)


@contextmanager
def _small_disk(folder: Path) -> Iterator[str]:
    """64 MiB in memory at the folder while the block runs; gives why not, where it may not be mounted."""
    folder.mkdir()
    done = subprocess.run(
        ("mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs", str(folder)),
        capture_output=True,
        text=True,
        check=False,
    )
    try:
        yield done.stderr.strip()
    finally:
        if done.returncode == 0:
            subprocess.run(("umount", str(folder)), check=True)


# -- held ------------------------------------------------------------------------------------------------------


def _held(torment: Torment, folder: Path, times: int, seconds: float, seed: int) -> tuple[list[str], str]:
    prey = Prey(folder)
    prey.run("directory", "import", str(SAMPLE))
    log = Log(prey, seed)
    try:
        wait_greeted(prey.fixed, prey.begin(), log.chance)
        for _ in range(times):
            log.until_kept(monotonic())
            with closing(
                sqlite3.connect(folder / "data" / "gateway.db", isolation_level=None, timeout=60)
            ) as lock:
                lock.execute("BEGIN IMMEDIATE")
                before, held = len(log.known), threading.Event()
                held.set()
                clients = [threading.Thread(target=_knock, args=(log, size, held)) for size in SIZES]
                for client in clients:
                    client.start()
                sleep(seconds)
                if len(log.known) > before:
                    log.wrong.append(f"{len(log.known) - before} mails acknowledged while nobody could write")
                held.clear()
                begun = monotonic()
                lock.execute("ROLLBACK")
            log.until_kept(begun)
            for client in clients:
                client.join()
        wrong, measured = log.finish()
    finally:
        prey.end()
    return wrong, measured


def _knock(log: Log, size: int, held: threading.Event) -> None:
    while held.is_set():
        log.try_one(size)
        sleep(0.02)


def _side_by_side(works: list[Callable[[], tuple[list[str], str]]]) -> list[tuple[list[str], str]]:
    results: list[tuple[list[str], str]] = []

    def work(each: Callable[[], tuple[list[str], str]]) -> None:
        try:
            results.append(each())
        except Exception as error:
            results.append(([f"the bench broke: {type(error).__name__}: {error}"], ""))

    threads = [threading.Thread(target=work, args=(each,)) for each in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder


def _run(torment: Torment) -> Outcome:
    fillings, houses, locks, seconds = (4, 1, 1, 3.0) if torment.quick else (50, 5, 4, 30.0)
    wrong: list[str] = []
    said: list[str] = []
    with _small_disk(torment.folder / "small") as why_not:
        if why_not:
            said.append(f"filled ×{fillings} and the floor: NOT RUN: no tmpfs ({why_not})")
        else:
            for name, part in (("filled", _full), ("floor", _floored)):
                found, text = part(torment, _made(torment.folder / "small" / name), fillings)
                shutil.rmtree(torment.folder / "small" / name)
                wrong += found
                said.append(text)

    def house(number: int) -> Callable[[], tuple[list[str], str]]:
        folder = torment.folder / f"held-{number}"
        folder.mkdir()
        return lambda: _held(torment, folder, locks, seconds, torment.seed + number)

    torment.say("locks", 0, houses * locks)
    results = _side_by_side([house(number) for number in range(houses)])
    wrong += [each for found, _ in results for each in found]
    said.append(f"held {seconds:.0f} s ×{houses * locks}: {' / '.join(text for _, text in results)}")
    return Outcome("; ".join(said), tuple(wrong))


ROW = Row(
    name="disk",
    test="disk of 64 MiB filled and freed, database locked",
    asked="filled ×50, locked 30 s ×20: only 4xx; accepts again < 5 s; integrity_check ok",
    run=_run,
)
