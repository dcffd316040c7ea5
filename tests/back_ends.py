"""Which back end the houses of the tests stand on: SQLite, or what TEST_BACK_END names (`make test-postgresql`)."""

import os
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from tests import postgresql

NAME = os.environ.get("TEST_BACK_END", "sqlite")

SQLITE_ONLY = pytest.mark.skipif(NAME != "sqlite", reason="about what SQLite has of its own")


@cache
def storage(folder: Path) -> dict[str, Any]:
    """The section [storage] of the house in a folder: nothing means an SQLite file there."""
    if NAME == "sqlite":
        return {}
    server = postgresql.shared()
    return {"database": server.create(server.migrated())}
