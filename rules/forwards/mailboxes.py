"""The people of a header block: names and addresses in every way that clients set them down."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from rules.forwards.words import folded, tidy
from rules.message import Address

MAX_VALUE = 65_536
"""Characters of one header value looked at; the same bound as for the address headers of the mail itself."""

MAX_MAILBOXES = 1000
MAX_LOCAL, MAX_DOMAIN = 128, 255
"""Characters on either side of the "@" (RFC 5321 4.5.3.1 allows 64 and 255 octets; local parts are overrun)."""

_OPENERS = "<[(（〈＜"
_CLOSERS = ">])）〉＞"
_SEPARATORS = ",;、；，"
_QUOTES = "\"'“”„«»‘’‹›`"
_NEVER_IN_ADDRESS = frozenset(_OPENERS + _CLOSERS + _SEPARATORS + '@"“”„«»:\\ \n\t|*')

# Outlook names the one who sent before the one who wrote: "Ann <ann@x> on behalf of Bob <bob@y>".
_BEHALF = re.compile(
    r"\b(?:on behalf of|im auftrag von|de la part de|au nom de|en nombre de|em nome de|per conto di|namens|"
    r"på vegne af|på vegne av|för|puolesta|w imieniu|jménem|v mene|nevében|în numele|u ime|от имени|від імені|"
    r"adına|εκ μέρους)\b",
    re.IGNORECASE,
)
_LINK = re.compile(r"mailto:", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class _Found:
    """An address in a value: where it stands, and what encloses it (an opening bracket or "")."""

    start: int
    end: int
    email: str
    opener: str


def read_mailboxes(value: str) -> tuple[Address, ...]:
    """The mailboxes of a To or Cc value that have an address, in order. Never raises; linear in its length.

    Understands commas and semicolons between people and commas inside names, `[mailto:…]`, `<mailto:…>`,
    quotes, an address for a name, a name in brackets behind. Who is named without an address is left out.
    """
    return tuple(_mailboxes(tidy(value[:MAX_VALUE])))


def read_sender(value: str) -> Address | None:
    """The author in a From value, or None when it names no address of the author.

    Behind "on behalf of" stands the author; an address before it is that of somebody else.
    """
    plain = tidy(value[:MAX_VALUE])
    behalf = _BEHALF.search(plain[:1000])
    if behalf and "@" in plain[: behalf.start()]:
        plain = plain[behalf.end() :]
    return next(_mailboxes(plain, alone=True), None)


def read_name(value: str) -> str:
    """The display name of a From value without an address."""
    return _name(tidy(value[:MAX_VALUE]))


def _mailboxes(plain: str, alone: bool = False) -> Iterator[Address]:
    found = list(_addresses(plain))
    semicolons = alone or any(mark in plain for mark in ";；")
    done: Address | None = None
    done_at = 0
    enclosed = False
    for here in found:
        gap = plain[done_at : here.start]
        if done is not None:
            joined = gap.lstrip(_CLOSERS + _QUOTES + " ")
            if not _LINK.sub("", joined).strip(_OPENERS + _QUOTES + " ") and (here.opener or not joined):
                # "ann@x <ann@x>", "ann@x<mailto:ann@x>": one person, the address in brackets is the real one.
                if not enclosed and not done.name and done.email != here.email:
                    done = Address(here.email, done.email)
                enclosed, done_at = True, here.end
                continue
            named, gap = _name_behind(joined)
            yield Address(done.email, done.name or ("" if enclosed else named))
        done = Address(here.email, _name_before(gap, semicolons, here.email))
        done_at, enclosed = here.end, bool(here.opener)
    if done is not None:
        named, _ = _name_behind(plain[done_at:].lstrip(_CLOSERS + _QUOTES + " "))
        yield Address(done.email, done.name or ("" if enclosed else named))


def _addresses(plain: str) -> Iterator[_Found]:
    at = plain.find("@")
    past, count = 0, 0
    while at != -1 and count < MAX_MAILBOXES:
        start = at
        while start > past and at - start < MAX_LOCAL and plain[start - 1] not in _NEVER_IN_ADDRESS:
            start -= 1
        end = at + 1
        while end < len(plain) and end - at <= MAX_DOMAIN and (plain[end].isalnum() or plain[end] in ".-_"):
            end += 1
        local = plain[start:at].lstrip("'‘’`=")
        domain = plain[at + 1 : end].strip(".-_")
        if local and domain:
            before = plain[max(0, start - 12) : start]
            if before.lower().endswith("mailto:"):
                before = before[:-7]
            before = before.rstrip(" '\"")
            opener = before[-1:] if before.endswith(tuple(_OPENERS)) else ""
            yield _Found(start, end, f"{local}@{domain.lower()}", opener)
            past, count = end, count + 1
        at = plain.find("@", max(end, at + 1))


def _name_before(gap: str, semicolons: bool, email: str) -> str:
    """The display name at the end of what stands between two addresses."""
    text = _LINK.sub("", gap).strip(_OPENERS + _SEPARATORS + " ")
    if text.endswith(tuple(_QUOTES)) and text[:-1].strip():
        opened = max(text.rfind(quote, 0, len(text) - 1) for quote in '"“„«')
        if opened != -1:
            return _name(text[opened:], email)
    for mark in ";；":
        text = text.rpartition(mark)[2]
    if not semicolons:
        parts = [part.strip() for part in text.split(",")]
        # "Smith, John <…>" is one person, "Ann Lee, Bob Ray <…>" are two, the first without an address.
        text = ", ".join(parts) if len(parts) == 2 and " " not in parts[0] else parts[-1]
    return _name(text, email)


def _name_behind(gap: str) -> tuple[str, str]:
    """A name in brackets behind a bare address, and the rest of the gap."""
    if not gap.startswith(("(", "（")):
        return "", gap
    inside, closed, rest = gap[1:].replace("）", ")", 1).partition(")")
    return (_name(inside), rest) if closed and "@" not in inside else ("", gap)


def _name(text: str, email: str = "") -> str:
    name = " ".join(text.replace("\n", " ").split()).strip(_QUOTES + _OPENERS + _SEPARATORS + "* ")
    return "" if folded(name) == folded(email) else name
