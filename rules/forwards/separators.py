"""The lines that set off what stands below: "---------- Forwarded message ---------", underscores, dashes."""

import re
from dataclasses import dataclass

from rules.forwards.phrases import FORWARD_OPENINGS, says_end, says_forwarded
from rules.forwards.words import folded, tidy

_RULES = "-_=~–—―─━"
_RUN = re.compile(rf"[{re.escape(_RULES)}]{{2,}}")
_LONGEST = 160
_FEWEST_MARKS = 2
_FEWEST_ALONE = 5


@dataclass(frozen=True, slots=True)
class Separator:
    """A line that sets off: `forward` when it says that a forward follows, `end` when one ends.

    `phrase` is what it says, "" for a mere rule; `rest` what stands on the same line behind it.
    """

    forward: bool
    phrase: str
    rest: str = ""
    end: bool = False


def read_separator(line: str) -> Separator | None:
    """The separator that a line is, or None. `line` is tidied, without quote marks."""
    said = line.strip("* ")
    if not said:
        return None
    lead = len(said) - len(said.lstrip(_RULES))
    if lead < _FEWEST_MARKS:
        return _opening(line)
    body = said[lead:]
    if not body.strip(_RULES + " "):
        return Separator(False, "") if len(said) >= _FEWEST_ALONE else None
    return _dashed(body)


def _opening(said: str) -> Separator | None:
    """Apple Mail's "Begin forwarded message:", alone on its line, or in bold."""
    if len(said) > _LONGEST:
        return None
    phrase = said.strip("* ").rstrip(":： *")
    if phrase == said.strip("* ") and "*" not in said:
        return None
    return Separator(True, phrase) if folded(phrase) in FORWARD_OPENINGS else None


def _dashed(body: str) -> Separator | None:
    """Words between dashes. Yahoo lets the header go on behind them on the same line."""
    stop = rest_at = -1
    for run in _RUN.finditer(body[:_LONGEST]):
        # "--- Preposlaná správa --- Forwarded Message ---": words and dashes take turns until a header begins.
        if stop != -1 and any(mark in body[rest_at : run.start()] for mark in ":@"):
            break
        stop, rest_at = run.span()
    if stop == -1:
        return None
    phrase = body[:stop].strip(_RULES + " ")
    rest = body[rest_at:].lstrip(_RULES).strip()
    key = folded(phrase)
    if not any(char.isalpha() for char in key):
        return None
    return Separator(says_forwarded(key), phrase, rest, says_end(key))


_END_WINDOW = 4_000
_LAST_RULE = 40


def read_end(text: str) -> tuple[str, str]:
    """A forwarded text without the line that says it ends here, and what follows that line.

    mutt and Yandex write such lines; KMail ends with a mere rule. Only the last characters are looked at.
    """
    since = max(0, len(text) - _END_WINDOW)
    tail = text[since:]
    at = 0
    for row in tail.split("\n"):
        behind = tail[at + len(row) + 1 :]
        if at or not since:
            separator = read_separator(tidy(row).strip())
            if separator is not None and (separator.end or _last_rule(separator, row, behind)):
                return text[: since + at], behind
        at += len(row) + 1
    return text, ""


def _last_rule(separator: Separator, row: str, behind: str) -> bool:
    return not separator.phrase and len(row.strip()) >= _LAST_RULE and not behind.strip()
