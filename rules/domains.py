"""Domains as companies use them: what can be registered, what lies above it, and where anybody has a mailbox.

Domains are A-labels in lower case (`rules.addresses.fold_domain`).
"""

import re
from collections.abc import Collection
from functools import cache, lru_cache

from publicsuffixlist import PublicSuffixList

from rules.addresses import MAX_DOMAIN
from rules.freemail import FREE_MAIL

_DOTTED_QUAD = re.compile(r"[0-9.]+\Z")


def registrable(domain: str) -> str | None:
    """The registrable domain (public suffix list, private suffixes counted), or None.

    `mail.acme.co.uk` gives `acme.co.uk`, `acme.github.io` itself. None for a public suffix, a single label,
    an address literal and junk.
    """
    if not domain or len(domain) > MAX_DOMAIN or _DOTTED_QUAD.match(domain) or "[" in domain or ":" in domain:
        return None
    if domain.startswith(".") or ".." in domain:
        return None
    return _suffixes().privatesuffix(domain)


def parents(domain: str) -> tuple[str, ...]:
    """The domain and each parent down to the registrable one, longest first; () when there is none."""
    return _known_parents(domain) if len(domain) <= MAX_DOMAIN else ()


@lru_cache(4096)
def _known_parents(domain: str) -> tuple[str, ...]:
    shortest = registrable(domain)
    if shortest is None:
        return ()
    labels = domain.split(".")
    above = len(labels) - len(shortest.split("."))
    return tuple(".".join(labels[start:]) for start in range(above + 1))


def is_free_mail(domain: str, extra: Collection[str] = frozenset()) -> bool:
    """Whether anybody can have a mailbox there: the domain or a parent is free mail, or is in `extra`."""
    return any(name in FREE_MAIL or name in extra for name in parents(domain) or (domain,))


def is_own_domain(domain: str, own: Collection[str]) -> bool:
    """Whether the domain is one of our own, or lies under one."""
    return any(name in own for name in parents(domain) or (domain,))


@cache
def _suffixes() -> PublicSuffixList:
    # Reading the list takes some 60 ms: only for those who ask.
    return PublicSuffixList()
