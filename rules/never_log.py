"""The never-log list: people and domains whose mail is kept out."""

from collections.abc import Iterable

from rules.addresses import address_key, domain_of
from rules.site import Site

ERASED = "an erased person"
"""What the entry of somebody is called who was erased for good: nobody knows their address any more."""


def never_log_hit(addresses: Iterable[str], site: Site) -> str | None:
    """The entry of the never-log list that one of the addresses falls under, or None.

    An entry is an address (plus-tags and case folded) or a domain, which stands for its sub-domains too. Erased
    people who are never to come back stand on the list as ERASED.
    """
    if not site.keeps_people_out:
        return None
    for address in addresses:
        if site.never_again.holds(address):
            return ERASED
        key = address_key(address)
        if key in site.never_log:
            return key
        labels = domain_of(address).split(".")
        for start in range(len(labels)):
            domain = ".".join(labels[start:])
            if domain in site.never_log:
                return domain
    return None
