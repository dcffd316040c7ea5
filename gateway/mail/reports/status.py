"""The machine-readable part of a delivery report (RFC 3464, RFC 6533), well formed or not."""

import re
from collections.abc import Iterator

from rules.message import DeliveryReport

MAX_REPORTS = 1000
MAX_FIELD = 4000
"""Characters of one field. Longer diagnostics are whole transcripts."""

_FIELD_NAME = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,60}\Z")
_TYPE = re.compile(r"\s{0,100}[A-Za-z][\w.-]{0,40}\s{0,100};")
_STATUS = re.compile(r"(?<![\d.])([245]\.\d{1,3}\.\d{1,3})(?!\.?\d)")
_ESCAPED = re.compile(r"\\x\{([0-9A-Fa-f]{2,6})\}")

_RECIPIENT_FIELDS = ("original-recipient", "final-recipient")
_FIELDS = frozenset({*_RECIPIENT_FIELDS, "x-actual-recipient", "action", "status", "diagnostic-code"})

_ACTIONS = {
    "fail": "failed",
    "error": "failed",  # OpenSMTPD
    "undeliver": "failed",
    "bounce": "failed",
    "reject": "failed",
    "delay": "delayed",
    "deliver": "delivered",
    "relay": "relayed",
    "expand": "expanded",
}
"""What the value of Action begins with, and what is meant (RFC 3464 2.3.3)."""

_ACTION_OF_CLASS = {"2": "delivered", "4": "delayed", "5": "failed"}
"""The class of the status code (RFC 3463 2) when there is no action."""


def read_status(text: str) -> tuple[DeliveryReport, ...]:
    """One report for each group of recipient fields, in order; a report may lack its recipient.

    The recipient is the Original-Recipient where a mail address was kept: that is the one the sender wrote.
    """
    reports = [_report(group) for group in _joined(_groups(_fields(text)))]
    return tuple(report for report in reports if report != DeliveryReport("", "", "", ""))[:MAX_REPORTS]


def _fields(text: str) -> Iterator[tuple[str, str]]:
    """The fields of interest, unfolded, and ("", "") for each blank line.

    A line that is no field continues the last one, indented or not.
    """
    name, value = "", ""
    for line in text.splitlines():
        head, colon, rest = line.partition(":")
        blank = not line.strip()
        if blank or (colon and _FIELD_NAME.match(head.rstrip())):
            if name in _FIELDS:
                yield name, value.strip()
            name, value = ("", "") if blank else (head.rstrip().lower(), rest[:MAX_FIELD])
            if blank:
                yield "", ""
        elif len(value) < MAX_FIELD:
            value = f"{value} {line.strip()[:MAX_FIELD]}"
    if name in _FIELDS:
        yield name, value.strip()


def _groups(fields: Iterator[tuple[str, str]]) -> list[dict[str, str]]:
    """Fields gathered by recipient.

    Blank lines are hardly trusted: some systems leave them out between recipients, others put them between
    all fields. What comes twice begins the next recipient, and so does a recipient after an action; only an
    Original-Recipient may come last, if no blank line stands before it.
    """
    groups: list[dict[str, str]] = [{}]
    apart = False
    for name, value in fields:
        if not name:
            apart = True
            continue
        group = groups[-1]
        named = any(field in group for field in _RECIPIENT_FIELDS)
        told = "action" in group or "status" in group
        again = name in group and (named or name == "action")
        begins = name == "final-recipient" or (name == "original-recipient" and apart)
        if again or (begins and named and told):
            groups.append({name: value})
        else:
            group.setdefault(name, value)
        apart = False
        if len(groups) > MAX_REPORTS:
            break
    return groups


def _joined(groups: list[dict[str, str]]) -> list[dict[str, str]]:
    """Without groups of an Original-Recipient alone: that belongs to the recipient above it."""
    joined: list[dict[str, str]] = []
    for group in groups:
        if joined and set(group) == {"original-recipient"} and "original-recipient" not in joined[-1]:
            joined[-1] |= group
        else:
            joined.append(group)
    return joined


def _report(group: dict[str, str]) -> DeliveryReport:
    diagnostic = diagnostic_text(group.get("diagnostic-code", ""))
    match = _STATUS.search(group.get("status", "")) or _STATUS.search(diagnostic)
    status = match.group(1) if match else ""
    word = group.get("action", "").strip().lower()
    action = next((action for start, action in _ACTIONS.items() if word.startswith(start)), "")
    return DeliveryReport(
        recipient=_recipient(group),
        action=action or _ACTION_OF_CLASS.get(status[:1], ""),
        status=status,
        diagnostic=diagnostic,
    )


def diagnostic_text(value: str) -> str:
    """The text of a Diagnostic-Code on one line, without its type ("smtp;")."""
    return " ".join(_TYPE.sub("", value[:MAX_FIELD], count=1).split())


def _recipient(group: dict[str, str]) -> str:
    original = typed_address(group.get("original-recipient", ""))
    final = typed_address(group.get("final-recipient", ""))
    if "@" in original:
        return original if original == final else _without_xtext(original)
    return final or original or typed_address(group.get("x-actual-recipient", ""))


def typed_address(value: str) -> str:
    """The address behind a type ("rfc822;…"), bare: brackets, comments and what else was added taken off.

    Addresses that are no mail addresses (an X.400 name, say) come back as they stand.
    """
    kind, semicolon, rest = value.strip().partition(";")
    bare = (rest if semicolon and "@" not in kind else value).strip().rstrip(";").strip()
    bracketed = bare.partition("<")[2].partition(">")[0].strip()
    bare = bracketed or bare.strip("<>")
    if not bare.startswith(('"', "/")):
        words = bare.split()
        bare = next((word for word in words if "@" in word), words[0] if words else "")
    bare = _ESCAPED.sub(_character, bare)
    local, at, domain = bare.rpartition("@")
    return f"{local}@{domain.lower().rstrip('.,)')}" if at else bare


def _without_xtext(address: str) -> str:
    """The "+" and "=" of an ORCPT parameter (RFC 3461 4.2), which many servers forget to decode."""
    return address.replace("+2B", "+").replace("+3D", "=")


def _character(match: re.Match[str]) -> str:
    code = int(match.group(1), 16)
    return chr(code) if code < 0x110000 and not 0xD800 <= code < 0xE000 else match.group()
