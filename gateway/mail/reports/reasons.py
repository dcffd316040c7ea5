"""Why a mail failed: the server's reply that a report quotes, and the codes in it (RFC 5321 4.2, RFC 3463)."""

import re
from collections.abc import Sequence

from gateway.mail.reports.recipients import STARTS_LINE, Place, is_label

MAX_REASON = 1000
_REACH = 12
"""Lines below an address in which its reason stands."""

_FULL_LINE = 60
"""Characters from which on a line may have been wrapped by the mail system that wrote it."""

_ENHANCED = re.compile(r"(?<![\d.])[#(]?([245]\.[0-7]\.\d{1,3})(?!\.?\d)")
_REPLY = re.compile(
    r"(?<![\w.-])(?:4(?:2[12]|3[0-2]|4[0-7]|5\d|7[12])|5(?:0[0-4]|1[0-5]|2[1-3]|3[0-5]|4[0-9]|5\d|7[0-9]))"
    r"(?=[ -]{1,3}[#(]{0,2}[45]\.\d\.\d|[ -]{1,3}[<\"'\w])"
)
"""A reply code with text behind it. Other numbers of three digits are sizes, ports and house numbers."""

_DATED = re.compile(
    r"[;,>'\")\s]{0,5}(?:on|am|le|el|il|op|em|den|kl\.|w dniu)\s[^:]{4,40}:\d\d(?::\d\d)?(?:\s?[APap]\.?[Mm]\.?)?"
    r"(?:\s[+-]\d{4})?\s*\Z"
)
"""What Exchange puts behind an address: "on Tue, 3 Mar 2026 14:05:12 +0100"."""

_TRAILERS = (">>>", "<<<", "Giving up", "The MTS-ID", "MSEXCH:")
"""Lines that begin something else, indented or not."""

_CONTINUED = re.compile(r"[45]\d\d-")
_CLOSERS = " \t<>()[]'\".:;,!"
_NOISE = " \t<>(:-–*|"
_WORDS = re.compile(r"[^\W\d_]{3}")
_HEADLINES = re.compile(
    r"(?:remote (?:host|server) said|error|reason|grund|fehler|raison|motivo|理由|原因|причина)\s{0,3}[:：]",
    re.IGNORECASE,
)


def status_in(reason: str) -> str:
    """The enhanced status code in a reason, or "". A bare SMTP code is too coarse to make one of."""
    match = _ENHANCED.search(reason)
    return match.group(1) if match else ""


def reason_for(recipient: str, place: Place | None, places: Sequence[Place], lines: Sequence[str]) -> str:
    """The diagnostic for one recipient on one line, from the code on where there is one; "" when nothing is said.

    First what stands behind and below its address, then any quoted reply that names it; and when it is the
    only recipient, any quoted reply at all. Where no reply is quoted, what the report says in words.
    """
    if place is None:
        return _coded(lines)
    below = _below(place, places, lines)
    named = [line for line in lines if recipient.lower() in line.lower()]
    quoted = (_coded(below), _coded(named), _shared(place, places, lines))
    worded = [reason for reason in quoted if _WORDS.search(reason)]
    best = next((reason for reason in worded if status_in(reason)), "") or next(iter(worded), "")
    best = best or next((reason for reason in quoted if reason), "")
    return best or _headed(below) or _in_words(place, below, lines)


def _shared(place: Place, places: Sequence[Place], lines: Sequence[str]) -> str:
    """A reply that is meant for every recipient: the only one, in a paragraph below the last of them."""
    rivals = [other for other in places if other.rank == place.rank]
    if len({rival.address.lower() for rival in rivals}) == 1:
        return _coded(lines)
    last = max(rival.line for rival in rivals)
    coded = [number for number, line in enumerate(lines) if _start(line) is not None]
    if len(coded) != 1 or all(line.strip() for line in lines[last : coded[0]]):
        return ""
    return _coded(lines[coded[0] :])


def _in_words(place: Place, below: Sequence[str], lines: Sequence[str]) -> str:
    """What the report says below the address, or in the sentence around it."""
    line = lines[place.line]
    around = _said(lines[place.line : place.line + _REACH])
    if place.rank == STARTS_LINE or is_label(line, place.written):
        return _said(below)
    if line[place.end :].strip(_CLOSERS):
        return around
    before = line[: place.end].rpartition(place.written)[0].rstrip(_CLOSERS.replace(":", ""))
    is_name = len(before.split()) < 4 and not before.endswith(":")
    return _said(below) or ("" if is_name else around)


def _headed(lines: Sequence[str]) -> str:
    """What stands behind "Reason:" or its like at the start of a line."""
    for number, line in enumerate(lines):
        bare = line.lstrip(_NOISE)
        match = _HEADLINES.match(bare)
        if match and _WORDS.search(bare[match.end() :]):
            return _joined([bare[match.end() :], *lines[number + 1 :]])
    return ""


def _below(place: Place, places: Sequence[Place], lines: Sequence[str]) -> list[str]:
    """The rest of the line behind an address and the lines below it, up to the next failed address."""
    end = min(place.line + 1 + _REACH, len(lines))
    for other in places:
        if other.line > place.line and other.rank >= place.rank and other.address != place.address:
            end = min(end, other.line)
            break
    below = [lines[place.line][place.end :], *lines[place.line + 1 : end]]
    for size in (1, 2):
        if _DATED.match(" ".join(below[:size])):
            return below[size:]
    return below


def _coded(lines: Sequence[str]) -> str:
    """The first quoted reply or enhanced code with the text behind it, continuation lines joined.

    A code with nothing behind it counts only where no other has more to say.
    """
    bare = ""
    for number, line in enumerate(lines):
        start = _start(line)
        if start is not None:
            reason = _joined([line[start:], *lines[number + 1 : number + _REACH]])
            if _WORDS.search(reason):
                return reason
            bare = bare or reason
    return bare


def _start(line: str) -> int | None:
    return min(
        (match.start() for match in (_REPLY.search(line), _ENHANCED.search(line)) if match), default=None
    )


def _said(lines: Sequence[str]) -> str:
    """The first words of a report on an address, to the end of their paragraph."""
    for number, line in enumerate(lines):
        bare = _HEADLINES.sub("", line.lstrip(_NOISE), count=1)
        if _WORDS.search(bare) and "--" not in bare and not bare.rstrip().endswith((":", "：")):
            return _joined([bare, *lines[number + 1 :]])
    return ""


def _joined(lines: Sequence[str]) -> str:
    """A reason that goes on below: indented, numbered with its code again, or because the line was full."""
    pieces, last = [lines[0].strip()], lines[0]
    for line in lines[1:]:
        goes_on = line[:1] in (" ", "\t") or _CONTINUED.match(line) or len(last) >= _FULL_LINE
        if not line.strip() or not goes_on or line.lstrip().startswith(_TRAILERS):
            break
        pieces.append(line.strip())
        last = line
    return _tidy(" ".join(" ".join(pieces).split())[:MAX_REASON])


def _tidy(reason: str) -> str:
    """Without what the report put around the reply: "(#5.1.1)" keeps its brackets, "5.1.1 unknown)" loses one."""
    bare = reason.strip("# ").lstrip("(")
    if bare.endswith(")") and bare.count("(") < bare.count(")"):
        bare = bare[:-1]
    return bare.strip("# ")
