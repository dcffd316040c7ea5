"""Reading mail: raw bytes to `rules.message.Message`.

The reader is loaded when it is first asked for: the daemon, which uses but the HTML and the file names of this
package, stays 8 MB smaller without it.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gateway.mail.reading import FAILED, UNREAD, minimal, read

__all__ = ["FAILED", "UNREAD", "minimal", "read"]


def __getattr__(name: str) -> Any:
    """What `gateway.mail.reading` has under a public name (PEP 562)."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from gateway.mail import reading  # noqa: PLC0415 - see above

    return getattr(reading, name)
