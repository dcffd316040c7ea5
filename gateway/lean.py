"""Imported first by the processes that stay: libraries are loaded without what they would load for show.

structlog loads rich, and with it pygments, for tracebacks that print the variables of every frame. Those are the
mail, so ours are plain always (`gateway.events`): 7 MB in each process for nothing. SQLAlchemy's engine for asyncio
loads the ORM, of which nothing here is used: 6 MB. asyncio loads OpenSSL: 3 MB in a process that speaks no TLS by it.
"""

import importlib
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import cast


@contextmanager
def without(*names: str) -> Iterator[None]:
    """While the block imports, these modules cannot be imported; libraries that can do without take them as missing.

    Afterwards everybody may import them again. What is loaded already stays.
    """
    refused = [name for name in names if name not in sys.modules]
    # None in the place of a module lets `import` raise ModuleNotFoundError (the import system, 5.3.1).
    sys.modules.update((name, cast("ModuleType", None)) for name in refused)
    try:
        yield
    finally:
        for name in refused:
            sys.modules.pop(name, None)


def asyncio_engine() -> None:
    """Load `sqlalchemy.ext.asyncio` for its engine alone. Its sessions, which need the ORM, are then empty names.

    Nothing happens when it is loaded already. For processes that are ours from their start to their end.
    """
    package = "sqlalchemy.ext.asyncio"
    if package in sys.modules:
        return
    for name in ("scoping", "session"):
        stand_in = ModuleType(f"{package}.{name}")
        stand_in.__getattr__ = lambda _name: object  # type: ignore[method-assign]  # PEP 562
        sys.modules[stand_in.__name__] = stand_in
    importlib.import_module(package)


NO_TLS = ("-X", "no_tls")
"""Options of Python for a process without its `ssl`; PostgreSQL's and the object store's libraries have their own."""

if NO_TLS[1] in sys._xoptions:
    sys.modules["ssl"] = cast("ModuleType", None)

with without("rich", "pygments"):
    import structlog  # noqa: F401
