"""A person erased beside the running daemon: no byte of them is left, and a restored backup does not bring them back.

A real daemon gets mail from and about one person by every way there is, files it, mails it on through a relay in this
process, and puts some of it aside. Their address, their name, and words that only they wrote are unlike any other. A
backup is made as the manual says; then `gateway erase` runs while more of their mail is under way. After it every
byte of every file is looked through for the canaries, in UTF-8, UTF-16, base64 at every alignment and as escapes of
JSON, by code of its own. So it is again once the backup was restored and the daemon was started on it.

A violation, too: words of others are lost, addresses that only look like the person's are touched, the verb itself
finds something, or the negative control (the same erasure without secure_delete and without writing the file anew)
leaves nothing to be found, for then this row would see nothing.
"""

import asyncio
import base64
import json
import random
import re
import shutil
import smtplib
import sqlite3
import subprocess
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.utils import format_datetime
from pathlib import Path
from typing import Any
from unittest import mock

from aiosmtpd.smtp import SMTP, Envelope, Session
from sqlalchemy import event

from gateway.erasing import eraser as erasing
from gateway.erasing.survey import survey
from gateway.erasing.tombstones import TombstoneFile
from rules.erasure import Person
from storage.blobs import open_blobs
from storage.engine import open_engine
from tests.daemon import LOG, Daemon, daemon
from tests.torture.bench import Outcome, Row, Torment

ADDRESS = "zoraya.quillfeather@canary-works.example"
TAGGED = "Zoraya.Quillfeather+News@Canary-Works.example"
NAME = "Zoraya Quillfeather"
BODY = "xylophonquasar"
FILE = "kumquatzeppelin"
SUBJECT = "velvetharpsichord"
REWRITTEN = "canary-works.example=zoraya.quillfeather"
"""The address as a forwarder writes it into its envelope sender (SRS)."""
CANARIES = (ADDRESS, NAME, BODY, FILE, REWRITTEN)
NEIGHBOURS = ("_{}_", "-{}", "+{}", "...{}...", "{}-", "*{}*", "/{}/", "'{}'")
"""What people write beside an address that is no part of it."""

LIKE_IT = ("xzoraya.quillfeather@canary-works.example", "zoraya.quillfeather@canary-works.example.org")
"""Other people, whose addresses hold the person's as a part."""

NORA = "Nora Feld <nora.feld@lumenfold.example>"
ADA = "Ada Marsh <ada.marsh@acme.example>"
HER = f"{NAME} <{ADDRESS}>"
OTHERS = "keepthisword"
"""Stands in everything that others wrote, and must stay."""

CONFIG = """\
[trust]
"*" = "verified"
[relay]
host = "127.0.0.1"
port = {port}
tls = "none"
[sending]
scope = "contacts"
authenticated_domains = ["lumenfold.example"]
mails_per_recipient_hour = 100000
[smtp.limits]
connections_per_minute = 100000
"""


class Relay:
    """Takes mail and remembers it; some of it is refused with an answer that names its recipient."""

    def __init__(self) -> None:
        self.taken: list[Envelope] = []
        self.port = 0
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._ready = threading.Event()

    def __enter__(self) -> "Relay":
        self._thread.start()
        assert self._ready.wait(30)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(30)

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        if b"refused by name" in (envelope.content or b""):
            return f"550 5.1.1 <{envelope.rcpt_tos[0]}>: {NAME} has left"
        self.taken.append(envelope)
        return "250 OK"

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        server = self._loop.run_until_complete(
            self._loop.create_server(lambda: SMTP(self, enable_SMTPUTF8=True), "127.0.0.1", 0)
        )
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        self._loop.run_forever()
        server.close()
        self._loop.close()


# -- what is looked for --------------------------------------------------------------------------------------


def forms(canary: str) -> dict[str, bytes]:
    """A canary as it may stand in a file, each form in lower case where case does not matter."""
    found: dict[str, bytes] = {}
    for encoding in ("utf-8", "utf-16-le", "utf-16-be"):
        found[encoding] = canary.encode(encoding)
        for shift in range(3):
            # What stands around it changes the first and the last letters: those are left out.
            whole = base64.b64encode(bytes(shift) + canary.encode(encoding))
            start = -(-shift * 4 // 3)
            end = (shift + len(canary.encode(encoding))) // 3 * 4
            found[f"base64 of {encoding}, shifted by {shift}"] = whole[start:end]
    return found


def remains(folder: Path, canaries: Sequence[str] = CANARIES) -> list[str]:
    """Where a canary is found in the files of a folder. Line ends within base64 are looked over."""
    found = []
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        content = path.read_bytes()
        for other in LIKE_IT:
            content = re.sub(re.escape(other.encode()), b"-", content, flags=re.IGNORECASE)
        views = (content, re.sub(rb"=\r?\n", b"", content), re.sub(rb"[\r\n]", b"", content))
        for canary in canaries:
            for form, exact in forms(canary).items():
                coded = form.startswith("base64")
                wanted = exact if coded else exact.lower()
                at = max(view.find(wanted) for view in (views if coded else map(bytes.lower, views)))
                if at >= 0:
                    found.append(f"{canary!r} as {form} in {path.relative_to(folder)} at {at}")
    return found


def rows_with(database: Path, canaries: Sequence[str] = CANARIES) -> list[str]:
    """Where a canary is found in the rows as they read: a text that lies across two pages is whole here."""
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
        return [
            f"{canary!r} in a row: {line[:80]}"
            for line in map(str.lower, connection.iterdump())
            for canary in canaries
            if canary.lower()
            in (line if canary in LIKE_IT else line.replace(LIKE_IT[0], "").replace(LIKE_IT[1], ""))
        ]


# -- what is sent --------------------------------------------------------------------------------------------


def mail(number: int, sender: str, to: str, text: str, subject: str = "", **more: Any) -> bytes:
    """A mail, unlike every other one. `more`: cc, files, charset, cte, html, headers."""
    made = EmailMessage()
    made["From"], made["To"] = sender, to
    if more.get("cc"):
        made["Cc"] = more["cc"]
    made["Subject"] = subject or f"Number {number}"
    made["Date"] = format_datetime(datetime(2026, 3, 2, 9, 30, tzinfo=UTC) + timedelta(minutes=number))
    made["Message-ID"] = f"<{number}.{more.get('run', 0)}@{sender.rpartition('@')[2].rstrip('>')}>"
    for name, value in more.get("headers", {}).items():
        made[name] = value
    made.set_content(text, charset=more.get("charset", "utf-8"), cte=more.get("cte"))
    if more.get("html"):
        made.add_alternative(more["html"], subtype="html")
    for name, content in more.get("files", ()):
        made.add_attachment(content, maintype="application", subtype="octet-stream", filename=name)
    if more.get("forwarded"):
        inner = EmailMessage()
        inner["From"], inner["To"], inner["Subject"] = HER, NORA, f"{SUBJECT} forwarded"
        inner["Date"], inner["Message-ID"] = made["Date"], f"<inner.{number}@canary-works.example>"
        inner.set_content(f"{BODY} in the forwarded mail.\n")
        made.add_attachment(inner)
    return made.as_bytes(policy=made.policy.clone(linesep="\r\n"))


def ways(run: int, chance: random.Random) -> Iterator[tuple[str, bytes]]:
    """Envelope sender and mail, of every way but threads; `run` keeps those of one round apart from the next."""
    number = 100 * run
    noise = bytes(chance.randrange(256) for _ in range(90_000))
    large = FILE.encode() + b" " + noise
    quoted = (
        f"{OTHERS}\n\nOn Mon, 2 Mar 2026 at 09:30, {NAME} <{ADDRESS}> wrote:\n> {BODY} again\n> and more\n"
    )
    her: list[tuple[str, dict[str, Any]]] = [
        (f"{BODY} as plain text", {}),
        (f"{BODY} with a file", {"files": [("note.txt", FILE.encode())]}),
        (f"{BODY} with a large file", {"files": [("large.bin", large)]}),
        (f"{BODY} in base64", {"cte": "base64"}),
        (f"{BODY} quoted-printable é", {"cte": "quoted-printable"}),
        (f"{BODY} in UTF-16", {"charset": "utf-16", "cte": "base64"}),
        (f"{BODY}", {"html": f"<p>{BODY} in <b>HTML</b>, {NAME}</p>"}),
    ]
    for text, more in her:
        number += 1
        yield (
            ADDRESS,
            mail(number, HER, NORA, f"{text}\n-- \n{NAME}\n", f"{SUBJECT} {number}", cc=LOG, run=run, **more),
        )
    number += 1
    yield TAGGED, mail(number, f'"{NAME}" <{TAGGED}>', NORA, f"{BODY} tagged\n", cc=LOG, run=run)
    number += 1
    sender = f"SRS0=x1y=TT={REWRITTEN}@forwarder.example"
    yield sender, mail(number, HER, NORA, f"{BODY} by a forwarder\n", cc=LOG, run=run)
    nora = "nora.feld@lumenfold.example"
    beside = "\n".join(each.format(ADDRESS) for each in NEIGHBOURS)
    colleague: list[tuple[str, str, dict[str, Any]]] = [
        (HER, f"{OTHERS}\nHello {NAME}\n", {}),
        (ADA, f"{OTHERS}\nwith a copy\n", {"cc": HER}),
        (HER, quoted, {"html": f"<p>{OTHERS}</p><blockquote>{BODY} again, {ADDRESS}</blockquote>"}),
        (ADA, f"{OTHERS}\nAsk {ADDRESS.upper()} or {LIKE_IT[0]} or {LIKE_IT[1]}\n", {}),
        (ADA, f"{OTHERS}\nAsk {TAGGED}\n", {"cte": "base64"}),
        (ADA, f"{OTHERS}\nwith a large file\n", {"cc": HER, "files": [("plan.bin", noise)]}),
        (
            ADA,
            f"{OTHERS}\nsee mailto\n",
            {"html": f'<a href="mailto:{ADDRESS}?subject=x">{NAME}</a> {OTHERS}'},
        ),
        (ADA, f"{OTHERS}\nin Reply-To\n", {"headers": {"Reply-To": HER}}),
        (ADA, f"{OTHERS}\n{beside}\n{sender}\n", {"html": f"<p>{OTHERS}<br>{beside}</p>"}),
    ]
    for to, text, more in colleague:
        number += 1
        yield nora, mail(number, NORA, to, text, run=run, **more)
    number += 1
    forward = (
        f"{OTHERS} above\n\n---------- Forwarded message ---------\nFrom: {HER}\nDate: Mon, 2 Mar 2026 09:30\n"
        f"Subject: {SUBJECT}\nTo: {NORA}\n\n{BODY} of the original\n"
    )
    yield nora, mail(number, NORA, LOG, forward, f"Fwd: {SUBJECT} {number}", run=run)
    number += 1
    yield nora, mail(number, NORA, LOG, f"{OTHERS}\n", f"Fwd: {number}", run=run, forwarded=True)
    # Put aside: nobody knows the first sender, and no account can be told of the others.
    number += 1
    yield (
        "x@nowhere.example",
        mail(number, "x@nowhere.example", LOG, f"{OTHERS} stranger\n", cc=HER, run=run),
    )
    number += 1
    yield (
        nora,
        mail(number, NORA, LOG, f"{OTHERS}\nno account, ask {ADDRESS}\n", f"A note on {number}", run=run),
    )
    number += 1
    coded = f"{OTHERS}\nno account, ask {ADDRESS}\n"
    yield nora, mail(number, NORA, LOG, coded, f"A coded note {number}", cte="base64", run=run)


def bounce(number: int, to: str) -> bytes:
    """A delivery report (RFC 3464) on a mail to the person."""
    text = (
        f"<{ADDRESS}>: host mx.canary-works.example said: 550 5.1.1 <{ADDRESS}>: {NAME} is not here any more"
    )
    fields = (
        f"Final-Recipient: rfc822; {ADDRESS}\nAction: failed\nStatus: 5.1.1\nDiagnostic-Code: smtp; {text}\n"
    )
    return (
        (
            f"From: MAILER-DAEMON@mx.example\nTo: {to}\nSubject: Undelivered Mail {number}\n"
            f"Date: Mon, 2 Mar 2026 12:00:00 +0000\nMessage-ID: <bounce.{number}@mx.example>\nMIME-Version: 1.0\n"
            'Content-Type: multipart/report; report-type=delivery-status; boundary="=b="\n\n'
            f"--=b=\nContent-Type: text/plain\n\n{text}\n"
            f"--=b=\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx.example\n\n{fields}\n--=b=--\n"
        )
        .replace("\n", "\r\n")
        .encode()
    )


class House:
    """The daemon, its relay, and what the row does with them."""

    def __init__(self, made: Daemon, relay: Relay, folder: Path) -> None:
        self.made = made
        self.relay = relay
        self.data = folder / "data"
        self.backup = folder / "backup"
        self.token = made.token("nora.feld@lumenfold.example")

    def send(self, sender: str, raw: bytes, *rcpts: str) -> None:
        """One mail by SMTP, without waiting for what becomes of it."""
        with smtplib.SMTP("127.0.0.1", self.made.port, timeout=30) as server:
            server.sendmail(sender, list(rcpts) or [LOG], raw)

    def settled(self) -> None:
        """Wait until every mail is filed or put aside, and everything to be sent was tried."""
        query = (
            "SELECT (SELECT count(*) FROM mails WHERE state = 'received') + "
            "(SELECT count(*) FROM outbox WHERE state = 'waiting' AND attempts = 0)"
        )
        self._until(lambda connection: connection.execute(query).fetchone()[0] == 0)

    def typed(self, run: int) -> None:
        """A meeting that a person types in and mails, an answer from the person, an answer to that, and a bounce."""
        self._refused(run)
        before = len(self.relay.taken)
        note = self.made.call(
            "POST", "/uploads?filename=note.txt", self.token, f"{OTHERS} {run}".encode(), "text/plain"
        )[1]
        status, touchpoint = self.made.call(
            "POST",
            "/touchpoints",
            self.token,
            {
                "account": "acme",
                "type": "web meeting",
                "subject": f"Meeting {run}",
                "text": f"{OTHERS}\nThank you, {NAME} <{ADDRESS}>.",
                "participants": [{"email": ADDRESS, "name": NAME}, {"email": "ada.marsh@acme.example"}],
                "attachments": [{"upload": note["id"]}],
                "email": {"external": True, "me": True, "confirm_external": True},
            },
        )
        assert status == 201, touchpoint
        self._until(lambda _: len(self.relay.taken) >= before + 3)
        copy = next(each for each in self.relay.taken[before:] if each.rcpt_tos == [ADDRESS])
        content = bytes(copy.content or b"").decode("utf-8", "replace")
        answer_to = re.search(r"Reply-To:.*?(reply-\w+@[\w.]+)", content, re.DOTALL | re.IGNORECASE)
        assert answer_to is not None
        number = 100 * run + 60
        raw = mail(number, HER, answer_to[1], f"{BODY} in the thread\n", f"Re: Meeting {run}", run=run)
        self.send(ADDRESS, raw, answer_to[1])
        self.settled()
        quote = f"{OTHERS} in the thread\n\n> {BODY} in the thread\n"
        raw = mail(number + 1, NORA, answer_to[1], quote, f"Re: Meeting {run}", run=run)
        self.send("nora.feld@lumenfold.example", raw, answer_to[1])
        self.send("", bounce(number + 2, str(copy.mail_from)), str(copy.mail_from))
        self.settled()

    def _refused(self, run: int) -> None:
        """A touchpoint whose copy the relay refuses, and says whom."""
        status, touchpoint = self.made.call(
            "POST",
            "/touchpoints",
            self.token,
            {
                "account": "acme",
                "type": "email",
                "subject": f"Refused {run}",
                "text": f"{OTHERS}, refused by name",
                "participants": [{"email": ADDRESS, "name": NAME}],
                "email": {"external": True, "confirm_external": True},
            },
        )
        assert status == 201, touchpoint

    def back_up(self) -> None:
        """As the manual says, while the daemon runs."""
        self.backup.mkdir()
        command = f".backup '{self.backup}/gateway.db'"
        subprocess.run(("sqlite3", str(self.data / "gateway.db"), command), check=True, timeout=60)
        shutil.copytree(self.data / "blobs", self.backup / "blobs")
        shutil.copy2(self.data / "thread-keys.json", self.backup)
        shutil.copy2(self.data / "erased.key", self.backup)

    def restore(self) -> None:
        """As the manual says, with the daemon stopped. Who was erased stands in a file that stays."""
        for side in ("", "-wal", "-shm"):
            (self.data / f"gateway.db{side}").unlink(missing_ok=True)
        shutil.copy2(self.backup / "gateway.db", self.data)
        shutil.rmtree(self.data / "blobs")
        shutil.copytree(self.backup / "blobs", self.data / "blobs")

    def counts(self) -> tuple[int, int, int]:
        """Touchpoints, mails, and touchpoints with words of others."""
        with closing(sqlite3.connect(self.data / "gateway.db")) as connection:
            like = f"%{OTHERS}%"
            words = "SELECT count(*) FROM touchpoints WHERE text LIKE ? OR comment LIKE ?"
            return (
                connection.execute("SELECT count(*) FROM touchpoints").fetchone()[0],
                connection.execute("SELECT count(*) FROM mails").fetchone()[0],
                connection.execute(words, (like, like)).fetchone()[0],
            )

    def _until(self, true: Any) -> None:
        # The database itself says when it is so; a log line would say it of one mail.
        end = time.monotonic() + 60
        while time.monotonic() < end:
            with closing(sqlite3.connect(self.data / "gateway.db", timeout=20)) as connection:
                if true(connection):
                    return
            time.sleep(0.05)
        raise AssertionError(f"not settled in time; the log ends: {self.made.seen[-5:]}")


def run(torment: Torment) -> Outcome:
    """One round in the short form, twenty in the long one, each with more mail before the same erasure."""
    with Relay() as relay, daemon(torment.folder, config=CONFIG.format(port=relay.port)) as made:
        return _torment(torment, House(made, relay, torment.folder))


def _torment(torment: Torment, house: House) -> Outcome:
    rounds = 1 if torment.quick else 20
    chance = random.Random(torment.seed)
    contacts = torment.folder / "contacts"
    contacts.mkdir()
    (contacts / "contacts.csv").write_text(
        f"email,name,account,title\n{ADDRESS},{NAME},acme,Director\n", encoding="utf-8"
    )
    house.made.run("directory", "import", str(contacts))
    sent = 0
    for number in range(1, rounds + 1):
        torment.say("mail", number, rounds)
        for sender, raw in ways(number, chance):
            house.send(sender, raw)
            sent += 1
        house.typed(number)
        sent += 3
    house.settled()
    torment.say("backup", 0, 1)
    house.back_up()
    before, planted = house.counts(), len(remains(house.data))
    violations: list[str] = []
    if {canary for canary in CANARIES if not remains(house.data, [canary])}:
        violations.append("a canary was never stored: nothing was tested")
    torment.say("negative control", 0, 1)
    control = _control(house, torment.folder / "control")
    if not control:
        violations.append(
            "without secure_delete, and without writing the file anew, nothing was found: blind"
        )
    torment.say("erasing", 0, 1)
    # Some of the person's mail is under way meanwhile.
    late = [raw for _, raw in list(ways(rounds + 1, chance))[:5]]
    for raw in late:
        house.send(ADDRESS, raw)
    done = house.made.run(
        "erase", TAGGED, "--yes", "--drop-waiting", "--with-attachments", "--json", check=False
    )
    told = json.loads(done.stdout.splitlines()[-1]) if done.stdout else {}
    if done.returncode:
        violations.append(f"the verb exits {done.returncode}: {done.stderr[-300:]} {told.get('proof')}")
    first = remains(house.data) + rows_with(house.data / "gateway.db")
    logged = [
        entry for entry in house.made.seen if any(c.lower() in json.dumps(entry).lower() for c in CANARIES)
    ]
    after = house.counts()
    if after[0] < before[0] or after[1] < before[1]:
        violations.append(f"touchpoints and mails were {before[:2]}, and are {after[:2]}: rows are lost")
    if after[2] < before[2]:
        violations.append(f"words of others: {before[2]} before, {after[2]} after")
    violations += [
        f"{address} was touched" for address in LIKE_IT if not rows_with(house.data / "gateway.db", [address])
    ]
    torment.say("restore", 0, 1)
    house.made.stop()
    house.restore()
    if not remains(house.data):
        violations.append("the backup holds nothing of the person: nothing was tested")
    house.made.start()
    second = remains(house.data) + rows_with(house.data / "gateway.db")
    restored = house.counts()
    if restored[:2] != before[:2] or restored[2] < before[2]:
        violations.append(f"the backup had {before}, restored there are {restored}")
    house.send(NORA, mail(9_000, NORA, ADA, f"{OTHERS} after all\n"))
    house.settled()
    house.made.stop()
    violations += [f"after the erasure: {each}" for each in first]
    violations += [f"after the restore: {each}" for each in second]
    violations += [f"in the log: {entry}" for entry in logged[:3]]
    size = sum(path.stat().st_size for path in house.data.rglob("*") if path.is_file())
    return Outcome(
        f"{sent} mails by {len(list(ways(0, chance))) + 5} ways, {planted} finds in {size / 1024**2:.1f} MiB before; "
        f"{len(first)} after erasing, {len(second)} after restoring the backup, {len(logged)} in the log; "
        f"control without secure_delete and VACUUM: {len(control)} found",
        tuple(violations),
    )


def _control(house: House, folder: Path) -> list[str]:
    """The same erasure on a copy, but nothing is overwritten: what this row must then see."""
    shutil.copytree(house.backup, folder)
    with closing(sqlite3.connect(folder / "gateway.db")) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
    engine, blobs = open_engine(folder / "gateway.db"), open_blobs(folder / "blobs")

    @event.listens_for(engine, "connect")
    def careless(connection: Any, _record: Any) -> None:
        connection.execute("PRAGMA secure_delete = OFF")

    with mock.patch.object(erasing, "compact", return_value=None):
        person = Person([ADDRESS])
        stones = TombstoneFile(folder / "erased.jsonl")
        made = erasing.Eraser(engine, blobs, stones, pause=lambda _seconds: None)
        made.erase(survey(engine, blobs, person), erasing.Wish(waiting=True))
    engine.dispose()
    if rows_with(folder / "gateway.db", [ADDRESS]):
        return []  # the rows themselves still hold the person: this says nothing about what was overwritten
    return [each for each in remains(folder) if "gateway.db" in each]


ROW = Row(
    "erase",
    "erase canary in database, WAL, blobs, logs, restored backup",
    "0 bytes found",
    run,
    needs=("sqlite3",),
)
