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

_SYSTEM_NAMES = (
    *("postmaster", "system administrator", "mail administrator", "mail system", "mailsystem"),
    *("mail server", "mailserver", "mail gateway", "email gateway", "mail filter", "mail service"),
    *("mailscanner", "mail scanner", "virus scanner", "content filter", "delivery notification", "mailer"),
    *("systemadministrator", "administrateur système", "administrateur du système"),
    *("administrador del sistema", "administrador do sistema", "amministratore di sistema"),
    *("systeembeheerder", "systemadministratör", "järjestelmänvalvoja", "administrator systemu"),
    *("správce systému", "rendszergazda", "системный администратор", "sistem yöneticisi"),
    *("系统管理员", "系統管理員", "システム管理者", "시스템 관리자"),
)

_ROBOT_WORDS = frozenset(
    {
        *(
            "smtp",
            "esmtp",
            "mta",
            "imss",
            "imsva",
            "interscan",
            "viruswall",
            "antivirus",
            "antispam",
            "virus",
        ),
        *(
            "scanner",
            "mailscanner",
            "scanmail",
            "mailmarshal",
            "mailsweeper",
            "ndr",
            "dsn",
            "bounce",
            "bounces",
        ),
        *(
            "relay",
            "mx",
            "uucp",
            "mailer",
            "daemon",
            "robot",
            "noreply",
            "donotreply",
            "gateway",
            "quota",
            "postoffice",
        ),
        *("mailsystem", "mailservice", "mailserver", "mailgateway", "mailgate", "mailrobot", "mailerror"),
        *("mailfilter", "maildelivery", "naoresponda", "noresponder", "nepasrepondre", "noresponda"),
    }
)
"""Words in the local parts that programs of many makers write under, and no people."""

_ROBOT_STEMS = (
    *("noreply", "donotreply", "interscan", "viruswall", "antivirus", "mailscan", "mailsystem", "mailserver"),
    *("mailservice", "mailgateway", "maildelivery", "mailrobot", "mailererror", "mailerror", "mailsweeper"),
    *("naoresponda", "naoresponder", "noresponder", "nepasrepondre", "nichtantworten", "nondelivery"),
    *("virusalert", "contentfilter", "spamfilter", "mailfilter"),
)
"""The same within a local part whose separators were taken out."""

_WORD = re.compile(r"[a-z]+")

_SHARED_LOCALS = frozenset(
    {
        *(
            "mail",
            "email",
            "mailadmin",
            "system",
            "sistema",
            "systeme",
            "sistem",
            "server",
            "exchange",
            "hub",
        ),
        *(
            "root",
            "admin",
            "administrator",
            "sysadmin",
            "delivery",
            "notification",
            "notifications",
            "notify",
        ),
        *("filter", "scan", "spam", "alert", "alerts", "postmeister", "hostmaster", "webmaster"),
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


def is_robot(address: Address | None) -> bool:
    """Whether the address or the name is one that programs of all kinds write under, and no person."""
    if address is None:
        return False
    local = (address.email.rpartition("@")[0] or address.email).lower().strip('"')
    if has_system_name(address) or not _ROBOT_WORDS.isdisjoint(_WORD.findall(local)):
        return True
    squeezed = _SEPARATORS.sub("", local)
    return any(stem in squeezed for stem in _ROBOT_STEMS)


def is_shared(address: Address | None) -> bool:
    """Whether the local part is a function's and no person's name, though a person may write under it."""
    return address is not None and address.email.rpartition("@")[0].lower() in _SHARED_LOCALS
