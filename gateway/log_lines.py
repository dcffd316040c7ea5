"""Where the lines of the log end: a stream, a line at a time or those of one turn of the loop together."""

import asyncio
import logging
from select import PIPE_BUF
from typing import TextIO


class LogLines(logging.StreamHandler[TextIO]):
    """Writes lines to a stream. May be used by several threads.

    Each write has a price of its own, and wakes up who reads. So lines below WARNING of one turn of an event loop are
    written together: before the loop waits again, and before what is scheduled after them. Never more at once than a
    pipe takes undivided (pipe(7)): the daemon's processes share one.
    """

    def __init__(self, stream: TextIO) -> None:
        super().__init__(stream)
        self._held: list[str] = []
        self._held_bytes = 0
        self._will_write: asyncio.AbstractEventLoop | None = None

    def emit(self, record: logging.LogRecord) -> None:
        """Write an entry of the standard library's logging, which others use."""
        try:
            line = self.format(record)
        except Exception:  # noqa: BLE001 - the program goes on, whatever somebody has tried to log
            self.handleError(record)
            return
        self.say(line, at_once=record.levelno >= logging.WARNING)

    def say(self, line: str, *, at_once: bool) -> None:
        """Write a line; nothing happens where that is impossible, as on a full disk."""
        size = (len(line) if line.isascii() else len(line.encode("utf-8", "replace"))) + 1
        loop = None if at_once else _loop_here()
        # The handler's own lock: with another beside it two threads could each hold one and want the other.
        self.acquire()
        try:
            if self._held_bytes + size > PIPE_BUF:
                self.flush()
            self._held.append(line)
            self._held_bytes += size
            if loop is None:
                self.flush()
            elif loop is not self._will_write:
                self._will_write = loop
                loop.call_soon(self.flush)
        finally:
            self.release()

    def flush(self) -> None:
        """Write what is held. `logging` calls it when the program ends."""
        self.acquire()
        try:
            held, self._held, self._held_bytes = self._held, [], 0
            self._will_write = None
            if held:
                self.stream.write("\n".join([*held, ""]))
                self.stream.flush()
        except (OSError, ValueError, RuntimeError):
            # The last: the collector ran in the middle of a write, and what it found logs, too.
            pass
        finally:
            self.release()


def _loop_here() -> asyncio.AbstractEventLoop | None:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None
