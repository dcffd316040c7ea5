"""A fault at every call by which anything leaves the daemon, between accept and 250: SIGKILL, EIO, ENOSPC.

strace makes the n-th call of a kind fail, in the thread that serves sessions or in those that write. Then: nobody was
told 250 for a mail that is not there, nobody 5xx; and after a write or an fsync that failed the mail was answered 451
and the process left with 74, instead of trying the fsync again.
"""

import random
import subprocess
import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from time import monotonic, sleep

from tests.daemon import SAMPLE, SECONDS, commits
from tests.torture.bench import Outcome, Row, Torment
from tests.torture.incoming import Answer, deliver, digest, examine, in_log, letter, wait_filed, wait_greeted
from tests.torture.prey import Prey
from tests.torture.strace import CHANGING, Call, attached, calls, threads_of

FAULTS = {"KILL": "signal=KILL", "EIO": "error=EIO", "ENOSPC": "error=ENOSPC"}
SIZES = {"row": 2_000, "blob": 150_000, "first": 2_000, "checkpoint": 2_000}
"""A mail in a row and one in a blob; the first one after a start, which opens the database; and one whose commit is
followed by a checkpoint."""

SYNCS = ("fsync", "fdatasync")
TRIES = 8
"""How often a point is tried that is not reached: threads share the work another way each time, and how many pages a
commit writes differs by some."""

UNREACHED = 3
"""Points that may not be reached all the same; each is named."""

LOG_WRITE = "stream.write(msg + self.terminator)"
"""Where the log is written (logging.StreamHandler.emit). It is a point like any other, and of one that fails Python
tells with a traceback: nothing that the daemon has not caught."""

LEFT = 74
LOG_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Point:
    """The n-th call of a name in the thread of the sessions (`loop`) or in the others."""

    kind: str
    loop: bool
    call: str
    number: int
    fault: str

    def __str__(self) -> str:
        thread = "loop" if self.loop else "others"
        return f"{self.kind}, {self.call} {self.number} of the {thread}, {self.fault}"


class Lane:
    """A daemon that suffers one point after the other."""

    def __init__(self, folder: Path, kind: str, seed: int) -> None:
        self._folder = folder
        self.kind = kind
        self._chance = random.Random(seed)
        self._number = 0
        altered = "checkpoints" if kind == "checkpoint" else ""
        self.prey = Prey(folder, http="", altered=altered)
        self.prey.run("directory", "import", str(SAMPLE))
        self._fresh = False
        self._said = 0
        self.known: list[str] = []
        self.answers: Counter[str] = Counter()
        self.left = 0
        self.missed: list[Point] = []
        self.wrong: list[str] = []

    def calls(self) -> list[tuple[bool, str, int]]:
        """What a mail goes through: thread of the sessions or not, name, number."""
        trace = self._folder / "clean"
        pid = self._ready()
        with attached(trace, threads_of(pid), f"-etrace={','.join(CHANGING)}", follow=True):
            answer = deliver(self.prey.fixed, self._mail(), self._chance)
        assert answer.kept, answer
        most: Counter[tuple[bool, int, str]] = Counter()
        # A thread that is done wakes the loop: as with any other mail, and a start for each of them takes minutes.
        woken: set[tuple[str, int]] = set()
        for call in calls(trace):
            most[call.tid == pid, call.tid, call.name] += 1
            if self.kind == "first" and call.tid != pid and "[eventfd]" in call.path:
                woken.add((call.name, most[False, call.tid, call.name]))
            if " Kept as " in call.text or "250 2.6.0" in call.text:
                break
        largest: dict[tuple[bool, str], int] = {}
        for (loop, _, name), count in most.items():
            largest[loop, name] = max(count, largest.get((loop, name), 0))
        self._settle()
        found = [(*key, number) for key, count in largest.items() for number in range(1, count + 1)]
        return [(loop, name, number) for loop, name, number in found if loop or (name, number) not in woken]

    def suffer(self, point: Point) -> None:
        """One point: the fault, the answer, what is left of the daemon, and the sender's next try."""
        pid = self._ready()
        threads = [pid] if point.loop else [each for each in threads_of(pid) if each != pid]
        trace = self._folder / "fault"
        inject = f"-einject={point.call}:{FAULTS[point.fault]}:when={point.number}"
        # What writes is not there yet before the first mail; the thread of the sessions calls nothing of that kind.
        follow = not point.loop and point.kind == "first"
        mail = self._mail()
        self._said = len(self.prey.log())
        if follow:
            threads = [pid, *threads]
        with attached(trace, threads, f"-etrace={point.call}", inject, follow=follow):
            answer = deliver(self.prey.fixed, mail, self._chance)
        hit = [call for call in calls(trace) if "(INJECTED)" in call.text]
        failed = any(_is_failure(point, call) for call in hit)
        leaves = answer.code == 451 and self._leaves()
        code = self._left_with(SECONDS if failed or leaves else 0.0 if answer.code else 1.0)
        if len({"[eventfd]" in call.path for call in hit}) > 1:
            # Another thread woke the loop by its n-th call: libuv aborts, for that cannot fail, and so hides how the
            # daemon takes the fault of the disk.
            self.missed.append(point)
        elif hit or (point.fault == "KILL" and (code is not None or not commits(pid))):
            self._judge(point, answer, code, hit, failed=failed, leaves=leaves)
        else:
            self.missed.append(point)
        if point.fault == "KILL":  # what commits may have died alone, and another thread goes on for it
            self.prey.end()
        self.answers[f"{answer.code or 'none'}"] += 1
        self._again(point, mail, answer)

    def finish(self) -> list[str]:
        """Everything once, after all."""
        self._ready()
        self._settle()
        if (code := self.prey.stop()) != 0:
            self.wrong.append(f"{self.kind}: the daemon ended with {code}")
        self.wrong += [
            f"{self.kind}: {each}" for each in examine(self._folder / "data", self.known).violations
        ]
        return self.wrong

    def _judge(
        self, point: Point, answer: Answer, code: int | None, hit: list[Call], *, failed: bool, leaves: bool
    ) -> None:
        said = (
            f"{point}: answered {answer.code or answer.how}, then {code}: {hit[0].text[:200] if hit else ''}"
        )
        if answer.code >= 500:
            self.wrong.append(said)
        if point.fault == "KILL" or (point.kind == "checkpoint" and answer.kept):
            # A checkpoint that fails is repeated as a whole, pages and all; the mail is in the log of the database.
            return
        if failed and (answer.code, code) == (451, LEFT):
            self.left += 1
        elif failed:
            self.wrong.append(said)
        elif leaves and (point.fault == "ENOSPC" or code != LEFT) and not failed:
            self.wrong.append(f"it leaves: {said}")

    def _again(self, point: Point, mail: bytes, first: Answer) -> None:
        """Whoever heard 250 has no mail any more, the others try again."""
        if self.prey.process is None or self.prey.process.poll() is not None or point.kind == "first":
            self.prey.end()
            self._fresh = False
        if first.kept:
            self.known.append(digest(mail))
            found = examine(self._folder / "data", [digest(mail)], filed=False)
            self.wrong += [f"{point}: false 250: {each}" for each in found.violations]
            if self.kind == "first":
                self._leave_nothing()
            return
        self._started()
        answer = deliver(self.prey.fixed, mail, self._chance)
        if answer.kept:
            self.known.append(digest(mail))
        else:
            self.wrong.append(f"{point}: the next try heard {answer}")
        if self.kind == "first":
            self._leave_nothing()

    def _leave_nothing(self) -> None:
        """The next daemon finds no mail to file, as when calls were counted; half of them no log of the database."""
        self._started()
        self._settle()
        if self._chance.random() < 0.5:
            self.prey.stop()
        self.prey.end()

    def _leaves(self) -> bool:
        """Whether it says, before it says why the mail was not kept, that it leaves."""
        begun = monotonic()
        while monotonic() - begun < LOG_SECONDS:
            told = [entry.get("event") for entry in self.prey.log()[self._said :]]
            if "mail not kept" in told or "command failed" in told:
                return any("the disk failed" in str(each) for each in told)
            sleep(0.005)
        return False  # the entry itself was what failed

    def _left_with(self, seconds: float) -> int | None:
        """What it ended with, if it does within the time."""
        assert self.prey.process is not None
        try:
            return self.prey.process.wait(seconds)
        except subprocess.TimeoutExpired:
            return None

    def _started(self) -> int:
        process = self.prey.process
        if process is None or process.poll() is not None:
            wait_greeted(self.prey.fixed, self.prey.begin(), self._chance)
        assert self.prey.process is not None
        return self.prey.process.pid

    def _ready(self) -> int:
        """A daemon that has its threads and has nothing to do, or that has never seen a mail; its process."""
        pid = self._started()
        if not self._fresh and self.kind != "first":
            for size in (SIZES["row"], SIZES["blob"]):
                mail = letter(self._next(), size, self._chance)
                assert deliver(self.prey.fixed, mail, self._chance).kept
                self.known.append(digest(mail))
            self._fresh = True
        self._settle()
        return pid

    def _settle(self) -> None:
        """Until no worker writes."""
        wait_filed(self._folder / "data", look=0.01)

    def _mail(self) -> bytes:
        return letter(self._next(), SIZES[self.kind], self._chance)

    def _next(self) -> int:
        self._number += 1
        return self._number


def _is_store(call: Call) -> bool:
    return "/data/" in call.path and not call.path.endswith("-shm")


def _is_failure(point: Point, call: Call) -> bool:
    """Whether it is not known what is on the disk after this: an fsync failed, or a write for no lack of room."""
    if not _is_store(call) or point.fault == "KILL":
        return False
    return call.name in SYNCS or (call.name in ("write", "pwrite64") and point.fault == "EIO")


def _points(lane: Lane) -> Iterator[Point]:
    for loop, call, number in lane.calls():
        for fault in FAULTS:
            yield Point(lane.kind, loop, call, number, fault)


def _run(torment: Torment) -> Outcome:
    chance = random.Random(torment.seed)
    lanes: list[Lane] = []
    work: dict[str, list[Point]] = {}
    lock = threading.Lock()
    total = done = 0

    def make(kind: str) -> Lane:
        folder = torment.folder / kind
        folder.mkdir()
        return Lane(folder, kind, torment.seed)

    def run_lane(lane: Lane, points: list[Point]) -> None:
        nonlocal done
        try:
            for point in points:
                with lock:
                    done += 1
                    torment.say(str(point), done, total)
                lane.suffer(point)
            for _ in range(TRIES - 1):
                missed, lane.missed = lane.missed, []
                for point in missed:
                    lane.suffer(point)
            lane.finish()
        except Exception as error:
            lane.wrong.append(f"the bench broke: {type(error).__name__}: {error}")

    try:
        lanes = [make(kind) for kind in SIZES]
        for lane in lanes:
            points = list(_points(lane))
            if torment.quick:
                syncs = [each for each in points if each.call in SYNCS and each.fault == "EIO"]
                points = [*chance.sample(points, 3), chance.choice(syncs)]
            work[lane.kind] = points
        total = sum(map(len, work.values()))
        threads = [threading.Thread(target=run_lane, args=(lane, work[lane.kind])) for lane in lanes]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        for lane in lanes:
            lane.prey.end()
    wrong = [each for lane in lanes for each in lane.wrong]
    wrong += [each for lane in lanes for each in in_log(lane.prey.log()) if LOG_WRITE not in each]
    missed = [point for lane in lanes for point in lane.missed]
    if len(missed) > UNREACHED:
        wrong.append(
            f"{len(missed)} of {total} points were not reached in {TRIES} tries, such as {missed[0]}"
        )
    answers = sum((lane.answers for lane in lanes), Counter[str]())
    left = sum(lane.left for lane in lanes)
    false = sum("false 250" in each for each in wrong)
    unreached = f"; not reached: {' / '.join(map(str, missed))}" if missed else ""
    measured = (
        f"{total} points ({total - len(missed)} reached): {false} false 250, answers "
        f"{', '.join(f'{count} × {code}' for code, count in sorted(answers.items()))}; "
        f"{left} failed writes and fsyncs of the store, each 451 and left with {LEFT}{unreached}"
    )
    return Outcome(measured, tuple(wrong))


ROW = Row(
    name="faults",
    test="SIGKILL, then EIO, then ENOSPC at every write, fsync, rename, send between accept and 250 (strace)",
    asked="all points: 0 false 250, 0 5xx; an fsync error is 451 and the process leaves",
    run=_run,
    needs=("strace",),
)
