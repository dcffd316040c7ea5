"""Imported first by the processes that stay: libraries are loaded without what they would load for show.

structlog loads rich, and with it pygments, for tracebacks that print the variables of every frame. Those are the
mail, so ours are plain always (`gateway.events`): 7 MB in each process for nothing.
"""

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


with without("rich", "pygments"):
    import structlog  # noqa: F401
