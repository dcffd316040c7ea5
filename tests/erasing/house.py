"""A house with a worker, a person in it, and an eraser."""

from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from email.utils import formataddr
from pathlib import Path
from typing import Any

from gateway.erasing.catch_up import catch_up
from gateway.erasing.eraser import Eraser, Wish
from gateway.erasing.proof import Proof, prove
from gateway.erasing.survey import Survey, survey
from gateway.erasing.tombstones import TombstoneFile
from rules.erasure import Person
from rules.people import Participant
from storage.blobs import open_blobs
from tests.filing import house as filing
from tests.filing.house import ADA, NORA

SAID = "tamarind"
"""A word that only Ada wrote."""


class House(filing.House):
    """What the tests do with it besides."""

    def __init__(self, folder: Path, **sending: Any) -> None:
        super().__init__(folder, **sending)
        self.blobs = open_blobs(self.settings.blobs_place)
        self.stones = TombstoneFile(self.settings.tombstones_file)
        self.eraser = Eraser(self.engine, self.blobs, self.stones, lambda: self.now, lambda _seconds: None)

    def survey(self, email: str = ADA.email, **how: Any) -> Survey:
        """Where somebody stands."""
        return survey(self.engine, self.blobs, Person([email]), **how)

    def erase(self, email: str = ADA.email, **wish: Any) -> Survey:
        """Erase somebody; what was found before."""
        found = self.survey(email, user=wish.get("user", False))
        self.eraser.erase(found, Wish(**wish))
        return found

    def prove(self, email: str = ADA.email, name: str = "Ada Marsh", *more: Path) -> Proof:
        """Look for somebody everywhere."""
        return prove(self.settings, self.engine, self.blobs, Person([email], [name]), more)

    def catch_up(self) -> int:
        """What a start does first."""
        return catch_up(self.settings, self.engine)

    def bytes_with(self, *words: str) -> list[str]:
        """The files in which one of the words stands as it is, by code of the tests' own."""
        return [
            f"{word} in {path.name}"
            for path in sorted(self.settings.data_dir.rglob("*"))
            if path.is_file()
            for word in words
            if word.lower().encode() in path.read_bytes().lower()
        ]


@contextmanager
def house(folder: Path, **sending: Any) -> Iterator[House]:
    """A house; its database is closed at the end."""
    made = House(folder, **sending)
    try:
        yield made
    finally:
        made.engine.dispose()


def letter(
    text: str,
    sender: Participant = ADA,
    to: Participant = NORA,
    *,
    cc: tuple[Participant, ...] = (),
    subject: str = "Second site",
    files: tuple[bytes, ...] = (),
    **how: Any,
) -> bytes:
    """A mail; those with another subject are other mails. `how` goes to `set_content`."""
    mail = EmailMessage()
    mail["From"], mail["To"] = formataddr((sender.name, sender.email)), formataddr((to.name, to.email))
    if cc:
        mail["Cc"] = ", ".join(formataddr((person.name, person.email)) for person in cc)
    mail["Subject"], mail["Date"] = subject, "Mon, 02 Mar 2026 09:30:00 +0100"
    mail["Message-ID"] = f"<{abs(hash((subject, sender.email)))}@{sender.email.partition('@')[2]}>"
    mail.set_content(text, **how)
    for content in files:
        mail.add_attachment(content, maintype="application", subtype="octet-stream", filename="file.bin")
    return mail.as_bytes(policy=mail.policy.clone(linesep="\r\n"))
