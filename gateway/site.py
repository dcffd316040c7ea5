"""The site as it is now: what the settings say of it, and the keys as their file has them."""

from collections.abc import Callable
from dataclasses import replace

from gateway.config.settings import Settings
from gateway.erasing.tombstones import NeverAgainFile
from gateway.keys import KeyFile
from rules.site import Site
from rules.tokens import KeyRing
from rules.tombstones import NeverAgain

Sites = Callable[[], Site]
"""Gives the site at this moment."""


def sites(settings: Settings) -> Sites:
    """The site of these settings. A new key, or a person to keep out, is known within a second, without a restart."""
    file = KeyFile(settings.keys_file)
    erased = NeverAgainFile(settings.tombstones_file)
    plain = settings.site()
    last: tuple[KeyRing, NeverAgain, Site] = (plain.ring, plain.never_again, plain)

    def now() -> Site:
        nonlocal last
        ring, never_again = file.ring(), erased.now()
        if ring is not last[0] or never_again is not last[1]:
            last = (ring, never_again, replace(plain, ring=ring, never_again=never_again))
        return last[2]

    return now
