"""The process that sends: writing out and signing a large mail keeps a processor busy for seconds, and no session of
the listener may wait for that.

Down its standard input it hears a greeting (its settings as JSON), then `wake` for each new entry; the end of the
file means stop. Up its standard output it says `sent` after each attempt, with what there is to count. It may be
killed at any point: what it was at is sent again by the next one.
"""

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import Sequence
from time import monotonic

import structlog

from gateway import metrics
from gateway.config import Settings
from gateway.events import configure
from gateway.filing.lines import Greeting, Mouth, heard

log = structlog.get_logger("gateway.outbound")

COMMAND = (sys.executable, "-m", "gateway.outbound.process")

FIRST_PAUSE = 0.1
LONGEST_PAUSE = 10.0
"""Seconds before a dead process is replaced; doubled for each death in a row."""


class SendingProcess:
    """Keeps one sending process at work. `start` once, `wake` for each new entry, `stop` at the end."""

    def __init__(self, settings: Settings, command: Sequence[str] = COMMAND) -> None:
        self._settings = settings
        self._command = command
        self._process: asyncio.subprocess.Process | None = None
        self._task: asyncio.Task[None] | None = None
        self._stopping = asyncio.Event()
        self._deaths = 0
        self._begun = 0.0

    @property
    def process(self) -> asyncio.subprocess.Process | None:
        """The process, while there is one."""
        return self._process

    @property
    def fallen(self) -> int:
        """Deaths in a row, until a process has lasted for LONGEST_PAUSE or sent something."""
        lasts = self._process is not None and monotonic() - self._begun > LONGEST_PAUSE
        return 0 if lasts else self._deaths

    def start(self) -> None:
        """Start sending, where there is a relay to send to."""
        if not self._settings.relay.host:
            log.info("no relay is configured: mail to be sent waits")
            return
        self._task = asyncio.create_task(self._keep(), name="sending")

    def wake(self) -> None:
        """There is something to be sent. Never blocks."""
        process = self._process
        if process is not None and process.stdin is not None:
            transport = process.stdin.transport
            if not transport.is_closing() and transport.get_write_buffer_size() == 0:
                process.stdin.write(b"wake\n")

    async def stop(self, seconds: float) -> None:
        """Let the mails under way be taken; kill the process if it is still there after `seconds`."""
        self._stopping.set()
        if self._process is not None and self._process.stdin is not None:
            self._process.stdin.close()
        if self._task is None:
            return
        await asyncio.wait([self._task], timeout=seconds)
        self._kill()
        await self._task

    async def _keep(self) -> None:
        pause = FIRST_PAUSE
        while not self._stopping.is_set():
            self._begun = monotonic()
            try:
                code = await self._run()
            except OSError as error:  # no process can be had: no memory, no descriptors
                log.error("sending process not started", error=str(error))
                code = -1
            except Exception:  # without it nothing is sent: whatever it was, there will be another
                log.exception("sending process not understood")
                code = -1
            finally:
                self._process = None
            if self._stopping.is_set():
                return
            log.warning("sending process died", code=code)
            metrics.SENDING_DEATHS.inc()
            lasted = monotonic() - self._begun > LONGEST_PAUSE
            self._deaths = 1 if lasted else self._deaths + 1
            pause = FIRST_PAUSE if lasted else min(pause * 2, LONGEST_PAUSE)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), pause)

    async def _run(self) -> int:
        self._process = process = await asyncio.create_subprocess_exec(
            *self._command, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
        )
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            with contextlib.suppress(
                ConnectionError, RuntimeError
            ):  # the second is uvloop's for a pipe that is gone
                process.stdin.write(Greeting(self._settings.model_dump(mode="json"), "").line())
                await process.stdin.drain()
            if self._stopping.is_set():
                process.stdin.close()
            await self._listen(process.stdout)
            return await process.wait()
        except BaseException:
            self._kill()
            raise

    async def _listen(self, voice: asyncio.StreamReader) -> None:
        """Count what the process says, until it ends."""
        while True:
            try:
                line = await voice.readline()
                if not line:
                    return
                word, _, facts = heard(line)
            except (ValueError, RecursionError):  # whatever it says, the mail goes on
                log.error("sending process not understood")
                continue
            if word == "sent":
                self._deaths = 0
                metrics.sent(facts)

    def _kill(self) -> None:
        if self._process is not None and self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()


async def _send(settings: Settings, mouth: Mouth) -> None:
    """Send until the standard input ends."""
    # Not for the daemon, which only starts this process: a quarter of a second of its start.
    from gateway.outbound.sender import Sender  # noqa: PLC0415
    from storage.blobs import open_blobs  # noqa: PLC0415
    from storage.engine import open_engine  # noqa: PLC0415

    def tell(event: str, kind: str) -> None:
        with contextlib.suppress(OSError):  # the daemon is gone: nobody counts, and the mail goes on
            mouth.say("sent", facts={"event": event, "kind": kind})

    loop = asyncio.get_running_loop()
    heard = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(heard), sys.stdin.buffer)
    engine = open_engine(settings.database_url)
    try:
        sender = Sender(engine, open_blobs(settings.blobs_place), settings, tell=tell)
        sending = asyncio.create_task(sender.run(), name="sender")
        while await heard.read(4096):
            sender.wake()
        sender.stop()
        await sending
    finally:
        engine.dispose()


def main() -> int:
    """Send until the daemon says stop or is gone. Exit code 0, or that of the fault."""
    # ^C in a terminal reaches every process of the group; the daemon alone decides when to stop.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    mouth = Mouth(os.dup(sys.stdout.fileno()))
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # what a library prints must not pass for our words
    line = bytearray()
    while not line.endswith(b"\n"):
        byte = os.read(sys.stdin.fileno(), 1)  # what follows the greeting must stay in the pipe for the loop
        if not byte:
            return 0
        line += byte
    settings = Settings.model_validate(Greeting.read(bytes(line)).settings)
    configure(settings.log.format, settings.log.level)
    asyncio.run(_send(settings, mouth))
    return 0


if __name__ == "__main__":
    sys.exit(main())
