"""The names under which mail systems write."""

import re

from rules.message import Address

_SEPARATORS = re.compile(r"[-_. ]")

_DAEMON_LOCALS = (
    "mailerdaemon",
    "mailerdeamon",
    "maildaemon",
    "maildeamon",
    "smtpdaemon",
    "mtadaemon",
    "maildeliverysystem",
    "maildeliverysubsystem",
    "doublebounce",
)
"""Starts of local parts, separators taken out; "deamon" is how some servers spell it."""

_EXCHANGE_LOCAL = re.compile(r"microsoftexchange[0-9a-f]{32}\Z")
"""The system mailbox that Exchange writes its reports from."""

_MDAEMON = re.compile(r"mdaemon\Z")

_DAEMON_NAMES = (
    "mailer-daemon",
    "mailer daemon",
    "mail delivery system",
    "mail delivery subsystem",
    "mail delivery service",
    "internet mail delivery",
)

_SYSTEM_NAMES = ("postmaster", "system administrator", "mail administrator", "mail system")


_SYSTEM_LOCALS = frozenset(
    {
        *("noreply", "no-reply", "no_reply", "donotreply", "do-not-reply", "mail", "mailer", "mailserver"),
        *(
            "mailsystem",
            "mail-system",
            "mailgateway",
            "mailadmin",
            "mta",
            "smtp",
            "system",
            "server",
            "daemon",
        ),
        *("root", "admin", "administrator", "bounce", "bounces", "delivery", "notification", "notifications"),
    }
)
"""Local parts that systems write under, and in small companies people too."""


def is_daemon(address: Address | None) -> bool:
    """Whether only a mail system writes under this address or name: MAILER-DAEMON and its relatives."""
    if address is None:
        return False
    local = _SEPARATORS.sub("", address.email.rpartition("@")[0] or address.email).lower().strip('"')
    if local.startswith(_DAEMON_LOCALS) or _EXCHANGE_LOCAL.match(local) or _MDAEMON.match(local):
        return True
    return address.name.strip().lower().startswith(_DAEMON_NAMES)


def is_postmaster(address: Address | None) -> bool:
    """Whether it is a postmaster's address: mostly a mail system, now and then a person."""
    if address is None:
        return False
    local = (address.email.rpartition("@")[0] or address.email).lower().strip('"')
    return local.startswith("postmaster")


def has_system_name(address: Address | None) -> bool:
    """Whether the display name is one that mail systems use, and people in charge of them too."""
    return address is not None and address.name.strip().lower() in _SYSTEM_NAMES


def has_system_local(address: Address | None) -> bool:
    """Whether the local part is a function's and no person's name."""
    return address is not None and address.email.rpartition("@")[0].lower() in _SYSTEM_LOCALS
