"""What can go wrong with the store, in the words of the person who must mend it."""

# ruff: noqa: N818  each is named by what is the case, as a person would say it


class StorageError(Exception):
    """The base of all errors of the store. The text is one sentence for a person."""


class DatabaseLocked(StorageError):
    """Another process holds the database for longer than we wait: try later."""


class DatabaseUnavailable(StorageError):
    """The database cannot be opened, read or written."""


class DatabaseNewer(StorageError):
    """The database was made by a newer program; writing to it could destroy what that program keeps there."""


class DatabaseForeign(StorageError):
    """The database holds tables that are not ours."""


class LeaseLost(StorageError):
    """The mail is no longer claimed by this owner: somebody else has it, or it is done."""


class WrongState(StorageError):
    """The mail is in a state in which this cannot be done to it."""


class NotFound(StorageError):
    """There is no such row."""


class Ambiguous(StorageError):
    """The text fits several rows; the message names them."""


class IdentityTaken(StorageError):
    """Another touchpoint already has this identity."""


class Changed(StorageError):
    """Somebody else changed the row since it was read."""


class AccountFixed(StorageError):
    """The account of a touchpoint can never be changed."""


class BlobsUnavailable(StorageError):
    """The blob store cannot be read or written."""


class DiskFailed(StorageError):
    """A write failed, or an fsync did: what is on the disk is not known any more, and the process must leave.

    A second fsync would say nothing: Linux drops the pages it could not write and reports them once
    (https://wiki.postgresql.org/wiki/Fsync_Errors). Which of the two it was is said by the other base of the error.
    """


class DatabaseFailed(DatabaseUnavailable, DiskFailed):
    """The disk did not take what was written to the database."""


class BlobsFailed(BlobsUnavailable, DiskFailed):
    """The disk did not take a blob."""


class BlobMissing(StorageError):
    """There is no blob with this digest."""


class BlobDamaged(StorageError):
    """The blob's content does not have the digest it is stored under."""
