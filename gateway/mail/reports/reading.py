"""What a report says, read from the tree of a mail."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

from gateway.mail.reports.odd import read_odd
from gateway.mail.reports.parts import embedded, embedded_text, own_parts, raw_text
from gateway.mail.reports.reasons import MAX_REASON, status_in
from gateway.mail.reports.recipients import addresses_in
from gateway.mail.reports.status import read_status, typed_address
from gateway.mail.tree import Part
from gateway.mail.words import decode_words, one_line
from rules.machine.daemons import has_system_name, is_daemon, is_postmaster, is_robot
from rules.machine.phrases import BOUNCES
from rules.machine.subjects import reads_like
from rules.machine.voice import opens_as_report, tells_of_failure
from rules.message import Address, DeliveryReport

MAX_HEADER = 8192
"""Characters of a header field that are looked at."""

_STATUS_TYPES = ("message/delivery-status", "message/global-delivery-status")
_RETURNED_TYPES = frozenset(
    {
        *("message/rfc822", "message/global", "message/rfc822-headers", "message/global-headers"),
        *("text/rfc822-headers", "text/rfc822", "message/news"),
    }
)
_REPORT_TYPE_OF_PART = {
    **dict.fromkeys(_STATUS_TYPES, "delivery-status"),
    "message/disposition-notification": "disposition-notification",
    "message/global-disposition-notification": "disposition-notification",
    "message/feedback-report": "feedback-report",
}
_KNOWN_TYPES = frozenset({*_REPORT_TYPE_OF_PART.values(), "tlsrpt"})
_STATUS_FIELD = re.compile(
    r"^(?:Final-Recipient|Original-Recipient|Reporting-MTA) ?:", re.IGNORECASE | re.MULTILINE
)
_REPORT_TYPE = re.compile(r"[\w-]{1,60}")
_FINAL_RECIPIENT = re.compile(r"^Final-Recipient ?: {0,10}(\S.{0,500})", re.IGNORECASE | re.MULTILINE)
_REJECTED = ("was automatically rejected", "message was refused by the recipient")

_NOTHING = (None, None)


@dataclass(frozen=True, slots=True)
class Reports:
    """`report_type` is the parameter of a `multipart/report` (RFC 6522), lower case, or "" for other mail.

    Where the parameter is missing or unheard of, the report's part tells. `reports` may be filled for a
    person's mail that quotes a bounce, or holds one and no word: whether it is one is not decided here. `returned` is the mail that
    came back, whole or its header; `holder` is the part that it stands in, if it has one.
    """

    report_type: str = ""
    reports: tuple[DeliveryReport, ...] = ()
    returned: Part | None = None
    holder: Part | None = None


def read_reports(tree: Part, text: str) -> Reports:
    """What the mail reports on the delivery of others. `text` is what a person reads of it. Never raises."""
    try:
        return _read(tree, text)
    except Exception:  # noqa: BLE001 - a broken report is a mail without a report, and still a mail
        return Reports()


def _read(tree: Part, text: str) -> Reports:
    parts = list(own_parts(tree))
    report_type = _report_type(tree, parts)
    if report_type not in ("", "delivery-status"):
        return Reports(report_type, _rejection(parts, text), *_returned(parts))
    if not report_type and not text.strip() and (wrapped := _wrapped(tree, parts)):
        return wrapped
    trusted = bool(report_type) or _from_system(tree) or _reads_like_one(tree, parts, text)
    stated = _stated(parts, trusted=trusted)
    if stated and all("@" in report.recipient for report in stated):
        return Reports(report_type, stated, *(_returned(parts) if trusted else _NOTHING))
    odd = read_odd(tree, text, _own_addresses(tree), from_system=trusted)
    reports = _completed(stated, odd.reports) if stated else odd.reports
    # A postmaster who is a person passes mails on too: without a report nothing came back.
    returned, holder = _returned(parts) if report_type or (trusted and reports) else _NOTHING
    if returned is None and odd.returned:
        returned = embedded_text(odd.returned.encode("utf-8", "replace"))
    reports = _addressed(reports, returned)
    if not stated:
        reports = _with_domain(reports, tree)
    return Reports(report_type, reports, returned, holder)


def _wrapped(tree: Part, parts: list[Part]) -> Reports | None:
    """The report that a mail holds and adds no word to: a scanner on the way put its own mail around it.

    A person may send one on like that: what is attached then stays attached.
    """
    mails = [part for part in parts if part.media == "message/rfc822"]
    held = embedded(mails[0]) if len(mails) == 1 else None
    if held is None or not _from_system(held):
        return None
    inner = list(own_parts(held))
    stated = _stated(inner, trusted=True) if _report_type(held, inner) == "delivery-status" else ()
    if not stated:
        return None
    passed_on = (
        _from_system(tree) or _is_robot_report(tree) or str(tree.get("Return-Path", "")).strip() == "<>"
    )
    return Reports("", stated, _returned(inner)[0], mails[0]) if passed_on else Reports("", stated)


def _reads_like_one(tree: Part, parts: list[Part], text: str) -> bool:
    """Whether a program wrote it that goes by another name than mail systems do.

    It goes by a program's name, or brings a mail back to its author in no person's words.
    """
    if not _title(tree) or not tells_of_failure(text[:MAX_HEADER].splitlines()):
        return False
    if is_robot(_author(tree)):
        return True
    returned, _ = _returned(parts)
    if returned is None or not opens_as_report(text):
        return False
    authors = addresses_in([str(returned.get("From", ""))[:MAX_HEADER]])
    readers = addresses_in([str(tree.get("To", ""))[:MAX_HEADER]])
    return not {author.lower() for author in authors}.isdisjoint(reader.lower() for reader in readers)


def _report_type(tree: Part, parts: list[Part]) -> str:
    if tree.media != "multipart/report":
        return _REPORT_TYPE_OF_PART.get(tree.media, "")
    match = _REPORT_TYPE.search(tree.parameters.get("report-type", "").lower())
    if match and match.group() in _KNOWN_TYPES:
        return match.group()
    types = (_REPORT_TYPE_OF_PART.get(part.media) for part in parts)
    return next((told for told in types if told), "delivery-status" if _from_system(tree) else "")


def _from_system(tree: Part) -> bool:
    """Whether a mail system signs as the author, or the header names failed recipients as Exim's does."""
    author = _author(tree)
    system = is_daemon(author) or is_postmaster(author) or has_system_name(author)
    return system or "X-Failed-Recipients" in tree


def _is_robot_report(tree: Part) -> bool:
    return is_robot(_author(tree)) and bool(_title(tree))


def _author(tree: Part) -> Address:
    value = one_line(decode_words(str(tree.get("From", ""))[:MAX_HEADER]))
    return Address(next(iter(addresses_in([value])), value), value.partition("<")[0].strip(' "'))


def _title(tree: Part) -> str:
    return reads_like(one_line(decode_words(str(tree.get("Subject", ""))[:MAX_HEADER])), BOUNCES)


def _own_addresses(tree: Part) -> frozenset[str]:
    values = [str(value)[:MAX_HEADER] for name in ("From", "To", "Cc") for value in tree.get_all(name, [])]
    return frozenset(address.lower() for address in addresses_in(values))


def _stated(parts: list[Part], *, trusted: bool) -> tuple[DeliveryReport, ...]:
    """The reports of the status parts; in a report also of a part that is one by another name."""
    texts = [raw_text(part) for part in parts if part.media in _STATUS_TYPES]
    if not texts and trusted:
        leaves = (part for part in parts if part.media not in _RETURNED_TYPES)
        texts = [told for told in map(raw_text, leaves) if _STATUS_FIELD.search(told)]
    return _merged(report for told in texts for report in read_status(told))


def _merged(reports: Iterable[DeliveryReport]) -> tuple[DeliveryReport, ...]:
    """Each recipient once: what the first report on it leaves out, a later one adds."""
    merged: dict[str, DeliveryReport] = {}
    for report in reports:
        key = report.recipient.lower()
        known = merged.get(key)
        if known is None:
            merged[key] = report
        elif (known.action or report.action) == (report.action or known.action):
            merged[key] = DeliveryReport(
                known.recipient,
                known.action or report.action,
                known.status or report.status,
                known.diagnostic or report.diagnostic,
            )
    return tuple(merged.values())


def _returned(parts: list[Part]) -> tuple[Part | None, Part | None]:
    """The mail that came back, and the part it stands in."""
    for part in parts:
        if part.media in _RETURNED_TYPES and (mail := embedded(part)) is not None:
            return mail, part
    return _NOTHING


def _rejection(parts: list[Part], text: str) -> tuple[DeliveryReport, ...]:
    """A mail filter that refuses says so in the form of a receipt (RFC 5429 2.2.1), though nobody got the mail."""
    folded = " ".join(text[:MAX_HEADER].split())
    if not any(phrase in folded.lower() for phrase in _REJECTED):
        return ()
    for part in parts:
        if _REPORT_TYPE_OF_PART.get(part.media) == "disposition-notification":
            match = _FINAL_RECIPIENT.search(raw_text(part))
            recipient = typed_address(match.group(1)) if match else ""
            return (DeliveryReport(recipient, "failed", status_in(folded), folded[:MAX_REASON]),)
    return ()


def _completed(
    stated: tuple[DeliveryReport, ...], told: tuple[DeliveryReport, ...]
) -> tuple[DeliveryReport, ...]:
    """The machine-readable reports, with the domain or the address that only the text knows."""
    completed = []
    for report in stated:
        bare = report.recipient.lower()
        fitting = [other for other in told if other.recipient.lower().partition("@")[0] == bare]
        if not bare and len(stated) == 1:
            fitting = list(told)
        if "@" not in bare and len(fitting) == 1:
            other = fitting[0]
            report = DeliveryReport(  # noqa: PLW2901
                other.recipient or report.recipient,
                report.action or other.action,
                report.status or other.status,
                report.diagnostic or other.diagnostic,
            )
        completed.append(report)
    return tuple(completed)


def _addressed(reports: tuple[DeliveryReport, ...], returned: Part | None) -> tuple[DeliveryReport, ...]:
    """Where no address is told, it is that of the returned mail's only recipient."""
    if len(reports) != 1 or "@" in reports[0].recipient or returned is None:
        return reports
    fields = [str(value)[:MAX_HEADER] for name in ("To", "Cc") for value in returned.get_all(name, [])]
    addresses = addresses_in(fields)
    local = reports[0].recipient.lower()
    fitting = [address for address in addresses if address.lower().partition("@")[0] == local]
    only = addresses if not local else fitting
    return (replace(reports[0], recipient=only[0]),) if len(only) == 1 else reports


def _with_domain(reports: tuple[DeliveryReport, ...], tree: Part) -> tuple[DeliveryReport, ...]:
    """A server that names its own users alone means those of the domain it writes from."""
    domain = _author(tree).email.rpartition("@")[2] if _from_system(tree) else ""
    if not domain or not any(report.recipient for report in reports):
        return reports
    return tuple(
        replace(report, recipient=f"{report.recipient}@{domain}")
        if report.recipient and "@" not in report.recipient
        else report
        for report in reports
    )
