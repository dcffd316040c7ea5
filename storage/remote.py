"""A store of objects that is not a folder of this machine: S3 and what speaks like it, through obstore.

Loaded only where it is configured: obstore is 5 MB in each process.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import obstore
from obstore.exceptions import BaseError
from obstore.store import ObjectStore, from_url

if TYPE_CHECKING:
    from obstore.store import ClientConfig, RetryConfig

_RETRIES: "RetryConfig" = {"max_retries": 3, "retry_timeout": timedelta(seconds=40)}
"""By itself obstore tries for three minutes, and a client waits after the dot."""


class Remote:
    """Objects by their path. Raises OSError, FileNotFoundError for what is not there."""

    def __init__(self, store: ObjectStore) -> None:
        self._store = store

    def put(self, path: str, content: bytes) -> None:
        """Keep it, durably as far as the store is."""
        with _translated():
            obstore.put(self._store, path, content)

    def get(self, path: str) -> bytes:
        """The whole object."""
        with _translated():
            return obstore.get(self._store, path).bytes().to_bytes()

    def look(self, path: str) -> tuple[int, datetime]:
        """Its size in bytes, and when it was last put."""
        with _translated():
            found = obstore.head(self._store, path)
        return found["size"], found["last_modified"]

    def delete(self, path: str) -> None:
        """Forget it. A store may not say that there was none."""
        with _translated():
            obstore.delete(self._store, path)

    def everything(self) -> Iterator[tuple[str, datetime]]:
        """Path, and when it was last put, of every object."""
        with _translated():
            for some in obstore.list(self._store):
                for each in some:
                    yield each["path"], each["last_modified"]


def open_remote(url: str) -> Remote:
    """The store at a URL such as `s3://bucket/prefix`, which is not asked yet. Raises OSError."""
    with _translated():
        return Remote(from_url(url, client_options=_client(), retry_config=_RETRIES))


@contextmanager
def _translated() -> Iterator[None]:
    """obstore's errors are no OSError, and hold pages of Rust."""
    try:
        yield
    except BaseError as error:
        raise OSError(str(error).partition("\n")[0]) from error


def _client() -> "ClientConfig":
    # What is given here takes the place of what obstore would read of it from the environment.
    plain = os.environ.get("AWS_ALLOW_HTTP", "").lower() in ("1", "true", "yes")
    return {"connect_timeout": timedelta(seconds=5), "timeout": timedelta(seconds=30), "allow_http": plain}
