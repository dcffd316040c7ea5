"""What the service functions need."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Engine

from gateway.config.settings import Settings
from rules.site import Site
from rules.tokens import KeyRing
from storage.blobs import Blobs


def _nobody() -> None:
    """There is nobody to be called."""


@dataclass(frozen=True, slots=True)
class Desk:
    """Settings, store, keys and clock. `clock` gives aware UTC, `keys` the keys of signed addresses as they are now.

    `wake` calls the sender when there is something to be sent; it must be safe to call from any thread.
    """

    settings: Settings
    engine: Engine
    blobs: Blobs
    keys: Callable[[], KeyRing]
    clock: Callable[[], datetime]
    wake: Callable[[], None] = _nobody

    def site(self) -> Site:
        """The site as it is now."""
        return replace(self.settings.site(), ring=self.keys())
