"""People who may not be who their name or domain says: what a reader is told of them."""

import unicodedata
from collections.abc import Collection, Iterable, Iterator, Mapping

import regex

from rules.addresses import address_key, domain_of, unfold_domain
from rules.domains import is_free_mail, is_own_domain, parents
from rules.lookalikes import looks_like
from rules.people import Participant
from rules.scripts import mixture
from rules.shown import shown, shown_address, shown_domain
from rules.site import Site

MOST = 10
"""Notices of this kind on one mail."""

MOST_DOMAINS = 100
"""Domains of one mail whose look-alikes are asked for: each costs up to 48 look-ups."""

_ADDRESS = regex.compile(r"[^\s@<>\"'(),;:\[\]]{1,64}+@(?:[\w-]{1,63}\.){1,8}[\w-]{2,63}")
_MOST_SEARCHED = 500


def disguises(
    people: Iterable[Participant | None], domains: Mapping[str, Collection[str]], site: Site
) -> list[str]:
    """One sentence for each name or domain that may deceive, at most ten.

    `domains` are those that accounts list (`rules.facts.Facts.domains`), `asked_domains` among those asked for.
    """
    found: dict[str, None] = {}
    seen: set[str] = set()
    for person in people:
        if person is None:
            continue
        found.update(dict.fromkeys(_of_name(person)))
        domain = domain_of(person.email)
        if domain not in seen:
            seen.add(domain)
            found.update(dict.fromkeys(_of_domain(domain, domains, site)))
    notices = list(found)
    if len(notices) <= MOST:
        return notices
    return [*notices[: MOST - 1], f"{len(notices) - MOST + 1} more names or domains may deceive."]


def asked_domains(domains: Iterable[str]) -> frozenset[str]:
    """The look-alikes that the directory must be asked for, of the domains (folded) of a mail."""
    found: set[str] = set()
    for domain in list(dict.fromkeys(domains))[:MOST_DOMAINS]:
        if not is_free_mail(domain):
            found.update(looks_like(domain))
    return frozenset(found)


def _of_name(person: Participant) -> Iterator[str]:
    name = person.name
    if not name:
        return
    # What cannot be seen parts no words.
    scripts = mixture(shown(name[:_MOST_SEARCHED]))
    if scripts:
        who = shown_address(person.email)
        yield f"The name “{_short(name)}” of {who} mixes {' and '.join(scripts)} letters in one word."
    if "@" in (text := unicodedata.normalize("NFKC", name[:_MOST_SEARCHED])):
        own = address_key(person.email)
        for match in _ADDRESS.finditer(text):
            if address_key(match[0]) != own:
                other = shown_address(match[0])
                yield f"The name of {shown_address(person.email)} shows another address, {other}."
                return


def _of_domain(domain: str, domains: Mapping[str, Collection[str]], site: Site) -> Iterator[str]:
    ours = site.own_domains | site.domains
    if not domain or is_own_domain(domain, ours) or any(each in domains for each in parents(domain)):
        return
    told = domain if domain.isascii() else shown_domain(domain)
    known = (each for each in looks_like(domain) if each in ours or domains.get(each))
    real = next(known, None)
    if real is not None:
        yield f"The domain {told} looks like {real} but is not."
    elif scripts := mixture(unfold_domain(domain)):
        yield f"The domain {told} mixes {' and '.join(scripts)} letters."


def _short(name: str) -> str:
    text = shown(name)
    return text if len(text) <= 100 else f"{text[:100]}…"
