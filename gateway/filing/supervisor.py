"""Keeps the filing workers at work: starts them, wakes them, kills what overruns, replaces what dies."""

import asyncio
import contextlib
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field

import structlog

from gateway import metrics
from gateway.config import Settings
from gateway.filing.deadline import SETTLING_SECONDS
from gateway.filing.limits import environment
from gateway.filing.lines import Death, Greeting, heard
from gateway.filing.owners import Owner
from gateway.lean import NO_TLS

log = structlog.get_logger("gateway.filing")

COMMAND = (sys.executable, *NO_TLS, "-m", "gateway.filing.worker")

NOT_STARTED = -1000
"""In the place of an exit code: below every signal's."""

FIRST_PAUSE = 0.1
LONGEST_PAUSE = 10.0
"""Seconds before a dead worker is replaced; doubled for each death in a row, so that a broken machine is not
kept busy with starting processes."""


@dataclass
class _Worker:
    number: int
    process: asyncio.subprocess.Process | None = None
    mail_id: int | None = None
    stage: str = ""  # the last word it said of that mail
    overrun: bool = False
    pause: float = FIRST_PAUSE
    fallen: int = 0  # deaths since it last finished a mail, or found nothing left to do
    deaths: list[Death] = field(default_factory=list)


class Supervisor:
    """The filing workers of one daemon. `start` once, `wake` after each commit, `stop` at the end."""

    def __init__(
        self,
        settings: Settings,
        command: Sequence[str] = COMMAND,
        settling_seconds: float = SETTLING_SECONDS,
    ) -> None:
        self._settings = settings
        self._command = command
        self._settling_seconds = settling_seconds
        self._workers = [_Worker(number) for number in range(settings.filing.processes)]
        self._tasks: list[asyncio.Task[None]] = []
        self._stopping = asyncio.Event()
        self._owner = Owner.first()

    def start(self) -> None:
        """Start every worker."""
        self._tasks = [
            asyncio.create_task(self._keep(worker), name=f"worker-{worker.number}")
            for worker in self._workers
        ]

    def wake(self) -> None:
        """There is new mail. Never blocks: a worker that has not read the last word needs no other."""
        for worker in self._workers:
            if worker.mail_id is None and worker.process is not None and worker.process.stdin is not None:
                transport = worker.process.stdin.transport
                if not transport.is_closing() and transport.get_write_buffer_size() == 0:
                    worker.process.stdin.write(b"wake\n")

    @property
    def processes(self) -> tuple[asyncio.subprocess.Process, ...]:
        """The workers that run."""
        return tuple(worker.process for worker in self._workers if worker.process is not None)

    @property
    def fallen(self) -> int:
        """Deaths in a row of the worker that fares worst."""
        return max((worker.fallen for worker in self._workers), default=0)

    async def stop(self, seconds: float) -> None:
        """Let each worker finish its mail and leave; kill what is still there after `seconds`."""
        self._stopping.set()
        for worker in self._workers:
            if worker.process is not None and worker.process.stdin is not None:
                worker.process.stdin.close()
        if not self._tasks:
            return
        _, late = await asyncio.wait(self._tasks, timeout=seconds)
        for worker in self._workers:
            _kill(worker)
        if late:
            await asyncio.wait(late)  # a killed process is gone at once, and its task with it

    async def _keep(self, worker: _Worker) -> None:
        while not self._stopping.is_set():
            self._owner = self._owner.next()
            owner = str(self._owner)
            worker.mail_id, worker.stage, worker.overrun = None, "", False
            try:
                code = await self._run(worker, owner)
            except OSError as error:  # no process can be had: no memory, no descriptors
                log.error("worker not started", worker=worker.number, error=str(error))
                code = NOT_STARTED
            except Exception:  # without a worker no mail is filed: whatever it was, there will be another
                log.exception("worker not understood", worker=worker.number)
                code = -1
            finally:
                worker.process = None
            if self._stopping.is_set() and worker.mail_id is None:
                return
            worker.deaths.append(self._death(worker, owner, code))
            if code == 0 and worker.mail_id is None:
                log.info("worker left", worker=worker.number)
            else:
                worker.fallen += 1
                metrics.WORKER_DEATHS.labels(_why(worker, code)).inc()
                log.warning(
                    "worker died",
                    worker=worker.number,
                    mail=worker.mail_id,
                    code=code,
                    overran=worker.overrun,
                )
            if self._stopping.is_set():
                return
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), worker.pause)
            worker.pause = min(worker.pause * 2, LONGEST_PAUSE)

    async def _run(self, worker: _Worker, owner: str) -> int:
        process = await asyncio.create_subprocess_exec(
            *self._command,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            env=environment(),
        )
        worker.process = process
        assert process.stdin is not None
        assert process.stdout is not None
        settings = self._settings.model_dump(mode="json")
        greeting = Greeting(settings, owner, tuple(worker.deaths))
        try:
            with contextlib.suppress(
                ConnectionError, RuntimeError
            ):  # the second is uvloop's for a pipe that is gone
                process.stdin.write(greeting.line())
                await process.stdin.drain()
            if self._stopping.is_set():
                process.stdin.close()
            await self._listen(worker, process.stdout)
        except BaseException:
            _kill(worker)
            raise
        return await process.wait()

    async def _listen(self, worker: _Worker, voice: asyncio.StreamReader) -> None:
        """Follow what the worker says until it ends; kill it when one mail, or the store, takes too long."""
        deadline: float | None = None
        while True:
            try:
                line = await asyncio.wait_for(voice.readline(), deadline)
            except TimeoutError:
                worker.overrun = True
                _kill(worker)
                return
            if not line:
                return
            word, mail_id, facts = heard(line)
            worker.stage = word
            worker.mail_id = mail_id if word in ("begin", "here", "decided") else None
            if worker.mail_id is None and word != "settling":
                deadline = None
            elif word == "here":
                deadline = self._settings.filing.deadline_seconds
            else:
                deadline = self._settling_seconds
            if word == "ready":
                worker.deaths.clear()  # it has freed what the dead ones held
            elif word == "done":
                worker.pause, worker.fallen = FIRST_PAUSE, 0
            elif word == "idle":
                worker.fallen = 0
            if facts:
                metrics.filed(facts)

    def _death(self, worker: _Worker, owner: str, code: int) -> Death:
        blames_mail = not worker.overrun or worker.stage == "here"
        if not blames_mail:
            error = f"the store took longer than {self._settling_seconds:g} s"
        elif worker.overrun:
            error = f"reading it took longer than {self._settings.filing.deadline_seconds:g} s"
        else:
            error = (
                f"the worker died of it (signal {-code})"
                if code < 0
                else f"the worker died of it (exit {code})"
            )
        return Death(owner, worker.mail_id, error, blames_mail)


def _why(worker: _Worker, code: int) -> str:
    """Why it died, as the metrics name it."""
    if worker.overrun:
        return "overrun" if worker.stage == "here" else "store"
    return "not-started" if code == NOT_STARTED else "signal" if code < 0 else "exit"


def _kill(worker: _Worker) -> None:
    if worker.process is not None and worker.process.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            worker.process.kill()
