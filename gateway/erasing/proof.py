"""The proof of an erasure: every row, every blob and every file looked through for the person."""

from collections import Counter
from collections.abc import Collection, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import Engine

from gateway.config.settings import Settings
from gateway.erasing.sought import Hit, Sought, files_in
from gateway.erasing.survey import Advance
from rules.erasure import Person
from storage.blobs import Blobs
from storage.engine import reading
from storage.erasure import files_named
from storage.errors import StorageError
from storage.traces import every_text, mails_with_raw, raw_of, rows_with

_SIDES = ("", "-wal", "-shm", "-journal")
"""What SQLite keeps beside a database (https://sqlite.org/tempfiles.html)."""


@dataclass(frozen=True, slots=True)
class Remains:
    """Something that was found: `place` in words, how often, and the forms. `blob` is a digest where it is a blob."""

    place: str
    number: int
    forms: tuple[str, ...]
    blob: str = ""


@dataclass(slots=True)
class Proof:
    """What the search found. `addresses` must be empty; a name may be that of somebody else, and is told alone.

    So is what may be the person's address or a part of another one: `possibly`.
    """

    files: int = 0
    size: int = 0
    rows: int = 0
    addresses: list[Remains] = field(default_factory=list)
    possibly: list[Remains] = field(default_factory=list)
    names: list[Remains] = field(default_factory=list)

    def add(self, place: str, hits: Iterator[Hit], blob: str = "") -> None:
        """Note what was found in one place."""
        found = list(hits)
        kinds = (("address", self.addresses), ("possibly", self.possibly), ("name", self.names))
        for what, remains in kinds:
            forms = Counter(hit.form for hit in found if hit.what == what)
            if forms:
                remains.append(Remains(place, sum(forms.values()), tuple(sorted(forms)), blob))


def prove(
    settings: Settings,
    engine: Engine,
    blobs: Blobs,
    person: Person,
    more: Collection[Path] = (),
    advance: Advance = lambda _steps: None,
) -> Proof:
    """Look for a person in the database, row by row and byte by byte, in every blob, and in every file of ours.

    `more` are files and folders besides those in the data folder. `advance` is told the bytes. Raises StorageError.
    """
    proof, sought = Proof(), Sought(person)
    _in_rows(proof, engine, blobs, person, sought)
    _in_files(proof, settings, engine, blobs, person, sought, more, advance)
    if blobs.folder is None:
        for digest in blobs.old(datetime.now(UTC) + timedelta(days=1)):
            with suppress(StorageError):  # deleted meanwhile
                content = blobs.get(digest)
                proof.add(_blob_place(engine, digest), sought.hits(content), digest)
                proof.files, proof.size = proof.files + 1, proof.size + len(content)
                advance(len(content))
    return proof


def places(settings: Settings, blobs: Blobs, more: Collection[Path]) -> list[Path]:
    """Every file that is looked through: the data folder, the database, the blobs, keys, tombstones, and `more`."""
    database = settings.database_file
    beside = [Path(f"{database}{side}") for side in _SIDES] if database is not None else []
    own = [settings.data_dir, settings.keys_file, settings.tombstones_file, *beside]
    return files_in(*own, *([blobs.folder] if blobs.folder is not None else []), *more)


def _in_rows(proof: Proof, engine: Engine, blobs: Blobs, person: Person, sought: Sought) -> None:
    """As the rows are read: what lies across two pages of a file is whole here."""
    with reading(engine) as conn:
        for table, number, unsure, total in rows_with(conn, person):
            proof.rows += total
            if number:
                proof.addresses.append(Remains(f"table {table}", number, ("row",)))
            if unsure:
                proof.possibly.append(Remains(f"table {table}", unsure, ("row",)))
    last = 0
    while True:
        with reading(engine) as conn:
            ids = mails_with_raw(conn, last)
            for mail_id in ids:
                proof.add(f"raw form of mail {mail_id}", sought.hits(raw_of(conn, blobs, mail_id)))
        if not ids:
            return
        last = ids[-1]


def _in_files(
    proof: Proof,
    settings: Settings,
    engine: Engine,
    blobs: Blobs,
    person: Person,
    sought: Sought,
    more: Collection[Path],
    advance: Advance,
) -> None:
    database = settings.database_file
    pages = {Path(f"{database.resolve()}{side}") for side in _SIDES} if database is not None else set()
    paged: Sought | None = None
    for path in places(settings, blobs, more):
        with suppress(FileNotFoundError):  # a blob that went, a log that was emptied
            size = path.stat().st_size
            blob = (
                path.name if blobs.folder is not None and path.is_relative_to(blobs.folder.resolve()) else ""
            )
            if path in pages:
                # Only here a longer address begins right before, or none at all: who they are is asked first.
                paged = paged or Sought(person, loose=True, others=_others(engine, person))
                with path.open("rb") as file:
                    proof.add(str(path), paged.in_file(file))
            else:
                with path.open("rb") as file:
                    place = _blob_place(engine, blob) if blob else str(path)
                    proof.add(place, sought.in_file(file), blob)
            proof.files, proof.size = proof.files + 1, proof.size + size
            advance(size)


def _blob_place(engine: Engine, digest: str) -> str:
    with reading(engine) as conn:
        named = files_named(conn, digest)
    return f"blob {digest[:12]}… ({'; '.join(named) or 'nothing refers to it'})"


def _others(engine: Engine, person: Person) -> set[str]:
    """Longer addresses that hold the person's as a part: `ada@acme.example` stands in `liada@acme.example`, too."""
    found: set[str] = set()
    with reading(engine) as conn:
        for text in every_text(conn):
            for match in person.loose.finditer(text):
                start, end = match.span()
                while start > 0 and not text[start - 1].isspace() and text[start - 1] not in "<>\"'(),;:[]":
                    start -= 1
                while end < len(text) and (text[end].isalnum() or text[end] in ".-_"):
                    end += 1
                if not person.address.search(text[start:end]):
                    found.add(text[start:end])
    return found
