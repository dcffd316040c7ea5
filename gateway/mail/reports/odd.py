"""Bounces written for people alone: what the text says of whom, and how much of it is the report."""

from collections.abc import Collection
from dataclasses import dataclass

from gateway.mail.reports.bare import bare_users
from gateway.mail.reports.library import library_failures
from gateway.mail.reports.reasons import reason_for, status_in
from gateway.mail.reports.recipients import (
    LABELLED,
    Place,
    addresses_in,
    below_heading,
    failed_places,
    without_x400,
)
from gateway.mail.tree import Part
from rules.machine.voice import MAX_TEXT, fold, split_report, tells_of_failure
from rules.machine.wording import DELAYED, GIVEN_UP, STILL_TRYING
from rules.message import DeliveryReport


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
    known = tells_of_failure(lines)
    if not known and not from_system:
        return OddBounce()
    report, returned = split_report(lines)
    lines = [without_x400(line) for line in report]
    listed = addresses_in(str(value)[:MAX_TEXT] for value in tree.get_all("X-Failed-Recipients", []))
    places = below_heading(lines, failed_places(lines, own))
    action = _action(fold(lines))
    reports = []
    for recipient, place in _failed(listed, places, library_failures(tree, lines)):
        reason = reason_for(recipient, place, places, lines)
        sure = known or listed or place is None or place.rank >= LABELLED
        reports.append(DeliveryReport(recipient, action if sure else "", status_in(reason), reason))
    if from_system and not listed and (users := bare_users(lines, places)):
        reports = [DeliveryReport(user, action, status_in(reason), reason) for user, reason in users]
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


def _action(folded: str) -> str:
    late = any(phrase in folded for phrase in DELAYED)
    over = any(phrase in folded for phrase in GIVEN_UP)
    trying = any(phrase in folded for phrase in STILL_TRYING)
    return "delayed" if late and (trying or not over) else "failed"
