"""Mails kept over an engine, of whatever back end."""

import contextlib
from collections.abc import Sequence

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError

from storage.engine import begin_soon, checkpoint, leave_the_log, storage_error
from storage.errors import StorageError
from storage.inbound import NewMail, keep


class EngineShelf:
    """As `storage.keeping.DriverShelf`. The engine is its own, and disposed of by `close`."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._connection: Connection | None = None

    def keep(self, mails: Sequence[NewMail]) -> list[tuple[int, bool]]:
        """Keep them durably; the id of each, and whether it is new. After an error none is kept."""
        if self._connection is None:
            self._connection = self._engine.connect()
            leave_the_log(self._connection)
            begin_soon(self._connection)
        with self._connection.begin():
            kept = keep(self._connection, mails)
        return [(each.mail_id, each.new) for each in kept]

    def drop(self) -> None:
        """Drop the connection, whatever state it is in; the next mail opens another."""
        connection, self._connection = self._connection, None
        if connection is None:
            return
        with contextlib.suppress(Exception):  # it may be broken already, that is why it goes
            connection.invalidate()
        with contextlib.suppress(Exception):
            connection.close()

    def copy_log(self) -> int:
        """See `storage.engine.checkpoint`."""
        return checkpoint(self._engine)

    def meaning(self, error: BaseException) -> StorageError | None:
        """What an error means for every mail, or None for one that is the fault of the mails at hand."""
        if isinstance(error, StorageError):
            return error
        return storage_error(error, "") if isinstance(error, DBAPIError) else None

    def close(self) -> None:
        """Close the database."""
        self.drop()
        self._engine.dispose()
