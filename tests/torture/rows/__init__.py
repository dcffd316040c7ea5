"""The rows of the torture table, one a file, each with a `ROW`."""

from importlib import import_module

from tests.torture.bench import Row

NAMES: tuple[str, ...] = (
    "kills",
    "faults",
    "power",
    "disconnects",
    "withheld",
    "disk",
    "sigterm",
    "outgoing",
    "gate",
    "idle",
    "flood",
    "smuggling",
    "smtp_fuzz",
    "mime",
    "html",
    "spoof",
    "tokens",
    "erase",
    "cluster",
    "mutations",
)
"""In the order of the table."""


def rows() -> tuple[Row, ...]:
    """All rows."""
    return tuple(import_module(f"{__name__}.{name}").ROW for name in NAMES)
