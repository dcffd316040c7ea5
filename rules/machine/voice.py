"""Whether a text that tells of a failed delivery speaks with the voice of a machine or of a person."""

import re
from collections.abc import Sequence

from rules.machine.wording import (
    AUTOMATIC,
    COPY_BELOW,
    DELAYED,
    FAILED,
    GREETINGS,
    MAILS,
    SENT_ON,
    SPEAKERS,
    SPEECHES,
)

MAX_LINES = 400
MAX_LINE = 1000
"""Characters of a line. Reports are short; what is longer is the mail they return."""

MAX_TEXT = 1 << 18
"""Characters of a text that are looked at."""

_TOLD = (*FAILED, *DELAYED)

_OPENING_LINES = 25
"""Lines in which a bounce says that it is one. Whoever sends one on writes above it, or a separator."""

_QUOTED_FIELD = re.compile(
    r"\*{0,2}(?:from|von|de|da|van|från|fra|od|от|差出人|发件人)\s{0,3}[:：]", re.IGNORECASE
)
_RETURNED_FIELD = re.compile(r"(?:Received: |Return-Path: ?<|DKIM-Signature: )")
_FIELD = re.compile(r"[A-Za-z][\w-]{1,60}: ?\S")
_QUESTION = re.compile(r"\?(?:\s|\Z)|？")
_WORD = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)?")


def tells_of_failure(lines: Sequence[str]) -> bool:
    """Whether a text opens as bounces do: above any separator, in its first lines, stands that a mail failed."""
    return _tells(fold(_opening(lines)))


def opens_as_report(text: str) -> bool:
    """Whether no person seems to have written a text that tells of a failed delivery.

    Its first paragraph tells so of a mail. Nobody is greeted, nobody speaks for himself and nobody asks; a text that
    says it was made automatically may do the first two.
    """
    lines, _ = split_report(text[:MAX_TEXT].splitlines())
    report = "\n".join(lines).strip()
    if not report or report.startswith(">"):
        return False
    beginning = fold(report.partition("\n\n")[0].splitlines())
    automatic = any(phrase in beginning for phrase in AUTOMATIC)
    if _QUESTION.search(report):
        return False
    of_mail = _tells(beginning) and any(word in beginning for word in MAILS)
    return automatic or (of_mail and not _is_personal(report))


def split_report(lines: Sequence[str]) -> tuple[list[str], str]:
    """The lines of the report, and the text of the mail below it, from its header on."""
    for number, line in enumerate(lines[:MAX_LINES]):
        if _RETURNED_FIELD.match(line) and number:
            return _cut(lines[:number]), "\n".join(lines[number:])
        folded = " ".join(line[:MAX_LINE].lower().split())
        if number and any(map(folded.__contains__, COPY_BELOW)):
            return _cut(lines[:number]), _from_header(lines[number + 1 :])
    return _cut(lines[:MAX_LINES]), ""


def fold(lines: Sequence[str]) -> str:
    """Lines as one, as the phrases of `rules.machine.wording` are written: also the dotted İ of Turkish."""
    joined = " ".join(lines).lower().replace("i\u0307", "i").replace("’", "'").replace("`", "'")
    return " ".join(joined.split())


def _tells(folded: str) -> bool:
    return any(map(folded.__contains__, _TOLD))


def _is_personal(report: str) -> bool:
    words = [match.group() for match in _WORD.finditer(report.replace("’", "'"))]
    if words and words[0].lower() in GREETINGS:
        return True
    if any(word == "I" or word.lower() in SPEAKERS for word in words):
        return True
    return any(speech in report for speech in SPEECHES)


def _opening(lines: Sequence[str]) -> list[str]:
    """What stands first in the text, down to anything that shows a mail sent on."""
    opening: list[str] = []
    for line in lines[:MAX_LINES]:
        bare = line[:MAX_LINE].strip()
        if not bare:
            continue
        folded = bare.lower()
        separator = folded.strip("-_=* ").startswith(SENT_ON) and len(bare) < 80
        if bare.startswith(">") or _QUOTED_FIELD.match(bare) or separator or len(opening) == _OPENING_LINES:
            break
        opening.append(bare)
    return opening


def _cut(lines: Sequence[str]) -> list[str]:
    return [line[:MAX_LINE] for line in lines]


def _from_header(lines: Sequence[str]) -> str:
    """From the first header field on; "" when none stands in the next lines."""
    for number, line in enumerate(lines[:10]):
        if _FIELD.match(line):
            return "\n".join(lines[number:])
    return ""
