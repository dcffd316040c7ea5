"""Bounces written for people alone: what the text says of whom, and how much of it is the report."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from gateway.mail.reports.library import library_failures
from gateway.mail.reports.phrases import COPY_BELOW, DELAYED, FAILED, GIVEN_UP, SENT_ON
from gateway.mail.reports.reasons import reason_for, status_in
from gateway.mail.reports.recipients import LABELLED, Place, addresses_in, failed_places
from gateway.mail.tree import Part
from rules.message import DeliveryReport

MAX_LINES = 400
MAX_LINE = 1000
"""Characters of a line. Reports are short; what is longer is the mail they return."""

MAX_TEXT = 1 << 18
"""Characters of a text that are looked at."""

_OPENING_LINES = 25
"""Lines in which a bounce says that it is one. Whoever sends one on writes above it, or a separator."""

_QUOTED_FIELD = re.compile(
    r"\*{0,2}(?:from|von|de|da|van|från|fra|od|от|差出人|发件人)\s{0,3}[:：]", re.IGNORECASE
)
_RETURNED_FIELD = re.compile(r"(?:Received: |Return-Path: ?<|DKIM-Signature: )")


@dataclass(frozen=True, slots=True)
class OddBounce:
    """`reports`: a recipient may be "". `returned`: the text of the mail that came back, or ""."""

    reports: tuple[DeliveryReport, ...] = ()
    returned: str = ""


def read_odd(tree: Part, text: str, own: Collection[str], *, from_system: bool) -> OddBounce:
    """Reads a bounce that has no machine-readable part, or none that says whom it is about.

    `own` are the addresses, in lower case, that the bounce is from and to: none of them failed. `from_system`
    says that a mail system wrote it; else only a text that opens as bounces do is one.
    """
    lines = text[:MAX_TEXT].splitlines()
    opening = _folded(_opening(lines))
    known = any(phrase in opening for phrase in (*FAILED, *DELAYED))
    if not known and not from_system:
        return OddBounce()
    lines, returned = _split(lines)
    listed = addresses_in(str(value)[:MAX_TEXT] for value in tree.get_all("X-Failed-Recipients", []))
    places = failed_places(lines, own)
    action = _action(_folded(lines))
    reports = []
    for recipient, place in _failed(listed, places, library_failures(tree, lines)):
        reason = reason_for(recipient, place, places, lines)
        sure = known or listed or place is None or place.rank >= LABELLED
        reports.append(DeliveryReport(recipient, action if sure else "", status_in(reason), reason))
    if not reports and known and from_system:
        reason = reason_for("", None, places, lines)
        reports.append(DeliveryReport("", action, status_in(reason), reason))
    return OddBounce(tuple(reports), returned)


def _failed(
    listed: list[str], places: list[Place], library: frozenset[str]
) -> list[tuple[str, Place | None]]:
    """Each failed address once, with the most telling place where it stands.

    The list in the header decides, else the most telling addresses of the text, of those that merely occur the
    first; unless the library knows the form of this bounce and found none of them, but others.
    """
    best: dict[str, Place] = {}
    for place in places:
        seen = best.get(place.address.lower())
        if seen is None or place.rank > seen.rank:
            best[place.address.lower()] = place
    if listed:
        return [(address, best.get(address.lower())) for address in listed]
    if not best:  # one system names its users without the domain, which the library knows
        return [(address, None) for address in sorted(library) if addresses_in([address]) == [address]]
    top = max(place.rank for place in best.values())
    chosen = [place for place in best.values() if place.rank == top]
    chosen = chosen if top >= LABELLED else chosen[:1]
    known_by_library = {address.lower() for address in library}
    if not any(place.address.lower() in known_by_library for place in chosen):
        chosen = [place for folded, place in best.items() if folded in known_by_library] or chosen
    return [(place.address, place) for place in chosen]


def _split(lines: Sequence[str]) -> tuple[list[str], str]:
    """The lines of the report, and the text of the mail below it."""
    for number, line in enumerate(lines[:MAX_LINES]):
        if _RETURNED_FIELD.match(line) and number:
            return _cut(lines[:number]), "\n".join(lines[number:])
        folded = " ".join(line[:MAX_LINE].lower().split())
        if number and any(marker in folded for marker in COPY_BELOW):
            return _cut(lines[:number]), _from_header(lines[number + 1 :])
    return _cut(lines[:MAX_LINES]), ""


def _cut(lines: Sequence[str]) -> list[str]:
    return [line[:MAX_LINE] for line in lines]


def _from_header(lines: Sequence[str]) -> str:
    """From the first header field on; "" when none stands in the next lines."""
    for number, line in enumerate(lines[:10]):
        if re.match(r"[A-Za-z][\w-]{1,60}: ?\S", line):
            return "\n".join(lines[number:])
    return ""


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


def _folded(lines: Sequence[str]) -> str:
    joined = " ".join(lines).lower().replace("’", "'").replace("`", "'")
    return " ".join(joined.split())


def _action(folded: str) -> str:
    late = any(phrase in folded for phrase in DELAYED) and not any(phrase in folded for phrase in GIVEN_UP)
    return "delayed" if late else "failed"
