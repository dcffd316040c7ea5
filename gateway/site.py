"""The site as it is now: what the settings say of it, and the keys as their file has them."""

from collections.abc import Callable
from dataclasses import replace

from gateway.config.settings import Settings
from gateway.keys import KeyFile
from rules.site import Site
from rules.tokens import KeyRing

Sites = Callable[[], Site]
"""Gives the site at this moment."""


def sites(settings: Settings) -> Sites:
    """The site of these settings. A new key is in force within a second, without a restart."""
    file = KeyFile(settings.keys_file)
    plain = settings.site()
    last: tuple[KeyRing, Site] = (plain.ring, plain)

    def now() -> Site:
        nonlocal last
        ring = file.ring()
        if ring is not last[0]:
            last = (ring, replace(plain, ring=ring))
        return last[1]

    return now
