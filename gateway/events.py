"""One vocabulary of events for log, trail and metrics, and the set-up of the log.

Ids are logged, never bodies or tokens. Addresses are cut to their domain unless the level is debug.
"""

import json
import logging
import re
import sys
from collections.abc import Callable, MutableMapping
from functools import cache
from typing import Any, Final, Literal, TextIO

import structlog

from gateway.log_lines import LogLines

CONNECTED: Final = "connected"
REFUSED: Final = "refused"
RECEIVED: Final = "received"
FILED: Final = "filed"
REPLIED: Final = "replied"
UNRESOLVED: Final = "unresolved"
QUARANTINED: Final = "quarantined"
IGNORED: Final = "ignored"
PASSED_ON: Final = "passed-on"
FAILED: Final = "failed"
COPIED: Final = "copied"
BOUNCED: Final = "bounced"
SYNCED: Final = "synced"

EVENTS: Final = frozenset(
    {
        CONNECTED,
        REFUSED,
        RECEIVED,
        FILED,
        REPLIED,
        UNRESOLVED,
        QUARANTINED,
        IGNORED,
        PASSED_ON,
        FAILED,
        COPIED,
        BOUNCED,
        SYNCED,
    }
)

QUIET: Final = {
    "mail": logging.CRITICAL + 1,  # aiosmtpd logs every command line: addresses, and so thread tokens
    "asyncio": logging.WARNING,
    "aiosqlite": logging.WARNING,
    "alembic": logging.WARNING,
    "flufl.bounce": logging.CRITICAL
    + 1,  # a line for each form of bounce it tries, a traceback for each odd mail
    "sqlalchemy": logging.WARNING,
    "uvicorn": logging.WARNING,
}
"""The least level each library's logger may speak at, whatever the configured level."""

_ADDRESS = re.compile(
    r"""(?: "(?:[^"\\]|\\.){1,256}+" | (?<![^\s@<>"(),;:\[\]])[^\s@<>"(),;:\[\]]++ )"""  # quoted-string | dot-atom
    r"""@( [\w.-]{1,255} | \[[^\]\s]{1,255}\] )""",  # domain | address-literal
    re.VERBOSE | re.DOTALL,
)
"""An address as RFC 5321 4.1.2 has them; an apostrophe belongs to it, so that one around it goes with it. Tried only
where a run of letters or a quotation starts, and without a way back: linear on any text."""

_MAX_SCANNED = 10_000
"""Characters of one value that are looked through. What is longer is cut: a log line is no store."""

_STEERING = {
    code: f"\\u{code:04x}"
    for code in (*range(0x7F, 0xA0), 0x200E, 0x200F, *range(0x2028, 0x202F), *range(0x2066, 0x206A))
}
"""What a terminal or a viewer obeys beside the controls that JSON escapes: C1, line separators, bidi marks."""

EventDict = MutableMapping[str, Any]


def configure(
    form: Literal["auto", "json", "console"] = "auto",
    level: str = "info",
    stream: TextIO | None = None,
) -> None:
    """Set up structlog and the standard library's logging to write to `stream` (default: standard error).

    "auto" writes for people on a terminal, else one JSON object a line. May be called again, in each process.
    """
    out = stream or sys.stderr
    number = logging.getLevelNamesMapping()[level.upper()]
    for_people = form == "console" or (form == "auto" and out.isatty())
    stamped: list[structlog.typing.Processor] = [
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=not for_people),
    ]
    # Plain and for everybody: rich's tracebacks show the variables, and those are the mail.
    final: list[structlog.typing.Processor] = [structlog.processors.format_exc_info]
    if number > logging.DEBUG:
        final.append(redact)
    final.append(
        structlog.dev.ConsoleRenderer(colors=out.isatty(), exception_formatter=structlog.dev.plain_traceback)
        if for_people
        else structlog.processors.JSONRenderer(serializer=_one_line)
    )
    lines = LogLines(out)
    structlog.configure(
        processors=[*stamped, *final],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=lambda *names: _Entries(names, lines),
        cache_logger_on_first_use=False,
    )
    foreign: list[structlog.typing.Processor] = [
        *stamped,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.processors.StackInfoRenderer(),
    ]
    lines.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=foreign,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *final],
        )
    )
    root = logging.getLogger()
    for old in root.handlers[:]:
        root.removeHandler(old)
    root.addHandler(lines)
    root.setLevel(number)
    for name, least in QUIET.items():
        logging.getLogger(name).setLevel(max(number, least))
    logging.captureWarnings(True)
    # A log that cannot be written, on a full disk, is not told of at length in the same place; nor is the entry.
    logging.raiseExceptions = False


class _Entries:
    """Where structlog's entries end. The standard library's logging, which others use, is twice as dear a line."""

    def __init__(self, names: tuple[str, ...], lines: LogLines) -> None:
        self.name = "".join(names[:1])
        self._lines = lines

    def msg(self, entry: str) -> None:
        """An entry that can wait for the end of a turn of the loop."""
        self._lines.say(entry, at_once=False)

    def urgent(self, entry: str) -> None:
        """One that is written at once."""
        self._lines.say(entry, at_once=True)

    debug = info = msg
    warning = warn = error = critical = fatal = exception = urgent


@cache
def _encoder(default: Callable[[Any], Any] | None) -> json.JSONEncoder:
    return json.JSONEncoder(ensure_ascii=False, default=default)


def _one_line(entry: Any, default: Callable[[Any], Any] | None = None) -> str:
    """The entry as JSON, readable in any language, without what steers who reads it."""
    text = _encoder(default).encode(entry)
    return text if text.isascii() and "\x7f" not in text else text.translate(_STEERING)


def redact(_logger: Any, _method: str, event: EventDict) -> EventDict:
    """Cut every mail address in a log entry to its domain (`…@example.com`). A processor of structlog."""
    for key, value in event.items():
        if not isinstance(value, int) and (cut := _redacted(value)) is not value:
            event[key] = cut
    return event


def _redacted(value: Any) -> Any:
    match value:
        case str():
            if "@" not in value:
                return value
            cut = value if len(value) <= _MAX_SCANNED else f"{value[:_MAX_SCANNED]}…"
            return _ADDRESS.sub(r"…@\1", cut)
        case dict():
            return {_redacted(key): _redacted(each) for key, each in value.items()}
        case list() | tuple() | set() | frozenset():
            return [_redacted(each) for each in value]
        case bytes():
            return _redacted(value.decode("utf-8", "replace"))
        case None | bool() | int() | float():
            return value
    return _redacted(str(value))
