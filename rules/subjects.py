"""Addresses in the subject of a note."""

import re

# Maximal runs between delimiters: every character is looked at once, however long the subject.
_WORD = re.compile(r"[^\s<>()\[\]{},;:\"“”„«»|]+")
_DOMAIN = re.compile(r"[\w.-]+")
_SCHEME = "mailto:"
_LEADING = "'‘."
_TRAILING = ".!?'’"
_EMPTY_BRACKETS = re.compile(r"<\s{0,3}>|\(\s{0,3}\)|\[\s{0,3}\]|\{\s{0,3}\}|\"\s{0,3}\"")
_LONE_POINT = re.compile(r" ([.:,;!?])(?= |$)")
_EDGES = " \t-–—:,;|/"


def subject_addresses(subject: str) -> tuple[str, ...]:
    """The e-mail addresses in a subject, in order, the domain in lower case."""
    return tuple(address for _, _, address in _spans(subject))


def without_addresses(subject: str, addresses: tuple[str, ...]) -> str:
    """The subject with these addresses, their brackets and the separators around them taken out."""
    pieces, end = [], 0
    for start, stop, address in _spans(subject):
        if address in addresses:
            pieces.append(subject[end:start])
            end = stop
    if not pieces:
        return subject
    pieces.append(subject[end:])
    joined = _EMPTY_BRACKETS.sub(" ", " ".join(piece.strip() for piece in pieces))
    tidy = _LONE_POINT.sub(r"\1", " ".join(joined.split()))
    return tidy.strip(_EDGES)


def _spans(subject: str) -> list[tuple[int, int, str]]:
    found = []
    for match in _WORD.finditer(subject):
        word = match.group()
        lead = len(word) - len(word.lstrip(_LEADING))
        local, at, rest = word[lead:].partition("@")
        named = _DOMAIN.match(rest)
        domain = named.group().rstrip(".-") if named else ""
        behind = rest[len(domain) :]
        if not (at and local and "@" not in rest and _looks_like_domain(domain)):
            continue
        start = match.start() + lead
        stop = match.end() - len(behind)
        if subject[max(start - len(_SCHEME), 0) : start].lower() == _SCHEME:
            start -= len(_SCHEME)
        # The full stop of a subject that ends in the address goes with it.
        if match.end() == len(subject) and not behind.strip(_TRAILING):
            stop = len(subject)
        found.append((start, stop, f"{local}@{domain.lower()}"))
    return found


def _looks_like_domain(domain: str) -> bool:
    labels = domain.split(".")
    return len(labels) > 1 and all(label and not label.startswith("-") for label in labels)
