"""Users that a server names without their domain: it serves only one."""

import re
from collections.abc import Sequence

from gateway.mail.reports.recipients import LABELLED, Place

_NO_SUCH = (
    r"no match(?:es)?\b|not? found in|unknown (?:local )?user|user unknown|no such (?:local )?(?:user|mailbox)"
    r"|(?:the )?name was not found|is ambiguous|multiple matches|mailbox (?:is )?full|mailbox not found"
    r"|user not (?:found|known)|account (?:is )?disabled"
)
_USER = re.compile(
    rf"[ \t<\"'*>-]{{0,10}}([A-Za-z][\w.-]{{0,63}})[>\"']{{0,2}}"
    rf"(?:\s{{0,3}}:\s{{0,20}}|\.\.\.\s{{0,5}}|\s{{2,40}}|\t\s{{0,40}}|\s\()((?:{_NO_SUCH}).{{0,300}})",
    re.IGNORECASE,
)
_LABELS = frozenset(
    {
        *("error", "reason", "status", "diagnostic", "recipient", "recipients", "smtp", "message", "result"),
        *("warning", "failed", "because", "cause", "explanation", "code", "user", "address", "mailbox"),
        *("note", "hint", "grund", "fehler", "raison", "motivo", "errore", "erreur", "response", "problem"),
    }
)

_DIRECTORY = "nameserver query"
"""What only a directory says, which knows no addresses."""

MAX_USERS = 100


def bare_users(lines: Sequence[str], places: Sequence[Place]) -> list[tuple[str, str]]:
    """Users and why each failed, when the report lists such before it shows any address, or a directory names them.

    `places` are the addresses in it: those below, in the help text, are examples and people who can help.
    """
    first = min((place.line for place in places if place.rank >= LABELLED), default=len(lines))
    users: dict[str, str] = {}
    for number, line in enumerate(lines):
        match = _USER.match(line)
        if not match or match[1].lower() in _LABELS or len(users) == MAX_USERS:
            continue
        if number < first or _DIRECTORY in match[2].lower():
            users.setdefault(match[1], match[2].strip().rstrip(").;"))
    return list(users.items())
