"""All sections, in the order of the page.

A module that brings more is named in MODULES and lists them in its `SECTIONS`; one that is not there yet is passed
over.
"""

import importlib
import importlib.util

from tests.bench.section import Section

MODULES = ("accept", "times", "least", "filed", "backlog", "filing", "corpus", "reading", "memory", "shared")
"""Of this package. `times` are those from the dot to 250, `least` is what any listener in Python costs, `filing` the
worker alone, `shared` a PostgreSQL, `reading` the timeline and the search."""


def sections() -> dict[str, Section]:
    """Name → section."""
    found: dict[str, Section] = {}
    for module in MODULES:
        place = f"{__package__}.{module}"
        if importlib.util.find_spec(place) is None:
            continue
        for each in importlib.import_module(place).SECTIONS:
            found[each.name] = each
    return found
