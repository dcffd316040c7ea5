"""The outbox worked through: a real database, a real relay, and a clock that is told."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, event, select, update

from gateway.config import Settings
from gateway.outbound.relay import NeverError, NotNowError
from gateway.outbound.sender import LEASE, LOOK_SECONDS, Relaying, Sender
from storage import outbox
from storage.blobs import Blobs, open_blobs
from storage.engine import open_engine, reading, writing
from storage.filing import Filing, file
from storage.history import history
from storage.inbound import keep
from storage.migrations import migrate
from storage.tables import mails
from storage.tables import outbox as table
from tests import back_ends
from tests.outbound.relays import Recorder, relay
from tests.storage.prepared import prepare

ADMIN = "admin@lumenfold.example"
START = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
RAW = b"From: dora@acme.example\r\nTo: abuse@touchpoints.example\r\nSubject: Spam\r\n\r\nPlease look.\r\n"


class House:
    """A database with mail to be passed on, and the time on the wall."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.engine: Engine = open_engine(back_ends.storage(folder).get("database", folder / "gateway.db"))
        self.blobs: Blobs = open_blobs(folder / "blobs")
        self.now = START
        migrate(self.engine)

    def mail(self, raw: bytes = RAW, inline_limit: int = 65536) -> int:
        """A mail to abuse, decided and waiting to be passed on."""
        peer = {"address": "192.0.2.10", "helo": "mail.acme.example", "proto": "ESMTP"}
        new = prepare(
            raw,
            mail_from="dora@acme.example",
            recipients=["abuse@touchpoints.example"],
            peer=peer,
            received_at=self.now,
            blobs=self.blobs,
            inline_limit=inline_limit,
        )
        with writing(self.engine) as conn:
            (kept,) = keep(conn, [new])
            out = (outbox.NewEntry(outbox.PASS_ON, ADMIN),)
            filing = Filing(state="passed-on", decision={}, trust="unverified", touchpoint=None, outbox=out)
            file(conn, kept.mail_id, filing, self.now)
        return kept.mail_id

    def sender(
        self,
        delivery: Relaying | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        **relay_settings: object,
    ) -> Sender:
        settings = Settings.model_validate(
            {
                "hostname": "touchpoints.example",
                "data_dir": str(self.folder),
                "relay": {"host": "127.0.0.1", "tls": "none", **relay_settings},
            }
        )
        return Sender(
            self.engine,
            self.blobs,
            settings,
            clock=lambda: self.now,
            chance=lambda: 0.5,
            sleep=sleep,
            line=(lambda: delivery) if delivery is not None else None,
        )

    def entry(self) -> tuple[str, int, str | None]:
        """State, attempts and last error of the one entry."""
        with reading(self.engine) as conn:
            row = conn.execute(select(table.c.state, table.c.attempts, table.c.last_error)).one()
        return row.state, row.attempts, row.last_error


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    made = House(tmp_path)
    yield made
    made.engine.dispose()


class Scripted:
    """A relay that answers as told, the last answer for ever."""

    def __init__(self, *answers: Exception | str) -> None:
        self.answers = list(answers)
        self.given: list[tuple[bytes, str]] = []

    is_stale = False

    async def quit(self) -> None:
        """Nothing to end."""

    async def deliver(self, raw: bytes, recipient: str, return_path: str = "") -> str:
        self.given.append((raw, recipient))
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer


async def test_mail_to_abuse_reaches_the_administrator(house: House) -> None:
    mail_id = house.mail()
    async with relay(Recorder()) as server:
        sender = house.sender(port=server.port)
        assert await sender.send_one()
        assert not await sender.send_one()
    (taken,) = server.taken
    assert taken.rcpt_tos == [ADMIN]
    assert taken.original_content is not None
    assert taken.original_content.endswith(RAW)
    assert b"X-Touchpoint-Loop: touchpoints.example\r\n" in taken.original_content
    assert house.entry() == ("sent", 1, None)
    with reading(house.engine) as conn:
        told = history(conn, mail_id)[-1]
    assert (told.event, told.detail["attempts"]) == ("passed-on", 1)
    assert "queued as 4F2A" in told.detail["answer"]


async def test_a_large_mail_comes_from_the_blob_store(house: House) -> None:
    house.mail(RAW + b"x" * 2000 + b"\r\n", inline_limit=100)
    delivery = Scripted("250 OK")
    await house.sender(delivery).send_one()
    assert delivery.given[0][0].endswith(b"x\r\n")


async def test_a_blob_that_is_away_for_a_while_is_waited_for(house: House, tmp_path: Path) -> None:
    house.mail(RAW + b"x" * 2000 + b"\r\n", inline_limit=100)
    (tmp_path / "blobs").rename(tmp_path / "unmounted")
    delivery = Scripted("250 OK")
    sender = house.sender(delivery)
    assert await sender.send_one()
    assert house.entry()[:2] == ("waiting", 1)
    (tmp_path / "unmounted").rename(tmp_path / "blobs")
    house.now += timedelta(minutes=5)
    assert await sender.send_one()
    assert house.entry() == ("sent", 2, None)


async def test_what_is_not_taken_is_tried_again_and_not_before_its_time(house: House) -> None:
    house.mail()
    delivery = Scripted(NotNowError("451 greylisted"), "250 OK")
    sender = house.sender(delivery)
    assert await sender.send_one()
    assert house.entry() == ("waiting", 1, "451 greylisted")
    house.now += timedelta(minutes=4)
    assert not await sender.send_one()
    house.now += timedelta(minutes=1)
    assert await sender.send_one()
    assert house.entry() == ("sent", 2, None)


async def test_after_five_days_it_is_given_up_and_said_so(house: House) -> None:
    mail_id = house.mail()
    delivery = Scripted(NotNowError("connection refused"))
    sender = house.sender(delivery)
    for _ in range(200):
        if house.entry()[0] != "waiting":
            break
        await sender.send_one()
        with reading(house.engine) as conn:
            house.now = outbox.next_due(conn) or house.now
    state, attempts, why = house.entry()
    assert state == "failed"
    assert attempts == len(delivery.given) > 30
    assert house.now - START == timedelta(days=5)
    assert why is not None
    assert "connection refused" in why
    with reading(house.engine) as conn:
        assert history(conn, mail_id)[-1].event == "failed"


async def test_a_refusal_for_ever_is_tried_once(house: House) -> None:
    house.mail()
    delivery = Scripted(NeverError("550 no such user"))
    sender = house.sender(delivery)
    assert await sender.send_one()
    house.now += timedelta(days=1)
    assert not await sender.send_one()
    assert house.entry() == ("undelivered", 1, "550 no such user")


async def test_a_sender_that_dies_in_the_middle_loses_nothing(house: House) -> None:
    house.mail()
    async with relay(Recorder(hold=asyncio.Event())) as server:
        task = asyncio.create_task(house.sender(port=server.port).run())
        await server.in_data.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    assert house.entry()[0] == "waiting"
    again = house.sender(Scripted("250 OK"))
    assert await again.send_one()
    assert house.entry() == ("sent", 2, None)


async def test_what_another_machine_was_at_when_it_died_is_sent_when_its_lease_ends(house: House) -> None:
    house.mail()
    with writing(house.engine) as conn:
        assert outbox.claim(conn, "elsewhere:7:aa:0", house.now, LEASE) is not None
    sender = house.sender(Scripted("250 OK"))
    assert not await sender.send_one()
    house.now += LEASE
    assert await sender.send_one()
    assert house.entry() == ("sent", 2, None)


async def test_two_senders_never_take_the_same_entry(house: House) -> None:
    for number in range(6):
        house.mail(RAW + b"%d\r\n" % number)
    delivery = Scripted("250 OK")
    first, second = house.sender(delivery), house.sender(delivery)
    assert all(await asyncio.gather(*(sender.send_one() for sender in (first, second) * 3)))
    assert len({raw for raw, _ in delivery.given}) == 6


async def test_without_a_relay_everything_waits(house: House) -> None:
    house.mail()
    delivery = Scripted("250 OK")
    await house.sender(delivery, host="").run()
    assert not delivery.given
    assert house.entry() == ("waiting", 0, None)


async def test_one_bad_entry_does_not_hold_up_the_others(house: House) -> None:
    erased = house.mail()
    house.mail(RAW + b"second\r\n")
    with writing(house.engine) as conn:
        conn.execute(update(mails).where(mails.c.id == erased).values(raw=None))
    delivery = Scripted("250 OK")
    sender = house.sender(delivery)
    assert await sender.send_one()
    assert await sender.send_one()
    assert [raw.endswith(b"second\r\n") for raw, _ in delivery.given] == [True]


@back_ends.SQLITE_ONLY
async def test_it_goes_on_after_trouble_with_the_database(house: House) -> None:
    house.mail()
    house.engine.dispose()
    event.listen(house.engine, "connect", lambda opened, _: opened.execute("PRAGMA busy_timeout = 0"))
    held = house.engine.connect()
    held.begin()
    idle = asyncio.Event()
    pauses: list[float] = []

    async def sleep(seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) == 1:
            held.close()
            return
        if house.entry()[0] == "sent":
            idle.set()
        await asyncio.sleep(0)

    task = asyncio.create_task(house.sender(Scripted("250 OK"), sleep=sleep).run())
    await asyncio.wait_for(idle.wait(), 30)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert pauses[0] == pauses[-1] == LOOK_SECONDS
    assert house.entry()[0] == "sent"
