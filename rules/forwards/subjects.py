"""What the prefix of a subject says: forward, reply, or nothing."""

from rules.forwards.phrases import (
    FORWARD_PREFIXES,
    NORDIC_FORWARD,
    NORDIC_PREFIX,
    NORDIC_REPLY,
    REPLY_PREFIXES,
)
from rules.forwards.words import folded, tidy

FORWARD, REPLY, NEUTRAL = "forward", "reply", "neutral"

_LONGEST_PREFIX = 24
_LONGEST_TAG = 40
_MOST_TAGS = 4
_MOST_PREFIXES = 20


def kind_of(subject: str, languages: frozenset[str] = frozenset()) -> str:
    """What the first prefix says: "forward", "reply" or "neutral".

    Tags in brackets before it ("[EXTERNAL]") are passed over, counters in it ("Re[2]:", "FW (3):") ignored.
    `languages` are those of the header block below; they settle what "VS:" means.
    """
    kind, _ = _first_prefix(subject, languages)
    return kind


def without_forward_prefix(subject: str, languages: frozenset[str] = frozenset()) -> str:
    """The subject without the forward prefix at its beginning; otherwise as it stands."""
    kind, rest = _first_prefix(subject, languages)
    return rest if kind == FORWARD else subject.strip()


def bare(subject: str) -> str:
    """The subject folded for comparing, all prefixes and tags off."""
    rest = subject
    for _ in range(_MOST_PREFIXES):
        kind, rest = _first_prefix(rest, NORDIC_REPLY)
        if kind == NEUTRAL:
            break
    return folded(_without_tags(tidy(rest)))


def _first_prefix(subject: str, languages: frozenset[str]) -> tuple[str, str]:
    """The kind of the first prefix, and the subject behind it (the whole of it when there is none)."""
    plain = tidy(subject).strip()
    # Old Netscape mails carry the whole subject in brackets: "[Fwd: Invoice 7]".
    if plain.startswith("[") and plain.endswith("]") and _kind(plain[1:], languages)[0] == FORWARD:
        plain = plain[1:-1]
    kind, rest = _kind(_without_tags(plain), languages)
    return kind, rest if kind != NEUTRAL else plain


def _kind(plain: str, languages: frozenset[str]) -> tuple[str, str]:
    head = plain[:_LONGEST_PREFIX].replace("：", ":").replace("﹕", ":")
    colon = head.find(":")
    if colon <= 0:
        return NEUTRAL, plain
    word = folded(head[:colon]).rstrip("0123456789[]()^*. ")
    rest = plain[colon + 1 :].strip()
    if word == NORDIC_PREFIX:
        if languages & NORDIC_FORWARD:
            return FORWARD, rest
        return (REPLY if languages & NORDIC_REPLY else NEUTRAL), rest if languages & NORDIC_REPLY else plain
    if word in FORWARD_PREFIXES:
        return FORWARD, rest
    return (REPLY, rest) if word in REPLY_PREFIXES else (NEUTRAL, plain)


def _without_tags(plain: str) -> str:
    for _ in range(_MOST_TAGS):
        if not plain.startswith(("[", "*", "(")):
            break
        closer = {"[": "]", "*": "*", "(": ")"}[plain[0]]
        end = plain.find(closer, 1, _LONGEST_TAG)
        if end == -1:
            break
        plain = plain[end + 1 :].lstrip(" *:-")
    return plain.strip()
