"""A filing worker in this process, on a real database with the sample directory, a thread in it, and a clock."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import update

from gateway.config import Settings
from gateway.directory import import_directory
from gateway.filing.belief import Belief
from gateway.filing.owners import Owner
from gateway.filing.worker import Worker
from gateway.keys import ensure_keys
from gateway.site import sites
from rules.people import Participant
from rules.recipients import copy_address, question_address, thread_address
from storage import outbox, outgoing
from storage.blobs import open_blobs
from storage.engine import open_engine, reading, writing
from storage.inbound import keep
from storage.migrations import migrate
from storage.outbox import NewEntry, NewLetter
from storage.queue import MailRow, get_mail
from storage.tables import mails
from storage.timeline import TouchpointRow, get, of_mail
from storage.touchpoints import NewTouchpoint, create
from tests import back_ends
from tests.daemon import LOG, SAMPLE
from tests.storage.prepared import prepare

NOW = datetime(2026, 3, 4, 12, tzinfo=UTC)

NORA = Participant("nora.feld@lumenfold.example", "Nora Feld", "internal", "user")
JONAS = Participant("jonas.berg@lumenfold.example", "Jonas Berg", "internal", "user")
ADA = Participant("ada.marsh@acme.example", "Ada Marsh", "external", "contact")
BEN = Participant("ben.cole@acme.example", "Ben Cole", "external", "contact")


class House:
    """What the tests do with it."""

    def __init__(
        self, folder: Path, *, keys: bool = True, belief: Belief | None = None, **sending: Any
    ) -> None:
        self.settings = Settings.model_validate(
            {
                "hostname": "gw1.lumenfold.example",
                "data_dir": str(folder / "data"),
                "own_domains": ["lumenfold.example"],
                "sender_check": {"dns": False},
                "sending": sending,
                "storage": back_ends.storage(folder),
            }
        )
        self.settings.data_dir.mkdir()
        self.engine = open_engine(self.settings.database_url)
        migrate(self.engine)
        import_directory(self.engine, SAMPLE)
        if keys:
            ensure_keys(self.settings.keys_file, NOW)
        self.site = sites(self.settings)()
        self.now = NOW
        self._blobs = open_blobs(self.settings.blobs_place)
        self._number = 0
        self._worker = Worker(
            self.settings,
            str(Owner.first()),
            self.engine,
            self._blobs,
            lambda *_: None,
            lambda: self.now,
            belief,
            self._seconds,
        )

    def _seconds(self) -> float:
        return self.now.timestamp()

    def pass_time(self, **time: float) -> None:
        """Let time go by."""
        self.now += timedelta(**time)

    def touchpoint(self, author: Participant = NORA, **values: Any) -> int:
        """A touchpoint of acme's, with Nora and Ada in it."""
        self._number += 1
        new = NewTouchpoint(
            account_key="acme",
            identity=f"made {self._number}",
            type="email",
            flow="Adoption",
            subject="Rollout",
            date=NOW - timedelta(days=1),
            way=None,
            author=author,
            filed_by=None,
            text="Hello Ada",
            quoted="",
            comment=None,
            html="",
            sender_trust="verified",
            machine=None,
            encrypted=False,
            participants=(NORA, ADA),
        )
        with writing(self.engine) as conn:
            made = create(conn, replace(new, **values), NOW - timedelta(days=1)).touchpoint_id
        assert made is not None
        return made

    def copy(self, touchpoint: int, to: Participant = ADA) -> int:
        """A copy of it, sent; its number in the outbox."""
        letter = NewLetter(outbox.COPY, touchpoint, {"subject": "Rollout"})
        entry = NewEntry(outbox.COPY, to.email, to.name, to.side, f"<copy-{touchpoint}@{self.site.domain}>")
        with writing(self.engine) as conn:
            (made,) = outbox.enqueue(conn, letter, [entry], self.now)
            claimed = outbox.claim(conn, "sender", self.now, timedelta(minutes=1))
            assert claimed is not None
            assert claimed.id == made
            outbox.sent(conn, claimed, self.now, "250 2.0.0 Ok")
        return made

    def receive(
        self,
        raw: bytes,
        *rcpts: str,
        sender: str = ADA.email,
        trust: str | None = "verified",
        strikes: int = 0,
    ) -> MailRow:
        """Receive a mail that was struck as often as that, and file it; what became of it."""
        mail_id = self.keep(raw, *rcpts, sender=sender, trust=trust, strikes=strikes)
        self.work()
        return self.mail(mail_id)

    def keep(
        self,
        raw: bytes,
        *rcpts: str,
        sender: str = ADA.email,
        trust: str | None = "verified",
        strikes: int = 0,
    ) -> int:
        """Receive a mail and leave it to be filed; its id."""
        new = prepare(
            raw,
            mail_from=sender,
            recipients=rcpts or (LOG,),
            peer={"session": "test"},
            received_at=self.now,
            blobs=self._blobs,
        )
        with writing(self.engine) as conn:
            (kept,) = keep(conn, [new])
            conn.execute(update(mails).where(mails.c.id == kept.mail_id).values(trust=trust, strikes=strikes))
        return kept.mail_id

    def work(self) -> None:
        """Let the worker file what there is to file by now."""
        while self._worker.batch():
            pass

    def mail(self, mail_id: int) -> MailRow:
        """A mail as it is now."""
        with reading(self.engine) as conn:
            return get_mail(conn, mail_id)

    def get(self, touchpoint: int) -> TouchpointRow:
        """A touchpoint as it is now."""
        with reading(self.engine) as conn:
            return get(conn, touchpoint)

    def filed(self, mail: MailRow) -> list[TouchpointRow]:
        """What a mail was filed as."""
        with reading(self.engine) as conn:
            return of_mail(conn, mail.id)

    def outgoing(self, kind: str) -> list[str]:
        """The recipients of everything of a kind that was ever ordered, in order."""
        with reading(self.engine) as conn:
            rows = outgoing.list_entries(conn, limit=1000)
        return [row.recipient for row in reversed(rows) if row.kind == kind]

    def thread(self, touchpoint: int) -> str:
        """The address of a thread."""
        return thread_address.address(self.site, touchpoint)

    def return_path(self, entry: int) -> str:
        """The return path of an outgoing mail."""
        return copy_address.address(self.site, entry)

    def question(self, mail: MailRow) -> str:
        """Where the notice about a mail is answered."""
        return question_address.address(self.site, mail.id)


@contextmanager
def house(
    folder: Path, *, keys: bool = True, belief: Belief | None = None, **sending: Any
) -> Iterator[House]:
    """A house; its database is closed at the end. `sending` are settings of that section."""
    made = House(folder, keys=keys, belief=belief, **sending)
    try:
        yield made
    finally:
        made.engine.dispose()


def reply(
    text: str,
    *fields: str,
    sender: Participant = ADA,
    to: str = "",
    cc: str = "",
    subject: str = "Re: Rollout",
    number: int = 1,
) -> bytes:
    """A reply as Gmail writes it, without history."""
    head = [
        "MIME-Version: 1.0",
        f"From: {sender.name} <{sender.email}>",
        "Date: Wed, 4 Mar 2026 11:58:00 +0000",
        f"Message-ID: <CAF0aBc+{number:08}=QwErTyUiOpAsDfGhJkLzXcVbNm012345@mail.gmail.com>",
        f"Subject: {subject}",
        f"To: {to or LOG}",
        *([f"Cc: {cc}"] if cc else []),
        *fields,
        'Content-Type: text/plain; charset="UTF-8"',
    ]
    return ("\r\n".join(head) + "\r\n\r\n" + text.replace("\n", "\r\n") + "\r\n").encode()
