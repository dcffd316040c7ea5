"""How a subject is compared with those that machines write (`rules.machine.phrases`).

A person's "Re:" or "Fwd:" in front makes any of them a person's.
"""

import unicodedata
from functools import cache, lru_cache

from rules.machine.phrases import PREFIXES, TAGS

MAX_SUBJECT = 1000
"""Characters of a subject that are looked at."""

_OPENINGS = "[({「『【《<*\"'“„« "
_ENDINGS = ":;,.!|()[]{}「」『』【】《》<–—\"'“„«"


def reads_like(subject: str, phrases: tuple[str, ...], *, closed: bool = False) -> str:
    """The first of the phrases that the subject begins with, or "".

    With `closed` the phrase must be the whole subject or be followed by punctuation: "Automatic reply: Offer"
    is one, "Automatic reply is broken" is a person's. A subject that begins with a reply or forward prefix
    is never one.
    """
    plain = plain_subject(subject)
    if is_answer(plain):
        return ""
    plain = plain.lstrip(_OPENINGS)
    for phrase in _by_beginning(phrases).get(plain[:1], ()):
        if plain.startswith(phrase) and (not closed or _ends(plain[len(phrase) :])):
            return phrase
    return ""


@cache
def _by_beginning(phrases: tuple[str, ...]) -> dict[str, list[str]]:
    """The phrases, in order, by how they begin: of hundreds a subject is like three."""
    found: dict[str, list[str]] = {}
    for phrase in phrases:
        found.setdefault(phrase[:1], []).append(phrase)
    return found


def plain_subject(subject: str) -> str:
    """The subject folded for comparison: lower case, single blanks, straight quotes, tags taken off."""
    return _known_plain(subject[:MAX_SUBJECT])


@lru_cache(64)
def _known_plain(subject: str) -> str:
    folded = unicodedata.normalize("NFKC", subject).lower().replace("i\u0307", "i").replace("’", "'")
    plain = " ".join(folded.split())
    for tag in TAGS:
        plain = plain.removeprefix(tag).lstrip()
    return plain


def is_answer(plain: str) -> bool:
    """Whether a plain subject begins with the prefix of a reply or a forward, such as "re:" or "aw[2]:"."""
    head, colon, _ = plain[:16].lstrip("[(").partition(":")
    return bool(colon) and head.partition("[")[0].strip() in PREFIXES


def _ends(rest: str) -> bool:
    bare = rest.lstrip()
    if not bare or bare[0] in _ENDINGS:
        return True
    return bare[0] in "-/~=" and (rest[0] == " " or not bare[1:2].isalpha())
