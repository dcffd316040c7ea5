"""The rows of the torture table, one a file, each with a `ROW`."""

from importlib import import_module

from tests.torture.bench import Row

NAMES: tuple[str, ...] = (
    "tokens",
    "outgoing",
    "spoof",
    "mutations",
    "html",
)
"""In the order of the table."""


def rows() -> tuple[Row, ...]:
    """All rows."""
    return tuple(import_module(f"{__name__}.{name}").ROW for name in NAMES)
