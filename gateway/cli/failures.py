"""Errors of the rooms below, as the command line tells them."""

from gateway.cli.exits import CONFIGURATION, DATA, DISK, TRY_LATER, Failure
from gateway.config.problems import ConfigError
from gateway.erasing.tombstones import TombstonesError
from gateway.keys import KeysError
from storage import errors

_CODES: tuple[tuple[type[errors.StorageError], int], ...] = (
    (errors.DiskFailed, DISK),
    (errors.DatabaseLocked, TRY_LATER),
    (errors.DatabaseUnavailable, TRY_LATER),
    (errors.BlobsUnavailable, TRY_LATER),
    (errors.DatabaseNewer, CONFIGURATION),
    (errors.DatabaseForeign, CONFIGURATION),
    (errors.StorageError, DATA),
)
"""The first that fits counts. Trying again mends neither a newer database nor somebody else's."""


def in_words(error: Exception) -> Failure | None:
    """The failure that ends the program, or None for an error that is a fault of the program itself."""
    if isinstance(error, ConfigError):
        count = len(error.problems)
        head = "the configuration has a mistake" if count == 1 else f"the configuration has {count} mistakes"
        return Failure("\n".join([f"{head}:", *(str(problem) for problem in error.problems)]), CONFIGURATION)
    if isinstance(error, (KeysError, TombstonesError)):
        return Failure(str(error), CONFIGURATION)
    if isinstance(error, errors.StorageError):
        return Failure(str(error), next(code for kind, code in _CODES if isinstance(error, kind)))
    return None
