"""Which of the addresses in a bounce's text is the one that could not be reached."""

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass

# The look-behind lets a match start only where a word starts: each character is looked at a bounded number
# of times, however long a line without "@" is.
_EDGE = r"\s<>()\[\]{},;:\"'“”„«»‹›「」【】《》（）、。，：=@\\"
_ADDRESS = re.compile(
    rf'(?<![^{_EDGE}])(?:[^{_EDGE}][^\s<>()\[\]{{}},;:\"“”„«»「」【】（）、。，：@\\]{{0,127}}|"[^"\n]{{1,64}}")'
    r"@[\w.-]{1,253}"
)

MAX_PLACES = 1000
"""Addresses after which a text is no longer searched: reports to people do not list more."""

STARTS_LINE, LABELLED, IN_BRACKETS, ANYWHERE = 3, 2, 1, 0
"""How tellingly an address stands in a report: at the start of a line, behind a label such as "RCPT TO:" or
at the end of a list line, in angle brackets, or anywhere."""

_BULLETS = " \t*-•·–>\"'<([{|#.:„“「【"
_NUMBERED = re.compile(r"\d{1,3}[.)]\s{0,20}")

_LABELS = (
    *(
        "rcpt to",
        "recipient",
        "recipients",
        "recipient address",
        "recipient(s)",
        "to",
        "for",
        "address",
        "user",
    ),
    *("addressed to", "error-for", "failed recipient", "intended recipient", "undeliverable address", "smtp"),
    *("mailbox", "account", "failed", "undeliverable", "unknown user", "unknown local user", "no such user"),
    *("an", "empfänger", "empfängeradresse", "adresse", "à", "destinataire", "l'adresse", "a", "para"),
    *("destinatario", "destinatário", "al", "aan", "ontvanger", "til", "till", "do", "na adres", "на адрес"),
    *(
        "адрес",
        "получатель",
        "пользователь",
        "пользователю",
        "адресату",
        "宛先",
        "送信先",
        "受信者",
        "收件人",
    ),
    *(
        "收信人",
        "收件人地址",
        "받는 사람",
        "받는사람",
        "수신자",
        "550",
        "550-",
        "553",
        "554",
        "552",
        "450",
        "451",
        "452",
    ),
)
"""What stands right before a failed address."""

_MUTE_LABELS = frozenset(_LABELS) - {
    "failed",
    "undeliverable",
    "unknown user",
    "unknown local user",
    "no such user",
}
"""Labels that say nothing of the reason."""

_OTHERS = (
    *(
        "from",
        "from:",
        "by",
        "sender",
        "sender:",
        "contact",
        "reply to",
        "write to",
        "forward to",
        "bounces to",
    ),
    *(
        "mailto:",
        "message-id:",
        "id",
        "id:",
        "help at",
        "e-mail us at",
        "email us at",
        "(return path)",
        "mail to",
    ),
    *(
        "report to",
        "send mail to",
        "mail from:",
        "from <",
        "expanded from:",
        "expanded from",
        "generated from",
    ),
    *(
        "problems to",
        "questions to",
        "von",
        "von:",
        "absender",
        "absender:",
        "de la part de",
        "contactez",
        "ask",
    ),
    *(
        "postmaster",
        "original-envelope-id:",
        "references:",
        "in-reply-to:",
        "please email",
        "please use",
        "new address is",
        "new address:",
        "neue adresse:",
        "nouvelle adresse :",
        "nueva dirección:",
        "reach me at",
        "bitte an",
        "support at",
        "envelope-from",
    ),
)
"""What stands right before the address of somebody else, or before what is no address at all."""

_OTHER_FIELDS = re.compile(
    r"(?:from|sender|reply-to|return-path|message-id|references|in-reply-to|received|date|subject|cc|bcc"
    r"|x-[\w-]{1,40}|von|absender|betreff|de|expéditeur|objet|remitente|差出人|送信者|件名|发件人|主题)\s{0,3}[:：]",
    re.IGNORECASE,
)
"""Lines that show fields of the mail that came back."""

_EXPANDED = ("(expanded from:", "(expanded from", "(generated from")
"""What leads from the address that failed to the one the sender wrote."""

_HEADINGS = (
    *("did not reach the following", "not reach some or all", "could not be reached", "following recipient"),
    *("following address", "was not delivered to:", "folgende empfänger", "folgende adresse", "folgenden"),
    *(
        "destinataires suivants",
        "destinataire suivant",
        "siguientes destinatarios",
        "destinatarios siguientes",
    ),
    *("seguenti destinatari", "seguintes destinatários", "volgende geadresseerde", "volgende ontvanger"),
)
"""What stands above the list of those that failed. Above it, a report shows fields of the mail."""

_X400 = "smtp="
"""Before the mail address in an X.400 name, as Exchange writes "c=US;a= ;p=X;dda:SMTP=bob@x.example;"."""

_X400_ADDRESS = re.compile(r"(?:smtp|rfc-?822)=([\w.+-]{1,64})(?:\(a\)|@)(?=[\w-]{1,63}\.)", re.IGNORECASE)

_SYSTEMS = frozenset({"postmaster", "mailer-daemon", "mailerdaemon"})
_HELPERS = frozenset(
    {"abuse", "support", "help", "helpdesk", "noreply", "no-reply", "admin", "administrator"}
)
"""Local parts that a report names as its author, and as who can help; the latter can have failed too."""


@dataclass(frozen=True, slots=True)
class Place:
    """An address in a report. `line` counts from 0, `end` is the column behind it, `rank` as above.

    `written` is what stands there: of a list or an alias the member, where `address` is what the sender wrote.
    """

    address: str
    written: str
    line: int
    end: int
    rank: int


def failed_places(lines: Sequence[str], own: Collection[str]) -> list[Place]:
    """Every place where an address stands that may have failed, in order.

    `own` are addresses in lower case that did not: those of the bounce itself.
    """
    places: list[Place] = []
    for number, line in enumerate(lines):
        if len(places) >= MAX_PLACES:
            break
        if "@" not in line or _OTHER_FIELDS.match(line.lstrip(_BULLETS)):
            continue
        spans = list(_spans(line))
        for start, end, address in spans:
            rank = STARTS_LINE if _is_x400(line[:start]) else _rank(line[:start], line[end:])
            if rank is not None and not _somebody_else(address.lower(), rank, own):
                expanded = next(
                    (other for at, _, other in spans if line[end:at].strip("> <") in _EXPANDED), address
                )
                if rank == STARTS_LINE and expanded == address:
                    expanded = _expanded_below(lines, number) or address
                places.append(Place(expanded, address, number, end, rank))
    return places


def without_x400(line: str) -> str:
    """The line with the mail addresses of X.400 names in one spelling, of the several that there are."""
    return _X400_ADDRESS.sub(r"smtp=\1@", line) if "=" in line else line


def below_heading(lines: Sequence[str], places: list[Place]) -> list[Place]:
    """The places below the line that announces the failed recipients, if it has any plain ones below it."""
    for number, line in enumerate(lines):
        folded = line.lower()
        if any(heading in folded for heading in _HEADINGS):
            below = [place for place in places if place.line >= number]
            return below if any(place.rank >= LABELLED for place in below) else places
    return places


def is_label(line: str, address: str) -> bool:
    """Whether a line holds nothing beside an address and what labels it."""
    lead, _, rest = line.lower().partition(address.lower())
    return lead.strip(" \t<>:：=;'\"[(") in _MUTE_LABELS and not rest.strip(" \t<>'\"]).:;,")


def addresses_in(values: Iterable[str]) -> list[str]:
    """The addresses in some header values, each once, in order."""
    return list(dict.fromkeys(address for value in values for _, _, address in _spans(value)))


def _expanded_below(lines: Sequence[str], number: int) -> str:
    """The address that the line below an address says it was made from, or ""."""
    below = lines[number + 1].strip().lower() if number + 1 < len(lines) else ""
    lead = next((lead for lead in _EXPANDED if below.startswith(lead)), "")
    return next((address for _, _, address in _spans(lines[number + 1])), "") if lead else ""


def _is_x400(before: str) -> bool:
    return before[-len(_X400) :].lower() == _X400


def _spans(line: str) -> Iterator[tuple[int, int, str]]:
    if "@" not in line:
        return
    for match in _ADDRESS.finditer(line):
        written = match.group()
        bare = written.rstrip(".-_")
        start = match.start() + (len(_X400) if bare.lower().startswith(_X400) else 0)
        local, _, domain = bare[start - match.start() :].rpartition("@")
        if local and domain.strip("."):
            yield start, match.start() + len(bare), f"{local}@{domain.lower()}"


def _rank(before: str, after: str) -> int | None:
    """How tellingly the address between these two stands; None when it is plainly somebody else's."""
    lead = before.rstrip(" \t<\"'([{„“").lower()
    if lead.endswith(_OTHERS) or "://" in before[-80:].rpartition(" ")[2]:
        return None
    start = before.strip(_BULLETS)
    if not start or not _NUMBERED.sub("", before.strip(), count=1).strip(_BULLETS):
        return STARTS_LINE
    words = lead.rstrip(" \t:：=;").rpartition("  ")[2]
    if any(words == label or words.endswith((f" {label}", f";{label}", f">{label}")) for label in _LABELS):
        return LABELLED
    bracketed = before.endswith(("<", "(", "[", "'", '"', "「"))
    if bracketed and not after.strip("<>()[]'\".:;, "):
        return LABELLED
    return IN_BRACKETS if bracketed else ANYWHERE


def _somebody_else(folded: str, rank: int, own: Collection[str]) -> bool:
    local = folded.rpartition("@")[0]
    return folded in own or local in _SYSTEMS or (rank < LABELLED and local in _HELPERS)
